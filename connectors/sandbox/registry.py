"""Which stand-ins exist. A new one is a folder and a line here."""

from __future__ import annotations

from importlib import import_module

from connectors.sandbox.core.standin import StandIn

STAND_INS: dict[str, str] = {
    "hubspot": "connectors.sandbox.hubspot.standin:HubSpotStandIn",
    "jde": "connectors.sandbox.jde.standin:JdeStandIn",
    "qad": "connectors.sandbox.qad.standin:QadStandIn",
    "syspro": "connectors.sandbox.syspro.standin:SysproStandIn",
}


def stand_in_class(slug: str) -> type[StandIn]:
    """The class of one system, imported only now. KeyError for an unknown slug."""
    module, _, name = STAND_INS[slug].partition(":")
    found = getattr(import_module(module), name)
    if not (isinstance(found, type) and issubclass(found, StandIn)):
        message = f"{STAND_INS[slug]} is not a StandIn"
        raise TypeError(message)
    return found
