"""Two ways of reading one flow at the same time: a change arrives once."""

from __future__ import annotations

from typing import Any

from connectors.models import FlowState, RunKind
from connectors.sdk.records import Page, SourceRecord
from connectors.sync import runs
from connectors.sync.events.taking import Taker
from connectors.sync.intake.poll import Poller
from connectors.sync.mapping.versions import compiled
from tests.events.live import Live


class Overtaken(Poller):
    """A poll that another reader overtakes between its look and its storing."""

    other: Taker | None = None

    def _compared(self, page: Page) -> Any:
        found = super()._compared(page)
        other, self.other = self.other, None
        if other is not None:
            assert other.keep(page, keep_cursor=True) == 1
        return found


def test_who_is_overtaken_looks_again(live: Live) -> None:
    flow, states = live.pair.there, FlowState.objects
    mapping = compiled(flow)
    polling, told = (runs.create(flow, k) for k in (RunKind.SYNC, RunKind.EVENTS))
    leases = [
        states.claim(flow.pk, seconds=60) or "",
        states.claim(flow.pk, seconds=60, lease="events") or "",
    ]
    assert all(leases), "one does not keep the other waiting"
    assert states.claim(flow.pk, seconds=60, lease="events") is None
    poller = Overtaken(flow, polling, mapping, leases[0])
    poller.other = Taker(flow, told, mapping, leases[1])
    record = SourceRecord(key="1", fields={"hs_object_id": "1", "name": "Both ways"})
    assert poller.keep(Page(records=[record], cursor={}), keep_cursor=True) == 0
    assert flow.records.count() == 1
    polling.refresh_from_db()
    assert (polling.read, polling.unchanged) == (1, 1)
