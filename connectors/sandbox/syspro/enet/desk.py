"""What e.net does, whichever wire a call has come by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.syspro.config import SysproConfig
from connectors.sandbox.syspro.data.store import Database
from connectors.sandbox.syspro.enet.query import Queries
from connectors.sandbox.syspro.enet.sessions import OPERATORS, EnetError, Sessions
from connectors.sandbox.syspro.enet.setup import OBJECTS, Setups
from connectors.sandbox.syspro.enet.xml import document, element, parsed

UNKNOWN_OBJECT = "ERROR: e.net exception raised: 100000"
Given = Mapping[str, str]


class Desk:
    """Operations by name, lower case; parameters too. EnetError is an ERROR text."""

    def __init__(
        self,
        database: Database,
        config: SysproConfig,
        sessions: Sessions,
        book: Callable[[], Ledger],
    ) -> None:
        self._config, self._sessions = config, sessions
        self._queries = Queries(database, config)
        self._setups = Setups(database, config, book)
        self.operations: dict[str, Callable[[Given], str]] = {
            "logon": lambda given: sessions.logon(dict(given)),
            "logoff": lambda given: sessions.logoff(given.get("userid", "")),
            "getversion": lambda _given: config.version,
            "getlogonprofile": self._profile,
            "query/query": self._query,
            "query/fetch": lambda given: self._queries.fetch(self._xml_in(given)),
            "query/browse": self._nothing,
            "setup/add": lambda given: self._setup("Add", given),
            "setup/update": lambda given: self._setup("Update", given),
            "setup/delete": lambda given: self._setup("Delete", given),
            "transaction/post": self._nothing,
            "transaction/build": self._nothing,
        }

    def call(self, operation: str, given: Given) -> str:
        """The answer's text; KeyError for an operation there is not."""
        return self.operations[operation](given)

    def _xml_in(self, given: Given) -> Any:
        self._sessions.find(given.get("userid", ""))
        return parsed(given.get("xmlin", ""), "XmlIn")

    def _object(self, given: Given) -> str:
        name = given.get("businessobject", "").upper()
        if name in self._config.unlicensed:
            raise EnetError(UNKNOWN_OBJECT)
        return name

    def _query(self, given: Given) -> str:
        root = self._xml_in(given)
        name = self._object(given)
        objects = {"COMFND": self._queries.find, "ARSQRY": self._queries.enquiry}
        if name not in objects:
            raise EnetError(UNKNOWN_OBJECT)
        return objects[name](root)

    def _setup(self, verb: str, given: Given) -> str:
        root = self._xml_in(given)
        name = self._object(given)
        if name not in OBJECTS:
            raise EnetError(UNKNOWN_OBJECT)
        parameters = parsed(given.get("xmlparameters", ""), "XmlParameters")
        return self._setups.run(verb, name, parameters, root)

    def _nothing(self, given: Given) -> str:
        self._xml_in(given)
        raise EnetError(UNKNOWN_OBJECT)

    def _profile(self, given: Given) -> str:
        operator = OPERATORS[self._sessions.find(given.get("userid", "")).operator]
        config = self._config
        cells = (
            ("CompanyName", config.company_name),
            ("OperatorCode", operator.code),
            ("OperatorName", operator.name),
            ("CompanyDate", ""),
            ("LocalCurrencyCode", config.currency),
            ("SysproVersion", config.version),
            ("EnetVersion", config.version),
        )
        return document("UserProfile", "\n".join(element(n, v) for n, v in cells))
