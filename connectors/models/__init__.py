"""What is stored, one file per idea."""

from connectors.models.binding import Binding, ObjectPair
from connectors.models.connection import (
    CatalogueField,
    Connection,
    Credential,
    Health,
)
from connectors.models.events import ChangeEvent, EventFeed, Fate, Via
from connectors.models.flow import (
    Flow,
    FlowState,
    FlowStatus,
    SourceGone,
    TargetGone,
)
from connectors.models.intent import Intent, WriteBackJob
from connectors.models.mapping import (
    BlankRule,
    ConflictRule,
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
    ReplayOrder,
)
from connectors.models.policy import ErrorAction, ErrorPolicy
from connectors.models.record import Attempt, Change, Claim, Outcome, SyncRecord
from connectors.models.review import Decision, Review, ReviewKind
from connectors.models.rules import (
    Guard,
    GuardKind,
    MatchMethod,
    MatchRule,
    Moment,
    Told,
    WriteBack,
)
from connectors.models.run import RunKind, RunStatus, SyncRun
from connectors.models.upkeep.budget import BudgetUse, RateBudget
from connectors.models.upkeep.drift import (
    BREAKING,
    CatalogueChange,
    CatalogueRead,
    DriftKind,
)

__all__ = [
    "BREAKING",
    "Alert",
    "AlertKind",
    "Attempt",
    "Binding",
    "BlankRule",
    "BudgetUse",
    "CatalogueChange",
    "CatalogueField",
    "CatalogueRead",
    "Change",
    "ChangeEvent",
    "Claim",
    "ConflictRule",
    "Connection",
    "Credential",
    "Decision",
    "DriftKind",
    "ErrorAction",
    "ErrorPolicy",
    "EventFeed",
    "Fate",
    "FieldMapping",
    "Flow",
    "FlowState",
    "FlowStatus",
    "Guard",
    "GuardKind",
    "Health",
    "Heartbeat",
    "Intent",
    "KeyCanary",
    "MappingVersion",
    "MatchMethod",
    "MatchRule",
    "Moment",
    "ObjectPair",
    "Otherwise",
    "Outcome",
    "RateBudget",
    "ReplayOrder",
    "Review",
    "ReviewKind",
    "RunKind",
    "RunStatus",
    "SourceGone",
    "SyncRecord",
    "SyncRun",
    "TargetGone",
    "Told",
    "UpdateMode",
    "ValueMap",
    "Via",
    "WriteBack",
    "WriteBackJob",
]
