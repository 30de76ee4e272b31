"""What becomes of a record after each class of error."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.models import (
    Alert,
    AlertKind,
    ErrorAction,
    ErrorPolicy,
    FlowStatus,
    Outcome,
    RunStatus,
)
from connectors.sdk import errors
from connectors.sync import push, runs
from connectors.sync.outbox import breaker, retry
from connectors.sync.outbox.ending import error_fingerprint
from tests.sync.site import Site, outcomes


@pytest.mark.parametrize(
    "error",
    [
        errors.RejectedError("no"),
        errors.MappingError("no"),
        errors.NotFoundError("no"),
        errors.AmbiguousMatchError("no"),
        errors.UnsupportedOperationError("no"),
        errors.ContractError("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_person_must_mend_fails_at_once(error: errors.ConnectorError) -> None:
    assert retry.decide(error, 1).outcome == Outcome.FAILED


@pytest.mark.parametrize(
    "error", [errors.UnavailableError("no"), errors.UncertainWriteError("no")]
)
def test_what_may_pass_is_tried_ever_more_rarely_and_then_given_up(
    error: errors.ConnectorError,
) -> None:
    verdicts = [retry.decide(error, attempt) for attempt in range(1, 9)]
    assert [v.outcome for v in verdicts] == [Outcome.WAITING] * 7 + [Outcome.DEAD]
    assert all(v.counted for v in verdicts)
    for attempt, verdict in enumerate(verdicts[:-1]):
        nominal = 15 * 2**attempt
        assert 0.85 * nominal <= verdict.delay.total_seconds() <= 1.15 * nominal


@pytest.mark.parametrize(
    "error",
    [
        errors.AuthenticationError("no"),
        errors.ConfigurationError("no"),
        errors.DependencyMissingError("no"),
        errors.RateLimitedError("no", retry_after=5),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_nobodys_failure_is_never_given_up(
    error: errors.ConnectorError,
) -> None:
    for attempt in (1, 8, 1000):
        verdict = retry.decide(error, attempt, timedelta(days=30))
        assert (verdict.outcome, verdict.counted) == (Outcome.WAITING, False)
        assert verdict.delay <= timedelta(seconds=3600 * 1.3)


def test_who_waits_for_another_asks_ever_more_rarely() -> None:
    error = errors.DependencyMissingError("no")
    short = retry.decide(error, 1, timedelta(0)).delay
    long = retry.decide(error, 1, timedelta(minutes=10)).delay
    assert short < timedelta(minutes=1) < timedelta(minutes=5) < long


@pytest.mark.parametrize("seconds", [0.0, 7.0, 40_000.0])
def test_never_before_the_system_said(seconds: float) -> None:
    error = errors.RateLimitedError("no", retry_after=seconds)
    for _ in range(50):
        assert retry.decide(error, 1).delay >= timedelta(seconds=max(seconds, 1.0))


def test_a_batch_that_failed_together_does_not_come_back_together() -> None:
    error = errors.UnavailableError("no")
    assert len({retry.decide(error, 3).delay for _ in range(20)}) > 10


def mark(message: str, error_class: type[errors.RecordError] = errors.RejectedError,
         **values: Any) -> str:  # fmt: skip
    return error_fingerprint(error_class(message, **values))


def test_errors_that_read_alike_are_counted_together() -> None:
    first = mark("“Ann” of 6001 is not “allowed”.", code="X", field="name")
    assert first == mark("“Bob” of 6002 is not “good”.", code="X", field="name")
    different = {
        mark("“Ann” of 6001 is not “allowed”.", code="Y", field="name"),
        mark("“Ann” of 6001 is not “allowed”.", code="X", field="city"),
        mark("“Ann” of 6001 is long.", code="X", field="name"),
        mark("“Ann” of 6001 is not “allowed”.", errors.MappingError, code="X",
             field="name"),
    }  # fmt: skip
    assert first not in different
    assert len(different) == 4


def test_an_installation_may_want_it_otherwise(db: None) -> None:
    for name, action in (
        ("unavailable", ErrorAction.HOLD),
        ("rejected", ErrorAction.RETRY),
        ("mapping", ErrorAction.STOP_FLOW),
    ):
        ErrorPolicy.objects.create(error_class=name, action=action, attempts=2)
    known = retry.policies()
    held = retry.decide(errors.UnavailableError("no"), 1, known=known)
    assert held.outcome == Outcome.FAILED
    again = retry.decide(errors.RejectedError("no"), 1, known=known)
    assert (again.outcome, again.delay) == (Outcome.WAITING, timedelta())
    assert retry.decide(errors.RejectedError("no"), 2, known=known).outcome == "dead"
    waits = retry.decide(errors.MappingError("no"), 50, known=known)
    assert (waits.outcome, waits.counted) == (Outcome.WAITING, False)


def test_a_class_that_stops_the_flow_stops_it(site: Site) -> None:
    ErrorPolicy.objects.create(error_class="rejected", action=ErrorAction.STOP_FLOW)
    site.crm.config(reject_share=1.0)
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert site.fresh(site.flow).status == FlowStatus.STOPPED
    assert outcomes() == {"waiting": 30}
    site.crm.config(reject_share=0.0)
    runs.resume(site.fresh(site.flow))
    site.pass_time(hours=1)
    site.push()
    assert outcomes() == {"created": 30}


def test_a_set_up_that_fails_everything_is_one_alert(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "ALIKE", 20)
    monkeypatch.setattr(push, "CLAIM", 100)
    site.erp.seed(130)
    site.remap(
        source_field="ALPH", transform="formula", argument="1 / 0", target_field="name"
    )
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert "all failed alike" in run.message
    assert outcomes() == {"failed": 100, "pending": 60}
    assert Alert.objects.get(resolved_at=None).kind == AlertKind.STOPPED
