"""Questions as a person reads them, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.admin.reviews.words import COLOURS, ICONS, called, question
from connectors.models import (
    CatalogueField,
    Connection,
    Decision,
    FieldMapping,
    Flow,
    Review,
    ReviewKind,
)
from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import FieldInfo
from connectors.sync.owners import owner_side, pair_of, target_side
from connectors.sync.reviews import NAMES_ONE
from connectors.sync.watch.story import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A decision that needs no further word: a button."""

    value: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A field with its value; `same` as in the record that asks, None: not compared."""

    label: str
    name: str
    value: str
    same: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record of the target that could be meant."""

    id: str
    label: str
    bound_to: str
    values: list[Value]


@dataclass(slots=True, kw_only=True)
class Question:
    """One review, ready to be shown. `owner` is "source", "target" or ""."""

    review: Review
    flow: Flow
    colour: str
    asked: str
    field_label: str = ""
    source_label: str = ""
    source_field: str = ""
    source_value: str = ""
    target_value: str = ""
    owner: str = ""
    ours: list[Value] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    naming: Choice | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still be decided."""
        return self.review.decided_at is None

    @property
    def decided(self) -> str:
        """What was decided, in words."""
        review = self.review
        words = called(review.kind, review.decision, self.flow)
        return f"{words}: {review.chosen}" if review.chosen else words

    @property
    def compares(self) -> bool:
        """Whether there are two values to set side by side."""
        values = (self.review.source_value, self.review.target_value)
        return bool(self.review.field) or values != (None, None)


def questions(reviews: Iterable[Review]) -> list[Question]:
    """All of them with labels and owners: two queries, however many they are.

    Their records' flows with both ends and the pair must have been loaded.
    """
    asked = list(reviews)
    labels = _Labels(asked)
    return [_question(review, labels) for review in asked]


class _Labels:
    """What the fields of a page of questions are called."""

    def __init__(self, reviews: list[Review]) -> None:
        flows = {r.record.flow_id for r in reviews}
        fields = {r.field for r in reviews if r.field}
        rows = FieldMapping.objects.filter(
            flow__in=flows, target_field__in=fields, enabled=True
        ).values_list("flow_id", "target_field", "source_field")
        self.sources = {(flow, target): source for flow, target, source in rows}
        names = {*fields, *self.sources.values()}
        for review in reviews:
            names |= {n for one in review.candidates for n in one.get("values") or ()}
        ends = {
            connection.pk
            for review in reviews
            for connection in (review.record.flow.source, review.record.flow.target)
        }
        self.fields = {
            (row.connection_id, row.object_type, row.name): row.info
            for row in CatalogueField.objects.filter(
                connection__in=ends, name__in=names
            )
        }

    def info(self, connection: Connection, object_type: str, name: str) -> FieldInfo:
        """The field as the catalogue has it, or the spec; or else just its name."""
        found = self.fields.get((connection.pk, object_type, name))
        if found is None:
            try:
                found = connection.spec.object(object_type).fields.get(name)
            except ConnectorError:
                found = None
        return found or FieldInfo(name=name, label=name)

    def source_field(self, flow: Flow, target_field: str) -> str:
        """The field of the source that a row of the flow fills this one from."""
        return self.sources.get((flow.pk, target_field), "")


def _question(review: Review, labels: _Labels) -> Question:
    flow = review.record.flow
    source_field = labels.source_field(flow, review.field) if review.field else ""
    info = labels.info(flow.target, flow.target_object, review.field)
    source = labels.info(flow.source, flow.source_object, source_field)
    return Question(
        review=review,
        flow=flow,
        colour=COLOURS[review.kind],
        asked=question(review.kind, flow),
        field_label=info.label,
        source_label=source.label,
        source_field=source_field,
        source_value=text(review.source_value),
        target_value=text(review.target_value),
        owner=_owner(flow, info),
        ours=_ours(review, labels),
        candidates=_candidates(review, labels),
        choices=[
            _choice(review, decision)
            for decision in review.offered
            if decision not in NAMES_ONE
        ],
        naming=next(
            (_choice(review, one) for one in review.offered if one in NAMES_ONE), None
        ),
    )


def _choice(review: Review, decision: Decision) -> Choice:
    return Choice(
        value=decision.value,
        label=called(review.kind, decision, review.record.flow),
        icon=ICONS[decision],
    )


def _owner(flow: Flow, info: FieldInfo) -> str:
    pair = pair_of(flow)
    side = owner_side(pair, info.canonical) if pair and info.canonical else ""
    if not side:
        return ""
    return "target" if side == target_side(flow) else "source"


def _said(review: Review) -> Mapping[str, Any]:
    """What the record would write. Lists, which show none of it, do not read it."""
    if "mapped" in review.record.get_deferred_fields():
        return {}
    return review.record.mapped or {}


def _named(review: Review, labels: _Labels, name: str) -> str:
    flow = review.record.flow
    return labels.info(flow.target, flow.target_object, name).label


def _ours(review: Review, labels: _Labels) -> list[Value]:
    """What the record itself says: by what it was looked for, then what it would write
    into the fields that candidates are compared by."""
    compared = {name for one in review.candidates for name in one.get("values") or ()}
    return [
        *_looked_for(review, labels),
        *(
            Value(name=name, label=_named(review, labels, name), value=text(value))
            for name, value in _said(review).items()
            if name in compared
        ),
    ]


def _looked_for(review: Review, labels: _Labels) -> list[Value]:
    """The source's values that match rules read. Lists, which show none, read none."""
    record = review.record
    if review.kind != ReviewKind.MATCH or "mapped" in record.get_deferred_fields():
        return []
    flow, payload = record.flow, record.payload or {}
    rules = flow.match_rules.filter(enabled=True)
    names = [
        name for rule in rules for name in (rule.source_field, rule.source_field_2)
    ]
    shown = {}
    for name in names:
        if name and payload.get(name) not in (None, ""):
            label = labels.info(flow.source, flow.source_object, name).label
            shown[name] = Value(name=name, label=label, value=text(payload[name]))
    return list(shown.values())


def _candidates(review: Review, labels: _Labels) -> list[Candidate]:
    said = _said(review)
    return [
        Candidate(
            id=str(one.get("id", "")),
            label=str(one.get("label") or one.get("id", "")),
            bound_to=str(one.get("bound_to") or ""),
            values=[
                _value(name, value, said, _named(review, labels, name))
                for name, value in (one.get("values") or {}).items()
            ],
        )
        for one in review.candidates
    ]


def _value(name: str, value: Any, said: Mapping[str, Any], label: str) -> Value:
    there = text(value)
    same = None
    if name in said:
        same = text(said[name]).strip().casefold() == there.strip().casefold()
    return Value(name=name, label=label, value=there, same=same)
