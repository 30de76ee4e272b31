"""Which of the records that a source shows say something new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from connectors.models import Flow
from connectors.models.record import OPEN
from connectors.sdk.records import SourceRecord
from connectors.sdk.values import fingerprint
from connectors.sync.deciding.known import Bindings, Known
from connectors.sync.deciding.merge import Merger
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.mapping.versions import against
from connectors.sync.outbox import keyed


class Changes:
    """Compares with what is known of each record of one flow.

    Where flows run both ways, what the other direction has written comes back as a
    change that says nothing new.
    """

    def __init__(self, flow: Flow, mapping: CompiledMapping) -> None:
        self.flow = flow
        self.mapping = mapping
        other = against(flow)
        self.merger = Merger(flow, mapping, other[1]) if other else None
        agreed: Literal["nothing", "source"] = "source" if other else "nothing"
        self.bindings = Bindings(flow, mapping, agreed=agreed)

    def among(self, records: Sequence[SourceRecord]) -> list[tuple[SourceRecord, str]]:
        """The records that are not as we know them, with their fingerprints.

        A source may show a record twice in one read; the later one counts.
        """
        latest = {record.key: record for record in records}
        waiting = keyed.records(self.flow.pk, list(latest), OPEN)
        sent = {one.source_id: one for one in waiting}
        bound = self.bindings.known(list(latest))
        found: list[tuple[SourceRecord, str]] = []
        differing: list[tuple[SourceRecord, Known]] = []
        for key, record in latest.items():
            mark = self._mark(record)
            seen = bound.get(key)
            if key in sent:
                # Two ways of reading meet here, and a search shows what was before.
                new = sent[key].fingerprint != mark and not _older(record, sent[key])
            elif record.deleted:
                # One that was never sent, or whose end is known, is no news.
                new = seen is not None and not seen.source_gone
            elif seen is None or seen.source_gone:
                new = True
            else:
                new = seen.source_fingerprint != mark
                if new:
                    differing.append((record, seen))
            if new:
                found.append((record, mark))
        echoes = self._echoes(differing)
        return [one for one in found if one[0].key not in echoes]

    def _mark(self, record: SourceRecord) -> str:
        if record.deleted:
            return fingerprint("deleted", self.mapping.version)
        return self.mapping.source_fingerprint(self.mapping.stored(record))

    def _echoes(self, differing: Sequence[tuple[SourceRecord, Known]]) -> set[str]:
        """Those that only show what the other direction has written."""
        if self.merger is None:
            return set()
        self.bindings.recall(seen for _, seen in differing)
        return {
            record.key
            for record, seen in differing
            if seen.agreed.source
            and self.merger.echoes(record.fields, seen.agreed.source)
        }


def _older(record: SourceRecord, waiting: keyed.Found) -> bool:
    """Whether the source was read as it stood before what waits to be sent.

    That a record is gone is never old news: one that came back is not told as gone.
    """
    known = keyed.moment(waiting.version)
    if record.deleted or record.modified_at is None or known is None:
        return False
    return record.modified_at < known
