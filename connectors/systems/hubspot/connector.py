"""HubSpot: companies and contacts, recognised by a unique property of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from connectors.sdk.contract import Connector, Context
from connectors.sdk.errors import UnsupportedOperationError
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.records import (
    CheckResult,
    FieldInfo,
    SourceRecord,
    WriteItem,
    WriteResult,
)
from connectors.sdk.redact import Redactor
from connectors.sdk.spec import Capability, ObjectSpec, load_spec
from connectors.systems.hubspot.account import AccountGuard
from connectors.systems.hubspot.check import Check
from connectors.systems.hubspot.codec import Codec
from connectors.systems.hubspot.reader import Reader
from connectors.systems.hubspot.schema import Schema
from connectors.systems.hubspot.wire.faults import Classifier
from connectors.systems.hubspot.wire.paths import Paths
from connectors.systems.hubspot.writing.ledger import Book
from connectors.systems.hubspot.writing.links import Link, Linker
from connectors.systems.hubspot.writing.upsert import Upsert


class TokenAuth:
    """A static bearer token, which nothing renews but a person."""

    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}

    def headers(self) -> Mapping[str, str]:
        """The header of every request."""
        return self._headers

    def expired(self, _response: Response) -> bool:
        """Never: a static token has no session."""
        return False

    def renew(self) -> None:
        """Nothing to renew."""


class HubSpotConnector(Connector):
    """See `Connector` for the contract and spec.toml for what is offered."""

    spec = load_spec(Path(__file__).with_name("spec.toml"))

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        super().__init__(settings, context)
        token = str(self._setting("access_token")).strip()
        base_url = str(self._setting("base_url"))
        self._token = token
        self.paths = Paths(str(self._setting("api_version")))
        self.guard = AccountGuard(
            base_url, token, str(self._setting("expected_hub_id")).strip()
        )
        self.http = HttpClient(
            base_url=base_url,
            auth=TokenAuth(token),
            timeout=(
                float(self._setting("connect_timeout")),
                float(self._setting("read_timeout")),
            ),
            classify=Classifier(self.guard.zone),
            limiter=context.limiter,
            network=context.network,
            redact=Redactor([token]),
            pool_size=int(self._setting("parallel_requests")),
        )
        self.reader = Reader(self.http, self.paths)
        self._codecs = {
            name: Codec(target.fields.values())
            for name, target in self.spec.objects.items()
        }

    def close(self) -> None:
        """Release the sockets."""
        self.http.close()

    def check(self) -> CheckResult:
        """Account, scopes, our properties, daily use. Raises nothing."""
        return Check(
            http=self.http,
            paths=self.paths,
            guard=self.guard,
            spec=self.spec,
            token=self._token,
            group=self._group,
        ).run()

    def fetch(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]:
        """Records by HubSpot's record id."""
        target = self._open("fetch", object_type)
        names = self._wanted(target, fields)
        return self.reader.by_id(object_type, keys, names, self._codecs[object_type])

    def find(
        self,
        object_type: str,
        field_name: str,
        values: Sequence[str],
        *,
        fields: Sequence[str] = (),
    ) -> dict[str, list[SourceRecord]]:
        """Records by the value of a unique property, whose case does not count.

        Raises UnsupportedOperationError for a field that spec.toml does not know as
        unique.
        """
        target = self._open("find", object_type)
        names = self._wanted(target, fields)
        if field_name == target.key:
            return self._find_by_id(object_type, values, names)
        known = target.fields.get(field_name)
        if known is None or not known.unique:
            raise UnsupportedOperationError(
                f"HubSpot finds {object_type} only by a unique property, which "
                f"“{field_name}” is not.",
                advice=f"Use “{target.match_field}”.",
            )
        codec = self._codecs[object_type]
        return self.reader.by_value(object_type, field_name, values, names, codec)

    def write(
        self, object_type: str, items: Sequence[WriteItem], *, match_field: str
    ) -> list[WriteResult]:
        """Upsert by a unique property, then link what `refs` name."""
        target = self._open("write", object_type)
        codec = self._codecs[object_type]
        upsert = Upsert(self.http, self.paths, target, codec, match_field)
        book = upsert.send(items)
        self._link(object_type, items, book)
        return book.in_order(items)

    def discover(self, object_type: str) -> list[FieldInfo]:
        """The account's properties, and ours that are not created yet."""
        return self._schema(self._open("discover", object_type)).discover()

    def ensure_fields(self, object_type: str, names: Sequence[str]) -> dict[str, str]:
        """Create the named ERP properties, in their own group."""
        return self._schema(self._open("ensure_fields", object_type)).ensure(names)

    def record_url(self, object_type: str, key: str, details: Mapping[str, str]) -> str:
        """The record's page in HubSpot, for the account of the last check."""
        portal, target = details.get("portal_id"), self.spec.object(object_type)
        if not (portal and key):
            return ""
        host = details.get("ui_domain") or "app.hubspot.com"
        record = quote(key, safe="")
        return f"https://{host}/contacts/{portal}/record/{target.native}/{record}"

    # -------------------------------------------------------------------- internals

    @cached_property
    def _group(self) -> str:
        return str(self._setting("property_group"))

    def _setting(self, name: str) -> Any:
        value = self.settings.get(name)
        return self.spec.settings[name].default if value in (None, "") else value

    def _open(self, capability: Capability, object_type: str) -> ObjectSpec:
        """The object, if it offers this and the account is the right one."""
        target = self.spec.object(object_type)
        if not target.can(capability):
            raise self._unsupported(capability, object_type)
        self.guard.admit(self.http, self.paths)
        return target

    def _schema(self, target: ObjectSpec) -> Schema:
        return Schema(self.http, self.paths, target, self._group)

    def _wanted(self, target: ObjectSpec, fields: Sequence[str]) -> list[str]:
        return [
            name
            for name in fields or target.fields
            if name not in self._codecs[target.name].references
        ]

    def _find_by_id(
        self, object_type: str, values: Sequence[str], names: Sequence[str]
    ) -> dict[str, list[SourceRecord]]:
        codec = self._codecs[object_type]
        found = {
            record.key: [record]
            for record in self.reader.by_id(object_type, values, names, codec)
        }
        return {value: found.get(value, []) for value in values}

    def _link(self, object_type: str, items: Sequence[WriteItem], book: Book) -> None:
        """Associate what was written with the records its references name."""
        for name, to_type in self._codecs[object_type].references.items():
            links = [
                Link(item.key, book.results[item.key].target_id, item.refs[name])
                for item in items
                if item.refs.get(name) and book.results[item.key].error is None
            ]
            if links:
                primary = self._setting("company_link") == "primary"
                linker = Linker(
                    self.http, self.paths, object_type, to_type, primary=primary
                )
                for key, error in linker.link(links).items():
                    book.fail_written(key, error)
