"""Pipelines and their stages."""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.hubspot.call import Call, empty, reply
from connectors.sandbox.hubspot.crm.pipelines import PipelineEditor


async def list_all(call: Call) -> web.Response:
    return reply({"results": list(_editor(call, "read").pipelines.values())})


async def read(call: Call) -> web.Response:
    return reply(_editor(call, "read").get(call.path("pipeline")))


async def create(call: Call) -> web.Response:
    editor = _editor(call, "write")
    return reply(editor.create(await call.object_body()), 201)


async def update(call: Call) -> web.Response:
    pipeline = _editor(call, "write").get(call.path("pipeline"))
    body = await call.object_body()
    pipeline |= {key: body[key] for key in ("label", "displayOrder") if key in body}
    pipeline["updatedAt"] = call.portal.stamp()
    return reply(pipeline)


async def delete(call: Call) -> web.Response:
    editor = _editor(call, "write")
    editor.delete(call.path("pipeline"), check=_checks(call))
    return empty()


async def stages(call: Call) -> web.Response:
    pipeline = _editor(call, "read").get(call.path("pipeline"))
    return reply({"results": pipeline["stages"]})


async def create_stage(call: Call) -> web.Response:
    editor = _editor(call, "write")
    made = editor.add_stage(call.path("pipeline"), await call.object_body())
    return reply(made, 201)


async def stage(call: Call) -> web.Response:
    editor = _editor(call, "read")
    return reply(editor.get_stage(call.path("pipeline"), call.path("stage")))


async def delete_stage(call: Call) -> web.Response:
    editor = _editor(call, "write")
    editor.delete_stage(call.path("pipeline"), call.path("stage"), check=_checks(call))
    return empty()


def _editor(call: Call, verb: str) -> PipelineEditor:
    kind = call.kind()
    needed = [*kind.scopes("schemas", verb), *kind.scopes("objects", verb)]
    call.need(needed)
    return PipelineEditor(call.portal, kind.name)


def _checks(call: Call) -> bool:
    """From 2026-09 a stage in use is kept unless the caller says otherwise."""
    default = "true" if call.strict else "false"
    names = ("validateReferencesBeforeDelete", "validateDealStageUsagesBeforeDelete")
    return any(call.query(name, default) == "true" for name in names)
