"""Options that a property's definition does not list: owners, stages, currencies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import FieldInfo, Option
from connectors.systems.hubspot.catalogue.directory import (
    CUSTOM_STAGED,
    STAGED,
    Directory,
)
from connectors.systems.hubspot.writing.admission import CURRENCY_FIELDS

OWNER = "hubspot_owner_id"


@dataclass(frozen=True, slots=True)
class Options:
    """Fills in the options of discovered fields, stored value and caption."""

    directory: Directory
    currencies: Collection[str]

    def filled(self, object_type: str, fields: Sequence[FieldInfo]) -> list[FieldInfo]:
        """The fields, with options where the account has them elsewhere."""
        found = {
            name: options
            for name, options in self._of(object_type, {one.name for one in fields})
            if options
        }
        return [
            replace(one, options=tuple(found[one.name])) if one.name in found else one
            for one in fields
        ]

    def _of(
        self, object_type: str, names: Collection[str]
    ) -> Iterator[tuple[str, list[Option]]]:
        if OWNER in names:
            yield OWNER, self._owners()
        pipeline, stage = STAGED.get(object_type, CUSTOM_STAGED)
        if pipeline in names and stage in names:
            held = self.directory.pipelines(object_type)
            yield pipeline, [_option(one["id"], one.get("label")) for one in held]
            several = len(held) > 1
            yield (
                stage,
                [
                    _option(
                        each["id"],
                        each.get("label"),
                        str(one.get("label")) if several else "",
                    )
                    for one in held
                    for each in one.get("stages", ())
                ],
            )
        for name in CURRENCY_FIELDS.intersection(names):
            yield name, [_option(code, code) for code in sorted(self.currencies)]

    def _owners(self) -> list[Option]:
        """None where the token may not see them."""
        try:
            owners = self.directory.all("owners")
        except ConfigurationError:
            return []
        return [
            _option(one.key, one.fields["name"], str(one.fields["email"]))
            for one in owners
        ]


def _option(value: object, label: object, more: str = "") -> Option:
    text = str(label or value)
    return Option(value=str(value), label=f"{text} ({more})" if more else text)
