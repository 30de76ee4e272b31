"""Validation rules of properties."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.admin import validation
from connectors.sandbox.hubspot.call import Call, empty, reply
from connectors.sandbox.hubspot.crm.properties import Property
from connectors.sandbox.hubspot.crm.schema import Schema


async def list_all(call: Call) -> web.Response:
    schema = _schema(call, "read")
    rows = [
        {"propertyName": one.name, "rules": _shown(one)}
        for one in schema.live.values()
        if one.rules
    ]
    return reply({"results": rows})


async def read(call: Call) -> web.Response:
    found = _schema(call, "read").read(call.path("name"))
    return reply({"results": _shown(found)})


async def put(call: Call) -> web.Response:
    schema, body = _schema(call, "write"), await call.object_body()
    found, rule = schema.read(call.path("name")), call.path("rule")
    unfit = validation.unfit(rule, body.get("ruleArguments"))
    if unfit:
        raise errors.invalid(unfit)
    found.rules[rule] = [str(one) for one in body["ruleArguments"]]
    schema.sort()
    return empty()


async def delete(call: Call) -> web.Response:
    schema = _schema(call, "write")
    schema.read(call.path("name")).rules.pop(call.path("rule"), None)
    schema.sort()
    return empty()


def _schema(call: Call, verb: str) -> Schema:
    kind = call.kind()
    call.need(kind.scopes("schemas", verb))
    return call.portal.schemas[kind.name]


def _shown(one: Property) -> list[dict[str, Any]]:
    return [
        {"ruleType": rule, "ruleArguments": given, "shouldApplyNormalization": False}
        for rule, given in one.rules.items()
    ]
