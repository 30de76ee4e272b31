"""e.net over SOAP: the .asmx services, where a failure is a fault with status 500."""

from __future__ import annotations

from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web

from connectors.sandbox.syspro.config import SysproConfig
from connectors.sandbox.syspro.enet.desk import Desk
from connectors.sandbox.syspro.enet.rest import html
from connectors.sandbox.syspro.enet.sessions import EnetError

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "http://www.syspro.com/ns/{}/"
_OPERATIONS = {
    "utilities": {
        "Logon": "logon",
        "Logoff": "logoff",
        "GetLogonProfile": "getlogonprofile",
    },
    "query": {"Query": "query/query", "Fetch": "query/fetch", "Browse": "query/browse"},
    "setup": {"Add": "setup/add", "Update": "setup/update", "Delete": "setup/delete"},
    "transaction": {"Post": "transaction/post", "Build": "transaction/build"},
}


class Soap:
    """The services behind /SYSPROWebServices."""

    def __init__(self, desk: Desk, config: SysproConfig) -> None:
        self._desk, self._config = desk, config

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route(
            "*", "/{root:(?i:SYSPROWebServices)}/{service}.asmx", self._call
        )

    async def _call(self, request: web.Request) -> web.Response:
        if not self._config.enet_up:
            return html(503, "Service Unavailable")
        service = request.match_info["service"].lower()
        if service not in _OPERATIONS:
            return html(404, "The resource cannot be found.")
        if request.method != "POST":
            return html(200, f"{service}: a list of operations")
        try:
            name, given = _asked(service, await request.read(), request)
            text = self._desk.call(_OPERATIONS[service][name], given)
        except (EnetError, ValueError) as error:
            return _fault(str(error).removeprefix("ERROR: "))
        return _answer(service, name, text)


def _asked(
    service: str, body: bytes, request: web.Request
) -> tuple[str, dict[str, str]]:
    """Operation and parameters of an envelope; ValueError for what is none."""
    try:
        envelope = ET.fromstring(body)  # noqa: S314 (only our own tests call)
    except ET.ParseError as error:
        message = f"Unable to process request. {error}"
        raise ValueError(message) from error
    inner = envelope.find(f"{{{ENVELOPE}}}Body/*")
    if inner is None:
        message = "Unable to process request without a body."
        raise ValueError(message)
    namespace, _, name = inner.tag[1:].partition("}")
    action = request.headers.get("SOAPAction", "").strip('"')
    if namespace != NAMESPACE.format(service) or name not in _OPERATIONS[service]:
        message = f"Server did not recognize the request {inner.tag}."
        raise ValueError(message)
    if action != namespace + name:
        message = (
            f"Server did not recognize the value of HTTP Header SOAPAction: {action}."
        )
        raise ValueError(message)
    local = {one.tag.rpartition("}")[2].lower(): one.text or "" for one in inner}
    return name, local


def _answer(service: str, name: str, text: str) -> web.Response:
    result = f"<{name}Result>{escape(text)}</{name}Result>"
    namespace = NAMESPACE.format(service)
    return _envelope(
        f'<{name}Response xmlns="{namespace}">{result}</{name}Response>', 200
    )


def _fault(text: str) -> web.Response:
    detail = (
        f"<faultcode>soap:Server</faultcode><faultstring>{escape(text)}</faultstring>"
    )
    return _envelope(f"<soap:Fault>{detail}<detail/></soap:Fault>", 500)


def _envelope(content: str, status: int) -> web.Response:
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{ENVELOPE}"><soap:Body>{content}</soap:Body>'
        "</soap:Envelope>"
    )
    return web.Response(text=text, status=status, content_type="text/xml")
