"""Business documents of Adaptive ERP: read by key, stored by POST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sdk.errors import ConfigurationError, ConnectorError
from connectors.systems.qad.options import Source
from connectors.systems.qad.wire.answers import accepted, none_there, records, said
from connectors.systems.qad.wire.link import Link

Row = dict[str, Any]


class Entity:
    """One kind of document of one connection; `keys` are its two key parameters."""

    def __init__(self, link: Link, source: Source, keys: tuple[str, str]) -> None:
        self._link, self._source, self._keys = link, source, keys

    @property
    def path(self) -> str:
        """Below the address of the instance."""
        return f"/api/erp/{self._source.path}"

    def read(self, context: str, code: str) -> Row | None:
        """A document by its key, or None."""
        params = self._params(context, code)
        try:
            answer = self._link.get(self.path, params)
        except ConnectorError as error:
            if none_there(error) and not isinstance(error, ConfigurationError):
                return None
            raise
        found = records(answer, self._source.path)
        if found is None:
            text = self._link.redact(said(answer)) or "It holds no records."
            raise ConfigurationError(
                f"{self._source.path} answered in a form we do not know. {text}",
                advice="Compare path and view in the connection with your release.",
            )
        wanted = code.strip().casefold()
        name = self._keys[1]
        same = [r for r in found if str(r.get(name, "")).strip().casefold() == wanted]
        return same[0] if same else None

    def create(self, row: Row, names: Mapping[str, str], request_id: str) -> Row:
        """Store a new document. Raises RejectedError, UncertainWriteError."""
        return self._save({}, {**row, "dataOperation": "C"}, names, request_id)

    def update(
        self, context: str, code: str, row: Row, names: Mapping[str, str],
        request_id: str,
    ) -> Row:  # fmt: skip
        """Store a whole document that was just read. Raises StaleError as well."""
        params = self._params(context, code)
        return self._save(params, {**row, "dataOperation": "U"}, names, request_id)

    def _save(
        self, params: Mapping[str, str], row: Row, names: Mapping[str, str],
        request_id: str,
    ) -> Row:  # fmt: skip
        answer = self._link.post(
            self.path,
            {**params, "viewUri": self._source.view},
            {"supplementaryMessages": [], self._source.path: [row]},
            request_id,
        )
        stored = accepted(answer, self._source.path, names, request_id)
        texts = messages(answer)
        return {**(stored[0] if stored else {}), "_messages": texts}

    def _params(self, context: str, code: str) -> dict[str, str]:
        first, second = self._keys
        return {first: context, second: code, "viewUri": self._source.view}


def messages(answer: Any) -> list[str]:
    """What QAD says of a document that it has taken."""
    found = answer.get("supplementaryMessages") if isinstance(answer, dict) else None
    return [
        str(one.get("message", "")) if isinstance(one, dict) else str(one)
        for one in (found if isinstance(found, list) else ())
    ]
