"""spec.toml: what is read, and what is refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.canonical.model import attribute
from connectors.sdk.errors import SpecError
from connectors.sdk.spec import SystemSpec, load_spec
from connectors.systems.registry import SYSTEMS, specs

GOOD = """
[system]
slug = "demo"
label = "Demo"
budgets.burst = { requests = 10, seconds = 1, shares = { live = 80 } }

[settings.base_url]
label = "Address"
type = "url"
required = true

[settings.password]
label = "Password"
secret = true

[settings.mode]
label = "Mode"
type = "choice"
default = "a"
choices = { a = "First", b = "Second" }

[objects.customer]
label = "Customers"
canonical = "customer"
key = "id"
match_field = "id"
capabilities = ["read", "write"]

[objects.customer.fields]
id = { label = "Id", canonical = "key", required = true, unique = true }
limit = { label = "Limit", type = "decimal", canonical = "credit_limit" }
state = { label = "State", type = "enum", options = { o = "Open", c = "Closed" } }
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        folder = tmp_path / "demo"
        folder.mkdir()
        path = folder / "spec.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_whole_spec_is_read(write: Write) -> None:
    spec = load_spec(write(GOOD))
    (burst,) = spec.budgets
    assert (spec.slug, burst.name, burst.requests) == ("demo", "burst", 10)
    assert (burst.share("live"), burst.share("backfill")) == (0.8, 0.75)
    assert spec.secrets == {"password"}
    assert [choice.label for choice in spec.settings["mode"].choices] == [
        "First",
        "Second",
    ]
    customer = spec.object("customer")
    assert customer.can("write")
    assert not customer.can("find")
    assert customer.fields["limit"].canonical == "customer.credit_limit"
    assert [option.value for option in customer.fields["state"].options] == ["o", "c"]


WAYS = """
[system.consent]
when = { mode = "b" }
page = "base_url"

[versions]
setting = "mode"
ends = { a = { on = 2027-03-30, note = "Soon." } }

[settings.client]
label = "Client"
when = { mode = "b" }
environment = "DEMO_CLIENT"
"""


def test_settings_that_count_only_with_others(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = load_spec(write(GOOD + WAYS))
    client = spec.settings["client"]
    assert [spec.applies(client.when, {"mode": m}) for m in "ab"] == [False, True]
    assert [spec.by_consent(given) for given in ({}, {"mode": "b"})] == [False, True]
    version, end = spec.version_end({}) or ("", None)
    assert (version, end and end.on.isoformat()) == ("a", "2027-03-30")
    assert spec.version_end({"mode": "b"}) is None
    assert client.fallback == ""
    monkeypatch.setenv("DEMO_CLIENT", "installed")
    assert client.fallback == "installed"


@pytest.mark.parametrize("old", ['page = "base_url"', 'mode = "b"', 'setting = "mode"'])
def test_settings_that_are_not_there_are_refused(write: Write, old: str) -> None:
    spoilt = WAYS.replace(old, old.replace("mode", "nope").replace("base_url", "nope"))
    with pytest.raises(SpecError, match=r"no settings.*nope"):
        load_spec(write(GOOD + spoilt))


def test_a_spec_is_parsed_once(write: Write) -> None:
    path = write(GOOD)
    assert load_spec(path) is load_spec(path)


def test_an_unknown_object_names_those_there_are(write: Write) -> None:
    with pytest.raises(SpecError, match="customer"):
        load_spec(write(GOOD)).object("vendor")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('slug = "demo"', 'slugg = "demo"', "slugg"),
        ('slug = "demo"', "", "slug"),
        ('type = "url"', 'type = "uri"', "settings.base_url.type"),
        ("secret = true", "secrt = true", "settings.password"),
        ('"read", "write"', '"read", "wrote"', "objects.customer.capabilities"),
        ('type = "decimal"', 'type = "float"', "objects.customer.fields.limit.type"),
        ('label = "Limit", ', "", "objects.customer.fields.limit"),
        ('key = "id"', "", "objects.customer"),
        ("seconds = 1,", 'seconds = 1, when = { nope = "b" },', "no settings"),
        ("[system]", "[system", "spec.toml"),
    ],
)
def test_a_mistake_is_refused_with_its_place(
    write: Write, old: str, new: str, named: str
) -> None:
    with pytest.raises(SpecError, match=named.replace(".", r"\.")):
        load_spec(write(GOOD.replace(old, new, 1)))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        load_spec(tmp_path / "spec.toml")


# ----------------------------------------------------------- the specs that are shipped


@pytest.fixture(params=sorted(SYSTEMS))
def shipped(request: pytest.FixtureRequest) -> SystemSpec:
    return specs()[request.param]


def test_every_canonical_name_exists(shipped: SystemSpec) -> None:
    unknown = [
        f"{target.name}.{field.name}: {field.canonical}"
        for target in shipped.objects.values()
        for field in target.fields.values()
        if field.canonical and attribute(field.canonical) is None
    ]
    assert unknown == []


def test_a_canonical_name_is_given_once_per_object(shipped: SystemSpec) -> None:
    for target in shipped.objects.values():
        names = [f.canonical for f in target.fields.values() if f.canonical]
        assert sorted(names) == sorted(set(names)), target.name


def test_what_an_object_refers_to_exists(shipped: SystemSpec) -> None:
    for target in shipped.objects.values():
        named = {f.references for f in target.fields.values() if f.references}
        assert named | set(target.read_after) <= set(shipped.objects)


def test_what_can_be_written_has_a_unique_match_field(shipped: SystemSpec) -> None:
    for target in shipped.objects.values():
        if target.can("write"):
            assert target.fields[target.match_field].unique, target.name


def test_key_and_name_fields_are_fields(shipped: SystemSpec) -> None:
    for target in shipped.objects.values():
        assert target.key in target.fields, target.name
        assert not target.name_field or target.name_field in target.fields


def test_a_choice_has_its_default_among_its_choices(shipped: SystemSpec) -> None:
    for setting in shipped.settings.values():
        if setting.type == "choice":
            assert setting.default in {choice.value for choice in setting.choices}
