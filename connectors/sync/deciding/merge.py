"""Both sides of one record: what each has changed since they agreed, and whose it is.

Where flows run both ways, a change is what differs from the values last agreed, field
by field and on the side it came from. So our own write coming back is no change, two
changes of different fields meet, and two of the same field go by that field's rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from connectors.models import ConflictRule, Flow
from connectors.sdk.records import FieldInfo, Fields, Scalar, SourceRecord
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.mapping.transforms import as_text
from connectors.sync.owners import owner_side, target_side

Winner = Literal["source", "target", "held"]
# Of the rules that the rows of both directions name, the more careful one counts.
_CAREFUL = (ConflictRule.HOLD, ConflictRule.NEWEST, ConflictRule.OWNER)
# Names that people write in either case, and that systems fold.
_FOLDED = (".email", ".domain", ".website")
_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Agreed:
    """The values last agreed on each side, by its own fields; None: never noted."""

    source: Fields | None = None
    target: Fields | None = None


@dataclass(frozen=True, slots=True)
class TwoWay:
    """A target field that a flow of the other direction reads back."""

    rule: str
    owner: Winner


@dataclass(slots=True)
class Merged:
    """What is to be written, who won where both had changed, and what is held.

    `kept` are values of the target that its own rows may not overwrite.
    """

    values: dict[str, Scalar] = field(default_factory=dict)
    choices: list[dict[str, Any]] = field(default_factory=list)
    held: dict[str, Scalar] = field(default_factory=dict)
    kept: dict[str, Scalar] = field(default_factory=dict)


def same(ours: Scalar, theirs: Scalar, info: FieldInfo | None = None) -> bool:
    """Whether two systems mean the same value, however they write it."""
    if type(ours) is type(theirs):
        if ours == theirs:
            return True
        if not isinstance(ours, str):
            return False
    if ours in (None, "") and theirs in (None, ""):
        return True
    one, other = as_text(ours).strip(), as_text(theirs).strip()
    if info and info.canonical.endswith(_FOLDED):
        return one.casefold() == other.casefold()
    return one == other


class Merger:
    """Merges for one flow; `back` is the mapping of the other direction."""

    def __init__(
        self, flow: Flow, mapping: CompiledMapping, back: CompiledMapping
    ) -> None:
        self.mapping = mapping
        # What nobody else may have changed can be written without a look.
        self.two_way = {
            name: TwoWay(_rule(mapping, back, name), _owner(flow, mapping, name))
            for name in mapping.reads
            if _comes_back(mapping, back, name)
        }

        # The fields whose value in the target decides what may be written.
        self.looked_at = mapping.fill_empty | self.two_way.keys()
        self._read = [
            (name, mapping.source.get(name)) for name in mapping.source_fields
        ]
        self._fed = {
            one: [name for name, reads in mapping.reads.items() if one in reads]
            for one in mapping.source_fields
        }

    def changed(self, fields: Fields, mapped: Fields, agreed: Agreed) -> dict[str, Any]:
        """What the source has changed, as values of the target."""
        known = agreed.target or {}
        touched = self._touched(fields, agreed.source)
        return {
            name: value
            for name, value in mapped.items()
            if name not in known
            or (
                name in touched
                and not same(value, known[name], self.mapping.target[name])
            )
        }

    def echoes(self, fields: Fields, agreed: Fields) -> bool:
        """Whether a record shows only what was agreed."""
        return not any(self._moved(fields, agreed))

    def _touched(self, fields: Fields, agreed: Fields | None) -> Collection[str]:
        """The target's fields that are made of what has changed in the source; all of
        them where nobody knows."""
        if agreed is None:
            return self.mapping.reads.keys()
        moved = self._moved(fields, agreed)
        return {name for one in moved for name in self._fed[one]}

    def _moved(self, fields: Fields, agreed: Fields) -> Iterator[str]:
        """The source's fields that are not as agreed."""
        for name, info in self._read:
            if name not in agreed or not same(fields.get(name), agreed[name], info):
                yield name

    def merge(
        self,
        changed: Mapping[str, Scalar],
        there: SourceRecord,
        agreed: Agreed,
        *,
        version: datetime | None,
        decided: Mapping[str, str],
    ) -> Merged:
        """Of the source's changes, what is to be written onto the target as it is now.

        `version` is when the source changed; `decided` are a person's answers, by
        field.
        """
        merged = Merged()
        for name, value in changed.items():
            two_way = self.two_way.get(name)
            now = there.fields.get(name)
            if name in self.mapping.fill_empty and now not in (None, ""):
                merged.kept[name] = now
                continue
            info = self.mapping.target[name]
            if same(value, now, info):
                continue
            if two_way is None:
                merged.values[name] = value
                continue
            before: Any = (agreed.target or {}).get(name, _UNKNOWN)
            if before is not _UNKNOWN and same(now, before, info):
                merged.values[name] = value
                continue
            choice = _choose(two_way, value, now, before, decided.get(name, ""))
            if choice.rule == ConflictRule.NEWEST:
                choice = _newest(choice, version, there.modified_at)
            _note(merged, name, choice, value, now)
        return merged

    def agreed(
        self, fields: Fields, mapped: Fields, old: Agreed, merged: Merged
    ) -> tuple[dict[str, Scalar], dict[str, Scalar]]:
        """The values that are agreed once `merged` is written: source's, target's.

        Where the target won, the source's change counts as agreed: the other direction
        then sees that the target has changed since, even if it went back to what it
        was before. What is held stays as it was on both sides.
        """
        held = merged.held
        kept = {one for name in held for one in self.mapping.reads[name]}
        said = {n: fields.get(n) for n in self.mapping.source_fields if n not in kept}
        written = {n: v for n, v in mapped.items() if n not in held}
        source = {**(old.source or {}), **said}
        return source, {**(old.target or {}), **written, **merged.kept}


@dataclass(frozen=True, slots=True)
class _Choice:
    winner: Winner
    rule: str
    reason: str


def _choose(
    two_way: TwoWay, ours: Scalar, theirs: Scalar, before: Any, decided: str
) -> _Choice:
    if decided:
        said: Winner = "source" if decided == "source" else "target"
        return _Choice(said, "decided", "A person decided so.")
    if before is _UNKNOWN and (ours in (None, "")) != (theirs in (None, "")):
        winner: Winner = "target" if ours in (None, "") else "source"
        return _Choice(winner, "filled", "The other side was empty.")
    if two_way.rule == ConflictRule.HOLD:
        return _Choice("held", two_way.rule, "Both sides changed it; a person decides.")
    return _Choice(two_way.owner, two_way.rule, "This side owns the field.")


def _newest(choice: _Choice, ours: datetime | None, theirs: datetime | None) -> _Choice:
    """The side that changed last; a tie, or an unknown time, goes to the owner."""
    if ours is None or theirs is None or ours == theirs:
        return _Choice(
            choice.winner, choice.rule, "As old as the other; this side owns the field."
        )
    winner: Winner = "source" if ours > theirs else "target"
    return _Choice(winner, choice.rule, "It was changed last.")


def _note(
    merged: Merged, name: str, choice: _Choice, ours: Scalar, theirs: Scalar
) -> None:
    merged.choices.append(
        {
            "field": name,
            "winner": choice.winner,
            "rule": choice.rule,
            "reason": choice.reason,
            "source": ours,
            "target": theirs,
        }
    )
    if choice.winner == "held":
        merged.held[name] = theirs
    elif choice.winner == "source":
        merged.values[name] = ours


def _comes_back(mapping: CompiledMapping, back: CompiledMapping, name: str) -> bool:
    """Whether the other direction fills a field by it that it is made of itself."""
    return any(name in back.reads.get(one, ()) for one in mapping.reads[name])


def _rule(mapping: CompiledMapping, back: CompiledMapping, name: str) -> str:
    rows = [mapping.settings[name]]
    rows += [back.settings[one] for one in mapping.reads[name] if one in back.settings]
    rules = {row.get("conflict", ConflictRule.OWNER) for row in rows}
    return next(rule for rule in _CAREFUL if rule in rules)


def _owner(flow: Flow, mapping: CompiledMapping, name: str) -> Winner:
    """Who owns a field; where nobody does, the left side, for both directions alike."""
    infos: Iterable[FieldInfo | None] = (
        mapping.target[name],
        *(mapping.source.get(one) for one in mapping.reads[name]),
    )
    canonical = next((i.canonical for i in infos if i and i.canonical), "")
    side = (canonical and flow.pair and owner_side(flow.pair, canonical)) or "left"
    return "target" if side == target_side(flow) else "source"
