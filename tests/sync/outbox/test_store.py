"""The statements that move many rows: both databases, the same rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import transaction

from connectors.models import Binding, Claim, Flow, Outcome, SyncRecord, SyncRun
from connectors.sdk.values import dump
from connectors.sync.outbox import binding, claim, store
from tests.sync import rows

pytestmark = pytest.mark.django_db
TOKYO = timezone(timedelta(hours=9))
WHEN = datetime(2026, 3, 1, 8, 30, 15, 123456, tzinfo=TOKYO)
# Whatever COPY, a quoted literal or JSON might trip over.
NASTY = [
    "Søren & Ångström",
    "东京 🚀",
    "tab\there",
    "line\nbreak\r\n",
    "back\\slash \\N \\.",
    "quote ' and \" and ''",
    "%s %% {x} $1",
    "\u2028 and \u00a0",
    "",
    "NULL",
]


@pytest.fixture
def run(db: None) -> SyncRun:
    return rows.run(rows.flow())


def new(
    run: SyncRun, number: int, text: str = "x", **values: object
) -> store.NewRecord:
    usual: dict[str, object] = {
        "flow_id": run.flow_id,
        "run_id": run.pk,
        "source_id": str(number),
        "correlation_id": f"c-{number}",
        "version": WHEN,
        "fingerprint": "f" * 32,
        "payload": dump({"text": text, "amount": Decimal("1.10")}).decode(),
        "created_at": WHEN,
        "due_at": WHEN,
    }
    return store.NewRecord(**{**usual, **values})  # type: ignore[arg-type]


def settled(pk: int, text: str = "x", **values: object) -> store.Settled:
    usual: dict[str, object] = {
        "id": pk,
        "outcome": Outcome.CREATED,
        "target_id": "9",
        "mapped": dump({"name": text}).decode(),
        "response": None,
        "mapping_version": 3,
        "attempts": 2,
        "due_at": WHEN,
        "settled_at": WHEN,
        "error_message": text,
    }
    return store.Settled(**{**usual, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", NASTY)
def test_a_new_record_comes_back_as_it_was_stored(run: SyncRun, text: str) -> None:
    store.insert_records([new(run, 1, text, source_id=text[:40] or "blank")])
    record = SyncRecord.objects.get()
    assert record.payload == {"text": text, "amount": "1.10"}
    assert record.source_id == (text[:40] or "blank")
    assert record.version == record.created_at == record.due_at == WHEN
    assert record.version is not None
    assert record.version.utcoffset() == timedelta(0)
    assert (record.outcome, record.attempts) == (Outcome.PENDING, 0)


def test_a_new_record_is_the_same_as_one_that_django_stores(run: SyncRun) -> None:
    """Found, compared and sorted by the same times, whichever way it came in."""
    store.insert_records([new(run, 1)])
    mine = SyncRecord.objects.get()
    theirs = SyncRecord.objects.create(
        flow=run.flow, run=run, source_id="2", correlation_id="c-2", version=WHEN,
        fingerprint="f" * 32, payload={"text": "x", "amount": Decimal("1.10")},
        created_at=WHEN, due_at=WHEN,
    )  # fmt: skip
    same = SyncRecord.objects.filter(
        due_at=WHEN, version__lte=WHEN.astimezone(UTC), created_at__gte=WHEN,
        payload__text="x", target_id="", mapped__isnull=True,
    )  # fmt: skip
    assert set(same) == {mine, theirs}
    other = {"id", "source_id", "correlation_id"}
    fields = [f.attname for f in SyncRecord._meta.fields if f.name not in other]
    theirs.refresh_from_db()
    assert [getattr(mine, f) for f in fields] == [getattr(theirs, f) for f in fields]


def test_a_record_without_a_version_keeps_none(run: SyncRun) -> None:
    store.insert_records([new(run, 1, version=None)])
    assert SyncRecord.objects.get().version is None


def test_a_nul_character_does_not_block_the_page(run: SyncRun) -> None:
    payload = store.json_text({"name": "A\0B", "deep": ["\0", {"\0k": 1}]})
    store.insert_records([new(run, 1, payload=payload), new(run, 2)])
    first = SyncRecord.objects.order_by("source_id")[0]
    assert first.payload == {"name": "AB", "deep": ["", {"k": 1}]}
    assert store.json_text({"name": "\\u0000 said"}) == '{"name":"\\\\u0000 said"}'


def test_thousands_in_one_statement(run: SyncRun) -> None:
    store.insert_records([new(run, number) for number in range(3000)])
    taken = claim.claim(run.flow, 3000)
    assert taken is not None
    ids = [one.id for one in taken.records]
    assert len(store.settle([settled(pk) for pk in ids], taken.token)) == 3000
    assert SyncRecord.objects.filter(outcome=Outcome.CREATED).count() == 3000
    assert not Claim.objects.exists()


def test_nothing_to_store_is_no_error(run: SyncRun) -> None:
    store.insert_records([])
    binding.bind([], source="left")
    assert store.settle([], "token") == set()


@pytest.mark.parametrize("text", NASTY)
def test_what_is_settled_comes_back(run: SyncRun, text: str) -> None:
    store.insert_records([new(run, 1)])
    taken = claim.claim(run.flow, 1)
    assert taken is not None
    pk = taken.records[0].id
    row = settled(pk, text, response=dump({"id": text}).decode(), settled_at=None)
    assert store.settle([row], taken.token) == {pk}
    record = SyncRecord.objects.get()
    assert (record.mapped, record.response) == ({"name": text}, {"id": text})
    assert (record.error_message, record.settled_at) == (text, None)
    assert (record.due_at, record.mapping_version, record.attempts) == (WHEN, 3, 2)


def test_only_what_is_ours_is_settled(run: SyncRun) -> None:
    store.insert_records([new(run, number) for number in (1, 2)])
    mine, theirs = claim.claim(run.flow, 1), claim.claim(run.flow, 1)
    assert mine is not None
    assert theirs is not None
    ids = [mine.records[0].id, theirs.records[0].id]
    assert store.settle([settled(pk) for pk in ids], mine.token) == {ids[0]}
    assert SyncRecord.objects.get(pk=ids[1]).outcome == Outcome.PENDING
    assert Claim.objects.get().pk == ids[1]


# -------------------------------------------------------------------------- bindings


def bound(flow: Flow, left: str, right: str, **values: object) -> binding.Bound:
    usual: dict[str, object] = {
        "pair_id": flow.pair_id,
        "left_id": left,
        "right_id": right,
        "left_fingerprint": "l",
        "right_fingerprint": "r",
        "left_version": WHEN,
        "right_version": None,
        "record": 1,
        "created_at": WHEN,
        "updated_at": WHEN,
    }
    return binding.Bound(**{**usual, **values})  # type: ignore[arg-type]


def bind(*bindings: binding.Bound) -> None:
    """In a transaction of its own, as each batch is settled."""
    with transaction.atomic():
        binding.bind(bindings, source="left")


@pytest.mark.django_db(transaction=True)
def test_a_binding_is_created_and_then_renewed(run: SyncRun) -> None:
    flow, later = run.flow, WHEN + timedelta(hours=1)
    bind(bound(flow, "ä1", "9"), bound(flow, "2", "10"))
    bind(bound(flow, "ä1", "99", left_version=later, created_at=later, record=7))
    renewed = Binding.objects.get(left_id="ä1")
    assert (renewed.right_id, renewed.record) == ("99", 7)
    assert (renewed.left_version, renewed.created_at) == (later, WHEN)
    assert Binding.objects.get(left_id="2").right_id == "10"


@pytest.mark.django_db(transaction=True)
def test_an_older_version_renews_nothing(run: SyncRun) -> None:
    flow = run.flow
    bind(bound(flow, "1", "9"))
    # Earlier, though written in a zone where the clock shows more.
    earlier = (WHEN - timedelta(minutes=1)).astimezone(timezone(timedelta(hours=14)))
    bind(bound(flow, "1", "8", left_version=earlier))
    assert Binding.objects.get().right_id == "9"
    bind(bound(flow, "1", "7", left_version=WHEN))
    assert Binding.objects.get().right_id == "7", "the same version again may"
    bind(bound(flow, "1", "6", left_version=None))
    assert Binding.objects.get().right_id == "6", "without a time nothing is older"
    assert Binding.objects.get().left_version == WHEN, "what is known stays known"


def test_the_same_record_twice_in_one_call_counts_as_it_was_last(run: SyncRun) -> None:
    bind(bound(run.flow, "1", "8"), bound(run.flow, "1", "9"))
    assert Binding.objects.get().right_id == "9"


@pytest.mark.django_db(transaction=True)
def test_a_microsecond_decides(run: SyncRun) -> None:
    flow, whole = run.flow, WHEN.replace(microsecond=0)
    bind(bound(flow, "1", "9", left_version=whole + timedelta(microseconds=1)))
    bind(bound(flow, "1", "8", left_version=whole))
    assert Binding.objects.get().right_id == "9"
