"""Batches: create, read, update, upsert, archive, and how they fail in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.api.objects import planned_links
from connectors.sandbox.hubspot.api.rendering import HISTORY_CAP, Reader
from connectors.sandbox.hubspot.call import Call, empty, reply
from connectors.sandbox.hubspot.crm.records import Record, RecordStore
from connectors.sandbox.hubspot.crm.writes import Plan, Writer
from connectors.sandbox.hubspot.errors import ApiError

CAP = 100
Item = dict[str, Any]
Planner = Callable[[Item], Plan | None]


async def create(call: Call) -> web.Response:
    batch = await Batch.of(call)

    def plan(item: Item) -> Plan:
        links = planned_links(call, batch.store, item.get("associations") or [])
        made = batch.writer.plan(None, item.get("properties"))
        made.links = links
        return made

    return batch.run(plan, success=201)


async def update(call: Call) -> web.Response:
    batch = await Batch.of(call)
    id_property = batch.id_property(needed=False)
    batch.refuse_duplicates()
    if id_property is not None:
        batch.refuse_unknown_values(id_property)
    else:
        batch.set_unknown_ids_aside()

    def plan(item: Item) -> Plan | None:
        record = batch.existing(item, id_property)
        # A merged-away record is left out of the answer without a word.
        if record is None or record.merged_into is not None:
            return None
        return batch.writer.plan(record, item.get("properties"))

    return batch.run(plan)


async def upsert(call: Call) -> web.Response:
    batch = await Batch.of(call)
    id_property = batch.id_property(needed=True)
    batch.refuse_duplicates()

    def plan(item: Item) -> Plan:
        record = batch.existing(item, id_property)
        properties = item.get("properties")
        if record is None and isinstance(properties, dict) and id_property:
            properties.setdefault(id_property, item["id"])
        return batch.writer.plan(record, properties)

    return batch.run(plan, show_new=True)


async def archive(call: Call) -> web.Response:
    """204 whatever the ids: unknown and archived ones are passed over."""
    batch = await Batch.of(call)
    for item in batch.inputs:
        record = batch.store.by_id(str(item.get("id")))
        if record is not None and record.archived_at is None:
            batch.writer.archive(record)
    return empty()


async def read(call: Call) -> web.Response:
    """200, or 207 with one error that names all the ids not found."""
    store, body = call.store("read"), await call.object_body()
    with_history = body.get("propertiesWithHistory") or []
    inputs = capped(body, HISTORY_CAP if with_history else CAP)
    id_property, archived = body.get("idProperty"), call.flag("archived")
    reader = Reader(call, store, body.get("properties") or [], with_history)
    results, missing = [], []
    for item in inputs:
        value = str(item.get("id"))
        try:
            record = store.resolve(value, id_property, archived=archived)
        except ApiError as error:
            if error.status != web.HTTPNotFound.status_code:
                raise
            missing.append(value)
        else:
            results.append(reader.show(record))
    found = {record["id"]: record for record in results}
    return answer(call, list(found.values()), _missing(store, missing))


class Batch:
    """The inputs of one writing batch and what became of them."""

    def __init__(self, call: Call, store: RecordStore, inputs: list[Item]):
        self.call = call
        self.store = store
        self.inputs = inputs
        self.writer: Writer = call.writer(store)
        self.errors: list[dict[str, Any]] = []
        self.traced = _all_traced(inputs)

    @classmethod
    async def of(cls, call: Call) -> Batch:
        store = call.store("write")
        return cls(call, store, capped(await call.object_body(), CAP))

    def id_property(self, *, needed: bool) -> str | None:
        """The one idProperty of all inputs; 400 unless it is a unique property."""
        given = {item.get("idProperty") for item in self.inputs}
        if len(given) > 1:
            raise errors.invalid("All inputs must have the same idProperty.")
        name = next(iter(given), None)
        if name is None and needed:
            raise errors.invalid("idProperty is required.")
        if name is not None and name not in self.store.unique:
            raise errors.not_unique(self.store.object_type.type_id, name)
        return name

    def refuse_duplicates(self) -> None:
        """400 for the whole call, trace ids or not."""
        seen: set[str] = set()
        twice: list[str] = []
        for item in self.inputs:
            value = item.get("id")
            if value is None or value == "":
                raise errors.invalid("Every input needs an id.")
            item["id"] = value = str(value)
            if item.get("idProperty") == "email":
                value = value.lower()
            if value in seen:
                twice.append(value)
            seen.add(value)
        if twice:
            listed = ", ".join(twice)
            text = f"Duplicate IDs found in batch input: [{listed}]. IDs must be unique"
            raise errors.invalid(text, context={"ids": twice})

    def refuse_unknown_values(self, id_property: str) -> None:
        """An update by unique property fails whole when one value is unknown."""
        unknown = [one for one in self.inputs if not self.existing(one, id_property)]
        if unknown:
            raise errors.invalid(
                "Some objects do not exist.",
                context={
                    "missingObjectPropertyValueCoordinates": [
                        f"{id_property}={item['id']}" for item in unknown
                    ]
                },
            )

    def set_unknown_ids_aside(self) -> None:
        """An update by id answers 207 for unknown ids even without trace ids."""
        known = []
        for item in self.inputs:
            record = self.existing(item, None)
            if record is None or (record.archived_at and not record.merged_into):
                error = _missing(self.store, [item["id"]])[0]
                if item.get("objectWriteTraceId"):
                    error["context"]["objectWriteTraceId"] = [
                        item["objectWriteTraceId"]
                    ]
                self.errors.append(error)
            else:
                known.append(item)
        self.inputs = known

    def existing(self, item: Item, id_property: str | None) -> Record | None:
        if id_property is None:
            return self.store.by_id(item["id"])
        return self.store.find(id_property, item["id"])

    def run(
        self, planner: Planner, *, success: int = 200, show_new: bool = False
    ) -> web.Response:
        """Judge all inputs, then apply the good ones (all of them, if untraced)."""
        self.call.standin.mischief.poison(self)
        plans = [
            (item, plan) for item in self.inputs if (plan := self._plan(planner, item))
        ]
        results = []
        for item, plan in plans:
            record, new = self.writer.apply(plan)
            shown = record.envelope(self.writer.shown(plan, record))
            if show_new:
                shown["new"] = new
            if item.get("objectWriteTraceId") is not None:
                shown["objectWriteTraceId"] = item["objectWriteTraceId"]
            results.append(shown)
        results = self.call.standin.mischief.reorder(results)
        return answer(
            self.call, results, self.errors, success, warnings=self.writer.warnings
        )

    def _plan(self, planner: Planner, item: Item) -> Plan | None:
        try:
            self.call.standin.mischief.reject(self, item)
            return planner(item)
        except ApiError as error:
            if not self.traced:
                raise
            self.errors.append(error.batch_entry(str(item["objectWriteTraceId"])))
            return None


def answer(
    call: Call,
    results: list[dict[str, Any]],
    failed: list[dict[str, Any]],
    success: int = 200,
    warnings: list[dict[str, Any]] | None = None,
) -> web.Response:
    """The envelope of every batch; 207 as soon as one input failed."""
    now = call.portal.stamp()
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": now,
        "completedAt": now,
    }
    if failed:
        body |= {"numErrors": len(failed), "errors": failed}
    if warnings:
        body["warnings"] = warnings
    return reply(body, 207 if failed else success)


def capped(body: dict[str, Any], most: int) -> list[Item]:
    """The inputs of a batch body; 400 for more than `most`, nothing is written."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(x, dict) for x in inputs):
        raise errors.bad_json(1, 1, "Cannot deserialize `inputs`")
    if not inputs:
        raise errors.invalid("inputs must not be empty")
    if len(inputs) > most:
        about = " for property histories" if most == HISTORY_CAP else ""
        raise errors.invalid(
            f"The maximum number of inputs supported in a batch request{about} is "
            f"{most}. Please reduce the number of items and try again"
        )
    return inputs


def _all_traced(inputs: list[Item]) -> bool:
    traces = {item.get("objectWriteTraceId") for item in inputs}
    return len(traces) == len(inputs) and None not in traces


def _missing(store: RecordStore, ids: list[str]) -> list[dict[str, Any]]:
    if not ids:
        return []
    kind = store.object_type.legacy
    return [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": f"Could not get some {kind} objects, they may be deleted or not "
            "exist. Check that ids are valid.",
            "context": {"ids": ids},
        }
    ]
