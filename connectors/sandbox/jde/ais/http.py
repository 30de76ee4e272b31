"""What every call has in common: its body, its caller and its answer."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from connectors.sandbox.jde.errors import INVALID_TOKEN, AisError, invalid_token
from connectors.sandbox.jde.sessions import Session, Sessions

JSON = "application/json"
V1, V2 = "/jderest", "/jderest/v2"
TOKEN_HEADER, DEVICE_HEADER = "jde-AIS-Auth", "jde-AIS-Auth-Device"
Body = dict[str, Any]


def version_of(request: web.Request) -> int:
    """1 or 2, by the path."""
    return 2 if f"{V2}/" in request.path else 1


async def read_body(request: web.Request, *, may_be_empty: bool = False) -> Body:
    """The JSON object sent; AisError 406, 415 or 400.

    An empty or `null` body is an empty object where the service needs none.
    """
    check_accept(request)
    raw = await request.read()
    if may_be_empty and not raw.strip():
        return {}
    if request.content_type != JSON:
        raise AisError(415, "Unsupported Media Type", "NotSupportedException")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise AisError(400, "The request is not valid JSON") from error
    if body is None and may_be_empty:
        return {}
    if not isinstance(body, dict):
        raise AisError(400, "The request is not a JSON object")
    return body


def check_accept(request: web.Request) -> None:
    """AisError 406 where the client takes nothing this server can give."""
    given = request.headers.get("Accept", "*/*")
    kinds = {part.split(";")[0].strip().lower() for part in given.split(",")}
    if not kinds & {"*/*", "application/*", JSON}:
        raise AisError(406, "Not Acceptable", "NotAcceptableException")


def caller(
    request: web.Request, body: Mapping[str, Any], sessions: Sessions, *, basic: bool
) -> Session:
    """Whose call it is: by token or, where `basic` allows it, by credentials.

    AisError 444 without a good token, 403 for credentials.
    """
    token = _first(request, body, TOKEN_HEADER, "token")
    device = device_of(request, body)
    address = request.remote or ""
    if token:
        return sessions.find(token, device=device, address=address)
    found = credentials(request, body)
    if found is None:
        raise invalid_token()
    if not basic:
        message = "Authorization Failure: credentials need a token request here"
        raise AisError(403, message, "AuthorizationException")
    user = sessions.authenticate(*found)
    environment = str(body.get("environment") or "")
    return sessions.open(
        user,
        device=device,
        address=address,
        environment=environment,
        role=str(body.get("role") or ""),
        lasting=False,
    )


def device_of(request: web.Request, body: Mapping[str, Any]) -> str:
    """The device name, from header, body or query string."""
    found = _first(request, body, DEVICE_HEADER, "deviceName")
    return found or request.query.get("$device", "")


def credentials(
    request: web.Request, body: Mapping[str, Any]
) -> tuple[str, str] | None:
    """User and password, from the body or a Basic header."""
    name, password = body.get("username"), body.get("password")
    if isinstance(name, str) and isinstance(password, str):
        return name, password
    query = request.query
    if "$username" in query and "$password" in query:
        return query["$username"], query["$password"]
    return basic_header(request)


def basic_header(request: web.Request) -> tuple[str, str] | None:
    """The credentials of `Authorization: Basic`; AisError 403 if malformed."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = (
            b64decode(encoded, validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise AisError(403, "Authorization Failure: malformed credentials")
    return name, password


def _first(
    request: web.Request, body: Mapping[str, Any], header: str, member: str
) -> str:
    for found in (
        request.headers.get(header),
        body.get(member),
        request.query.get(member),
        request.query.get(f"${member}"),
    ):
        if isinstance(found, str) and found:
            return found
    return ""


def answer(body: bytes, status: int = 200) -> web.Response:
    """A JSON answer; 444 goes out with a reason of its own."""
    reason = "Invalid Token" if status == INVALID_TOKEN else None
    return web.Response(body=body, status=status, reason=reason, content_type=JSON)
