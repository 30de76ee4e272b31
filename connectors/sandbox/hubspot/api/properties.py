"""Property definitions and groups."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connectors.sandbox.hubspot.api.batches import answer, capped
from connectors.sandbox.hubspot.call import Call, empty, reply
from connectors.sandbox.hubspot.crm.schema import Schema
from connectors.sandbox.hubspot.errors import ApiError

CAP = 100


async def list_all(call: Call) -> web.Response:
    schema = _readable(call)
    chosen = schema.archived if call.flag("archived") else schema.live
    return reply({"results": [one.as_dict() for one in chosen.values()]})


async def read(call: Call) -> web.Response:
    return reply(_readable(call).read(call.path("name")).as_dict())


async def create(call: Call) -> web.Response:
    schema = _writable(call)
    made = schema.create(await call.object_body())
    location = f"{call.request.path}/{made.name}"
    return reply(made.as_dict(), 201, {"Location": location})


async def update(call: Call) -> web.Response:
    schema = _writable(call)
    changed = schema.update(call.path("name"), await call.object_body())
    return reply(changed.as_dict())


async def archive(call: Call) -> web.Response:
    _writable(call).archive(call.path("name"))
    return empty()


async def batch_create(call: Call) -> web.Response:
    schema = _writable(call)
    results, failed = [], []
    for body in capped(await call.object_body(), CAP):
        try:
            results.append(schema.create(body).as_dict())
        except ApiError as error:
            failed.append(_entry(error, body.get("name")))
    return answer(call, results, failed, 201)


async def batch_read(call: Call) -> web.Response:
    schema = _readable(call)
    results, failed = [], []
    for item in capped(await call.object_body(), CAP):
        try:
            results.append(schema.read(str(item.get("name"))).as_dict())
        except ApiError as error:
            failed.append(_entry(error, item.get("name")))
    return answer(call, results, failed)


async def batch_archive(call: Call) -> web.Response:
    schema = _writable(call)
    for item in capped(await call.object_body(), CAP):
        schema.archive(str(item.get("name")))
    return empty()


async def groups(call: Call) -> web.Response:
    return reply({"results": list(_readable(call).groups.values())})


async def create_group(call: Call) -> web.Response:
    schema = _writable(call)
    return reply(schema.add_group(await call.object_body()), 201)


async def group(call: Call) -> web.Response:
    return reply(_group(_readable(call), call.path("name")))


async def update_group(call: Call) -> web.Response:
    found = _group(_writable(call), call.path("name"))
    body = await call.object_body()
    found |= {key: body[key] for key in ("label", "displayOrder") if key in body}
    return reply(found)


async def delete_group(call: Call) -> web.Response:
    _writable(call).drop_group(call.path("name"))
    return empty()


def _readable(call: Call) -> Schema:
    """Any scope of the object will do to read its definitions."""
    kind = call.kind()
    call.need(
        [
            *kind.scopes("schemas", "read"),
            *kind.scopes("objects", "read"),
            *kind.scopes("objects", "write"),
        ]
    )
    return call.portal.schemas[kind.name]


def _writable(call: Call) -> Schema:
    kind = call.kind()
    call.need(kind.scopes("schemas", "write"))
    return call.portal.schemas[kind.name]


def _group(schema: Schema, name: str) -> dict[str, Any]:
    if name not in schema.groups:
        raise ApiError(404, f"Group {name} does not exist", "OBJECT_NOT_FOUND")
    return schema.groups[name]


def _entry(error: ApiError, name: Any) -> dict[str, Any]:
    entry = error.batch_entry(None)
    entry["context"]["name"] = [str(name)]
    if "subCategory" in error.more:
        entry["subCategory"] = error.more["subCategory"]
    return entry
