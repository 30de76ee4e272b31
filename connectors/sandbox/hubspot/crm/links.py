"""Associations between records: types, directions, primaries, labels."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm.catalog import ObjectType, data
from connectors.sandbox.hubspot.errors import ApiError, invalid

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.webhooks.watching import Watch

logger = logging.getLogger(__name__)

DEFINED, CUSTOM = "HUBSPOT_DEFINED", "USER_DEFINED"
LABEL_CAP = 10
PRIMARY = frozenset(data("associations")["primary"])
HAVE_PRIMARY = {
    frozenset(row[:2]) for row in data("associations")["types"] if row[2] in PRIMARY
}
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LinkType:
    """One direction of an association type."""

    id: int
    source: str
    target: str
    category: str
    label: str | None
    inverse: int
    primary: bool
    name: str
    """As `associations=` of a record read spells it."""

    def as_dict(self) -> dict[str, Any]:
        return {"category": self.category, "typeId": self.id, "label": self.label}


def _spelling(
    kinds: Mapping[str, ObjectType], source: str, target: str, label: str | None
) -> str:
    plain = f"{kinds[source].singular}_to_{kinds[target].singular}"
    if label is None:
        # Only where a primary type takes the short name does the plain one not.
        short = frozenset((source, target)) not in HAVE_PRIMARY
        return plain if short else f"{plain}_unlabeled"
    if label == "Primary":
        return plain
    return f"{plain}_{label.lower().replace(' ', '_')}"


class Links:
    """Who is associated with whom, kept in both directions."""

    watch: Watch | None = None
    """Who is told of changes; not part of a saved state."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: one for name, one in vars(self).items() if name != "watch"}

    def __init__(self, portal: Portal):
        self.portal = portal
        self.types: dict[tuple[str, str, int], LinkType] = {}
        self.plain: dict[Pair, LinkType] = {}
        self._held: dict[Pair, dict[str, dict[str, set[int]]]] = {}
        self._next_label = 2001
        self.limits: dict[Pair, int] = {
            (source, target): most
            for source, target, most in data("associations")["limits"]
        }
        for source, target, forward, back, *labels in data("associations")["types"]:
            words = labels or [None, None]
            self._define((source, target), (forward, back), DEFINED, words)

    def _define(
        self,
        pair: Pair,
        ids: tuple[int, int],
        category: str,
        labels: list[str | None],
    ) -> None:
        ways = ((pair, ids, labels[0]), (pair[::-1], ids[::-1], labels[1]))
        for (source, target), (own, inverse), label in ways:
            one = LinkType(
                own,
                source,
                target,
                category,
                label,
                inverse,
                category == DEFINED and own in PRIMARY,
                _spelling(self.portal.kinds, source, target, label),
            )
            self.types[one.source, one.target, one.id] = one
            if one.label is None:
                self.plain[one.source, one.target] = one

    def define_plain(self, pair: Pair) -> LinkType:
        """The plain type of a pair that HubSpot does not define itself."""
        if pair not in self.plain:
            self._define(pair, self._new_ids(), CUSTOM, [None, None])
        return self.plain[pair]

    def forget_type(self, object_type: str) -> None:
        """Drop the association types of an object type that is gone."""
        self.types = {k: v for k, v in self.types.items() if object_type not in k[:2]}
        self.plain = {k: v for k, v in self.plain.items() if object_type not in k}

    def _new_ids(self) -> tuple[int, int]:
        ids = (self._next_label, self._next_label + 1)
        self._next_label += 2
        return ids

    def define_label(self, pair: Pair, label: str, inverse: str) -> list[LinkType]:
        """A label of the account's own; at most ten per pair."""
        own = [
            one for one in self.of_pair(pair) if one.category == CUSTOM and one.label
        ]
        if len(own) >= LABEL_CAP:
            raise invalid(f"The limit of {LABEL_CAP} labels is reached.")
        ids = self._new_ids()
        self._define(pair, ids, CUSTOM, [label, inverse])
        keys = {(*pair, ids[0]), (*reversed(pair), ids[1])}
        return [one for key, one in self.types.items() if key in keys]

    def rename(self, pair: Pair, type_id: int, label: str) -> None:
        """Another text for a label of the account's own; 400 for any other type."""
        found = self.types.get((*pair, type_id))
        if found is None or found.category != CUSTOM or not found.label or not label:
            raise invalid(f"The label {type_id} cannot be changed.")
        self.types[(*pair, type_id)] = replace(found, label=label)

    def drop_label(self, pair: Pair, type_id: int) -> None:
        found = self.types.pop((*pair, type_id), None)
        if found is not None:
            self.types.pop((pair[1], pair[0], found.inverse), None)

    def of_pair(self, pair: Pair) -> list[LinkType]:
        return [one for key, one in self.types.items() if key[:2] == pair]

    def default(self, pair: Pair) -> LinkType:
        """The plain type of a pair; 400 where HubSpot knows none."""
        if pair not in self.plain:
            raise invalid(f"{pair[0]} and {pair[1]} cannot be associated.")
        return self.plain[pair]

    def chosen(self, pair: Pair, specs: list[dict[str, Any]]) -> list[LinkType]:
        """The types of `associationCategory`/`associationTypeId`; 400 if wrong."""
        found = []
        for spec in specs:
            type_id = int(spec.get("associationTypeId") or 0)
            one = self.types.get((*pair, type_id))
            if one is None or spec.get("associationCategory") != one.category:
                raise self._wrong_direction(pair, type_id)
            found.append(one)
        if not found:
            raise invalid("At least one association type is needed.")
        return found

    def held(self, pair: Pair, source_id: str) -> dict[str, set[int]]:
        """Associated ids of the other type, each with its type ids."""
        return self._held.get(pair, {}).get(source_id, {})

    def link(self, pair: Pair, ids: Pair, types: list[LinkType]) -> None:
        """Set exactly these types on a pair of records, the plain one always too."""
        self._note_second_parent(pair, ids)
        self._refuse_beyond(pair, ids)
        wanted = {self.default(pair).id, *(one.id for one in types)}
        for one in types:
            # The primary flag sits on the forward type; its inverse counts too.
            if one.primary:
                self._demote(pair, ids[0], one)
            if self.types[pair[1], pair[0], one.inverse].primary:
                back = self.types[pair[1], pair[0], one.inverse]
                self._demote((pair[1], pair[0]), ids[1], back)
        self._set(pair, ids, wanted)

    def add(self, pair: Pair, ids: Pair, types: list[LinkType]) -> None:
        """Add types to whatever the pair of records has."""
        present = self.held(pair, ids[0]).get(ids[1], set())
        kept = [self.types[(*pair, type_id)] for type_id in present]
        self.link(pair, ids, [*kept, *types])

    def unlink(self, pair: Pair, ids: Pair, types: list[LinkType] | None) -> None:
        """Remove types, or everything; without its plain type nothing is left."""
        present = self.held(pair, ids[0]).get(ids[1])
        if present is None:
            return
        gone = {one.id for one in types} if types else set(present)
        left = present - gone
        self._set(pair, ids, left if self.default(pair).id in left else set())

    def forget(self, object_type: str, record_id: str) -> None:
        """Drop every association of a record that goes away."""
        for pair in [one for one in self._held if one[0] == object_type]:
            for other in list(self.held(pair, record_id)):
                self._set(pair, (record_id, other), set())

    def move(self, object_type: str, old_id: str, new_id: str) -> None:
        """Give a merged record's associations to the survivor."""
        for pair in [one for one in self._held if one[0] == object_type]:
            for other, type_ids in list(self.held(pair, old_id).items()):
                types = [self.types[(*pair, type_id)] for type_id in type_ids]
                self._set(pair, (old_id, other), set())
                self.add(pair, (new_id, other), types)

    def _set(self, pair: Pair, ids: Pair, wanted: set[int]) -> None:
        known = self.held(pair, ids[0]).get(ids[1], set())
        if self.watch and bool(known) != bool(wanted):
            self.watch.linked(pair, ids, removed=not wanted)
        back = {self.types[(*pair, type_id)].inverse for type_id in wanted}
        for way, (one, other), type_ids in (
            (pair, ids, wanted),
            ((pair[1], pair[0]), (ids[1], ids[0]), back),
        ):
            row = self._held.setdefault(way, {}).setdefault(one, {})
            if type_ids:
                row[other] = type_ids
            else:
                row.pop(other, None)
        self._keep_primary_company(pair, ids)
        if set(pair) == {"invoices", "commerce_payments"}:
            self.portal.pay(ids[pair.index("invoices")])

    def _demote(self, pair: Pair, source_id: str, primary: LinkType) -> None:
        for other, type_ids in list(self.held(pair, source_id).items()):
            if primary.id in type_ids:
                self._set(pair, (source_id, other), type_ids - {primary.id})

    def _keep_primary_company(self, pair: Pair, ids: Pair) -> None:
        if set(pair) != {"contacts", "companies"}:
            return
        contact_id = ids[0] if pair[0] == "contacts" else ids[1]
        contact = self.portal.stores["contacts"].by_id(contact_id)
        if contact is not None:
            held = self.held(("contacts", "companies"), contact_id)
            primary = next((other for other, ids in held.items() if 1 in ids), "")
            contact.props = {**contact.props, "associatedcompanyid": primary}

    def _refuse_beyond(self, pair: Pair, ids: Pair) -> None:
        """400 where a record would have more of the other type than it may."""
        for way, (one, other) in ((pair, ids), (pair[::-1], ids[::-1])):
            most = self.limits.get(way)
            held = self.held(way, one)
            if most is not None and other not in held and len(held) >= most:
                raise invalid(
                    f"{way[0]} {one} cannot be associated with more than {most} "
                    f"{way[1]}.",
                    subCategory="crm.associations.ASSOCIATION_LIMIT_EXCEEDED",
                )

    def _note_second_parent(self, pair: Pair, ids: Pair) -> None:
        if "line_items" not in pair:
            return
        item = ids[pair.index("line_items")]
        for way, rows in self._held.items():
            if way[0] == "line_items" and set(rows.get(item, {})) - set(ids):
                text = f"line item {item} gets a second parent: {pair} {ids}"
                self.portal.warnings.append(text)
                logger.warning(text)

    def _wrong_direction(self, pair: Pair, type_id: int) -> ApiError:
        kinds = self.portal.kinds
        for source, target, known in self.types:
            if known == type_id:
                return invalid(
                    f"invalid from object type {kinds[pair[0]].type_id} for "
                    "associations to be created. expected: "
                    f"{kinds[source].type_id} (to {kinds[target].type_id})"
                )
        return invalid(f"Association type {type_id} does not exist.")
