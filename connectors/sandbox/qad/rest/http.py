"""JSON with exact numbers, in and out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import web

from connectors.sandbox.qad.errors import RestError

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def answer(body: Any, status: int = 200) -> web.Response:
    """A JSON answer; decimals are numbers with the digits they have."""
    return web.Response(
        body=_encode(body), status=status, content_type="application/json"
    )


async def asked(request: web.Request) -> dict[str, Any]:
    """The body of a request. Raises RestError 400 for what is no JSON object."""
    if request.content_type != "application/json":
        raise RestError(415, f"Content type {request.content_type} not supported")
    try:
        body = _decode(await request.read())
    except msgspec.DecodeError as error:
        raise RestError(400, f"Malformed JSON: {error}") from error
    if not isinstance(body, dict):
        raise RestError(400, "Malformed JSON: an object is expected")
    return body
