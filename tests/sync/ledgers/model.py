"""What users have done, kept apart from everything the engine knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from connectors.models import Binding, Flow
from tests.sync.ledgers.desks import Desk, HubSpotDesk, Values

OTHER = {"left": "right", "right": "left"}
# A record: the side it is on, and its id there.
Record = tuple[str, str]


class Users:
    """The values that may be left in the end, by record and field.

    A value that a user writes over one that both sides agreed on is the only one that
    may be left. Written while they did not, it may be this or the other side's.
    `flow` is one of the two whose pair it is about; `shared` are the fields that both
    carry. `made` are the records that were there when this began, or that users made.
    """

    def __init__(
        self, desks: Mapping[str, Desk], flow: Flow, shared: Sequence[str]
    ) -> None:
        self.desks = desks
        self.shared = shared
        self.pair = flow.pair_id or 0
        # What the flow reads is the left side, if it was the first of the two.
        sides = ("left", "right") if flow.source_is_left else ("right", "left")
        self._bound = dict(zip(("left", "right"), sides, strict=True))
        self.wrote: dict[Record, Values] = defaultdict(dict)
        # Those that were deleted, on either side, and perhaps made again.
        self.torn: set[Record] = set()
        self.restored: set[Record] = set()
        self.made = {side: {*desk.live()} for side, desk in desks.items()}
        self.deleted: dict[str, list[str]] = {"left": [], "right": []}

    def live(self, side: str) -> list[str]:
        """Ids of the records of a side, oldest first."""
        return sorted(self.desks[side].live(), key=_number)

    def create(self, side: str, values: Values) -> str:
        """A record that only one side has."""
        key = self.desks[side].create(values)
        self.made[side].add(key)
        self.wrote[side, key] = {name: values.get(name, "") for name in self.shared}
        return key

    def edit(self, record: Record, values: Values) -> None:
        """Change shared fields of a record."""
        side, key = record
        partner = self.partner(record)
        for name, value in values.items():
            if partner and self.agreed(record, partner, name):
                self.wrote[partner].pop(name, None)
            self.wrote[record][name] = value
        self.desks[side].edit(key, values)

    def delete(self, record: Record) -> None:
        """A user deletes it on its side."""
        side, key = record
        self.deleted[side].append(self.desks[side].mark(key))
        self.tear(record)
        self.desks[side].delete(key)

    def restore(self, record: Record) -> None:
        """Out of the recycle bin."""
        side, key = record
        self.restored.add(record)
        self.tear(record)
        self.hubspot(side).restore(key)

    def merge(self, side: str, gone: str, into: str) -> str:
        """A user merges one into another; the id of what is left."""
        desk = self.hubspot(side)
        for key in (gone, into):
            self.deleted[side].append(desk.mark(key))
            self.tear((side, key))
        survivor = desk.merge(gone, into)
        self.made[side].add(survivor)
        self.torn.add((side, survivor))
        return survivor

    def tear(self, record: Record) -> None:
        """Nothing is expected of its values but that both sides have the same."""
        self.torn |= {record, *self.partners(record)}

    def bindings(self) -> QuerySet[Binding]:
        """Those of the pair."""
        return Binding.objects.filter(pair=self.pair)

    def column(self, side: str) -> str:
        """The side's in a binding: "left" or "right"."""
        return self._bound[side]

    def bound_pairs(self) -> list[tuple[str, str]]:
        """The ids of bindings whose both ends are alive, left and right."""
        left, right = (self.desks[side].live() for side in OTHER)
        names = [f"{self._bound[side]}_id" for side in OTHER]
        rows = self.bindings().order_by("pk").values_list(*names)
        return [(one, other) for one, other in rows if one in left and other in right]

    def partners(self, record: Record) -> list[Record]:
        """Those it is bound to, gone or not."""
        side, key = record
        other = OTHER[side]
        bound = self.bindings().filter(**{f"{self._bound[side]}_id": key})
        found = bound.values_list(f"{self._bound[other]}_id", flat=True)
        return [(other, one) for one in found]

    def partner(self, record: Record) -> Record | None:
        """The live one it is bound to."""
        live = {side: set(self.live(side)) for side in OTHER}
        found = [one for one in self.partners(record) if one[1] in live[one[0]]]
        return found[0] if found else None

    def agreed(self, one: Record, other: Record, name: str) -> bool:
        """Whether both sides show the value that the engine has noted for both."""
        bound = self.bindings().filter(
            **{f"{self._bound[side]}_id": key for side, key in (one, other)}
        )
        row = bound.first()
        noted = [self.noted(row, side) for side, _ in (one, other)]
        if not all(name in values for values in noted):
            return False
        shown = [self.desks[side].live()[key][name] for side, key in (one, other)]
        return len({*shown, *(values[name] or "" for values in noted)}) == 1

    def noted(self, bound: Binding | None, side: str) -> Values:
        """What the engine has noted of a side, by the shared names."""
        values = getattr(bound, f"{self._bound[side]}_values") or {}
        fields = self.desks[side].fields
        return {n: values[one] for n, one in fields.items() if one in values}

    def allowed(self, left: str, right: str, name: str) -> set[str] | None:
        """The values that may be left of a pair; None where nothing is expected."""
        pair = (("left", left), ("right", right))
        if self.torn & set(pair):
            return None
        return {self.wrote[one][name] for one in pair if name in self.wrote[one]}

    def restorable(self, side: str) -> list[str]:
        """Those in the recycle bin whose place nothing else has taken."""
        binned = self.hubspot(side).binned()
        return [key for key in binned if not self.replaced((side, key))]

    def replaced(self, record: Record) -> bool:
        """Whether its partner has another one by now."""
        return any(len(self.partners(one)) > 1 for one in self.partners(record))

    def hubspot(self, side: str) -> HubSpotDesk:
        """The desk of a side that is HubSpot's."""
        desk = self.desks[side]
        assert isinstance(desk, HubSpotDesk)
        return desk


def _number(key: str) -> list[int]:
    return [int(part) for part in key.split("-")]
