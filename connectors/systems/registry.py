"""Slug in, connector class out: the only way anything reaches a system."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from connectors.sdk.contract import Connector
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.spec import SystemSpec, load_spec

SYSTEMS = {
    "hubspot": "connectors.systems.hubspot.connector:HubSpotConnector",
    "jde": "connectors.systems.jde.connector:JdeConnector",
    "qad": "connectors.systems.qad.connector:QadConnector",
    "syspro": "connectors.systems.syspro.connector:SysproConnector",
}


@cache
def connector_class(slug: str) -> type[Connector]:
    """The connector of a system. Raises ConfigurationError for an unknown slug."""
    try:
        module, _, name = SYSTEMS[slug].partition(":")
    except KeyError:
        raise ConfigurationError(
            f"There is no system “{slug}”.",
            advice=f"Choose one of: {', '.join(sorted(SYSTEMS))}.",
        ) from None
    found: type[Connector] = getattr(import_module(module), name)
    return found


def spec(slug: str) -> SystemSpec:
    """The spec of a system, without importing its connector."""
    if slug not in SYSTEMS:
        return connector_class(slug).spec
    return load_spec(Path(__file__).parent / slug / "spec.toml")


def specs() -> dict[str, SystemSpec]:
    """All systems there are, by slug."""
    return {slug: spec(slug) for slug in SYSTEMS}
