"""Pipelines and stages: what a portal is born with and how they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm.catalog import data
from connectors.sandbox.hubspot.errors import ApiError, invalid

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal

FIRST_NEW_ID = 900_000_000


def born_with(object_type: str, stamp: str) -> dict[str, dict[str, Any]]:
    """The default pipelines of an object type by id; none for most."""
    rows = data("pipelines").get(object_type, [])
    return {
        row["id"]: {
            "id": row["id"],
            "label": row["label"],
            "displayOrder": order,
            "archived": False,
            "createdAt": stamp,
            "updatedAt": stamp,
            "stages": [
                _stage(stage_id, label, metadata, place, stamp)
                for place, (stage_id, label, metadata) in enumerate(row["stages"])
            ],
        }
        for order, row in enumerate(rows)
    }


def _stage(
    stage_id: str, label: str, metadata: dict[str, str], order: int, stamp: str
) -> dict[str, Any]:
    return {
        "id": stage_id,
        "label": label,
        "displayOrder": order,
        "archived": False,
        "metadata": metadata,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        "createdAt": stamp,
        "updatedAt": stamp,
    }


class PipelineEditor:
    """Changes to the pipelines of one object type of one portal."""

    def __init__(self, portal: Portal, object_type: str):
        self.portal = portal
        self.object_type = object_type
        self.pipelines = portal.pipelines[object_type]

    def get(self, pipeline_id: str) -> dict[str, Any]:
        if pipeline_id not in self.pipelines:
            raise ApiError(404, "resource not found", "OBJECT_NOT_FOUND")
        return self.pipelines[pipeline_id]

    def get_stage(self, pipeline_id: str, stage_id: str) -> dict[str, Any]:
        for stage in self.get(pipeline_id)["stages"]:
            if stage["id"] == stage_id:
                return dict(stage)
        raise ApiError(404, "resource not found", "OBJECT_NOT_FOUND")

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.portal.kinds[self.object_type].pipeline is None:
            raise invalid(f"{self.object_type} have no pipelines.")
        label = self._label(body, [one["label"] for one in self.pipelines.values()])
        made: dict[str, Any] = {
            **_stage("", label, {}, body.get("displayOrder", 0), self.portal.stamp()),
            "id": self._new_id(),
            "stages": [],
        }
        del made["metadata"], made["writePermissions"]
        self.pipelines[made["id"]] = made
        try:
            for stage in body.get("stages") or []:
                self.add_stage(made["id"], stage)
        except ApiError:
            del self.pipelines[made["id"]]
            raise
        return made

    def add_stage(self, pipeline_id: str, body: dict[str, Any]) -> dict[str, Any]:
        stages = self.get(pipeline_id)["stages"]
        label = self._label(body, [one["label"] for one in stages])
        metadata = {k: str(v) for k, v in (body.get("metadata") or {}).items()}
        if self.object_type == "deals" and "probability" not in metadata:
            raise invalid("Deal stages need a probability in their metadata.")
        made = _stage(
            self._new_id(),
            label,
            metadata,
            body.get("displayOrder", len(stages)),
            self.portal.stamp(),
        )
        stages.append(made)
        return made

    def delete(self, pipeline_id: str, *, check: bool) -> None:
        stages = [one["id"] for one in self.get(pipeline_id)["stages"]]
        if check:
            self._refuse_in_use(stages)
        del self.pipelines[pipeline_id]

    def delete_stage(self, pipeline_id: str, stage_id: str, *, check: bool) -> None:
        self.get_stage(pipeline_id, stage_id)
        if check:
            self._refuse_in_use([stage_id])
        pipeline = self.get(pipeline_id)
        pipeline["stages"] = [
            one for one in pipeline["stages"] if one["id"] != stage_id
        ]

    def _refuse_in_use(self, stage_ids: list[str]) -> None:
        names = self.portal.kinds[self.object_type].pipeline
        if names is None:
            return
        used = [
            record.id
            for record in self.portal.stores[self.object_type].records.values()
            if record.archived_at is None and record.props.get(names[1]) in stage_ids
        ]
        if used:
            raise invalid(
                "Stage ID(s) are in use and cannot be deleted.",
                subCategory="PipelineError.STAGE_ID_IN_USE",
                context={"stageIds": stage_ids, "objectIds": used[:100]},
            )

    def _label(self, body: dict[str, Any], taken: list[str]) -> str:
        label = str(body.get("label") or "")
        if not label or label in taken:
            raise invalid(f"The label '{label}' is missing or already used.")
        return label

    def _new_id(self) -> str:
        """Ids of new pipelines and stages are numeric strings, never reused."""
        self.portal.pipeline_ids += 1
        return str(FIRST_NEW_ID + self.portal.pipeline_ids)
