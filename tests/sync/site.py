"""An installation with both systems served, connected and joined by a flow."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django_q.models import OrmQ

from connectors.models import (
    Binding,
    Claim,
    Connection,
    FieldMapping,
    Flow,
    FlowState,
    FlowStatus,
    Intent,
    RateBudget,
    RunKind,
    SyncRecord,
    SyncRun,
    WriteBackJob,
)
from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from connectors.sync import connect, execution, runs
from connectors.sync.mapping.versions import save_version

PASSWORD = "sandbox-1"
TOKEN = "pat-na1-sandbox-full"
SECRETS = (PASSWORD, TOKEN)
UPSERT = r"/companies/batch/upsert"
DATA = r"/dataservice"

Row = dict[str, Any]
# What the tests map: few fields, of three tables, of several types.
ROWS: tuple[Row, ...] = (
    {
        "source_field": "AN8",
        "transform": "template",
        "argument": "jde:{value}",
        "target_field": "erp_key",
    },
    {"source_field": "ALPH", "target_field": "name"},
    {"source_field": "city", "target_field": "city"},
    {"source_field": "ACL", "target_field": "erp_credit_limit"},
    {"source_field": "TRAR", "target_field": "erp_payment_terms"},
)
MANAGED = ("erp_key", "erp_credit_limit", "erp_payment_terms", "erp_changed_at")


class Site:
    """See the module. Work is done where it is asked for; no queue is running."""

    def __init__(self, box: SandboxThread, customers: int) -> None:
        self.box = box
        self.erp: ControlClient = box.control("jde")
        self.crm: ControlClient = box.control("hubspot")
        self.crm.config(property_lag_s=0.0, search_lag_s=0.0, rate_limit=100_000)
        self.erp.seed(customers)
        self.jde = self.connect("JDE", "jde", username="HSINTEG", password=PASSWORD)
        self.hubspot = self.connect("HubSpot", "hubspot", access_token=TOKEN)
        connect.ensure_fields(self.hubspot, "companies", MANAGED)
        connect.refresh_catalogue(self.jde, "customers")
        self.flow = self.make_flow()
        self.crm.clear_log()
        self.erp.clear_log()

    def connect(self, name: str, system: str, **values: Any) -> Connection:
        """A connection to one of the stand-ins."""
        made = Connection(name=name, system=system)
        made.set_values({"base_url": self.box.url[system], **values})
        made.save()
        return made

    def make_flow(self, name: str = "Customers", **ends: Any) -> Flow:
        """A flow of customers to companies, active, with the usual rows."""
        objects = {"source_object": "customers", "target_object": "companies", **ends}
        sides = {"source": self.jde, "target": self.hubspot}
        flow = Flow(name=name, **{**sides, **objects})
        flow.status = FlowStatus.ACTIVE
        flow.save()
        if objects["source_object"] == "customers":
            self.map(*ROWS, flow=flow)
        return flow

    def map(self, *rows: Row, flow: Flow | None = None) -> None:
        """Give a flow these rows instead of those it has."""
        flow = flow or self.flow
        flow.mappings.all().delete()
        for position, row in enumerate(rows):
            FieldMapping.objects.create(flow=flow, position=position, **row)
        save_version(flow)
        flow.refresh_from_db()

    def remap(self, **row: Any) -> None:
        """Replace (or add) the row that fills one target field."""
        rest = [r for r in ROWS if r["target_field"] != row["target_field"]]
        self.map(*rest, row)

    # ------------------------------------------------------------------- working

    def run(self, kind: RunKind = RunKind.SYNC, flow: Flow | None = None) -> SyncRun:
        """Start a run and carry it out here."""
        return self.work(runs.start(flow or self.fresh(self.flow), kind))

    def work(self, run: SyncRun) -> SyncRun:
        """Carry a run out until it has ended or nothing of it can move."""
        for _ in range(20):
            if execution.execute(run.pk):
                break
        run.refresh_from_db()
        return run

    def push(self, flow: Flow | None = None) -> None:
        """Write what is due, as the sweeper would have it done."""
        execution.push_flow((flow or self.flow).pk)

    def fresh(self, flow: Flow) -> Flow:
        """The flow as it is stored now."""
        return Flow.objects.select_related("source", "target").get(pk=flow.pk)

    def tasks(self) -> list[tuple[str, tuple[Any, ...]]]:
        """The queued tasks: function and arguments."""
        queued = OrmQ.objects.order_by("pk")
        return [(t.task["func"], tuple(t.task["args"])) for t in queued]

    def pass_time(self, **span: float) -> None:
        """Let everything that waits have waited so much longer."""
        pass_time(**span)

    # ------------------------------------------------------------------- looking

    def companies(self) -> dict[str, Mapping[str, str]]:
        """What HubSpot holds, by ERP key."""
        return {
            one["properties"]["erp_key"]: one["properties"]
            for one in self.crm.records("companies")
            if not one["archived"] and one["properties"].get("erp_key")
        }

    def written(self) -> Mapping[str, Any]:
        """HubSpot's own count of what it accepted for companies."""
        types = self.crm.ledger("companies")["types"]
        nothing = {"totals": {"created": 0, "updated": 0}, "created_twice": []}
        found: Mapping[str, Any] = types.get("companies", nothing)
        return found

    def customers(self) -> set[str]:
        """The numbers of JD Edwards' customers."""
        rows = self.erp.records("F0101")
        return {str(row["AN8"]) for row in rows if row["AT1"].strip() == "C"}

    def upserts(self) -> list[dict[str, Any]]:
        """The batches sent to HubSpot."""
        return [one for one in self.crm.log() if "/batch/upsert" in one["path"]]

    def edit(self, number: str, **columns: Any) -> None:
        """Change a customer in the address book, as a user does."""
        self.erp.edit(table="F0101", key={"AN8": int(number)}, set=columns)


def pass_time(**span: float) -> None:
    """Let everything that waits have waited so much longer."""
    by = timedelta(**span)
    SyncRecord.objects.update(due_at=F("due_at") - by)
    Claim.objects.update(until=F("until") - by)
    Intent.objects.update(sent_at=F("sent_at") - by)
    WriteBackJob.objects.update(due_at=F("due_at") - by)
    jobs = WriteBackJob.objects.filter(lease_until__isnull=False)
    jobs.update(lease_until=F("lease_until") - by)
    SyncRun.objects.filter(heartbeat_at__isnull=False).update(
        heartbeat_at=F("heartbeat_at") - by
    )
    SyncRun.objects.update(queued_at=F("queued_at") - by)
    states = FlowState.objects
    states.filter(lease_until__isnull=False).update(lease_until=F("lease_until") - by)
    states.filter(next_run_at__isnull=False).update(next_run_at=F("next_run_at") - by)
    ms = int(by.total_seconds() * 1000)
    RateBudget.objects.update(
        blocked_until_ms=F("blocked_until_ms") - ms,
        others_until_ms=F("others_until_ms") - ms,
    )


def outcomes(flow: Flow | None = None) -> Counter[str]:
    """How many records have which outcome."""
    records = SyncRecord.objects.all() if flow is None else flow.records.all()
    return Counter(records.values_list("outcome", flat=True))


def assert_counts_add_up() -> None:
    """Every run counts exactly the records it has, and those that a replay took."""
    for run in SyncRun.objects.all():
        have = Counter(run.records.values_list("outcome", flat=True))
        stored = sum(have.values()) + run.replayed
        unread = run.read - stored  # unchanged ones are counted and not stored
        assert unread >= 0
        assert run.pending == have["pending"], run.pk
        for name in SyncRun.OUTCOME_COUNTS:
            if name == "replayed":
                continue
            more = unread if name == "unchanged" else 0
            assert getattr(run, name) == have[name] + more, (run.pk, name)


def assert_exact(site: Site) -> None:
    """Each customer is one company, bound once, created once; nothing is left."""
    wanted = {f"jde:{number}" for number in site.customers()}
    assert set(site.companies()) == wanted
    assert site.written()["created_twice"] == []
    assert site.written()["totals"]["created"] == len(wanted)
    held = site.crm.records("companies")
    assert len(held) == len(wanted), "a company without a key, or a double"
    bound = dict(Binding.objects.values_list("left_id", "right_id"))
    assert {f"jde:{number}" for number in bound} == wanted
    ids = {one["properties"]["erp_key"]: one["id"] for one in held}
    assert all(ids[f"jde:{number}"] == target for number, target in bound.items())
    assert not Claim.objects.exists()
    assert_counts_add_up()


@contextmanager
def site(customers: int) -> Iterator[Site]:
    """Serve, connect, map."""
    with SandboxThread(stand_in_class("jde")(), stand_in_class("hubspot")()) as box:
        yield Site(box, customers)


def eventually(condition: Any, *, seconds: float = 60.0, what: str = "") -> Any:
    """The first truthy value of `condition`; fails when there is none for so long."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never came: {what or condition}"
        time.sleep(0.05)
    return value


def ago(**span: float) -> Any:
    """A moment in the past."""
    return timezone.now() - timedelta(**span)
