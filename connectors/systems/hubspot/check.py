"""The connection test: address, token, account, scopes, our properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from connectors.sdk.errors import (
    ConnectorError,
    RecordError,
)
from connectors.sdk.http import HttpClient
from connectors.sdk.network import travels_in_clear
from connectors.sdk.records import CheckResult, Finding, Level, Use
from connectors.sdk.spec import ObjectSpec, SystemSpec
from connectors.systems.hubspot.access.access import Access
from connectors.systems.hubspot.access.account import Account, AccountGuard
from connectors.systems.hubspot.access.scopes import (
    CORE,
    Rights,
    further_scopes,
    needed_scope,
)
from connectors.systems.hubspot.schema import Schema
from connectors.systems.hubspot.wire.paths import Paths


@dataclass(slots=True)
class Check:
    """One run of the test; `run` never raises."""

    http: HttpClient
    paths: Paths
    guard: AccountGuard
    spec: SystemSpec
    access: Access
    uses: Sequence[Use]
    group: str
    findings: list[Finding] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)

    def run(self) -> CheckResult:
        """All findings, the worst of which decides."""
        if travels_in_clear(self.http.base_url):
            title = "The token travels unencrypted."
            self._say("warning", title, "Use the https:// address of HubSpot's API.")
        account = self._account()
        if account is not None:
            rights = self._rights()
            for target in self.spec.objects.values():
                if target.native:
                    self._object(target, rights)
            if self.access.consent is None:
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
            self.findings.append(Finding.of(error))
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
        currencies = [account.company_currency, *account.additional_currencies]
        self._say("ok", f"Currencies of the account: {', '.join(currencies)}.")
        return account

    # ------------------------------------------------------------------- permissions

    def _rights(self) -> Rights:
        """What the token may do; where HubSpot does not tell, it is tried out."""
        scopes = self.access.scopes(self.http)
        if scopes is None:
            self._say(
                "ok",
                "HubSpot does not tell which scopes this kind of token has; what it "
                "may do was tried out, without writing anything.",
            )
        return Rights(self.http, self.paths, scopes)

    def _object(self, target: ObjectSpec, rights: Rights) -> None:
        readable, writable = self._readable(target), self._writable(target, rights)
        if readable and writable:
            self._say("ok", f"{target.label} can be read and written.")
        self._creatable(target, rights)
        self._further(target, rights)
        self._properties(target)

    def _readable(self, target: ObjectSpec) -> bool:
        """Whether a page of one record can be read."""
        path = self.paths.records(target.name)
        try:
            self.http.get(path, params={"limit": 1})
        except ConnectorError as error:
            title = f"{target.label} cannot be read. {error.message}"
            self._lacking(target, "read", title, error.advice)
            return False
        return True

    def _writable(self, target: ObjectSpec, rights: Rights) -> bool:
        if not target.can("write") or rights.may(target, "write"):
            return True
        wanted = needed_scope(target, "write")
        title = f"{target.label} cannot be written: the scope {wanted} is missing."
        self._lacking(target, "write", title, self.access.words.scope)
        return False

    def _creatable(self, target: ObjectSpec, rights: Rights) -> None:
        if target.can("ensure_fields") and not rights.may(target, "create fields"):
            self._say(
                "ok" if self._unused(target) else "warning",
                f"ERP properties of {target.name} cannot be created: the scope "
                f"{needed_scope(target, 'create fields')} is missing.",
                "Add it, or create the properties by hand.",
            )

    def _further(self, target: ObjectSpec, rights: Rights) -> None:
        """Scopes of other objects that a mapping needs: lines, links."""
        missing = {
            (wanted, what): use.by
            for use in self.uses
            if use.object_type == target.name
            for wanted, what in further_scopes(use, target)
            if rights.has(wanted) is False
        }
        for (wanted, what), by in missing.items():
            title = f"The scope {wanted} is missing: {by} needs it for {what}."
            self._say("error", title, self.access.words.scope)

    def _lacking(self, target: ObjectSpec, verb: str, title: str, advice: str) -> None:
        """Say what cannot be done, who needs it, and so how bad that is."""
        needs = [u.by for u in self._uses(target) if u.verb == verb]
        by = dict.fromkeys(needs)
        if by:
            self._say("error", f"{title} Needed by {', '.join(by)}.", advice)
        elif self.uses:
            self._say("ok", f"{title} No mapping needs it.")
        else:
            self._say("error" if target.name in CORE else "warning", title, advice)

    def _uses(self, target: ObjectSpec) -> list[Use]:
        return [use for use in self.uses if use.object_type == target.name]

    def _unused(self, target: ObjectSpec) -> bool:
        """Whether flows are known, and none is about this object."""
        return bool(self.uses) and not self._uses(target)

    def _properties(self, target: ObjectSpec) -> None:
        """Whether our own properties are there, and the key is unique."""
        schema = Schema(self.http, self.paths, target, self.group)
        try:
            live = schema.live()
        except ConnectorError as error:
            title = f"The properties of {target.name} cannot be read. {error.message}"
            self._lacking(target, "read", title, error.advice)
            return
        filled = {
            name
            for use in self._uses(target)
            if use.verb == "write"
            for name in use.fields
        }
        for finding in _property_findings(target, live, filled):
            self.findings.append(finding)

    # -------------------------------------------------------------------- daily use

    def _usage(self) -> None:
        """How much of the day's calls is used; OAuth apps have no share in them."""
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
    target: ObjectSpec, live: Mapping[str, Mapping[str, Any]], filled: Set[str]
) -> Iterator[Finding]:
    managed = [one for one in target.fields.values() if one.managed]
    missing = [one.name for one in managed if one.name not in live]
    if needed := [name for name in missing if name in filled]:
        title = f"{target.label} lack ERP properties that a mapping fills: "
        advice = "Create them from the flow's page."
        title += f"{', '.join(needed)}."
        yield Finding(level="warning", title=title, advice=advice)
    elif missing:
        lack = f"{target.label} lack {len(missing)} of {len(managed)} ERP properties"
        title = f"{lack}; no mapping fills them."
        advice = f"A flow's page creates what its mapping fills: {', '.join(missing)}."
        yield Finding(level="note", title=title, advice=advice)
    # HubSpot's own id needs no rule of HubSpot's to be unique.
    own = target.match_field == target.key
    key = None if own else live.get(target.match_field)
    if key is not None and not key.get("hasUniqueValue"):
        title = f"“{target.match_field}” of {target.name} is not unique."
        advice = (
            "Records cannot be recognised by it. Archive it in HubSpot, then create it "
            "again from the flow's page."
        )
        yield Finding(level="warning", title=title, advice=advice)
