"""The data service client: tables read page by page, whatever the server's mood."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlsplit

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    TransientError,
    UnavailableError,
)
from connectors.sdk.http import HttpClient, Response
from connectors.systems.jde.clock import Reading
from connectors.systems.jde.wire.answers import count_of
from connectors.systems.jde.wire.codecs import parse_timestamp
from connectors.systems.jde.wire.grid import Rows, rows_of
from connectors.systems.jde.wire.query import Query, Row, Seek

_BASE_TABLE = "F0101"
_ABOUT_THE_QUERY = (200, 400, 403, 500)


class DataService:
    """Browses and counts; safe for several threads.

    `zone` stands in for the server's clock where an answer does not tell the time.
    """

    def __init__(
        self, http: HttpClient, *, path: str, page_size: int, links: bool, zone: tzinfo
    ) -> None:
        self._http = http
        self._path = path
        self._page_size = page_size
        self._links = links
        self._zone = zone
        self._columns: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def pages(
        self, query: Query, after: Seek = (), *, page_size: int = 0
    ) -> Iterator[Rows]:
        """The rows after a position, as they come; one page at least.

        Goes by key, or by next-page links with the key to fall back on: a link dies
        with its session and after a minute. The server's own limit may make pages
        shorter than asked for. Raises ConnectorError.
        """
        href, size = "", page_size or self._page_size
        while True:
            page = self._followed(href, query) if href else None
            page = page or self._browse(query, after, size)
            yield page
            if not page.more and len(page.rows) < size:
                return
            if not page.rows:
                raise UnavailableError(
                    f"JD Edwards says that {query.table} has more rows, and sends none."
                )
            before, after = after, query.position(page.rows[-1])
            if after == before:
                raise UnavailableError(
                    f"JD Edwards sends the same rows of {query.table} again and again."
                )
            href = page.href

    def rows(self, query: Query) -> list[Row]:
        """All rows of a query.

        In larger pages: a customer has more than one row in most of the tables.
        """
        pages = self.pages(query, page_size=2 * self._page_size)
        return [row for page in pages for row in page.rows]

    def count(self, query: Query) -> int | None:
        """How many rows a query has; None when the server does not tell."""
        try:
            body = query.body("COUNT", self._page_size, ())
            return count_of(self._post(body).json())
        except (ConfigurationError, TransientError):
            return None

    def now(self) -> Reading:
        """The server's clock, by an answer made for this question."""
        query = Query(table=_BASE_TABLE, columns=("AN8",), seek=("AN8",))
        utc = datetime.now(UTC)
        local = parse_timestamp(self._browse(query, (), 1).timestamp)
        return Reading(local or utc.astimezone(self._zone).replace(tzinfo=None), utc)

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table that this user can see.

        Raises ConfigurationError naming the table when it cannot be read.
        """
        with self._lock:
            known = self._columns.get(table)
        if not known:  # an empty table may tell no columns: ask again next time
            known = self._described(table)
            with self._lock:
                self._columns[table] = known
        return known

    def _described(self, table: str) -> frozenset[str]:
        query = Query(table=table, columns=(), seek=())
        try:
            return self._browse(query, (), 1).columns
        except (ConfigurationError, AuthenticationError, TransientError) as error:
            # No text is certain to go by. When another table can be read, the fault
            # lies in this one, and trying again will not help.
            if error.status in _ABOUT_THE_QUERY and (
                isinstance(error, ConfigurationError)
                or (table != _BASE_TABLE and self._alive())
            ):
                raise unreadable(table, error) from error
            raise

    def _alive(self) -> bool:
        try:
            self.now()
        except ConnectorError:
            return False
        return True

    def _browse(self, query: Query, after: Sequence[str], page_size: int) -> Rows:
        body = query.body("BROWSE", page_size, after)
        if self._links and page_size > 1:
            body["enableNextPageProcessing"] = True
        return rows_of(self._post(body), query)

    def _post(self, body: dict[str, Any]) -> Response:
        return self._http.post(self._path, json=body, idempotent=True)

    def _followed(self, href: str, query: Query) -> Rows | None:
        """The page behind a link; None when it has to be asked for by key.

        The link names the host as the server sees itself, which is not always how
        it is reached from here. It is never sent twice: that would skip a page.
        """
        parts = urlsplit(href)
        url = f"{self._http.base_url}/{parts.path.lstrip('/')}?{parts.query}"
        try:
            return rows_of(self._http.get(url, idempotent=False), query)
        except ConnectorError:
            return None


def unreadable(table: str, error: ConnectorError) -> ConfigurationError:
    """The error for a table that does not exist or is not allowed."""
    return ConfigurationError(
        f"{table} cannot be read. {error.message}",
        advice=f"Check that the table {table} exists in this environment and that the "
        "user may read it through the data service.",
        status=error.status,
        code=table,
    )
