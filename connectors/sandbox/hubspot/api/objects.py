"""Single records: list, read, create, update, archive, merge."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.api.rendering import HISTORY_CAP, Reader
from connectors.sandbox.hubspot.call import Call, empty, reply
from connectors.sandbox.hubspot.crm.merging import merged
from connectors.sandbox.hubspot.crm.records import RecordStore
from connectors.sandbox.hubspot.crm.writes import LinkPlan, Plan

MOST = 100


async def list_page(call: Call) -> web.Response:
    store = call.store("read")
    with_history = call.names("propertiesWithHistory")
    limit = call.limit(10, HISTORY_CAP if with_history else MOST)
    after = call.query("after")
    if after is not None and not after.isdigit():
        raise errors.invalid(f"after {after} is not a cursor of this list")
    found = store.page(after, limit, archived=call.flag("archived"))
    reader = _reader(call, store)
    body: dict[str, Any] = {"results": [reader.show(one) for one in found[:limit]]}
    if len(found) > limit:
        body["paging"] = _next(call, found[limit].id)
    return reply(body)


async def read(call: Call) -> web.Response:
    store = call.store("read")
    record = store.resolve(
        call.path("id"), call.query("idProperty"), archived=call.flag("archived")
    )
    return reply(_reader(call, store).show(record))


async def create(call: Call) -> web.Response:
    store, body = call.store("write"), await call.object_body()
    writer = call.writer(store)
    links = planned_links(call, store, body.get("associations") or [])
    plan = writer.plan(None, body.get("properties"))
    plan.links = links
    record, _ = writer.apply(plan)
    shown = record.envelope(dict(sorted(record.props.items())))
    if writer.warnings:
        shown["warnings"] = writer.warnings
    url = call.portal.record_url(store, record)
    if call.dated:
        shown["url"] = url
    return reply(shown, 201, {"Location": url})


async def update(call: Call) -> web.Response:
    store, body = call.store("write"), await call.object_body()
    record = store.resolve(call.path("id"), call.query("idProperty"), archived=False)
    writer = call.writer(store)
    plan: Plan = writer.plan(record, body.get("properties"))
    writer.apply(plan)
    shown = record.envelope(dict(sorted(writer.shown(plan, record).items())))
    if writer.warnings:
        shown["warnings"] = writer.warnings
    return reply(shown)


async def archive(call: Call) -> web.Response:
    """204 also for a record already archived; unknown ids are a 404."""
    store, record_id = call.store("write"), call.path("id")
    record = store.by_id(record_id)
    if record is None:
        store.get(record_id)
    elif record.archived_at is None:
        call.writer(store).archive(record)
    return empty()


async def merge(call: Call) -> web.Response:
    store, body = call.store("write"), await call.object_body()
    primary = store.get(str(body.get("primaryObjectId") or ""))
    other = store.get(str(body.get("objectIdToMerge") or ""))
    if primary is other:
        raise errors.invalid("A record cannot be merged with itself.")
    survivor = merged(call.portal, store, call.writer(store), primary, other)
    return reply(Reader(call, store, ()).show(survivor))


def planned_links(call: Call, store: RecordStore, wanted: Any) -> list[LinkPlan]:
    """The inline associations of a create; 400 naming every target that is wrong."""
    plans: list[LinkPlan] = []
    bad: list[tuple[str, str]] = []
    source = store.object_type.name
    for one in wanted:
        other = str((one.get("to") or {}).get("id") or "")
        for spec in one.get("types") or []:
            target = _target(call, source, int(spec.get("associationTypeId") or 0))
            pair = (source, target)
            types = call.portal.links.chosen(pair, [spec])
            record = call.portal.stores[target].by_id(other)
            if record is None or record.archived_at is not None:
                bad.append((call.portal.kinds[target].legacy, other))
            plans.append((pair, other, types))
    if bad:
        raise errors.invalid(
            "One or more associations are invalid",
            context={
                "INVALID_OBJECT_IDS": [
                    f"{kind}={one} is not valid" for kind, one in bad
                ],
                "objectId": [one for _, one in bad],
                "objectType": [kind for kind, _ in bad],
            },
        )
    return plans


def _target(call: Call, source: str, type_id: int) -> str:
    for known_source, target, known in call.portal.links.types:
        if known_source == source and known == type_id:
            return target
    # Lets `chosen` word the refusal: the type belongs to another direction.
    return source


def _reader(call: Call, store: RecordStore) -> Reader:
    return Reader(
        call,
        store,
        call.names("properties"),
        call.names("propertiesWithHistory"),
        call.names("associations"),
    )


def _next(call: Call, after: str) -> dict[str, Any]:
    link = call.request.rel_url.update_query(after=after)
    return {"next": {"after": after, "link": f"https://api.hubapi.com{link}"}}
