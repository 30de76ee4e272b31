"""OData: pages of a table's rows, by key, as many as there are."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    UnavailableError,
)
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.records import Scalar
from connectors.systems.syspro.wire.query import (
    Compare,
    Condition,
    Keys,
    Query,
    Row,
    chunks,
    narrowed,
    one_of,
    some,
)
from connectors.systems.syspro.wire.schema import Table, schema_of

# A filter of the usual server may have a hundred nodes; a comparison takes three.
NODES = 90
_SKIPPED_PAGE = 1000
# A range is read where it brings at most so many rows for each that is wanted.
_FEW, _DENSE = 20, 20


class BasicAuth:
    """User and OData password with each request."""

    def __init__(self, user: str, password: str) -> None:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}"}

    def headers(self) -> Mapping[str, str]:
        """The same for each request."""
        return self._headers

    def expired(self, _response: Response) -> bool:
        """Never: there is no session."""
        return False

    def renew(self) -> None:
        """Nothing to renew."""


class Odata:
    """See `Tables`."""

    def __init__(self, http: HttpClient, *, page_size: int, counted: bool) -> None:
        self._http, self.page_size, self._counted = http, page_size, counted
        self._lock = threading.Lock()
        self._schema: dict[str, Table] | None = None

    @property
    def schema(self) -> Mapping[str, Table]:
        """What $metadata tells; asked once."""
        with self._lock:
            if self._schema is None:
                answer = self._http.get(
                    "/$metadata", headers={"Accept": "application/xml"}
                )
                self._schema = schema_of(answer.body.decode("utf-8", "replace"))
            return self._schema

    def shown(self, name: str) -> Table | None:
        """See `Tables`."""
        return self.schema.get(name)

    def table(self, name: str) -> Table:
        """See `Tables`."""
        table = self.shown(name)
        if table is None or not table.key:
            raise ConfigurationError(
                f"SYSPRO's OData service does not show the table {name}.",
                advice="Let the operator read it in SYSPRO, then restart the OData "
                "service.",
            )
        return table

    def query(
        self, name: str, columns: Sequence[str], where: Condition | None = None
    ) -> Query:
        """See `Tables`."""
        return narrowed(self.table(name), columns, where)

    def pages(self, query: Query, after: Keys = ()) -> Iterator[list[Row]]:
        """By key, so that nothing shifts under the reader, until a page is empty.

        A short page is no end: the server may have a cap of its own, and need not tell.
        """
        while rows := self._rows(query.after(after), self.page_size, 0)[0]:
            yield rows
            after = query.key(rows[-1])

    def all(self, query: Query) -> list[Row]:
        """All rows of a narrow query, skipping those that came already."""
        return self._rest(query, *self._rows(query, _SKIPPED_PAGE, 0))

    def _rest(self, query: Query, rows: list[Row], total: int | None) -> list[Row]:
        """A first page and what comes behind it."""
        found = list(rows)
        while rows and (total is None or len(found) < total):
            rows, total = self._rows(query, _SKIPPED_PAGE, len(found))
            found += rows
        return found

    def named(
        self, query: Query, names: Sequence[str], values: Sequence[Sequence[Scalar]]
    ) -> list[Row]:
        """See `Tables`."""
        size = max(1, NODES // (4 * len(names)))
        conditions = [one_of(names, one) for one in values]
        found: list[Row] = []
        for chunk in chunks(conditions, size):
            found += self.all(query.also(some(*chunk)))
        return found

    def spread(
        self,
        query: Query,
        span: Condition | None,
        names: Sequence[str],
        values: Sequence[Sequence[Scalar]],
    ) -> list[Row]:
        """See `Tables`. The range's first page tells how much lies in it."""
        if span and self._counted and len(values) > _FEW:
            ranged = query.also(span)
            rows, total = self._rows(ranged, _SKIPPED_PAGE, 0)
            if total is not None and total <= _DENSE * len(values):
                return self._rest(ranged, rows, total)
        return self.named(query, names, values)

    def count(self, query: Query) -> int | None:
        """See `Tables`."""
        return self._rows(query, 1, 0)[1]

    def close(self) -> None:
        """Release the sockets."""
        self._http.close()

    def _rows(self, query: Query, top: int, skip: int) -> tuple[list[Row], int | None]:
        options = {
            "$select": ",".join(query.columns),
            "$filter": filtered(query.table, query.where) if query.where else "",
            "$orderby": ",".join(query.table.key),
            "$top": str(top),
            "$skip": str(skip) if skip else "",
            "$count": "true" if self._counted else "",
        }
        text = "&".join(f"{n}={quote(v, safe='')}" for n, v in options.items() if v)
        answer = self._http.get(f"/{query.table.name}?{text}").json()
        if not isinstance(answer, dict) or not isinstance(answer.get("value"), list):
            raise UnavailableError(f"OData answered {query.table.name} without rows.")
        total = answer.get("@odata.count")
        value = query.table.value
        rows = [
            {name: value(name, row.get(name)) for name in query.columns}
            for row in answer["value"]
        ]
        return rows, total if isinstance(total, int) else None


def filtered(table: Table, condition: Condition) -> str:
    """A condition as $filter wants it; literals by the type of the column."""
    if isinstance(condition, Compare):
        name, value = condition.column, condition.value
        return f"{name} {condition.operator} {table.literal(name, value)}"
    parts = [filtered(table, part) for part in condition.parts]
    inner = [
        part if isinstance(one, Compare) else f"({part})"
        for part, one in zip(parts, condition.parts, strict=True)
    ]
    return f" {condition.word} ".join(inner)


def odata_fault(user: str) -> Callable[[Response], ConnectorError | None]:
    """What a refusal means; the body may be anything."""

    def fault(response: Response) -> ConnectorError | None:
        status = response.status
        if status in (401, 403):
            return AuthenticationError(
                f"SYSPRO's OData service refused the user {user} ({status}).",
                advice="Enter the OData password that Operator Maintenance generates, "
                "not the operator's own. A new one counts only once the OData service "
                "was restarted; some sites take https alone.",
                status=status,
            )
        if status in (404, 405, 501):
            return ConfigurationError(
                f"{response.where} answered {status}: the company or the table is not "
                "there.",
                advice="Check address and company of OData in the connection.",
                field="odata_url",
                status=status,
            )
        if status == 400:
            return ConfigurationError(
                f"SYSPRO's OData service refused the query: {_message(response)}",
                advice="A column named in the connection may not exist here.",
                status=status,
            )
        if response.ok and response.content_kind == "a web page" and not _xml(response):
            return UnavailableError(f"{response.where} answered with a web page.")
        return None

    return fault


def _xml(response: Response) -> bool:
    return "xml" in response.headers.get("content-type", "")


def _message(response: Response) -> str:
    body = response.json_or_none()
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return response.redact(str(message)[:300]) if message else response.excerpt
