# Everything a person or a CI job does with a checkout. `make help` lists it.

.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
PY := $(VENV)/bin/python
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed

# ONCE=0 and the like mean no.
on = $(filter-out 0 no false,$(1))
DEMO_OPTIONS := $(if $(call on,$(ONCE)),--once) $(if $(call on,$(FRESH)),--fresh) \
	$(if $(filter 0 no false,$(BOTH)),--one-way) \
	$(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(PORT),--port $(PORT)) \
	$(if $(SYSTEMS),--systems $(SYSTEMS))
CHROMIUM := /usr/bin/chromium

.PHONY: help
help: ## list the targets
	@echo "usage: make TARGET"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make demo ONCE=1         stop at the end; exit code 0 if all moved as it should"
	@echo "  make demo CUSTOMERS=5000 another number of customers (default 1000)"
	@echo "  make demo SYSTEMS='jde qad'  not all of jde, syspro and qad"
	@echo "  make demo BOTH=0         only into HubSpot"
	@echo "  make demo FRESH=1        forget the earlier demo of this folder"
	@echo "  make demo PORT=8080      another port for the console (default 8000)"
	@echo "  make pytest ARGS='-k jde -x'"

.PHONY: demo
demo: $(RUNTIME) ## show everything at work, with stand-ins of the ERPs and of HubSpot
	@exec $(PY) -m connectors.management.demo $(DEMO_OPTIONS)

.PHONY: run
run: $(RUNTIME) ## console and worker on this machine, with the settings in .env
	@test -f .env || { \
		echo "There is no .env yet: cp .env.example .env, then fill in its keys." >&2; \
		exit 2; }
	@$(PY) manage.py migrate --noinput
	@$(PY) manage.py collectstatic --noinput --verbosity 0
	@exec $(PY) manage.py serve $(if $(PORT),--port $(PORT))

.PHONY: test
test: lint types migrations pytest ## all checks and all tests

.PHONY: lint
lint: $(DEV) ## ruff: rules and format
	@echo "== ruff"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

.PHONY: types
types: $(DEV) ## mypy --strict
	@echo "== mypy --strict"
	@$(PY) -m mypy .

.PHONY: migrations
migrations: $(DEV) ## no model without its migration
	@echo "== migrations"
	@DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py makemigrations --check --dry-run

# --dist loadgroup keeps tests together that share one browser. One worker more than a
# small machine has cores: many tests wait, for processes, leases or limits. Bytecode is
# written even where the environment forbids it: tests start processes by the dozen.
.PHONY: pytest
pytest: $(DEV) ## the tests alone; ARGS are passed on
	@echo "== pytest"
	@env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n 3 --dist loadgroup -rs $(ARGS)
	@test -x $(CHROMIUM) || { \
		echo; \
		echo "The browser tests were SKIPPED: there is no $(CHROMIUM) on this machine."; \
		echo "Debian has it: apt-get install chromium"; }

.PHONY: format
format: $(DEV) ## put the code into ruff's format
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: bench
bench: $(DEV) ## measure the throughput; ARGS are passed on
	@$(PY) -m tests.bench $(ARGS)

.PHONY: screenshots
screenshots: $(DEV) ## take pictures of the console's pages
	@$(PY) -m tests.browser.screenshots $(ARGS)

.PHONY: clean
clean: ## remove the demo, all caches and .venv; keeps .env and its database
	@rm -rf var/demo $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The requirements are installed when their file is newer than the stamp, so that a
# second call costs nothing. PYTHON=/path/to/python3.11 names one that is not found.
$(RUNTIME): requirements.txt
	@$(call ensure_venv)
	@echo "Installing the requirements into $(VENV) (about a minute, once) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt requirements.txt
	@$(call ensure_venv)
	@echo "Installing the tools of the tests into $(VENV) (a minute or two, once) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(RUNTIME)

NEW_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

define ensure_venv
$(PY) -c '$(NEW_ENOUGH)' 2>/dev/null && exit 0; \
for python in $(PYTHON) python3.11 python3 python3.12 python3.13 python3.14 python; do \
	if "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
		echo "Making $(VENV) with $$("$$python" --version) ..."; \
		exec "$$python" -m venv --clear $(VENV); \
	fi; \
done; \
echo "Python 3.11 or newer is needed, with its venv module." >&2; \
echo "Found: $$(python3 --version 2>&1 || true)" >&2; \
echo "Debian: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.11 ..." >&2; \
exit 1
endef
