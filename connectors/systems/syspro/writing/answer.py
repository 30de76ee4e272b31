"""What a setup object's answer says of its item, inside a 200."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from connectors.sdk.errors import RejectedError
from connectors.systems.syspro.wire.enet import counted
from connectors.systems.syspro.wire.xmltext import found, local

_INVALID = ("RecordsInvalid", "ItemsInvalid", "ItemsRejectedWithWarnings")
_TEXTS = ("errordescription", "warningdescription", "errormessage")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error: the element it stands in, as answered in lower case."""

    field: str
    number: str
    text: str


def complaints(answer: Element) -> list[Complaint]:
    """All errors of an answer, wherever they are nested."""
    return list(_below(answer))


def refusal(answer: Element, names: dict[str, str], read: str) -> RejectedError | None:
    """The error of an answer for one item; None when it was taken.

    Taken means: no error anywhere, no counter of refusals, and one item read. `names`
    are the fields by their name in lower case.
    """
    all_said = complaints(answer)
    if not all_said and not any(counted(answer, name) for name in _INVALID):
        if counted(answer, read) == 1:
            return None
        return RejectedError(f"SYSPRO read no item of the document ({read}).")
    if not all_said:
        return RejectedError("SYSPRO refused the item without a reason.")
    first = all_said[0]
    said = "; ".join(
        f"{one.text} ({one.number})".removesuffix(" ()") for one in all_said
    )
    return RejectedError(
        f"SYSPRO refused the item: {said}",
        field=names.get(first.field, first.field),
        code=first.number,
    )


def _below(element: Element) -> Iterator[Complaint]:
    for child in element:
        own = [
            one for one in child if local(one) in _TEXTS and (one.text or "").strip()
        ]
        for one in own:
            number = next(found(child, "errornumber"), None)
            text = "" if number is None else (number.text or "").strip()
            yield Complaint(local(child), text, (one.text or "").strip())
        if not own:
            yield from _below(child)
