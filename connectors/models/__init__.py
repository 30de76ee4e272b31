"""What is stored, one file per idea."""

from connectors.models.binding import Binding, ObjectPair
from connectors.models.connection import CatalogueField, Connection, Health
from connectors.models.flow import Flow, FlowState, FlowStatus
from connectors.models.mapping import (
    FieldMapping,
    MappingVersion,
    Otherwise,
    UpdateMode,
    ValueMap,
)
from connectors.models.operations import (
    Alert,
    AlertKind,
    Heartbeat,
    KeyCanary,
    RateBudget,
)
from connectors.models.record import Attempt, Claim, Outcome, SyncRecord
from connectors.models.run import RunKind, RunStatus, SyncRun

__all__ = [
    "Alert",
    "AlertKind",
    "Attempt",
    "Binding",
    "CatalogueField",
    "Claim",
    "Connection",
    "FieldMapping",
    "Flow",
    "FlowState",
    "FlowStatus",
    "Health",
    "Heartbeat",
    "KeyCanary",
    "MappingVersion",
    "ObjectPair",
    "Otherwise",
    "Outcome",
    "RateBudget",
    "RunKind",
    "RunStatus",
    "SyncRecord",
    "SyncRun",
    "UpdateMode",
    "ValueMap",
]
