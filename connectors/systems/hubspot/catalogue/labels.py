"""Labelled associations: a reference that says in what way two records belong together.

A reference field is named "link.<object type>" for the plain association and
"link.<object type>.<type id>" for a labelled one; the label's text will do instead of
its id. Ids are of one direction: source, vendor sheet, section 6.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sdk.errors import ConfigurationError, ConnectorError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import FieldInfo
from connectors.sdk.spec import ObjectSpec
from connectors.systems.hubspot.codec import HELD_AS_PROPERTY
from connectors.systems.hubspot.wire.paths import Paths

LINK = "link."
# What can be associated with labels only: object type -> far end and its caption.
_MORE: Mapping[str, Mapping[str, str]] = {"companies": {"companies": "Company"}}


@dataclass(frozen=True, slots=True)
class Label:
    """One way of associating; `text` is "" for the plain one."""

    id: int
    category: str
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """The type as a request names it."""
        return {"associationCategory": self.category, "associationTypeId": self.id}


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference field points to, and in what way; "" is the plain one."""

    object_type: str
    label: str = ""


def target_of(name: str, references: Mapping[str, str]) -> Target | None:
    """The far end of a reference field; None where the name is no reference."""
    if name in references:
        return Target(references[name])
    if not name.startswith(LINK):
        return None
    object_type, _, label = name.removeprefix(LINK).partition(".")
    return Target(object_type, label)


@dataclass(slots=True)
class Labels:
    """The labels of an account, asked for once per pair and connector."""

    http: HttpClient
    paths: Paths
    _known: dict[tuple[str, str], list[Label]] = field(default_factory=dict)

    def of(self, from_type: str, to_type: str) -> list[Label]:
        """All association types from one object type to another."""
        pair = (from_type, to_type)
        if pair not in self._known:
            answer = self.http.get(self.paths.labels(*pair)).json()
            self._known[pair] = [
                Label(
                    int(one["typeId"]),
                    str(one.get("category") or ""),
                    str(one.get("label") or ""),
                )
                for one in answer.get("results", ())
            ]
        return self._known[pair]

    def named(self, from_type: str, target: Target) -> Label:
        """The label that a field names, by id or text.

        Raises ConfigurationError for one that is not there, or is of the other
        direction.
        """
        word, to_type = target.label, target.object_type
        for one in self.of(from_type, to_type):
            if word == str(one.id) or word.lower() == one.text.lower() != "":
                return one
        back = [one for one in self.of(to_type, from_type) if word == str(one.id)]
        if back:
            raise ConfigurationError(
                f"The association type {word} leads from {to_type} to {from_type}, not "
                f"from {from_type} to {to_type}.",
                advice="Map the reference that has the type of this direction.",
                code="WRONG_DIRECTION",
            )
        offered = ", ".join(
            f"{one.text or 'without a label'} ({one.id})"
            for one in self.of(from_type, to_type)
        )
        raise ConfigurationError(
            f"HubSpot knows no association “{word}” from {from_type} to {to_type}.",
            advice=f"There are: {offered or 'none'}. Read the fields of the connection "
            "anew, then map one of them.",
            code="NO_LABEL",
        )

    def fields(self, target: ObjectSpec) -> Iterator[FieldInfo]:
        """A reference for each labelled way to what the object's references name."""
        far = {
            one.references: one.label
            for one in target.fields.values()
            if one.references and one.name not in HELD_AS_PROPERTY
        }
        for to_type, label in {**_MORE.get(target.name, {}), **far}.items():
            try:
                labels = self.of(target.name, to_type)
            except ConnectorError:
                # Without the scope of the far end its plain reference is still told.
                continue
            for one in labels:
                if one.text:
                    yield FieldInfo(
                        name=f"{LINK}{to_type}.{one.id}",
                        label=f"{label}: {one.text}",
                        type="reference",
                        references=to_type,
                        help=f"Links the records with the label “{one.text}”.",
                    )
