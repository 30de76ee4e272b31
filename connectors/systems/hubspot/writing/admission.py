"""What is refused before it is sent: values that HubSpot keeps itself, and currencies
that the account does not have.

HubSpot would refuse them as well, but in words about options, or after having written
the half of a document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from connectors.sdk.errors import RejectedError
from connectors.sdk.records import FieldInfo, Fields, WriteItem
from connectors.sdk.spec import ObjectSpec

CURRENCY_FIELDS = frozenset(
    {
        "hs_currency",
        "hs_currency_code",
        "deal_currency_code",
        "hs_line_item_currency_code",
    }
)


class Admission:
    """Judges items of one object type.

    `currencies` are the account's, none where it does not tell.
    """

    def __init__(self, target: ObjectSpec, currencies: Collection[str]) -> None:
        self.target = target
        self.currencies = frozenset(currencies)
        self._barred = _read_only(target.fields) - {target.key}
        self._barred_lines = _read_only(target.lines)

    def refusal(self, item: WriteItem) -> RejectedError | None:
        """Why the item is not sent, if so."""
        return next(self._refusals(item), None)

    def _refusals(self, item: WriteItem) -> Iterator[RejectedError]:
        yield from self._judged(item.fields, self._barred, "")
        for number, line in enumerate(item.lines or (), 1):
            yield from self._judged(line, self._barred_lines, f"Line {number}: ")

    def _judged(
        self, fields: Fields, barred: frozenset[str], where: str
    ) -> Iterator[RejectedError]:
        prefix = "lines." if where else ""
        for name in barred.intersection(fields):
            if fields[name] is not None:
                yield RejectedError(
                    f"{where}“{name}” cannot be written: HubSpot keeps it itself.",
                    advice="Take it out of the mapping.",
                    field=prefix + name,
                    code="READ_ONLY_VALUE",
                )
        for name in CURRENCY_FIELDS.intersection(fields):
            code = fields[name]
            if code and self.currencies and code not in self.currencies:
                yield RejectedError(
                    f"{where}The HubSpot account has no currency {code} (“{name}”); "
                    f"it has {', '.join(sorted(self.currencies))}.",
                    advice="Add the currency in HubSpot's account settings and test "
                    "the connection again, or map it to one of these.",
                    field=prefix + name,
                    code="CURRENCY",
                )


def _read_only(fields: Mapping[str, FieldInfo]) -> frozenset[str]:
    return frozenset(name for name, field in fields.items() if field.read_only)
