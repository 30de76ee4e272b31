"""Associations: single pairs, batches, labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.api.batches import answer, capped
from connectors.sandbox.hubspot.call import Call, empty, reply
from connectors.sandbox.hubspot.crm.links import LinkType
from connectors.sandbox.hubspot.errors import ApiError

MOST_LISTED = 500
WRITE_CAP, READ_CAP, ARCHIVE_CAP = 2000, 1000, 100
Pair = tuple[str, str]


async def put_default(call: Call) -> web.Response:
    """Idempotent; answers both directions."""
    pair, ids = _single(call, "write")
    return answer(call, _link_default(call, pair, ids), [])


async def put_labelled(call: Call) -> web.Response:
    """A bare array of types replaces the labels of the pair."""
    pair, ids = _single(call, "write")
    specs = await call.body()
    if not isinstance(specs, list):
        raise errors.bad_json(1, 1, "Cannot deserialize value of type `ArrayList`")
    types = call.portal.links.chosen(pair, specs)
    call.portal.links.link(pair, ids, types)
    return reply(_labelled(call, pair, ids, types), 201)


async def delete(call: Call) -> web.Response:
    pair = _pair(call, "write", "type")
    call.portal.links.unlink(pair, (call.path("id"), call.path("to_id")), None)
    return empty()


async def list_page(call: Call) -> web.Response:
    pair = _pair(call, "read", "type")
    record = call.portal.stores[pair[0]].get(call.path("id"))
    limit, after = call.limit(MOST_LISTED, MOST_LISTED), call.query("after")
    return reply(_held(call, pair, record.id, after, limit))


async def batch_default(call: Call) -> web.Response:
    return await _batch(call, _link_default_item, 200)


async def batch_create(call: Call) -> web.Response:
    return await _batch(call, _link_item, 201)


async def batch_read(call: Call) -> web.Response:
    pair = _pair(call, "read")
    results, failed = [], []
    for item in capped(await call.object_body(), READ_CAP):
        record_id = str(item.get("id"))
        held = _held(call, pair, record_id, item.get("after"), MOST_LISTED)
        if held["results"]:
            paging = {"paging": held["paging"]} if "paging" in held else {}
            to = held["results"]
            results.append({"from": {"id": record_id}, "to": to, **paging})
        else:
            failed.append(_nothing_held(pair, record_id))
    return answer(call, results, failed)


async def batch_archive(call: Call) -> web.Response:
    pair = _pair(call, "write")
    for item in capped(await call.object_body(), ARCHIVE_CAP):
        for other in item.get("to") or []:
            ids = (str(item["from"]["id"]), str(other["id"]))
            call.portal.links.unlink(pair, ids, None)
    return empty()


async def batch_unlabel(call: Call) -> web.Response:
    """Takes labels away; the plain type among them takes the whole association."""
    pair = _pair(call, "write")
    for item in capped(await call.object_body(), WRITE_CAP):
        types = call.portal.links.chosen(pair, item.get("types") or [])
        call.portal.links.unlink(pair, _ids(item), types)
    return empty()


async def labels(call: Call) -> web.Response:
    pair = _pair(call, "read")
    return reply(
        {"results": [one.as_dict() for one in call.portal.links.of_pair(pair)]}
    )


async def create_label(call: Call) -> web.Response:
    pair, body = _pair(call, "write"), await call.object_body()
    if not body.get("label") or not body.get("name"):
        raise errors.invalid("A label needs label and name.")
    inverse = body.get("inverseLabel") or body["label"]
    made = call.portal.links.define_label(pair, body["label"], inverse)
    return reply({"results": [one.as_dict() for one in made]})


async def delete_label(call: Call) -> web.Response:
    pair = _pair(call, "write")
    call.portal.links.drop_label(pair, int(call.path("type_id")))
    return empty()


async def limits(call: Call) -> web.Response:
    """How many of one type a record of another may have."""
    kinds = call.portal.kinds
    rows = [
        {
            "fromObjectTypeId": kinds[source].type_id,
            "toObjectTypeId": kinds[target].type_id,
            "maxToObjectIds": most,
        }
        for (source, target), most in call.portal.links.limits.items()
    ]
    return reply({"results": rows})


async def set_limits(call: Call) -> web.Response:
    pair = _pair(call, "write")
    for item in capped(await call.object_body(), ARCHIVE_CAP):
        most = item.get("maxToObjectIds")
        if not isinstance(most, int) or most < 1:
            raise errors.invalid("maxToObjectIds must be at least 1.")
        call.portal.links.limits[pair] = most
    return empty()


async def update_label(call: Call) -> web.Response:
    """Another text for a label of the account's own."""
    pair, body = _pair(call, "write"), await call.object_body()
    type_id = int(body.get("associationTypeId") or 0)
    call.portal.links.rename(pair, type_id, str(body.get("label") or ""))
    return empty()


def _pair(call: Call, verb: str, source: str = "from") -> Pair:
    """The two object types; the token needs the scope of the first."""
    may = not call.identity.oauth or call.standin.config.oauth_user_associates
    if verb == "write" and call.strict and not may:
        raise errors.invalid("Missing 'Edit Associations' permission.")
    return call.store(verb, source).object_type.name, call.kind("to").name


def _single(call: Call, verb: str) -> tuple[Pair, Pair]:
    pair = _pair(call, verb, "type")
    ids = (call.path("id"), call.path("to_id"))
    _must_exist(call, pair, ids)
    return pair, ids


def _ids(item: dict[str, Any]) -> Pair:
    try:
        return str(item["from"]["id"]), str(item["to"]["id"])
    except (KeyError, TypeError) as error:
        raise errors.invalid("Every input needs from.id and to.id.") from error


def _must_exist(call: Call, pair: Pair, ids: Pair) -> None:
    for kind, record_id in zip(pair, ids, strict=True):
        record = call.portal.stores[kind].by_id(record_id)
        if record is None or record.archived_at is not None:
            legacy = call.portal.kinds[kind].legacy
            raise errors.invalid(
                f"{legacy}={record_id} is not valid",
                context={"objectId": [record_id], "objectType": [legacy]},
            )


async def _batch(
    call: Call,
    apply: Callable[[Call, Pair, dict[str, Any]], list[dict[str, Any]]],
    success: int,
) -> web.Response:
    pair = _pair(call, "write")
    results, failed = [], []
    for item in capped(await call.object_body(), WRITE_CAP):
        try:
            results += apply(call, pair, item)
        except ApiError as error:
            entry = error.batch_entry(None)
            entry["context"]["fromObjectId"] = [_ids(item)[0]]
            entry["context"]["toObjectId"] = [_ids(item)[1]]
            failed.append(entry)
    return answer(call, results, failed, success)


def _link_default_item(
    call: Call, pair: Pair, item: dict[str, Any]
) -> list[dict[str, Any]]:
    ids = _ids(item)
    _must_exist(call, pair, ids)
    return _link_default(call, pair, ids)


def _link_item(call: Call, pair: Pair, item: dict[str, Any]) -> list[dict[str, Any]]:
    ids = _ids(item)
    _must_exist(call, pair, ids)
    types = call.portal.links.chosen(pair, item.get("types") or [])
    call.portal.links.link(pair, ids, types)
    return [_labelled(call, pair, ids, types)]


def _link_default(call: Call, pair: Pair, ids: Pair) -> list[dict[str, Any]]:
    plain = call.portal.links.default(pair)
    call.portal.links.add(pair, ids, [plain])
    return [
        _spec(ids, plain, plain.id),
        _spec((ids[1], ids[0]), plain, plain.inverse),
    ]


def _spec(ids: Pair, one: LinkType, type_id: int) -> dict[str, Any]:
    return {
        "from": {"id": ids[0]},
        "to": {"id": ids[1]},
        "associationSpec": {
            "associationCategory": one.category,
            "associationTypeId": type_id,
        },
    }


def _labelled(
    call: Call, pair: Pair, ids: Pair, types: list[LinkType]
) -> dict[str, Any]:
    kinds = call.portal.kinds
    return {
        "fromObjectTypeId": kinds[pair[0]].type_id,
        "fromObjectId": _id(call, ids[0]),
        "toObjectTypeId": kinds[pair[1]].type_id,
        "toObjectId": _id(call, ids[1]),
        "labels": [one.label for one in types if one.label],
    }


def _id(call: Call, record_id: str) -> str | int:
    """A number in the samples of v4, a string in the description of dated versions."""
    return record_id if call.dated else int(record_id)


def _held(
    call: Call, pair: Pair, record_id: str, after: str | None, limit: int
) -> dict[str, Any]:
    """One page of what a record is associated with, by the other's id."""
    links = call.portal.links
    rows = sorted(links.held(pair, record_id).items(), key=lambda row: int(row[0]))
    rows = [row for row in rows if int(row[0]) >= int(after or 0)]
    body: dict[str, Any] = {
        "results": [
            {
                "toObjectId": _id(call, other),
                "associationTypes": [
                    links.types[(*pair, type_id)].as_dict() for type_id in sorted(held)
                ],
            }
            for other, held in rows[:limit]
        ]
    }
    if len(rows) > limit:
        body["paging"] = {"next": {"after": rows[limit][0]}}
    return body


def _nothing_held(pair: Pair, record_id: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {pair[1]} is associated with {pair[0]} {record_id}.",
        "context": {"fromObjectId": [record_id]},
    }
