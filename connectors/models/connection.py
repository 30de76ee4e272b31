"""A configured, credentialed instance of a system, its tokens, its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from connectors.models.fields import EncryptedJSONField, JsonField
from connectors.sdk.records import CheckResult, FieldInfo, Option
from connectors.sdk.spec import ObjectSpec, SystemSpec
from connectors.sdk.values import dump, load
from connectors.systems import registry


class Health(models.TextChoices):
    """What the last contact with a connection showed."""

    UNKNOWN = "unknown", "Not tested"
    OK = "ok", "Healthy"
    WARNING = "warning", "Works, with warnings"
    UNREACHABLE = "unreachable", "Unreachable"
    REFUSED = "refused", "Refused"


class Connection(models.Model):
    """Settings in clear, secrets encrypted and never shown again.

    `account` is the account seen on the other side at the first successful test; a
    later test that sees another one is refused, lest records go to a stranger.
    `object_types` are those of the account itself, as last discovered.
    `stopped` is set by the engine when credentials are refused: nothing runs over the
    connection until a person has tested it successfully.
    """

    name = models.CharField(max_length=80, unique=True)
    system = models.CharField(max_length=40)
    settings = JsonField(default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict, blank=True, editable=False)
    enabled = models.BooleanField(default=True)

    health = models.CharField(
        max_length=12, choices=Health.choices, default=Health.UNKNOWN, editable=False
    )
    findings = JsonField(default=list, blank=True, editable=False)
    details = JsonField(default=dict, blank=True, editable=False)
    account = models.CharField(max_length=120, blank=True, editable=False)
    object_types = JsonField(default=list, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords(
        excluded_fields=[
            "secrets",
            "health",
            "findings",
            "details",
            "checked_at",
            "object_types",
        ]
    )

    class Meta:
        ordering = ["name"]
        permissions = [
            ("check_connection", "Can test a connection and read its fields"),
        ]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Connection {self.pk} {self.system}>"

    @property
    def spec(self) -> SystemSpec:
        """The spec of its system, with the object types of its own account."""
        found = self.object_types
        return (
            _with_objects(self.system, dump(found))
            if found
            else registry.spec(self.system)
        )

    @property
    def found_objects(self) -> list[ObjectSpec]:
        """The object types of its own account."""
        return [ObjectSpec.restored(table) for table in self.object_types or ()]

    def keep_objects(self, found: Iterable[ObjectSpec]) -> None:
        """Store what was discovered; those a flow names stay, whatever was found."""
        kept = {one.name: one for one in found}
        used = {
            *self.flows_out.values_list("source_object", flat=True),
            *self.flows_in.values_list("target_object", flat=True),
        }
        for one in self.found_objects:
            if one.name in used:
                kept.setdefault(one.name, one)
        tables = [one.stored() for one in kept.values()]
        if tables != self.object_types:
            self.object_types = tables
            Connection.objects.filter(pk=self.pk).update(object_types=tables)

    @property
    def all_settings(self) -> Mapping[str, Any]:
        """Settings and secrets over the spec's defaults, as a connector takes them."""
        defaults = {name: s.fallback for name, s in self.spec.settings.items()}
        return {**defaults, **self.settings, **(self.secrets or {})}

    @property
    def usable(self) -> bool:
        """Whether flows may run over it."""
        return self.enabled and not self.stopped

    @property
    def by_consent(self) -> bool:
        """Whether a person connects it on the system's own page."""
        return self.spec.by_consent(self.settings)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Sort setting values into settings and secrets; a blank secret is kept."""
        secret_names = self.spec.secrets
        self.settings = {n: v for n, v in values.items() if n not in secret_names}
        given = {n: v for n, v in values.items() if n in secret_names and v}
        self.secrets = {**(self.secrets or {}), **given}

    def keep_check(self, result: CheckResult) -> None:
        """Store what a test found."""
        levels = {finding.level for finding in result.findings}
        if not result.ok:
            self.health = Health.UNREACHABLE if result.silent else Health.REFUSED
        else:
            self.health = Health.WARNING if "warning" in levels else Health.OK
        self.findings = [
            {"level": f.level, "title": f.title, "advice": f.advice}
            for f in result.findings
        ]
        if result.ok:
            self.details = dict(result.details)
            self.account = result.account or self.account
            self.stopped = False
        self.checked_at = timezone.now()
        self.save(
            update_fields=[
                "health", "findings", "details", "account", "stopped", "checked_at",
            ]
        )  # fmt: skip


class Credential(models.Model):
    """One named set of tokens of a connection, kept by `sync/access/store.py`.

    `version` grows whenever others are stored, 0 means that there are none yet.
    Whoever renews them holds the lease. `refusal` is why the other side refused to
    renew this version (message and advice); nobody asks again then.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="credentials"
    )
    name = models.CharField(max_length=40)
    value = EncryptedJSONField(null=True)
    issued_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    lease_token = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    refusal = JsonField(default=dict)

    class Meta:
        # Nobody sees or changes them but through the page of their connection.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "name"], name="credential_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of connection {self.connection_id}"


@lru_cache(maxsize=64)
def _with_objects(system: str, dumped: bytes) -> SystemSpec:
    found = [ObjectSpec.restored(table) for table in load(dumped)]
    return registry.spec(system).with_objects(found)


class CatalogueField(models.Model):
    """One field that a connection's object type offers, as last discovered."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="catalogue"
    )
    object_type = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=200)
    label = models.CharField(max_length=300)
    type = models.CharField(max_length=12)
    required = models.BooleanField(default=False)
    read_only = models.BooleanField(default=False)
    custom = models.BooleanField(default=False)
    unique = models.BooleanField(default=False)
    managed = models.BooleanField(default=False)
    missing = models.BooleanField(default=False)
    max_length = models.PositiveIntegerField(null=True, blank=True)
    canonical = models.CharField(max_length=80, blank=True)
    references = models.CharField(max_length=80, blank=True)
    options = JsonField(default=list, blank=True)
    help = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object_type", "name"], name="catalogue_field"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.name})"

    @property
    def info(self) -> FieldInfo:
        """The field as the mapper takes it."""
        return FieldInfo(
            name=self.name,
            label=self.label,
            type=self.type,  # type: ignore[arg-type]
            required=self.required,
            read_only=self.read_only,
            custom=self.custom,
            unique=self.unique,
            managed=self.managed,
            max_length=self.max_length,
            canonical=self.canonical,
            references=self.references,
            options=tuple(
                Option(value=o["value"], label=o["label"]) for o in self.options
            ),
            help=self.help,
        )

    @classmethod
    def from_info(
        cls, connection: Connection, object_type: str, position: int, info: FieldInfo
    ) -> CatalogueField:
        """An unsaved row for a discovered field."""
        return cls(
            connection=connection,
            object_type=object_type,
            position=position,
            name=info.name,
            label=info.label,
            type=info.type,
            required=info.required,
            read_only=info.read_only,
            custom=info.custom,
            unique=info.unique,
            managed=info.managed,
            max_length=info.max_length,
            canonical=info.canonical,
            references=info.references,
            options=[{"value": o.value, "label": o.label} for o in info.options],
            help=info.help,
        )
