"""Which of several names of a browse and its document this release answers to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

from connectors.sdk.errors import ConfigurationError
from connectors.systems.qad.names import CUSTOMER, ITEM, SUPPLIER, Kind
from connectors.systems.qad.options import Source
from connectors.systems.qad.wire.browse import Browse
from connectors.systems.qad.wire.entity import Entity
from connectors.systems.qad.wire.link import Link

_BROWSES = "urn:browse:bebrowse:com.qad.erp.base"


def _versions(name: str, interface: str) -> tuple[Source, ...]:
    return tuple(
        Source(
            f"{_BROWSES}.{name}s",
            f"{name}{version}s",
            f"urn:be:com.qad.base.{name}.{interface}{version}",
        )
        for version in ("V2", "V3", "")
    )


# What the connection test tries where the names of the connection do not answer.
OTHERS: Mapping[str, tuple[Source, ...]] = {
    CUSTOMER.name: _versions("customer", "ICustomer"),
    SUPPLIER.name: _versions("supplier", "ISupplier"),
    ITEM.name: (
        Source(f"{_BROWSES}.items", "items", "urn:be:com.qad.base.item.IItem"),
        Source("urn:browse:mfg:gp340", "items", "urn:be:com.qad.base.item.IItem"),
    ),
}


class Sources:
    """The names to use, by kind. Several are tried in their order, once."""

    def __init__(self, link: Link) -> None:
        self._link, self._lock = link, threading.Lock()
        self._chosen: dict[str, Source] = {}

    def of(self, kind: Kind) -> Source:
        """The one that answers. Raises ConfigurationError when none of several does."""
        named = self._link.options.sources[kind.name]
        if len(named) == 1:
            return named[0]
        with self._lock:
            if kind.name not in self._chosen:
                found = next(self.answering(kind, named), None)
                if found is None:
                    raise ConfigurationError(
                        f"QAD answers to none of the {len(named)} names of "
                        f"{kind.label.lower()} in the connection.",
                        advice="Compare browse, path and view with your release.",
                    )
                self._chosen[kind.name] = found
            return self._chosen[kind.name]

    def answering(self, kind: Kind, named: tuple[Source, ...]) -> Iterator[Source]:
        """Those of these that answer, tried one by one.

        Raises what says nothing of the names, such as an outage.
        """
        return (source for source in named if self._answers(kind, source))

    def _answers(self, kind: Kind, source: Source) -> bool:
        """Whether the list can be had, and the document of its first row."""
        try:
            rows = Browse(self._link, source.browse).page(1, size=1).rows
            if not rows:
                return True
            entity = Entity(self._link, source, (kind.context, kind.code))
            context = self._link.options.context(kind.context)
            return entity.read(context, str(rows[0].get(kind.code) or "")) is not None
        except ConfigurationError:
            return False
