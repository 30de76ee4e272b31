"""e.net over SOAP: the .asmx services. A failure is a fault with status 500."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from connectors.sdk.errors import ConfigurationError, ConnectorError, UnavailableError
from connectors.sdk.http import HttpClient, Response
from connectors.systems.syspro.wire.operations import Operation
from connectors.systems.syspro.wire.rest import within_500
from connectors.systems.syspro.wire.xmltext import found, parsed, unwrapped

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_NAMESPACE = "http://www.syspro.com/ns/{}/"
_RENAMED = {"XmlIn": "XMLIn", "XmlParameters": "XMLParameters"}


class SoapWire:
    """See `Wire`. Documents go as escaped text; the length does not matter."""

    def __init__(self, http: HttpClient, *, instance: str) -> None:
        self._http, self._instance = http, instance

    def send(
        self, operation: Operation, given: Mapping[str, str], *, repeatable: bool = True
    ) -> str:
        """See `Wire`."""
        namespace = _NAMESPACE.format(operation.service)
        parameters = {_RENAMED.get(name, name): value for name, value in given.items()}
        if operation.name == "Logon":
            parameters |= {
                "LanguageCode": "AUTO",
                "LogLevel": "ldNoDebug",
                "EncoreInstance": f"EncoreInstance_{self._instance or 0}",
                "XmlIn": "",
            }
        response = self._http.post(
            f"/{operation.service}.asmx",
            content=_envelope(namespace, operation.name, parameters).encode(),
            headers={
                "Content-Type": "text/xml; charset=utf-8",
                "Accept": "text/xml",
                "SOAPAction": f'"{namespace}{operation.name}"',
            },
            idempotent=repeatable,
        )
        wanted = f"{operation.name}Result".lower()
        for element in found(parsed(unwrapped(response.body)), wanted):
            return element.text or ""
        raise UnavailableError(f"{response.where} answered without {operation.name}.")

    def reach(self) -> str:
        """See `Wire`; these services tell no version."""
        self._http.get("/utilities.asmx", headers={"Accept": "text/html"})
        return ""

    def close(self) -> None:
        """See `Wire`."""
        self._http.close()


def soap_fault(response: Response) -> ConnectorError | None:
    """What an answer means beside a result."""
    if response.status in (404, 405):
        return ConfigurationError(
            f"{response.where} answered {response.status}: there is no e.net web "
            "service.",
            advice="Enter the address of its folder, such as "
            "https://erp.example.com/SYSPROWebServices.",
            field="enet_url",
            status=response.status,
        )
    return within_500(response)


def _envelope(namespace: str, name: str, parameters: Mapping[str, str]) -> str:
    inner = "".join(f"<{n}>{escape(v)}</{n}>" for n, v in parameters.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{_ENVELOPE}"><soap:Body>'
        f'<{name} xmlns="{namespace}">{inner}</{name}>'
        "</soap:Body></soap:Envelope>"
    )
