"""Deletes that a source does not tell are found by comparing its keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.models import (
    Binding,
    Flow,
    FlowState,
    RunKind,
    RunStatus,
    SourceGone,
)
from connectors.sync import sweep
from connectors.sync.intake import scan
from tests.sync.pair import Pair
from tests.sync.pair import pair as pairs
from tests.sync.site import assert_counts_add_up


@pytest.fixture
def pair(transactional_db: None) -> Iterator[Pair]:
    with pairs() as made:
        made.back.delete()
        made.there.source_gone = SourceGone.ARCHIVE
        made.there.save()
        yield made


def deleted(pair: Pair, number: int, *, of: int) -> list[str]:
    """The ids of deleted companies, which no change tells of."""
    ids = [pair.left.create(name=f"Company {n}") for n in range(of)]
    pair.run(pair.there)
    for one in ids[:number]:
        pair.left.control.edit(type="companies", action="delete", id=one)
    return ids[:number]


def test_what_has_no_key_any_more_is_deleted(pair: Pair) -> None:
    gone = deleted(pair, 2, of=5)
    cursor = FlowState.objects.get().cursor
    run = pair.run(pair.there, RunKind.SCAN)
    assert (run.status, run.read, run.updated) == (RunStatus.SUCCEEDED, 2, 2)
    assert len(pair.right.companies()) == 3
    bound = Binding.objects.filter(left_id__in=gone)
    assert all(one.left_gone_at and one.right_gone_at for one in bound)
    assert FlowState.objects.get().cursor == cursor
    assert pair.run(pair.there, RunKind.SCAN).read == 0, "known now"
    assert_counts_add_up()


def test_too_much_at_once_is_not_believed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "FEW", 1)
    deleted(pair, 3, of=5)
    run = pair.run(pair.there, RunKind.SCAN)
    assert run.status == RunStatus.FAILED
    assert "lost permission" in run.message
    assert len(pair.right.companies()) == 5


def test_it_is_started_by_its_own_schedule(pair: Pair) -> None:
    deleted(pair, 1, of=2)
    Flow.objects.update(scan_interval=3600, interval=None)
    sweep.sweep()
    assert not pair.there.runs.filter(kind=RunKind.SCAN).exists(), "not at once"
    FlowState.objects.update(next_scan_at=timezone.now() - timedelta(seconds=1))
    sweep.sweep()
    run = pair.there.runs.get(kind=RunKind.SCAN)
    assert pair.work(run).read == 1
