"""e.net over REST: GET, with everything in the query string.

So a write is limited by the length of an address, and no address of ours is ever shown
with its query.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from connectors.sdk.errors import ConfigurationError, ConnectorError, RejectedError
from connectors.sdk.http import HttpClient, Response
from connectors.systems.syspro.wire.operations import EnetRefusedError, Operation
from connectors.systems.syspro.wire.xmltext import unwrapped

# Windows refuses request line and headers of 16,384 bytes together.
LONGEST = 15_000
REFUSED = "ERROR"


class RestWire:
    """See `Wire`. Nothing but GET is understood."""

    def __init__(self, http: HttpClient, *, encoding: str, instance: str) -> None:
        self._http, self._encoding, self._instance = http, encoding, instance

    def send(
        self, operation: Operation, given: Mapping[str, str], *, repeatable: bool = True
    ) -> str:
        """See `Wire`."""
        named = dict(given)
        if operation.name == "Logon" and self._instance:
            named["EncoreInstance"] = self._instance
        query = urlencode(named, quote_via=quote, safe="", encoding=self._encoding)
        path = f"/{operation.path}?{query}"
        if len(self._http.base_url) + len(path) > LONGEST:
            raise RejectedError(
                f"The document for {operation.path} is too long for an address.",
                advice="Map fewer or shorter fields, or choose SOAP in the connection.",
            )
        text = unwrapped(self._http.get(path, idempotent=repeatable).body)
        if text.lstrip().startswith(REFUSED):
            raise EnetRefusedError(text.strip())
        return text

    def reach(self) -> str:
        """See `Wire`."""
        return unwrapped(self._http.get("/GetVersion").body).strip()

    def close(self) -> None:
        """See `Wire`."""
        self._http.close()


def rest_fault(response: Response) -> ConnectorError | None:
    """What an answer means that is none of SYSPRO's business layer."""
    if response.ok:
        return _web_page(response)
    if response.status in (404, 405):
        return ConfigurationError(
            f"{response.where} answered {response.status}: this is not the e.net REST "
            "service.",
            advice="Enter its address with port and path, such as "
            "https://erp.example.com:31002/SYSPROWCFService/Rest.",
            field="enet_url",
            status=response.status,
        )
    if response.status >= 500 and response.content_kind != "a web page":
        text = unwrapped(response.body).strip()
        if text.startswith(REFUSED):
            return EnetRefusedError(response.redact(text), status=response.status)
    return within_500(response)


def within_500(response: Response) -> ConnectorError | None:
    """A fault that comes as XML with status 500."""
    if response.status != 500 or b"faultstring" not in response.body.lower():
        return None
    text = unwrapped(response.body)
    start = text.lower().index("faultstring")
    inner = text[text.index(">", start) + 1 :].partition("</")[0]
    said = inner.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    said = said.replace("&apos;", "'").replace("&amp;", "&").strip()
    if not said:
        return None
    text = said if said.startswith(REFUSED) else f"{REFUSED}: {said}"
    return EnetRefusedError(response.redact(text), status=500)


def _web_page(response: Response) -> ConnectorError | None:
    head = response.body[:200].lstrip().lower()
    if not head.startswith((b"<!doctype html", b"<html")):
        return None
    return ConfigurationError(
        f"{response.where} answered with a web page: this is not e.net.",
        advice="Check the address of e.net in the connection.",
        field="enet_url",
        status=response.status,
    )
