"""Schemas of custom objects."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from connectors.sandbox.hubspot.admin.custom import CustomTypes
from connectors.sandbox.hubspot.call import Call, empty, reply
from connectors.sandbox.hubspot.crm.catalog import spellings

READ, WRITE = "crm.schemas.custom.read", "crm.schemas.custom.write"


async def list_all(call: Call) -> web.Response:
    types = _types(call, READ)
    return reply({"results": [types.shown(one) for one in types.all()]})


async def read(call: Call) -> web.Response:
    types = _types(call, READ)
    return reply(types.shown(types.find(call.path("type"))))


async def create(call: Call) -> web.Response:
    types = _types(call, WRITE)
    return reply(types.shown(types.create(await call.object_body())), 201)


async def update(call: Call) -> web.Response:
    """Labels and required properties may change; the name never does."""
    types, body = _types(call, WRITE), await call.object_body()
    found = types.find(call.path("type"))
    labels = body.get("labels")
    changed = replace(
        found,
        require=tuple(body.get("requiredProperties", found.require)),
        label=f"{labels['singular']}\n{labels['plural']}" if labels else found.label,
    )
    call.portal.kinds |= spellings(changed)
    call.portal.stores[changed.name].object_type = changed
    return reply(types.shown(changed))


async def delete(call: Call) -> web.Response:
    types = _types(call, WRITE)
    types.drop(types.find(call.path("type")))
    return empty()


async def associate(call: Call) -> web.Response:
    types, body = _types(call, WRITE), await call.object_body()
    found = types.find(call.path("type"))
    return reply(types.associate(found, str(body.get("toObjectTypeId"))), 201)


def _types(call: Call, scope: str) -> CustomTypes:
    call.need([scope])
    return CustomTypes(call.portal)
