"""Poll: a page and the cursor behind it are stored together or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from connectors.models import (
    Binding,
    Flow,
    FlowState,
    Outcome,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)
from connectors.sdk.records import Page, SourceRecord
from connectors.sync import runs
from connectors.sync.intake.poll import LeaseLostError, Poller
from connectors.sync.mapping.versions import compiled
from connectors.sync.outbox import claim
from connectors.sync.replay import replay
from tests.sync import rows
from tests.sync.site import Site, ago, assert_counts_add_up, assert_exact, outcomes

WHEN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def poller(db: None) -> Poller:
    return begin(rows.run(rows.flow()))


def begin(run: SyncRun) -> Poller:
    """A poller that holds the flow's lease."""
    token = FlowState.objects.claim(run.flow_id, seconds=60)
    assert token is not None
    return Poller(run.flow, run, compiled(run.flow), token)


def customer(number: int, **fields: Any) -> SourceRecord:
    values: dict[str, Any] = {"AN8": number, "ALPH": f"Company {number}"}
    values |= {"ACL": Decimal("10.50"), **fields}
    return SourceRecord(key=str(number), fields=values, modified_at=WHEN)


def page(*records: SourceRecord, after: int = 0, total: int | None = None) -> Page:
    return Page(records=records, cursor={"after": after}, total=total)


def cursor(flow: Flow) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = FlowState.objects.get(flow=flow).cursor
    return found


def test_a_page_is_stored_with_what_the_source_said(poller: Poller) -> None:
    stored = poller.keep(page(customer(1), customer(2), after=2, total=50))
    assert stored == 2
    first = SyncRecord.objects.get(source_id="1")
    assert first.payload == {"AN8": 1, "ALPH": "Company 1", "ACL": "10.50"}
    assert (first.version, first.outcome) == (WHEN, Outcome.PENDING)
    assert first.correlation_id == f"{poller.run.correlation_id}-1"
    run = SyncRun.objects.get()
    assert (run.read, run.pending, run.expected) == (2, 2, 50)
    assert cursor(poller.flow) == {"after": 2}


def test_correlation_ids_count_on_over_pages(poller: Poller) -> None:
    poller.keep(page(customer(1), customer(2), after=2))
    poller.keep(page(customer(3), after=3))
    ids = SyncRecord.objects.values_list("correlation_id", flat=True)
    assert len(set(ids)) == 3


def test_a_record_shown_twice_in_a_page_is_stored_once_as_it_was_last(
    poller: Poller,
) -> None:
    stored = poller.keep(page(customer(1, ALPH="Old"), customer(1, ALPH="New")))
    assert stored == 1
    assert SyncRecord.objects.get().payload["ALPH"] == "New"
    assert_counts_add_up()


def test_a_record_shown_again_on_the_next_page_is_not_stored_again(
    poller: Poller,
) -> None:
    poller.keep(page(customer(1), after=1))
    assert poller.keep(page(customer(1), customer(2), after=2)) == 1
    run = SyncRun.objects.get()
    assert (run.read, run.unchanged, run.pending) == (3, 1, 2)
    assert_counts_add_up()


def test_only_mapped_fields_make_a_change(poller: Poller) -> None:
    poller.keep(page(customer(1, RMK="x")))
    assert poller.keep(page(customer(1, RMK="y"))) == 0
    assert poller.keep(page(customer(1, ALPH="Other"))) == 1


@pytest.mark.parametrize(
    ("before", "after"), [(None, ""), ("", None), (Decimal("1.0"), Decimal("1.00"))]
)
def test_none_blank_and_digits_are_different_things(
    poller: Poller, before: Any, after: Any
) -> None:
    poller.keep(page(customer(1, ACL=before)))
    assert poller.keep(page(customer(1, ACL=after))) == 1


def test_what_a_binding_knows_is_not_stored(poller: Poller) -> None:
    mark = poller.mapping.source_fingerprint(customer(1).fields)
    Binding.objects.create(
        pair_id=poller.flow.pair_id or 0, left_id="1", right_id="9",
        left_fingerprint=mark, created_at=WHEN, updated_at=WHEN,
    )  # fmt: skip
    assert poller.keep(page(customer(1), customer(2))) == 1
    assert SyncRun.objects.get().unchanged == 1


def test_a_failed_record_read_unchanged_stays_as_it_is(poller: Poller) -> None:
    poller.keep(page(customer(1)))
    SyncRecord.objects.update(outcome=Outcome.FAILED)
    SyncRun.objects.update(failed=1)
    assert poller.keep(page(customer(1))) == 0
    assert outcomes() == {"failed": 1}


def test_a_change_of_what_has_been_sent_is_stored(poller: Poller) -> None:
    poller.keep(page(customer(1)))
    SyncRecord.objects.update(outcome=Outcome.CREATED)
    SyncRun.objects.update(created=1)
    assert poller.keep(page(customer(1, ALPH="New"))) == 1
    assert outcomes() == {"created": 1, "pending": 1}


@pytest.mark.parametrize("waits", [Outcome.PENDING, Outcome.WAITING])
def test_a_newer_change_replaces_the_one_that_was_not_sent(
    poller: Poller, waits: Outcome
) -> None:
    old = rows.record(poller.run, 1, outcome=waits)
    assert poller.keep(page(customer(1, ALPH="New"))) == 1
    old.refresh_from_db()
    assert old.outcome == Outcome.SKIPPED
    assert "newer change" in old.error_message
    assert old.settled_at is not None
    assert_counts_add_up()


def test_what_a_worker_is_sending_is_not_replaced(poller: Poller) -> None:
    old = rows.record(poller.run, 1)
    assert claim.claim(poller.flow, 10) is not None
    poller.keep(page(customer(1, ALPH="New")))
    old.refresh_from_db()
    assert old.outcome == Outcome.PENDING
    assert outcomes() == {"pending": 2}


# ---------------------------------------------------------- all or nothing, one hand


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(6))
def test_a_crash_inside_a_page_stores_nothing_of_it(seed: int) -> None:
    """The n-th statement of the transaction fails, as if the process died there."""
    poller = begin(rows.run(rows.flow()))
    poller.keep(page(customer(1), after=1))
    before = (SyncRecord.objects.count(), SyncRun.objects.get().read)
    left = random.Random(seed).randint(3, 9)

    def crash(execute: Any, *args: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise DatabaseError("the process dies here")
        return execute(*args)

    with connection.execute_wrapper(crash), pytest.raises(DatabaseError):
        poller.keep(page(customer(1, ALPH="New"), customer(2), after=2))
    assert (SyncRecord.objects.count(), SyncRun.objects.get().read) == before
    assert cursor(poller.flow) == {"after": 1}
    assert_counts_add_up()
    assert poller.keep(page(customer(1, ALPH="New"), customer(2), after=2)) == 2
    assert cursor(poller.flow) == {"after": 2}
    assert_counts_add_up()


def test_who_lost_the_lease_stores_nothing(poller: Poller) -> None:
    FlowState.objects.update(lease_until=ago(seconds=1))
    other = begin(poller.run)
    with pytest.raises(LeaseLostError), transaction.atomic():
        poller.keep(page(customer(1), after=1))
    assert not SyncRecord.objects.exists()
    assert cursor(poller.flow) is None
    assert other.keep(page(customer(1), after=1)) == 1


def test_a_lease_is_not_taken_from_who_keeps_it(poller: Poller) -> None:
    assert FlowState.objects.claim(poller.flow.pk, seconds=60) is None
    FlowState.objects.release(poller.flow.pk, "another token")
    assert FlowState.objects.claim(poller.flow.pk, seconds=60) is None
    FlowState.objects.release(poller.flow.pk, poller.token)
    assert FlowState.objects.claim(poller.flow.pk, seconds=60) is not None


def test_a_cancelled_run_reads_no_further(poller: Poller) -> None:
    poller.keep(page(customer(1), after=1))
    assert runs.cancel(poller.run)
    with pytest.raises(LeaseLostError), transaction.atomic():
        poller.keep(page(customer(2), after=2))
    assert SyncRecord.objects.count() == 1
    assert cursor(poller.flow) == {"after": 1}


class _Source:
    """Pages, one after the other, from behind the cursor it is given."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = pages

    def read(self, _object: str, cursor: Any, **_: Any) -> Iterator[Page]:
        done = cursor["after"] if cursor else 0
        yield from (one for one in self.pages if one.cursor["after"] > done)


def test_a_poll_out_of_time_goes_on_where_it_was(poller: Poller) -> None:
    source: Any = _Source([page(customer(n), after=n) for n in (1, 2, 3)])
    for number in (1, 2, 3):
        result = poller.poll(source, deadline=0.0)
        assert (result.complete, result.read) == (False, 1)
        assert cursor(poller.flow) == {"after": number}
    assert poller.poll(source, deadline=0.0).complete
    assert SyncRecord.objects.count() == 3


# ----------------------------------------------------------------- with both systems


def test_the_second_run_reads_only_what_changed(site: Site) -> None:
    site.run()
    number = min(site.customers(), key=int)
    site.edit(number, ALPH="The new name")
    run = site.run()
    assert (run.status, run.updated, run.created) == (RunStatus.SUCCEEDED, 1, 0)
    assert run.read < 30
    assert site.companies()[f"jde:{number}"]["name"] == "The new name"
    assert_exact(site)


def test_a_backfill_of_nothing_new_writes_nothing(site: Site) -> None:
    site.run()
    sent = len(site.upserts())
    run = site.run(RunKind.BACKFILL)
    assert (run.read, run.unchanged, run.status) == (30, 30, RunStatus.SUCCEEDED)
    assert "nothing has changed" in run.message
    assert len(site.upserts()) == sent
    assert SyncRecord.objects.count() == 30


def test_a_changed_mapping_sends_everything_again_where_it_matters(site: Site) -> None:
    site.run()
    site.remap(source_field="ALPH", target_field="name", transform="upper")
    run = site.run(RunKind.BACKFILL)
    assert run.read == 30
    assert run.updated + run.unchanged == 30
    assert run.updated > 0
    names = [one["name"] for one in site.companies().values()]
    assert names == [name.upper() for name in names]
    assert_counts_add_up()


def test_an_older_version_never_overwrites_a_newer_one(site: Site) -> None:
    """A failed record is replayed as stored after a newer change has arrived."""
    number = min(site.customers(), key=int)
    site.crm.config(reject_share=1.0)
    site.run()
    old = SyncRecord.objects.get(source_id=number)
    site.crm.config(reject_share=0.0)
    site.edit(number, ALPH="The newer name")
    site.run()
    newer = SyncRecord.objects.filter(source_id=number).latest("pk")
    assert newer.outcome == Outcome.CREATED
    old.refresh_from_db()
    assert old.outcome == Outcome.SKIPPED
    site.work(replay(SyncRecord.objects.filter(pk=old.pk), None).runs[0])
    old.refresh_from_db()
    assert old.outcome == Outcome.SKIPPED
    assert "newer version" in old.error_message
    assert site.companies()[f"jde:{number}"]["name"] == "The newer name"
    assert_counts_add_up()
