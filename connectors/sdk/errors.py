"""Every error a connector may raise; the class says what must happen next.

ConnectorError
├── ConfigurationError          stop the flow until a person edits something
│   └── SpecError               a spec.toml is wrong
├── AuthenticationError         stop the connection; its credentials need a person
├── TransientError              try again later, with backoff
│   ├── RateLimitedError        ... not before `retry_after` seconds
│   │   └── BudgetSpentError    nothing is left today for this kind of work
│   └── UnavailableError        timeout, refused connection, 5xx, unreadable answer
├── DriftError                  a field has changed: wait until a person has looked
├── UncertainWriteError         sent, answer lost: look before sending again
├── RecordError                 fail this record, carry on with its neighbours
│   ├── RejectedError           the target refused the data: repair, then replay
│   ├── MappingError            a mapping row cannot be applied to this record
│   ├── NotFoundError           the record is gone
│   ├── AmbiguousMatchError     several records match; a person decides
│   └── DependencyMissingError  a parent is not bound yet; released by itself
├── UnsupportedOperationError   a capability the spec does not declare
└── ContractError               our bug: a connector broke its promise
"""

from __future__ import annotations

from typing import ClassVar


class ConnectorError(Exception):
    """Base of the tree.

    `message` says what happened, `advice` what a person can do about it. Neither
    may hold a secret: texts from outside go through `redact` first. `request_id` is
    the other system's own name for the call, for its support desk.
    """

    error_class: ClassVar[str] = "internal"
    default_advice: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        field: str = "",
        code: str = "",
        status: int | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice or self.default_advice
        self.field = field
        self.code = code
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class ConfigurationError(ConnectorError):
    """Something a person set up is wrong; every record would fail alike."""

    error_class = "configuration"
    default_advice = "Correct the setting, then resume the flow."


class SpecError(ConfigurationError):
    """A spec.toml does not follow its schema (raised at start)."""


class AuthenticationError(ConnectorError):
    """The system refused the credentials or what they are allowed to do."""

    error_class = "authentication"
    default_advice = "Check the credentials of the connection and test it again."


class TransientError(ConnectorError):
    """The same call can succeed later."""

    error_class = "unavailable"
    default_advice = "It is tried again by itself."


class RateLimitedError(TransientError):
    """The system asked us to slow down; `retry_after` is in seconds.

    `budget` names the budget of spec.toml that is used up; "" means the whole account.
    """

    error_class = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        budget: str = "",
        **evidence: object,
    ) -> None:
        super().__init__(message, **evidence)  # type: ignore[arg-type]
        self.retry_after = retry_after
        self.budget = budget


class BudgetSpentError(RateLimitedError):
    """What this kind of work may use of the day's requests is used."""

    default_advice = (
        "It goes on by itself when the account's day has ended. What people start at "
        "the console still has the reserve; the shares are settings of the connection."
    )


class UnavailableError(TransientError):
    """No usable answer: timeout, refused connection, 5xx, half a body."""


class DriftError(ConnectorError):
    """A field that a mapping names has changed; nothing of it was sent."""

    error_class = "drift"
    default_advice = "It is sent by itself once the mapping or the field is mended."


class UncertainWriteError(ConnectorError):
    """The request may have been applied although no answer came."""

    error_class = "uncertain"
    default_advice = "The record is looked up before anything is sent again."


class RecordError(ConnectorError):
    """One record cannot be written; the others can."""

    error_class = "rejected"


class RejectedError(RecordError):
    """The target refused this record's data."""

    default_advice = "Repair the value or the mapping, then replay the record."


class MappingError(RecordError):
    """A mapping row cannot be applied to this record's values."""

    error_class = "mapping"
    default_advice = "Repair the mapping row or the value, then replay the record."


class NotFoundError(RecordError):
    """The record does not exist (any more)."""

    error_class = "not_found"


class AmbiguousMatchError(RecordError):
    """More than one record of the target matches."""

    error_class = "ambiguous"
    default_advice = "Decide which record is meant, then replay."


class DependencyMissingError(RecordError):
    """A record this one refers to has not arrived in the target yet.

    `missing` names it as "object:key".
    """

    missing = ""
    error_class = "dependency"
    default_advice = "It is sent by itself once the record it refers to has arrived."


class OrphanError(DependencyMissingError):
    """Nobody brings what this one refers to, as far as is known."""

    error_class = "orphan"
    default_advice = (
        "Correct the reference in the source, or take it out of the mapping. If what "
        "it refers to still comes, this one follows by itself."
    )


class UnsupportedOperationError(ConnectorError):
    """The system's spec.toml does not declare this capability."""

    error_class = "unsupported"


class ContractError(ConnectorError):
    """A connector broke the contract; a defect of ours, never of the data."""

    error_class = "internal"
    default_advice = "Report this with the correlation id; it is a defect."


class UnsafeAddressError(ConfigurationError):
    """A URL points where a server-side request must not go."""
