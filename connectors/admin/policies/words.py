"""The classes of error in plain words, and what is done about each by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from connectors.models.flow import interval_text
from connectors.sync.outbox.retry import POLICIES


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a class of error is called and what it means."""

    title: str
    text: str


MEANINGS = {
    "rejected": Meaning(
        "Refused by the target", "The target does not accept a value of the record."
    ),
    "mapping": Meaning("Mapping", "A mapping row cannot be applied to the record."),
    "guard": Meaning("Guard", "The record does not meet a condition of the flow."),
    "not_found": Meaning("Gone", "The record is gone on one side."),
    "ambiguous": Meaning("Several matches", "Several records of the target match."),
    "dependency": Meaning(
        "Waits for another record", "The record it refers to has not arrived yet."
    ),
    "orphan": Meaning(
        "Refers to nothing", "Nobody brings the record it refers to, or it names none."
    ),
    "unavailable": Meaning(
        "System unavailable", "No answer in time, or one that cannot be read."
    ),
    "busy": Meaning("Record in use", "Somebody is working on the record there."),
    "rate_limited": Meaning("Rate limit", "The system asked us to slow down."),
    "uncertain": Meaning(
        "Answer lost",
        "It was sent and the answer was lost. It is looked up before it is sent again.",
    ),
    "authentication": Meaning(
        "Credentials", "The system refused our credentials, or what they may do."
    ),
    "drift": Meaning(
        "Field changed", "A field that the mapping names has changed in its system."
    ),
    "configuration": Meaning(
        "Set-up", "A setting is wrong; every record would fail alike."
    ),
    "unsupported": Meaning("Not supported", "The system cannot do this."),
    "internal": Meaning("Internal", "A defect of ours, not of the data."),
}
_STOPS = {
    "authentication": "Stops the connection; records wait for it",
    "configuration": "Stops the flow; records wait for it",
}


def meaning(error_class: str) -> Meaning:
    """The words of a class; its name where there are none."""
    return MEANINGS.get(error_class, Meaning(error_class, ""))


def classes() -> list[str]:
    """All classes there are."""
    return [*MEANINGS, *sorted(set(POLICIES) - set(MEANINGS))]


def built_in(error_class: str) -> str:
    """What is done when nobody has said otherwise."""
    if error_class in _STOPS:
        return _STOPS[error_class]
    policy = POLICIES.get(error_class)
    if policy is None:
        return "Holds the record for a person"
    times = f"up to {policy.attempts} times" if policy.counted else "until it works"
    if policy.patience < math.inf:
        times += f", but no longer than {span(policy.patience)}"
    first, longest = span(policy.base), span(policy.cap)
    return f"Waits and tries again {times}, after {first} to {longest}"


def span(seconds: float) -> str:
    """A wait in words: "15 seconds"."""
    text = interval_text(int(seconds)).removeprefix("every ")
    return text if text[0].isdigit() else f"1 {text}"
