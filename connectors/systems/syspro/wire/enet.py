"""Calls of e.net within the shared session, which is renewed once when it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    RejectedError,
    UnavailableError,
)
from connectors.sdk.redact import Redactor
from connectors.sdk.shared.credentials import Credentials
from connectors.systems.syspro.wire.operations import (
    ADD,
    FETCH,
    PROFILE,
    QUERY,
    UPDATE,
    EnetRefusedError,
    Operation,
    Wire,
)
from connectors.systems.syspro.wire.session import EnetSession, token
from connectors.systems.syspro.wire.xmltext import first_text, local, parsed

NOT_AVAILABLE = "100000"
_OF_THE_DATA = ("xml element", "could not be loaded", "not found", "is not valid")


class Enet:
    """Business objects by name; documents go in and come out as XML."""

    def __init__(self, wire: Wire, session: EnetSession, redact: Redactor) -> None:
        self._wire, self._session, self._redact = wire, session, redact

    def close(self) -> None:
        """Log off where that is wanted, and release the sockets."""
        self._session.close()
        self._wire.close()

    def reach(self) -> str:
        """Prove the address; the version, where it is told."""
        return self._wire.reach()

    def profile(self) -> dict[str, str]:
        """Who we are logged on as, by element name in lower case."""
        root = parsed(self._call(PROFILE, {}))
        return {local(one): (one.text or "").strip() for one in root}

    def query(self, name: str, document: str) -> Element:
        """A query object's answer."""
        given = {"BusinessObject": name, "XmlIn": document}
        return parsed(self._call(QUERY, given, about=name))

    def fetch(self, document: str) -> Element:
        """The answer of COMFCH: one row with all its columns."""
        return parsed(self._call(FETCH, {"XmlIn": document}, about="COMFCH"))

    def setup(
        self, name: str, parameters: str, document: str, *, adding: bool
    ) -> Element:
        """A setup object's answer.

        A lost answer of an addition raises UncertainWriteError: a second one would be
        refused as a duplicate.
        """
        given = {
            "BusinessObject": name,
            "XmlParameters": parameters,
            "XmlIn": document,
        }
        operation = ADD if adding else UPDATE
        return parsed(self._call(operation, given, about=name, repeatable=not adding))

    def _call(
        self,
        operation: Operation,
        given: Mapping[str, str],
        *,
        about: str = "",
        repeatable: bool = True,
    ) -> str:
        session = self._session.current()
        try:
            return self._sent(operation, session, given, repeatable=repeatable)
        except EnetRefusedError as refusal:
            if not self._gone(session, refusal):
                raise self._classed(refusal, about) from None
        session = self._session.renew(session)
        try:
            return self._sent(operation, session, given, repeatable=repeatable)
        except EnetRefusedError as refusal:
            if self._gone(session, refusal):
                raise _taken_again(self._redact(refusal.message)) from None
            raise self._classed(refusal, about) from None

    def _sent(
        self,
        operation: Operation,
        session: Credentials,
        given: Mapping[str, str],
        *,
        repeatable: bool,
    ) -> str:
        named = {"UserId": token(session), **given}
        return self._wire.send(operation, named, repeatable=repeatable)

    def _gone(self, session: Credentials, refusal: EnetRefusedError) -> bool:
        """Whether the session is what was refused.

        How SYSPRO words that is in no manual, and in the operator's language; so it is
        asked who we are, which nothing but the session can prevent.
        """
        if NOT_AVAILABLE in refusal.message:
            return False
        try:
            self._wire.send(PROFILE, {"UserId": token(session)})
        except EnetRefusedError:
            return True
        return False

    def _classed(self, refusal: EnetRefusedError, about: str) -> ConnectorError:
        said = self._redact(refusal.message)
        if NOT_AVAILABLE in said:
            return ConfigurationError(
                f"SYSPRO does not offer the business object {about}: {said}",
                advice="It is not licensed for e.net on this site, or its name in the "
                "connection is wrong.",
                code=NOT_AVAILABLE,
            )
        if any(words in said.casefold() for words in _OF_THE_DATA):
            return RejectedError(f"SYSPRO refused {about}: {said}", field=_named(said))
        return RejectedError(f"SYSPRO refused {about}: {said}")


def _named(said: str) -> str:
    """The element an exception is about, where it names one in quotes."""
    parts = said.split("'")
    return parts[1] if len(parts) > 2 else ""


def _taken_again(said: str) -> UnavailableError:
    return UnavailableError(
        f"SYSPRO ended the session right after it was renewed: {said}",
        advice="Somebody else logs on as this operator; give this installation one of "
        "its own. It is tried again by itself.",
    )


def counted(answer: Element, name: str) -> int:
    """A counter such as RecordsInvalid; nought when it is not told."""
    text = first_text(answer, name.lower())
    return int(text) if text.isdigit() else 0
