"""The SYSPRO connector keeps what every connector promises, over both wires."""

from __future__ import annotations

from tests.systems.contract.suite import ConnectorContract


class TestSysproContract(ConnectorContract):
    slug = "syspro"


class TestSysproBySoap(ConnectorContract):
    """e.net by SOAP."""

    slug = "syspro"
    variant = {"enet_transport": "soap"}
