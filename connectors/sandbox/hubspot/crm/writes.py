"""Writing records: everything is planned and judged first, then applied.

A plan that exists can no longer be refused, which is what makes a batch without
trace ids all or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.admin import validation
from connectors.sandbox.hubspot.crm import verdicts
from connectors.sandbox.hubspot.crm.records import Record, RecordStore, Stamp
from connectors.sandbox.hubspot.crm.rules import Problems, rule_of
from connectors.sandbox.hubspot.crm.values import LONGEST_TEXT, BadValue
from connectors.sandbox.hubspot.documents import GUARDS, kept
from connectors.sandbox.hubspot.invoicing import INVOICES, PAYMENTS

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.links import LinkType
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.crm.properties import Property

LinkPlan = tuple[tuple[str, str], str, "list[LinkType]"]


@dataclass(slots=True)
class Plan:
    """An accepted write, not yet applied; `record` is None for a create."""

    record: Record | None
    changes: dict[str, str]
    links: Sequence[LinkPlan] = ()


class Writer:
    """Plans and applies the writes of one request to one object type.

    `admin_rules` switches on what version 2026-09 enforces; `internal` lifts the
    read-only bar for the vendor's own changes.
    """

    def __init__(
        self,
        portal: Portal,
        store: RecordStore,
        stamp: Stamp,
        *,
        admin_rules: bool = False,
        internal: bool = False,
    ):
        self.portal = portal
        self.store = store
        self.type = store.object_type
        self.stamp = stamp
        self.lenient = admin_rules
        rules = portal.config.required_on_create or portal.config.conditional_required
        self.admin_rules = admin_rules and bool(rules)
        self.internal = internal
        self.schema = portal.schemas[self.type.name]
        self.properties: dict[str, Property] = self.schema.live
        self.rule = rule_of(self.type)
        self.claims: dict[tuple[str, str], str] = {}
        self.warnings: list[dict[str, Any]] = []
        self._born_with = {
            self.type.modified: stamp.iso,
            "hs_object_source": stamp.source[0],
            "hs_object_source_id": stamp.source[1],
            "hs_object_source_label": stamp.source[0],
        }

    def plan(self, record: Record | None, properties: Any) -> Plan:
        """Judge one write. ApiError with every offending property at once."""
        if not isinstance(properties, dict):
            raise errors.invalid("properties must be an object")
        if record is not None and self.portal.config.lock_writes_per_s:
            self.portal.refuse_locked(f"{self.type.name}:{record.id}", self.stamp)
        before = record.props if record is not None else None
        changes, problems = self._checked(properties, before)
        guard = GUARDS.get(self.type.name)
        if guard is not None and not problems and not self.internal:
            problems = guard(self.portal, before, changes)
        if self.rule is not None and not problems:
            problems = self.rule(self.portal, before, changes)
        if problems:
            raise errors.bad_properties(problems, self.portal.id)
        if record is None:
            self._require(changes)
        if self.admin_rules:
            self._obey_admin(before, changes)
        self._claim(record, changes)
        return Plan(record, changes)

    def apply(self, plan: Plan) -> tuple[Record, bool]:
        """Carry a plan out; the record and whether it is new."""
        if plan.record is None:
            record, new = self._create(plan.changes), True
        else:
            record, new = plan.record, False
            plan.changes[self.type.modified] = self.stamp.iso
            depth = self.portal.config.history_depth
            self.store.replace(record, plan.changes, self.stamp, depth)
        for pair, other, types in plan.links:
            self.portal.links.add(pair, (record.id, other), types)
        if self.type.name == PAYMENTS:
            for invoice in self.portal.links.held((PAYMENTS, INVOICES), record.id):
                self.portal.pay(invoice)
        if not self.internal:
            self._enter(record, new=new)
        return record, new

    def archive(self, record: Record) -> None:
        """To the recycle bin, associations with it. ApiError for what must stay."""
        refusal = None if self.internal else kept(self.type.name, record)
        if refusal is not None:
            raise refusal
        self.store.archive(record, self.stamp)
        self.portal.links.forget(self.type.name, record.id)
        if not self.internal:
            key = self.portal.book_key(self.store, record.props, record.id)
            kind = self.portal.book_type(self.store)
            self.portal.book.deleted(kind, key, record.props)

    def shown(self, plan: Plan, record: Record) -> dict[str, str]:
        """The properties a write answers with: all of a new record, else what
        was sent plus id and times."""
        if plan.record is None:
            return record.props
        created = self.type.created
        return {
            **plan.changes,
            created: record.props.get(created, record.created),
            "hs_object_id": record.id,
        }

    def _create(self, changes: dict[str, str]) -> Record:
        number = self.store.number()
        changes |= self._born_with
        changes.setdefault(self.type.created, self.stamp.iso)
        changes["hs_object_id"] = str(number)
        record = Record(number, changes, self.stamp)
        self.store.add(record, self.stamp.seconds)
        return record

    def _enter(self, record: Record, *, new: bool) -> None:
        key = self.portal.book_key(self.store, record.props, record.id)
        kind = self.portal.book_type(self.store)
        book = self.portal.book
        (book.created if new else book.updated)(kind, key, record.props)

    def _checked(
        self, properties: dict[str, Any], before: dict[str, str] | None
    ) -> tuple[dict[str, str], Problems]:
        """The hot path of the stand-in: 1,200 values in a batch of 100 companies.

        Plain text needs no check of its own: joining all values in one go proves
        that they are text, and short. Only the other names are looked at one by one.
        """
        changes: dict[str, str] = {}
        problems: Problems = []
        try:
            short = len("".join(properties.values())) <= LONGEST_TEXT
        except TypeError:
            short = False
        if not short:
            for name, value in properties.items():
                self._check(name, value, before, changes, problems)
            return changes, problems
        changes.update(properties)
        plain, quick = self.schema.plain, self.schema.quick
        for name in [one for one in properties if one not in plain]:
            check, text = quick.get(name), properties[name]
            if check is None:
                self._check(name, text, before, changes, problems)
            elif text:
                try:
                    changes[name] = check(text)
                except BadValue as bad:
                    self._judge(bad, name, text, changes, problems)
        return changes, problems

    def _check(
        self,
        name: str,
        value: Any,
        before: dict[str, str] | None,
        changes: dict[str, str],
        problems: Problems,
    ) -> None:
        """One value, into `changes` or `problems`."""
        definition = self.properties.get(name)
        if definition is None:
            problems.append(verdicts.unknown(name))
            return
        text = value if value.__class__ is str else verdicts.text(value)
        if text is None:
            problems.append(verdicts.no_text(name, value))
        elif definition.barred(create=before is None) and not self.internal:
            problems.append(verdicts.read_only(name))
        elif len(text) > LONGEST_TEXT:
            problems.append(verdicts.too_long(name, text))
        elif not text or definition.check is None:
            changes[name] = text
        else:
            if definition.many and text[0] == ";":
                # A leading semicolon adds to what is chosen, without it replaces.
                text = ((before or {}).get(name, "") + text).lstrip(";")
            try:
                changes[name] = definition.check(text)
            except BadValue as bad:
                self._judge(bad, name, text, changes, problems)
        if text and definition.rules and not self.internal:
            rule = validation.broken(definition.rules, text)
            if rule:
                problems.append(verdicts.rule_broken(name, text, rule))

    def _judge(
        self,
        bad: BadValue,
        name: str,
        text: str,
        changes: dict[str, str],
        problems: Problems,
    ) -> None:
        """A refused value: 2026-09 mends some dates and says so."""
        if self.lenient and bad.lenient is not None:
            changes[name] = bad.lenient
            self.warnings.append(verdicts.normalized(name, text, bad))
        elif bad.strict is not None:
            changes[name] = bad.strict
        else:
            problems.append(verdicts.problem(name, text, bad.code, bad.message))

    def _require(self, changes: dict[str, str]) -> None:
        lacking = [name for name in self.type.require if not changes.get(name)]
        some = self.type.require_one
        if some and not any(changes.get(name) for name in some):
            lacking = [some[0]]
        if lacking:
            raise errors.required_not_set(self.type.legacy, lacking)

    def _obey_admin(
        self, before: dict[str, str] | None, changes: dict[str, str]
    ) -> None:
        config, now = self.portal.config, {**(before or {}), **changes}
        problems = []
        if before is None:
            asked = config.required_on_create.get(self.type.name, [])
            absent = [name for name in asked if not now.get(name)]
            code = "MISSING_REQUIRED_PROPERTY"
            problems += [verdicts.required(name, code) for name in absent]
        for one in config.conditional_required:
            met = all(now.get(k) == v for k, v in one.get("if", {}).items())
            if one.get("type") == self.type.name and met:
                code = "MISSING_CONDITIONAL_REQUIRED_PROPERTY"
                absent = [name for name in one.get("then", []) if not now.get(name)]
                problems += [verdicts.required(name, code) for name in absent]
        if problems:
            raise errors.admin_rules(problems)

    def _claim(self, record: Record | None, changes: dict[str, str]) -> None:
        """Refuse a unique value that another record has, or takes in this batch."""
        wanted = []
        for name, index in self.store.unique.items():
            value = changes.get(name)
            if not value:
                continue
            owner = index.get(value)
            if owner is not None and owner is not record:
                raise self._taken(name, value, record, owner.id)
            taker = self.claims.get((name, value))
            if taker is not None and (record is None or taker != record.id):
                raise self._taken(name, value, record, taker)
            wanted.append((name, value))
        for one in wanted:
            self.claims[one] = record.id if record else str(self.store.next_number + 1)

    def _taken(
        self, name: str, value: str, record: Record | None, owner: str
    ) -> errors.ApiError:
        if name == "email" and not self.portal.config.contact_conflict_400:
            return errors.contact_exists(owner)
        writing = record.id if record is not None else str(self.store.number())
        return errors.value_taken(
            self.portal.id,
            self.type.legacy,
            f"propertyName={name}, value={value}",
            writing,
            owner,
        )
