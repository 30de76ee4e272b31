"""What one connection needs to speak to its site; made once, shared by threads."""

from __future__ import annotations

from connectors.sdk.contract import Context
from connectors.sdk.http import Classify, HttpClient
from connectors.sdk.redact import Redactor
from connectors.systems.syspro.options import Options
from connectors.systems.syspro.wire.comfnd import Comfnd
from connectors.systems.syspro.wire.enet import Enet
from connectors.systems.syspro.wire.odata import BasicAuth, Odata, odata_fault
from connectors.systems.syspro.wire.operations import Wire
from connectors.systems.syspro.wire.query import Tables
from connectors.systems.syspro.wire.rest import RestWire, rest_fault
from connectors.systems.syspro.wire.session import EnetSession
from connectors.systems.syspro.wire.soap import SoapWire, soap_fault


class Link:
    """Both faces of SYSPRO. Nothing is sent before it is used."""

    def __init__(self, options: Options, context: Context) -> None:
        self.options = options
        self._context = context
        self._redact = Redactor(
            one
            for one in (
                options.operator_password,
                options.company_password,
                options.odata_password,
            )
            if one
        )
        wire = self._wire()
        session = EnetSession(options, context.credentials, wire, self._redact)
        self.enet = Enet(wire, session, self._redact)
        self.tables: Tables = self._comfnd() if options.by_enet else self._odata()

    def close(self) -> None:
        """Log off where that is wanted and release the sockets; never raises."""
        self.enet.close()
        self.tables.close()

    def _odata(self) -> Odata:
        options = self.options
        http = self._client(options.odata_url, odata_fault(options.odata_user))
        http.auth = BasicAuth(options.odata_user, options.odata_password)
        http.headers = {"OData-MaxVersion": "4.0"}
        return Odata(http, page_size=options.page_size, counted=options.counted)

    def _comfnd(self) -> Comfnd:
        options = self.options
        types = {
            options.due_days_column: "Edm.Decimal",
            options.changed_column: "Edm.Date",
            options.invoice_date_column: "Edm.Date",
        }
        return Comfnd(self.enet, types, page_size=options.page_size)

    def _wire(self) -> Wire:
        options = self.options
        if options.soap:
            return SoapWire(
                self._client(options.enet_url, soap_fault), instance=options.instance
            )
        return RestWire(
            self._client(options.enet_url, rest_fault),
            encoding=options.url_encoding,
            instance=options.instance,
        )

    def _client(self, url: str, classify: Classify) -> HttpClient:
        return HttpClient(
            base_url=url,
            timeout=self.options.timeout,
            classify=classify,
            limiter=self._context.limiter,
            network=self._context.network,
            redact=self._redact,
            verify=self.options.verify,
        )
