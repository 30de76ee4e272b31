"""The account: details, usage, limits, owners, token info."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.call import Call, reply
from connectors.sandbox.hubspot.crm.schema import CUSTOM_CAP
from connectors.sandbox.hubspot.crm.values import iso

ACCOUNT_CAP = 10_000
MOST_OWNERS = 500


async def details(call: Call) -> web.Response:
    zone = call.standin.config.time_zone
    offset = call.standin.clock.now().astimezone(ZoneInfo(zone)).utcoffset()
    seconds = int(offset.total_seconds()) if offset else 0
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return reply(
        {
            "portalId": call.portal.id,
            "accountType": "STANDARD",
            "timeZone": zone,
            "companyCurrency": call.portal.home_currency,
            "additionalCurrencies": list(call.portal.currencies)[1:],
            "utcOffset": f"{sign}{hours:02d}:{minutes:02d}",
            "utcOffsetMilliseconds": seconds * 1000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


async def daily_usage(call: Call) -> web.Response:
    limiter = call.standin.limiter
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": call.standin.config.daily_limit,
        "currentUsage": limiter.used_today(call.portal.id),
        "collectedAt": call.portal.stamp(),
        "fetchStatus": "SUCCESS",
        "resetsAt": iso(limiter.day_ends().astimezone(UTC)),
    }
    return reply({"results": [usage]})


async def custom_property_limits(call: Call) -> web.Response:
    """Schema scopes alone are not enough here."""
    call.need([one for one in call.identity.scopes if one.startswith("crm.objects.")])
    counts = {
        name: schema.custom_count() for name, schema in call.portal.schemas.items()
    }
    rows = [
        {
            "objectTypeId": call.portal.kinds[name].type_id,
            "singularLabel": call.portal.kinds[name].singular,
            **_used(count, CUSTOM_CAP),
        }
        for name, count in counts.items()
    ]
    total = _used(sum(counts.values()), ACCOUNT_CAP)
    return reply({"overallLimit": total, "byObjectType": rows})


async def owners(call: Call) -> web.Response:
    call.need(["crm.objects.owners.read"])
    limit, after = call.limit(100, MOST_OWNERS), call.query("after") or ""
    email, archived = call.query("email"), call.flag("archived")
    found = [
        one
        for one in call.portal.owners.values()
        if one["archived"] == archived
        and (email is None or one["email"] == email.lower())
        and one["id"] >= after
    ]
    body: dict[str, Any] = {"results": found[:limit]}
    if len(found) > limit:
        body["paging"] = {"next": {"after": found[limit]["id"]}}
    return reply(body)


async def owner(call: Call) -> web.Response:
    call.need(["crm.objects.owners.read"])
    found = call.portal.owners.get(call.path("id"))
    if found is None or found["archived"] != call.flag("archived"):
        raise errors.no_record()
    return reply(found)


async def token_info(call: Call) -> web.Response:
    body = await call.object_body()
    token = call.standin.config.tokens.get(str(body.get("tokenKey")))
    if token is None or token["revoked"] or token["kind"] != "private":
        raise errors.invalid("The token is not known.")
    return reply(
        {
            "userId": 9500004,
            "hubId": token["portal"],
            "appId": token["app"],
            "scopes": token["scopes"],
        }
    )


def _used(count: int, cap: int) -> dict[str, Any]:
    return {"limit": cap, "usage": count, "percentage": round(100 * count / cap, 2)}
