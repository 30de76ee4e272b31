"""What one connection needs to speak to its server; made once, shared by threads."""

from __future__ import annotations

import threading
from datetime import UTC, timedelta, timezone, tzinfo
from http.cookiejar import DefaultCookiePolicy

from connectors.sdk.contract import Context
from connectors.sdk.http import Classify, HttpClient, RetryPolicy
from connectors.sdk.redact import Redactor
from connectors.systems.jde.options import Options
from connectors.systems.jde.wire.answers import basic_fault, fault
from connectors.systems.jde.wire.codecs import parse_offset
from connectors.systems.jde.wire.service import DataService
from connectors.systems.jde.wire.session import BasicAuth, TokenAuth, login_fault
from connectors.systems.jde.writing.doors.answer import classify


class Link:
    """Login, clients, data service and time zone. Nothing is sent before it is used."""

    def __init__(self, options: Options, context: Context, redact: Redactor) -> None:
        self.options = options
        self._context = context
        self._redact = redact
        self._lock = threading.RLock()
        self._service: DataService | None = None
        self._zone: tzinfo | None = None
        self._writers: dict[bool, HttpClient] = {}
        self.auth: TokenAuth | BasicAuth = (
            BasicAuth(options)
            if options.basic
            else TokenAuth(options, self.open_door, redact)
        )
        self._http = self._client(
            basic_fault if options.basic else fault, RetryPolicy()
        )
        self._http.auth = self.auth
        # Cookies belong to a token: the session sends its own with it.
        self._http.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """Log out and release the sockets; never raises."""
        self.auth.close()
        self._http.close()
        for client in self._writers.values():
            client.close()

    def open_door(self) -> HttpClient:
        """A client without login, retries and shared cookies."""
        return self._client(login_fault, RetryPolicy(attempts=1))

    @property
    def service(self) -> DataService:
        """The data service. The first use logs in, for the server's time zone."""
        with self._lock:
            if not self._service:
                self._service = DataService(
                    self._http,
                    path=f"{self.options.service}/dataservice",
                    page_size=self.options.page_size,
                    links=self.options.links,
                    zone=self._told_zone() or UTC,
                )
            return self._service

    @property
    def zone(self) -> tzinfo:
        """The server's zone: as set, else as the login tells, else as measured."""
        with self._lock:
            if not self._zone:
                told = self._told_zone()
                self._zone = told or _quarters(self.service.now().offset)
            return self._zone

    def writer(self, *, repeatable: bool) -> HttpClient:
        """A client for calls that write, whose answers take longer.

        `repeatable` says how a lost answer is classed.
        """
        with self._lock:
            if repeatable not in self._writers:
                client = self._client(classify(repeatable=repeatable), RetryPolicy())
                client.timeout = (client.timeout[0], self.options.writing.timeout)
                client.auth = self.auth
                client.session.cookies.set_policy(
                    DefaultCookiePolicy(allowed_domains=[])
                )
                self._writers[repeatable] = client
            return self._writers[repeatable]

    def catalogue(self) -> str:
        """What the server tells of its orchestrations, as text."""
        answer = self._http.get(f"{self.options.service}/open-api-catalog")
        return answer.body.decode("utf-8", "replace")

    def _told_zone(self) -> tzinfo | None:
        if self.options.zone or isinstance(self.auth, BasicAuth):
            return self.options.zone
        return parse_offset(self.auth.session().user.get("timeZoneOffset"))

    def _client(self, classify: Classify, retry: RetryPolicy) -> HttpClient:
        options = self.options
        return HttpClient(
            base_url=options.root,
            timeout=options.timeout,
            retry=retry,
            classify=classify,
            limiter=self._context.limiter,
            network=self._context.network,
            redact=self._redact,
            verify=options.verify,
            pool_size=options.parallel + 1,
        )


def _quarters(offset: timedelta) -> timezone:
    """A measured offset as a zone, which lies on a quarter of an hour."""
    quarters = round(offset / timedelta(minutes=15))
    return timezone(timedelta(minutes=15 * max(-92, min(92, quarters))))
