"""What HubSpot is told of its documents: apart from the document itself, which is never
sent again for it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import Flow, Outcome, SyncRecord, Told, WriteBack, WriteBackJob
from connectors.sync.sweep import sweep
from tests.sync.pairs.documents import (
    documents,
    documents_of,
    invoice,
    properties,
)
from tests.sync.pairs.test_jde_pair import joined
from tests.sync.site import Site, assert_counts_add_up

pytestmark = pytest.mark.faults
TELLING = r"/invoices/batch/update"


def entered(site: Site, key: str) -> list[dict[str, Any]]:
    """The documents that JD Edwards holds of an invoice."""
    return documents_of(site, "F03B11", VR01=f"HU-{key}")


def told(site: Site, key: str) -> str:
    return str(properties(site, "invoices")[key].get("erp_document") or "")


def fault(site: Site, **do: Any) -> None:
    site.crm.faults({"match": {"path": TELLING}, "do": do})


def again(job: WriteBackJob | None = None) -> None:
    """A person says: write back again."""
    jobs = WriteBackJob.objects.filter(pk=job.pk) if job else WriteBackJob.objects
    jobs.update(due_at="2020-01-01T00:00Z", held=False, attempts=0)


def sweep_and_push(site: Site, flow: Flow) -> None:
    """What the sweeper starts, carried out here."""
    site.pass_time(minutes=5)
    sweep()
    assert ("connectors.tasks.push_flow", (flow.pk,)) in site.tasks()
    site.push(flow)


def posted_once(site: Site, key: str) -> None:
    assert len(entered(site, key)) == 1
    record = SyncRecord.objects.get(flow__name="Invoices", source_id=key)
    assert record.outcome == Outcome.CREATED
    assert_counts_add_up()


def test_hubspot_is_down(site: Site) -> None:
    _, company = joined(site)
    invoices, _ = documents(site)
    made = invoice(site, company, "50.00")
    fault(site, status=503)
    assert site.run(flow=invoices).created == 1
    job = WriteBackJob.objects.get()
    assert (job.attempts, job.held, job.error_class) == (1, False, "unavailable")
    assert job.error_message, "it says why"
    WriteBackJob.objects.update(due_at="2020-01-01T00:00Z")
    site.push(invoices)
    job.refresh_from_db()
    assert (job.attempts, told(site, made)) == (2, "")
    site.crm.clear_faults()
    WriteBackJob.objects.update(due_at="2020-01-01T00:00Z")
    sweep_and_push(site, invoices)
    assert told(site, made).startswith("00001-RI-")
    assert not WriteBackJob.objects.exists()
    posted_once(site, made)


def test_hubspot_refuses_until_it_is_repaired(site: Site) -> None:
    _, company = joined(site)
    invoices, _ = documents(site)
    made = invoice(site, company, "50.00")
    refusal = {"status": "error", "category": "VALIDATION_ERROR", "message": "Not so."}
    fault(site, status=400, json=refusal)
    site.run(flow=invoices)
    job = WriteBackJob.objects.get()
    assert (job.attempts, job.held) == (1, True)
    assert "Not so." in job.error_message
    calls = len(site.crm.log())
    site.push(invoices)
    assert WriteBackJob.objects.get().attempts == 1, "nobody tries it again by himself"
    assert all("/update" not in one["path"] for one in site.crm.log()[calls:])
    posted_once(site, made)
    site.crm.clear_faults()
    again()
    sweep_and_push(site, invoices)
    assert told(site, made).startswith("00001-RI-")
    assert not WriteBackJob.objects.exists()
    posted_once(site, made)


def test_one_that_cannot_be_told_holds_up_no_other(site: Site) -> None:
    """A value that the field cannot hold is found here, before HubSpot is asked."""
    _, company = joined(site)
    invoices, _ = documents(site)
    WriteBack.objects.create(
        flow=invoices, value=Told.MESSAGE, source_field="hs_due_date", moment="problem"
    )
    fine, wrong = invoice(site, company, "50.00"), invoice(site, company, "0.01")
    site.crm.edit(type="invoices", id=wrong, set={"hs_invoice_date": "1999-01-01"})
    run = site.run(flow=invoices)
    assert (run.created, run.failed) == (1, 1)
    assert told(site, fine).startswith("00001-RI-")
    job = WriteBackJob.objects.get()
    assert (job.record.source_id, job.held, job.attempts) == (wrong, True, 1)
    assert "is not a date" in job.error_message or "date" in job.error_message
    assert not job.lease_token


def test_what_is_to_be_told_anew_is_told(site: Site) -> None:
    """A held one goes on when there is something new to say of the record."""
    _, company = joined(site)
    invoices, _ = documents(site)
    made = invoice(site, company, "50.00")
    site.crm.edit(type="invoices", id=made, set={"hs_invoice_date": "1999-01-01"})
    refusal = {"status": "error", "category": "VALIDATION_ERROR", "message": "Not so."}
    fault(site, status=400, json=refusal)
    assert site.run(flow=invoices).failed == 1
    assert WriteBackJob.objects.get().held
    site.crm.clear_faults()
    today = str(site.erp.clock()["now"])[:10]
    site.crm.edit(type="invoices", id=made, set={"hs_invoice_date": today})
    site.run(flow=invoices)
    assert told(site, made).startswith("00001-RI-")
    assert properties(site, "invoices")[made].get("erp_message") in (None, "")
    assert len(entered(site, made)) == 1
