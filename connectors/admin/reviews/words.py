"""What may be decided, in plain words that name the systems."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.models import Decision, Flow, ReviewKind

COLOURS: Mapping[str, str] = {
    ReviewKind.CONFLICT: "danger",
    ReviewKind.MATCH: "warning",
    ReviewKind.DELETE: "danger",
    ReviewKind.GONE: "danger",
    ReviewKind.UNCERTAIN: "danger",
}
ICONS: Mapping[str, str] = {
    Decision.SOURCE: "arrow_forward",
    Decision.TARGET: "lock",
    Decision.BIND: "link",
    Decision.CREATE: "add",
    Decision.IGNORE: "do_not_disturb_on",
    Decision.ARCHIVE: "archive",
    Decision.WRITTEN: "link",
    Decision.SEND: "send",
}
# What a decision is called where the question says more than its own words.
_CALLED: Mapping[tuple[str, str], str] = {
    (ReviewKind.CONFLICT, Decision.SOURCE): "Take {source}’s value",
    (ReviewKind.CONFLICT, Decision.TARGET): "Keep {target}’s value",
    (ReviewKind.DELETE, Decision.ARCHIVE): "Archive it in {target}",
    (ReviewKind.DELETE, Decision.IGNORE): "Leave it in {target}",
    (ReviewKind.GONE, Decision.CREATE): "Create it again",
    (ReviewKind.GONE, Decision.IGNORE): "Leave it deleted",
    (ReviewKind.UNCERTAIN, Decision.SEND): "It is not there: send it again",
    (ReviewKind.UNCERTAIN, Decision.WRITTEN): "It is there: bind to this one",
}
QUESTIONS: Mapping[str, str] = {
    ReviewKind.CONFLICT: "Both sides have changed this field since they last agreed. "
    "Which value is right?",
    ReviewKind.MATCH: "Several records of {target} could be this one. Which is it?",
    ReviewKind.DELETE: "It was deleted or archived in {source}. What becomes of it in "
    "{target}?",
    ReviewKind.GONE: "It was changed in {source}, but is gone from {target}. What now?",
    ReviewKind.UNCERTAIN: "It was sent to {target} and no answer came. Look there "
    "first: sent again although it arrived, it would be there twice.",
}


def called(kind: str, decision: str, flow: Flow | None = None) -> str:
    """A decision in words; without a flow, for questions of several."""
    words = _CALLED.get((kind, decision))
    if words is None or flow is None:
        return str(Decision(decision).label)
    return words.format(source=flow.source, target=flow.target)


def question(kind: str, flow: Flow) -> str:
    """What is asked."""
    return QUESTIONS[kind].format(source=flow.source, target=flow.target)
