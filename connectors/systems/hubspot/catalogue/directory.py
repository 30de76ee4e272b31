"""Owners, pipelines and stages: small tables, read whole each time.

Source: vendor sheet, sections 3.6 and 3.7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import Fields, Page, SourceRecord
from connectors.systems.hubspot.codec import moment
from connectors.systems.hubspot.wire.paths import Paths

DIRECTORIES = ("owners", "pipelines", "stages")
# Object type -> its properties that hold a pipeline and a stage.
STAGED: Mapping[str, tuple[str, str]] = {
    "deals": ("pipeline", "dealstage"),
    "orders": ("hs_pipeline", "hs_pipeline_stage"),
}
CUSTOM_STAGED = ("hs_pipeline", "hs_pipeline_stage")
MOST_OWNERS = 500


@dataclass(frozen=True, slots=True)
class Directory:
    """The tables of one account; `staged` are the object types that have pipelines."""

    http: HttpClient
    paths: Paths
    staged: Sequence[str]
    page_size: int = MOST_OWNERS

    def pages(self, name: str) -> Iterator[list[SourceRecord]]:
        """All records of a table; a page of owners, or the pipelines of a type."""
        if name == "owners":
            yield from self._owners()
            return
        for object_type in self.staged:
            pipelines = self.pipelines(object_type)
            if name == "pipelines":
                yield [_pipeline(object_type, one) for one in pipelines]
            else:
                yield [
                    _stage(object_type, one, stage)
                    for one in pipelines
                    for stage in one.get("stages", ())
                ]

    def read(self, name: str) -> Iterator[Page]:
        """A table in pages; every read brings it whole."""
        for records in self.pages(name):
            yield Page(records=records, cursor={"phase": "whole"})

    def fetch(self, name: str, keys: Sequence[str]) -> list[SourceRecord]:
        """The named records."""
        return [one for one in self.all(name) if one.key in keys] if keys else []

    def find(
        self, name: str, field: str, values: Sequence[str]
    ) -> dict[str, list[SourceRecord]]:
        """Records by the value of a field, whose case does not count."""
        found: dict[str, list[SourceRecord]] = {}
        for one in self.all(name):
            found.setdefault(str(one.fields.get(field) or "").lower(), []).append(one)
        return {one: found.get(one.lower(), []) if one else [] for one in values}

    def all(self, name: str) -> list[SourceRecord]:
        """Those that are not archived."""
        records = (one for page in self.pages(name) for one in page)
        return [one for one in records if not one.deleted]

    def pipelines(self, object_type: str) -> list[Mapping[str, Any]]:
        """The pipelines of an object type; none where the token may not see them:
        whoever has no flow of that type needs no scope for it."""
        try:
            answer = self.http.get(self.paths.pipelines(object_type)).json()
        except ConfigurationError as error:
            if error.code != "MISSING_SCOPES":
                raise
            return []
        return list(answer.get("results", ()))

    def _owners(self) -> Iterator[list[SourceRecord]]:
        for archived in (False, True):
            after: str | None = ""
            while after is not None:
                params = {
                    "limit": str(min(self.page_size, MOST_OWNERS)),
                    "archived": str(archived).lower(),
                    **({"after": after} if after else {}),
                }
                answer = self.http.get(self.paths.owners, params=params).json()
                paging = answer.get("paging") or {}
                after = (paging.get("next") or {}).get("after")
                yield [_owner(one) for one in answer.get("results", ())]


def _owner(one: Mapping[str, Any]) -> SourceRecord:
    names = (one.get("firstName"), one.get("lastName"))
    teams = [t.get("name") for t in one.get("teams") or () if t.get("primary")]
    fields: Fields = {
        "id": str(one["id"]),
        "email": str(one.get("email") or ""),
        "name": " ".join(str(name) for name in names if name),
        "first_name": str(names[0] or ""),
        "last_name": str(names[1] or ""),
        "type": str(one.get("type") or ""),
        "team": str(teams[0] or "") if teams else "",
    }
    return SourceRecord(
        key=str(one["id"]),
        fields=fields,
        modified_at=moment(one["updatedAt"]) if one.get("updatedAt") else None,
        deleted=bool(one.get("archived")),
    )


def _pipeline(object_type: str, one: Mapping[str, Any]) -> SourceRecord:
    fields: Fields = {
        "key": f"{object_type}:{one['id']}",
        "object_type": object_type,
        "id": str(one["id"]),
        "label": str(one.get("label") or one["id"]),
        "position": int(one.get("displayOrder") or 0),
    }
    return _record(fields, one)


def _stage(
    object_type: str, pipeline: Mapping[str, Any], one: Mapping[str, Any]
) -> SourceRecord:
    metadata = one.get("metadata") or {}
    chance = _probability(metadata.get("probability"))
    closed = str(metadata.get("isClosed") or "").lower() == "true"
    closed = closed or metadata.get("state") == "CLOSED"
    fields: Fields = {
        "key": f"{object_type}:{pipeline['id']}:{one['id']}",
        "object_type": object_type,
        "pipeline": str(pipeline["id"]),
        "pipeline_label": str(pipeline.get("label") or pipeline["id"]),
        "id": str(one["id"]),
        "label": str(one.get("label") or one["id"]),
        "position": int(one.get("displayOrder") or 0),
        "probability": chance,
        "closed": closed,
        "won": chance == 1,
    }
    return _record(fields, one)


def _record(fields: Fields, one: Mapping[str, Any]) -> SourceRecord:
    return SourceRecord(
        key=str(fields["key"]),
        fields=fields,
        modified_at=moment(one["updatedAt"]) if one.get("updatedAt") else None,
        deleted=bool(one.get("archived")),
    )


def _probability(text: object) -> Decimal | None:
    try:
        return Decimal(str(text)) if text not in (None, "") else None
    except InvalidOperation:
        return None
