"""What the contract suite has to know of each system to try its connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.sandbox.core.client import ControlClient
from connectors.sdk.contract import Connector
from connectors.sdk.records import WriteItem

Rule = dict[str, Any]


def _nothing(_control: ControlClient, _connector: Connector) -> None:
    return None


def _unwritable(object_type: str, number: int) -> WriteItem:
    raise NotImplementedError(f"{object_type} {number}")


def _unspoilable(item: WriteItem) -> WriteItem:
    raise NotImplementedError(item.key)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One system's stand-in and how to drive it.

    `settings` are good ones but for the address; `wrong` are the ones that spoil
    them. `counts` tells how many records a whole read must bring. `sample` makes
    the n-th item to write, `spoil` turns one into what the system refuses. `expire`
    is a fault rule that ends all sessions. `data` matches the paths of business
    calls.
    """

    settings: Mapping[str, Any]
    wrong: Mapping[str, Any]
    secrets: tuple[str, ...]
    data: str
    knobs: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    prepare: Callable[[ControlClient, Connector], None] = _nothing
    counts: Callable[[ControlClient], Mapping[str, int]] = lambda _control: {}
    sample: Callable[[str, int], WriteItem] = _unwritable
    spoil: Callable[[WriteItem], WriteItem] = _unspoilable
    expire: Rule | None = None


def _hubspot_prepare(_control: ControlClient, connector: Connector) -> None:
    for name, target in connector.spec.objects.items():
        ours = [one.name for one in target.fields.values() if one.managed]
        assert set(connector.ensure_fields(name, ours).values()) == {"created"}


def _hubspot_sample(object_type: str, number: int) -> WriteItem:
    named = {
        "companies": {"name": f"Company {number}", "city": "Basel"},
        "contacts": {"firstname": "Ann", "email": f"ann.{number}@example.com"},
    }
    key = f"erp:{object_type}:{number}"
    return WriteItem(key=key, fields={"erp_key": key, **named[object_type]})


def _hubspot_spoil(item: WriteItem) -> WriteItem:
    return replace(item, fields={**item.fields, "erp_changed_at": "the day before"})


def _jde_counts(control: ControlClient) -> Mapping[str, int]:
    return {"customers": 25, "items": control.describe()["tables"]["F4101"]}


BENCHES: dict[str, Bench] = {
    "hubspot": Bench(
        settings={"access_token": "pat-na1-sandbox-full"},
        wrong={"access_token": "pat-na1-nobody-knows-this"},
        secrets=("pat-na1-sandbox-full", "pat-na1-nobody-knows-this"),
        data=r"/objects/",
        knobs={"property_lag_s": 0.0},
        prepare=_hubspot_prepare,
        sample=_hubspot_sample,
        spoil=_hubspot_spoil,
    ),
    "jde": Bench(
        settings={"username": "HSINTEG", "password": "sandbox-1", "page_size": 10},
        wrong={"password": "not-the-password"},
        secrets=("sandbox-1", "not-the-password"),
        data=r"/dataservice",
        seed=25,
        counts=_jde_counts,
        expire={
            "match": {"path": r"/dataservice"},
            "times": 1,
            "do": {"pass": {"kill_sessions": True}},
        },
    ),
}
