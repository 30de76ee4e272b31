"""Joins a stored connection to its connector: the only place that does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction

from connectors.models import AlertKind, CatalogueField, Connection, Health
from connectors.sdk.contract import Connector, Context
from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    UnsafeAddressError,
)
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import CheckResult, FieldInfo, Finding, NewField
from connectors.sdk.redact import Redactor
from connectors.sdk.setting import SettingSpec
from connectors.sdk.shared.budgets import Priority
from connectors.sync.access.store import StoredCredentials
from connectors.sync.access.uses import uses_of
from connectors.sync.access.versions import version_findings
from connectors.sync.budget import account
from connectors.sync.drift import changes
from connectors.sync.drift.judge import judge
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
def open_connector(
    connection: Connection, priority: Priority = "live", *, testing: bool = False
) -> Iterator[Connector]:
    """The connector of a connection; its session and sockets end with the block.

    `priority` says for what its requests are, and so how much of the account's budgets
    they may use. `testing` is for a person who looks at the connection: credentials
    that were refused before are tried again, and it is this module that judges the
    account.
    """
    limiter = account.ledger(connection, priority)
    credentials = StoredCredentials(connection.pk, insist=testing)
    context = Context(
        limiter=limiter,
        network=network_policy(),
        credentials=credentials,
        objects=connection.found_objects,
        account="" if testing else connection.account,
        uses=uses_of(connection) if testing else (),
    )
    connector_class = registry.connector_class(connection.system)
    try:
        with connector_class(connection.all_settings, context) as connector:
            yield connector
    finally:
        credentials.close()
        if limiter:
            limiter.close()


def redactor(*connections: Connection) -> Redactor:
    """Blanks the secrets of these connections, and all that looks like one."""
    return Redactor(one for connection in connections for one in _secrets(connection))


def _secrets(connection: Connection) -> Iterator[str]:
    values = connection.all_settings
    kept = [values.get(name) for name in connection.spec.secrets]
    if connection.by_consent:
        for credential in connection.credentials.exclude(issued_at=None):
            kept += dict(credential.value or {}).values()
    yield from (one for one in kept if isinstance(one, str) and one)


def check(connection: Connection) -> CheckResult:
    """Test a connection, keep what was found, and open or resolve its alerts."""
    try:
        with open_connector(connection, "people", testing=True) as connector:
            result = connector.check()
            if result.ok and not _is_other(connection, result):
                result = _with_found_objects(connection, connector, result)
    except ConfigurationError as error:
        result = CheckResult(findings=(Finding.of(error),))
    result = _guard_account(connection, result)
    result = replace(result, findings=(*result.findings, *version_findings(connection)))
    connection.keep_check(result)
    if result.ok:
        account.told(connection, result.details)
        alerts.resolve(AlertKind.REFUSED, connection)
        alerts.resolve(AlertKind.UNREACHABLE, connection)
    return result


def _guard_account(connection: Connection, result: CheckResult) -> CheckResult:
    if not result.ok or not _is_other(connection, result):
        return result
    seen, known = result.account, connection.account
    finding = Finding(
        level="error",
        title=f"These credentials belong to the account {seen}; this connection has "
        f"worked with {known}.",
        advice="Use credentials of the same account, or make a new connection: the "
        "ids of the records already bound are those of the other account.",
    )
    return CheckResult(findings=(finding, *result.findings), details=result.details)


def _is_other(connection: Connection, result: CheckResult) -> bool:
    """Whether a test has seen another account than the one known."""
    return bool(result.account and connection.account) and (
        result.account != connection.account
    )


def _with_found_objects(
    connection: Connection, connector: Connector, result: CheckResult
) -> CheckResult:
    """Keep the object types of the account, and say which there are."""
    try:
        found = connector.objects()
    except ConnectorError as error:
        title = f"The account's own object types cannot be read. {error.message}"
        finding = Finding(level="warning", title=title, advice=error.advice)
        return replace(result, findings=(*result.findings, finding))
    connection.keep_objects(found)
    if not found:
        return result
    labels = ", ".join(one.label for one in found)
    finding = Finding(level="ok", title=f"Object types of the account: {labels}.")
    return replace(result, findings=(*result.findings, finding))


def refresh_objects(connection: Connection) -> None:
    """Discover the object types of the account and store them."""
    with open_connector(connection) as connector:
        connection.keep_objects(connector.objects())


def stop(connection: Connection, title: str, advice: str) -> None:
    """Let nothing run over the connection until a test succeeds; raise an alert."""
    Connection.objects.filter(pk=connection.pk).update(
        stopped=True, health=Health.REFUSED
    )
    connection.stopped = True
    alerts.open_alert(AlertKind.REFUSED, connection, title=title, advice=advice)


def refresh_catalogue(
    connection: Connection,
    object_type: str,
    priority: Priority = "people",
    made: Collection[str] = (),
) -> int:
    """Discover the fields of an object type and store them; how many there are.

    A field that is gone stays in the catalogue, marked missing: mappings name it. What
    has changed is noted, and told where mappings break. Fields that we `made` ourselves
    are no news.
    """
    with open_connector(connection, priority) as connector:
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
        stored = connection.catalogue.filter(object_type=object_type)
        old = {row.name: row for row in stored}
        stored.update(missing=True)
        CatalogueField.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["connection", "object_type", "name"],
            update_fields=updated,
        )
        new = {row.name: row for row in rows}
        if old:  # else it is the first reading, of which nothing is news
            old |= {name: new[name] for name in made if name in new}
        changes.note(connection, object_type, old, new)
    judge(connection)
    return len(rows)


def ensure_fields(
    connection: Connection, object_type: str, names: Sequence[str]
) -> dict[str, str]:
    """Create managed fields in the target and read the catalogue anew."""
    with open_connector(connection, "people") as connector:
        report = connector.ensure_fields(object_type, names)
    refresh_catalogue(connection, object_type, made=_created(report))
    return report


def propose_fields(
    connection: Connection, object_type: str, like: Sequence[FieldInfo]
) -> list[NewField]:
    """What fields made after these would be in the target; creates nothing."""
    with open_connector(connection) as connector:
        return connector.propose_fields(object_type, like)


def create_fields(
    connection: Connection, object_type: str, fields: Sequence[FieldInfo]
) -> dict[str, str]:
    """Create fields in the target and read the catalogue anew."""
    with open_connector(connection) as connector:
        report = connector.create_fields(object_type, fields)
    refresh_catalogue(connection, object_type, made=_created(report))
    return report


def _created(report: Mapping[str, str]) -> list[str]:
    return [name for name, said in report.items() if said == "created"]


def validate_settings(system: str, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with setting values, by setting; empty when nothing is.

    A setting that does not count beside the others is not looked at.
    """
    errors: dict[str, list[str]] = {}
    spec = registry.spec(system)
    for name, setting in spec.settings.items():
        if not spec.applies(setting.when, values):
            continue
        problem = _setting_problem(setting, values.get(name))
        if problem:
            errors[name] = [problem]
    return errors


def _setting_problem(setting: SettingSpec, value: Any) -> str:
    if value in (None, ""):
        # A secret may be left blank to keep the stored one; the form knows whether
        # there is one.
        missing = setting.required and not setting.secret and not setting.installed
        return f"{setting.label} is needed." if missing else ""
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
