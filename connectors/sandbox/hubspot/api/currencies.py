"""The account's currencies: its own one, those added with a rate, and the codes."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from aiohttp import web

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.call import Call, reply
from connectors.sandbox.hubspot.crm.portal import CODES

READ, WRITE = "multi-currency-read", "multi-currency-write"


async def company(call: Call) -> web.Response:
    call.need([READ])
    return reply({"currencyCode": call.portal.home_currency})


async def codes(call: Call) -> web.Response:
    call.need([READ])
    rows = [{"currencyCode": code, "currencyName": name} for code, name in CODES]
    return reply({"results": rows})


async def rates(call: Call) -> web.Response:
    call.need([READ])
    home = call.portal.home_currency
    rows = [
        {
            "fromCurrencyCode": code,
            "toCurrencyCode": home,
            "conversionRate": float(rate),
            "visibleInUI": True,
        }
        for code, rate in call.portal.currencies.items()
        if code != home
    ]
    return reply({"results": rows})


async def add_rate(call: Call) -> web.Response:
    """A rate makes its currency one of the account's."""
    call.need([WRITE])
    body = await call.object_body()
    code = str(body.get("fromCurrencyCode"))
    if code not in dict(CODES):
        raise errors.invalid(f"{code} is not a currency code.")
    try:
        rate = Decimal(str(body.get("conversionRate")))
    except InvalidOperation as error:
        raise errors.invalid("conversionRate must be a number.") from error
    if not rate.is_finite() or rate <= 0:
        raise errors.invalid("conversionRate must be greater than 0.")
    call.portal.currencies[code] = rate
    return reply({**body, "createdAt": call.portal.stamp()}, 201)
