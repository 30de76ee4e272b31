"""Joins a stored connection to its connector: the only place that does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction

from connectors.models import AlertKind, CatalogueField, Connection, Health
from connectors.sdk.contract import Connector, Context
from connectors.sdk.errors import ConfigurationError, UnsafeAddressError
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import CheckResult, Finding
from connectors.sdk.redact import Redactor
from connectors.sdk.spec import SettingSpec
from connectors.sync.ledger import RateLedger
from connectors.sync.watch import alerts
from connectors.systems import registry


def network_policy() -> NetworkPolicy:
    """The private ranges this installation opens. Raises ConfigurationError."""
    try:
        return NetworkPolicy.from_cidrs(settings.ALLOWED_PRIVATE_NETWORKS)
    except ValueError as error:
        raise ConfigurationError(
            f"ALLOWED_PRIVATE_NETWORKS: {error}.",
            advice="Write ranges like 10.0.0.0/8, separated by commas.",
        ) from error


@contextmanager
def open_connector(connection: Connection) -> Iterator[Connector]:
    """The connector of a connection; its session and sockets end with the block."""
    spec = connection.spec
    limiter = RateLedger(ledger_key(connection), spec.rate) if spec.rate else None
    context = Context(limiter=limiter, network=network_policy())
    connector_class = registry.connector_class(connection.system)
    try:
        with connector_class(connection.all_settings, context) as connector:
            yield connector
    finally:
        if limiter:
            limiter.close()


def redactor(*connections: Connection) -> Redactor:
    """Blanks the secrets of these connections, and all that looks like one."""
    return Redactor(
        value
        for connection in connections
        for value in (connection.secrets or {}).values()
        if isinstance(value, str)
    )


def ledger_key(connection: Connection) -> str:
    """Whose budget its requests use: the account's, once that is known."""
    return f"{connection.system}:{connection.account or f'connection {connection.pk}'}"


def check(connection: Connection) -> CheckResult:
    """Test a connection, keep what was found, and open or resolve its alerts."""
    try:
        with open_connector(connection) as connector:
            result = connector.check()
    except ConfigurationError as error:
        result = CheckResult(
            findings=(Finding(level="error", title=error.message, advice=error.advice),)
        )
    result = _guard_account(connection, result)
    connection.keep_check(result)
    if result.ok:
        alerts.resolve(AlertKind.REFUSED, connection)
        alerts.resolve(AlertKind.UNREACHABLE, connection)
    return result


def _guard_account(connection: Connection, result: CheckResult) -> CheckResult:
    seen, known = result.account, connection.account
    if not result.ok or not seen or not known or seen == known:
        return result
    finding = Finding(
        level="error",
        title=f"These credentials belong to the account {seen}; this connection has "
        f"worked with {known}.",
        advice="Use credentials of the same account, or make a new connection: the "
        "ids of the records already bound are those of the other account.",
    )
    return CheckResult(findings=(finding, *result.findings), details=result.details)


def stop(connection: Connection, title: str, advice: str) -> None:
    """Let nothing run over the connection until a test succeeds; raise an alert."""
    Connection.objects.filter(pk=connection.pk).update(
        stopped=True, health=Health.REFUSED
    )
    connection.stopped = True
    alerts.open_alert(AlertKind.REFUSED, connection, title=title, advice=advice)


def refresh_catalogue(connection: Connection, object_type: str) -> int:
    """Discover the fields of an object type and store them; how many there are.

    A field that is gone stays in the catalogue, marked missing: mappings name it.
    """
    with open_connector(connection) as connector:
        found = connector.discover(object_type)
    rows = [
        CatalogueField.from_info(connection, object_type, position, info)
        for position, info in enumerate(found)
    ]
    updated = [
        f.name
        for f in CatalogueField._meta.fields
        if f.name not in ("id", "connection", "object_type", "name")
    ]
    with transaction.atomic():
        connection.catalogue.filter(object_type=object_type).update(missing=True)
        CatalogueField.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["connection", "object_type", "name"],
            update_fields=updated,
        )
    return len(rows)


def ensure_fields(
    connection: Connection, object_type: str, names: Sequence[str]
) -> dict[str, str]:
    """Create managed fields in the target and read the catalogue anew."""
    with open_connector(connection) as connector:
        report = connector.ensure_fields(object_type, names)
    refresh_catalogue(connection, object_type)
    return report


def validate_settings(system: str, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with setting values, by setting; empty when nothing is."""
    errors: dict[str, list[str]] = {}
    for name, setting in registry.spec(system).settings.items():
        problem = _setting_problem(setting, values.get(name))
        if problem:
            errors[name] = [problem]
    return errors


def _setting_problem(setting: SettingSpec, value: Any) -> str:
    if value in (None, ""):
        # A secret may be left blank to keep the stored one; the form knows whether
        # there is one.
        required = setting.required and not setting.secret
        return f"{setting.label} is needed." if required else ""
    if setting.type == "url":
        try:
            network_policy().check_url(str(value))
        except UnsafeAddressError as error:
            return str(error)
    if setting.choices and str(value) not in {o.value for o in setting.choices}:
        return f"Choose one of: {', '.join(o.label for o in setting.choices)}."
    if setting.type == "integer":
        return _range_problem(setting, value)
    return ""


def _range_problem(setting: SettingSpec, value: Any) -> str:
    try:
        number = int(value)
    except (TypeError, ValueError):
        return "Write a whole number."
    if setting.minimum is not None and number < setting.minimum:
        return f"At least {setting.minimum}."
    if setting.maximum is not None and number > setting.maximum:
        return f"At most {setting.maximum}."
    return ""
