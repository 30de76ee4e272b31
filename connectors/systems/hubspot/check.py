"""The connection test: address, token, account, scopes, our properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sdk.errors import (
    ConnectorError,
    RecordError,
)
from connectors.sdk.http import HttpClient
from connectors.sdk.records import CheckResult, Finding, Level
from connectors.sdk.spec import ObjectSpec, SystemSpec
from connectors.systems.hubspot.account import Account, AccountGuard
from connectors.systems.hubspot.schema import Schema
from connectors.systems.hubspot.wire.paths import TOKEN_INFO, Paths

GRANT = "Add the scope to the service key or private app, then test again."


@dataclass(slots=True)
class Check:
    """One run of the test; `run` never raises."""

    http: HttpClient
    paths: Paths
    guard: AccountGuard
    spec: SystemSpec
    token: str
    group: str
    findings: list[Finding] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)

    def run(self) -> CheckResult:
        """All findings, the worst of which decides."""
        if self.http.base_url.startswith("http://"):
            title = "The token travels unencrypted."
            self._say("warning", title, "Use the https:// address of HubSpot's API.")
        account = self._account()
        if account is not None:
            scopes = self._scopes()
            for target in self.spec.objects.values():
                self._object(target, scopes)
            self._usage()
        return CheckResult(
            findings=tuple(self.findings),
            account=self.details.get("portal_id", ""),
            details=self.details,
        )

    def _say(self, level: Level, title: str, advice: str = "") -> None:
        self.findings.append(Finding(level=level, title=title, advice=advice))

    def _account(self) -> Account | None:
        """The account, or None when there is no sense in going on."""
        try:
            account = self.guard.ask(self.http, self.paths)
        except RecordError as error:
            self._say(
                "error",
                "This address answers, but not as HubSpot's API does.",
                f"Check the API address and version. {error.message}",
            )
            return None
        except ConnectorError as error:
            self._say("error", error.message, error.advice)
            return None
        self.details.update(account.details())
        refusal = self.guard.refusal(account)
        if refusal:
            self._say("error", refusal.message, refusal.advice)
            return None
        kind = account.account_type.replace("_", " ").lower()
        self._say(
            "ok", f"Connected to the HubSpot account {account.portal_id} ({kind})."
        )
        return account

    # ------------------------------------------------------------------- permissions

    def _scopes(self) -> frozenset[str] | None:
        """The scopes of the token; None when HubSpot does not tell."""
        try:
            body = self.http.post(
                TOKEN_INFO, json={"tokenKey": self.token}, idempotent=True
            ).json_or_none()
        except ConnectorError:
            body = None
        scopes = body.get("scopes") if isinstance(body, Mapping) else None
        if isinstance(scopes, list):
            return frozenset(str(scope) for scope in scopes)
        self._say(
            "warning",
            "HubSpot does not tell which scopes this kind of token has, so the right "
            "to write is not confirmed.",
            "The first record written will show it.",
        )
        return None

    def _object(self, target: ObjectSpec, scopes: frozenset[str] | None) -> None:
        readable = self._readable(target)
        if scopes is not None:
            self._granted(target, scopes)
        elif readable:
            self._say("ok", f"{target.label} can be read.")
        self._properties(target, scopes)

    def _readable(self, target: ObjectSpec) -> bool:
        """Whether a page of one record can be read."""
        path = self.paths.records(target.name)
        try:
            self.http.get(path, params={"limit": 1})
        except ConnectorError as error:
            self._say(
                "error", f"{target.label} cannot be read. {error.message}", error.advice
            )
            return False
        return True

    def _granted(self, target: ObjectSpec, scopes: frozenset[str]) -> None:
        write = f"crm.objects.{target.name}.write"
        create = f"crm.schemas.{target.name}.write"
        if target.can("write") and write not in scopes:
            self._say(
                "error",
                f"{target.label} cannot be written: the scope {write} is missing.",
                GRANT,
            )
        else:
            self._say("ok", f"{target.label} can be read and written.")
        if target.can("ensure_fields") and create not in scopes:
            self._say(
                "warning",
                f"ERP properties of {target.name} cannot be created: the scope "
                f"{create} is missing.",
                "Add it, or create the properties by hand.",
            )

    def _properties(self, target: ObjectSpec, scopes: frozenset[str] | None) -> None:
        """Whether our own properties are there, and the key is unique."""
        schema = Schema(self.http, self.paths, target, self.group)
        try:
            live = schema.live()
        except ConnectorError as error:
            self._say(
                "error",
                f"The properties of {target.name} cannot be read. {error.message}",
                error.advice,
            )
            return
        for title, advice in _property_findings(target, live):
            self._say("warning", title, advice)

    # -------------------------------------------------------------------- daily use

    def _usage(self) -> None:
        """How much of the day's calls is used; HubSpot tells it for private apps."""
        try:
            body = self.http.get(self.paths.daily_usage).json_or_none()
        except ConnectorError:
            return
        rows = body.get("results") if isinstance(body, Mapping) else None
        row: Mapping[str, Any] = rows[0] if rows else {}
        used, limit = row.get("currentUsage"), row.get("usageLimit")
        if isinstance(used, int) and isinstance(limit, int):
            self.details["daily_calls_used"] = str(used)
            self.details["daily_calls_limit"] = str(limit)
            self.details["daily_calls_reset"] = str(row.get("resetsAt") or "")
            self._say("ok", f"{used:,} of {limit:,} calls of today are used.")


def _property_findings(
    target: ObjectSpec, live: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    managed = [one for one in target.fields.values() if one.managed]
    missing = [one.name for one in managed if one.name not in live]
    if missing:
        lack = f"{target.label} lack {len(missing)} of {len(managed)} ERP properties"
        advice = "Create those that your mappings use from the flow's page."
        yield f"{lack}: {', '.join(missing)}.", advice
    key = live.get(target.match_field)
    if key is not None and not key.get("hasUniqueValue"):
        title = f"“{target.match_field}” of {target.name} is not unique."
        advice = (
            "Records cannot be recognised by it. Archive it in HubSpot, then create it "
            "again from the flow's page."
        )
        yield title, advice
