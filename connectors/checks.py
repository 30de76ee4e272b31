"""System checks: what would fail later is said at start, with what to do."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError

from connectors.models import KeyCanary
from connectors.sdk.errors import ConfigurationError
from connectors.sync import connect
from connectors.sync.worker import qcluster
from connectors.systems import registry


@register()
def queue_settings(**_: Any) -> list[CheckMessage]:
    """The queue must not run a task twice at once, lose it, or keep it for ever."""
    queue = settings.Q_CLUSTER
    found: list[CheckMessage] = []
    if not queue.get("orm"):
        found.append(
            Error(
                "The queue does not use the database.",
                hint="Set Q_CLUSTER['orm']: the other brokers lose tasks on a crash.",
                id="connectors.E001",
            )
        )
    waits = 1 + math.ceil((queue["queue_limit"] + 1) / queue["workers"])
    if queue["retry"] < queue["timeout"] * waits + 10:
        found.append(
            Error(
                "Q_CLUSTER['retry'] is so short that tasks would run twice at once.",
                hint=f"Make it at least {queue['timeout'] * waits + 10}.",
                id="connectors.E002",
            )
        )
    if not queue.get("ack_failures") or queue.get("max_attempts") != 1:
        found.append(
            Error(
                "The queue would repeat failed tasks.",
                hint="Set ack_failures to True and max_attempts to 1.",
                id="connectors.E003",
            )
        )
    if not qcluster.apply():
        found.append(
            Caution(
                "This django-q2 is newer than the cure for its queue was tested with.",
                hint="Pin django-q2 1.11.x, or test killing an idle worker.",
                id="connectors.W004",
            )
        )
    return found


@register()
def specs_are_right(**_: Any) -> list[CheckMessage]:
    """Every system's spec.toml parses, and so does the list of private networks."""
    found: list[CheckMessage] = []
    try:
        registry.specs()
        connect.network_policy()
    except ConfigurationError as error:
        found.append(Error(error.message, hint=error.advice, id="connectors.E005"))
    return found


@register(Tags.database)
def keys_are_right(**_: Any) -> list[CheckMessage]:
    """The encryption keys can read what is stored."""
    problem = key_problem()
    if problem:
        return [
            Error(
                problem,
                hint="Put the key that encrypted the rows back into FERNET_KEYS.",
                id="connectors.E006",
            )
        ]
    return []


def key_problem() -> str:
    """Why stored secrets cannot be read; "" when they can."""
    try:
        canary = KeyCanary.objects.first() or KeyCanary.objects.create()
    except DatabaseError:
        return ""  # not migrated yet
    except Exception:  # noqa: BLE001 - any failure to decrypt means the same
        return "The encryption keys cannot read the stored secrets."
    if canary.value != KeyCanary.TEXT:
        return "The encryption keys read something else than was stored."
    return ""
