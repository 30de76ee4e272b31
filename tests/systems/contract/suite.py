"""What every connector promises, tried on its stand-in over real sockets.

A system's tests subclass `ConnectorContract` and name its slug; which tests run for
which object type follows from what its spec.toml declares.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import structlog

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from connectors.sdk.contract import Connector, Context
from connectors.sdk.errors import (
    AuthenticationError,
    ConnectorError,
    RateLimitedError,
    SpecError,
    UnavailableError,
    UnsupportedOperationError,
)
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import (
    WriteItem,
)
from connectors.sdk.spec import Capability
from connectors.systems import registry
from tests.systems.benches import Bench
from tests.systems.contract.reading import ReadingContract
from tests.systems.contract.writing import WritingContract

LOCAL = Context(network=NetworkPolicy.from_cidrs(["127.0.0.0/8"]))
Verb = Callable[[Connector, str], object]

VERBS: Mapping[Capability, Verb] = {
    "read": lambda c, name: list(c.read(name, None)),
    "fetch": lambda c, name: c.fetch(name, ["1"]),
    "find": lambda c, name: c.find(name, c.spec.object(name).match_field, ["1"]),
    "write": lambda c, name: c.write(
        name,
        [WriteItem(key="1", fields={c.spec.object(name).match_field: "1"})],
        match_field=c.spec.object(name).match_field,
    ),
    "keys": lambda c, name: list(c.keys(name)),
    "archive": lambda c, name: c.archive(name, ["1"]),
    "create_fields": lambda c, name: c.create_fields(name, []),
    "ensure_fields": lambda c, name: c.ensure_fields(name, []),
}


class ConnectorContract(ReadingContract, WritingContract):
    """Subclass, set `slug`, and describe the system in `benches.py`."""

    # ----------------------------------------------------------------------- check

    def test_check_passes_with_good_settings(self, connector: Connector) -> None:
        result = connector.check()
        assert result.ok, result.message
        assert result.account
        assert result.findings
        json.dumps(dict(result.details))

    def test_check_explains_bad_credentials(
        self, open_as: Callable[..., Connector], bench: Bench
    ) -> None:
        result = open_as(**bench.wrong).check()
        assert not result.ok
        worst = [one for one in result.findings if one.level == "error"]
        assert worst
        assert all(one.title and one.advice for one in worst)

    def test_check_explains_an_address_where_nobody_answers(
        self, box: SandboxThread, open_as: Callable[..., Connector]
    ) -> None:
        with SandboxThread(stand_in_class(self.slug)()) as gone:
            dead = gone.url[self.slug]
        result = open_as(base_url=dead).check()
        assert not result.ok
        assert "reached" in result.message
        assert result.silent, "it has refused nothing either"

    def test_an_address_that_must_not_be_reached_is_refused(
        self, box: SandboxThread, bench: Bench
    ) -> None:
        address = box.url[self.slug] + bench.path
        settings = {"base_url": address, **bench.settings}
        with registry.connector_class(self.slug)(settings, Context()) as connector:
            result = connector.check()
        assert not result.ok
        assert "private network" in result.message
        assert box.control(self.slug).stats()["requests"] == 0

    def test_nothing_is_sent_before_the_first_call(
        self, control: ControlClient, open_as: Callable[..., Connector]
    ) -> None:
        before = control.stats()["requests"]
        connector = open_as()
        connector.close()
        assert control.stats()["requests"] == before

    # ------------------------------------------------------- refusals, limits, secrets

    def test_what_is_not_declared_refuses_loudly(
        self, connector: Connector, any_object: str
    ) -> None:
        target = connector.spec.object(any_object)
        for capability, verb in VERBS.items():
            if not target.can(capability):
                with pytest.raises(UnsupportedOperationError, match=any_object):
                    verb(connector, any_object)

    def test_an_unknown_object_is_refused(self, connector: Connector) -> None:
        for verb in VERBS.values():
            with pytest.raises((SpecError, UnsupportedOperationError)):
                verb(connector, "no_such_object")

    def test_a_rate_limit_is_waited_for(
        self, connector: Connector, control: ControlClient, bench: Bench
    ) -> None:
        control.faults(_limited(bench, "0.05", times=2))
        self.use(connector, bench)
        assert control.stats()["rate_limited"] == 2

    def test_a_long_rate_limit_is_raised_with_its_time(
        self, connector: Connector, control: ControlClient, bench: Bench
    ) -> None:
        control.faults(_limited(bench, "3600"))
        with pytest.raises(RateLimitedError) as caught:
            self.use(connector, bench)
        assert caught.value.retry_after == 3600

    def test_an_outage_is_to_be_tried_again(
        self, connector: Connector, control: ControlClient, bench: Bench
    ) -> None:
        control.faults({"match": {"path": bench.data}, "do": {"status": 503}})
        with pytest.raises(UnavailableError):
            self.use(connector, bench)

    def test_refused_credentials_stop_the_connection(
        self, open_as: Callable[..., Connector], bench: Bench
    ) -> None:
        with pytest.raises(AuthenticationError) as caught:
            self.use(open_as(**bench.wrong), bench)
        assert caught.value.advice

    def test_an_expired_session_is_renewed_once(
        self, connector: Connector, control: ControlClient, bench: Bench
    ) -> None:
        if bench.expire is None:
            pytest.skip("this system has no sessions")
        self.use(connector, bench)
        control.faults(bench.expire)
        self.use(connector, bench)
        assert control.faults()[0]["hits"] == 1

    def test_no_secret_is_shown_anywhere(
        self,
        control: ControlClient,
        open_as: Callable[..., Connector],
        bench: Bench,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        texts: list[str] = []
        caplog.set_level(logging.DEBUG)
        with structlog.testing.capture_logs() as logs:
            for settings in ({}, bench.wrong):
                connector = open_as(**settings)
                texts.append(repr(connector.check()))
                try:
                    self.use(connector, bench)
                except ConnectorError as error:
                    texts += [str(error), repr(error), repr(vars(error))]
                texts.append(repr(connector))
                texts += [
                    repr(value)
                    for name, value in vars(connector).items()
                    if name != "settings" and not isinstance(value, str)
                ]
        shown = "\n".join([*texts, repr(logs), caplog.text])
        assert shown
        for secret in bench.secrets:
            assert secret not in shown


def _limited(bench: Bench, seconds: str, times: int | None = None) -> dict[str, Any]:
    answer = {"status": 429, "headers": {"Retry-After": seconds}}
    return {"match": {"path": bench.data}, "times": times, "do": answer}
