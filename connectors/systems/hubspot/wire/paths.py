"""Where HubSpot keeps what: the only place that knows an API version.

Three families carry the same JSON under different addresses: the dated ones
(`2026-09`, `2026-03`) and the legacy one (`v3`, whose associations are `v4`).
Source: vendor sheet, section 2.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

# What HubSpot calls an object type of ours in addresses and in scopes, where that is
# another word.
_WORDS = {"payments": "commerce_payments"}
_SCOPES = {"payments": "commercepayments"}
# The full name of an object type that an account has defined itself.
_CUSTOM = re.compile(r"p\d+_")
TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - an address


def scope(area: str, object_type: str, verb: str) -> str:
    """The scope to `verb` (read, write) the `objects` or `schemas` of a type."""
    word = _SCOPES.get(object_type, object_type)
    return f"crm.{area}.{'custom' if is_custom(word) else word}.{verb}"


def is_custom(object_type: str) -> bool:
    """Whether an account has defined the object type itself."""
    return _CUSTOM.match(object_type) is not None


@dataclass(frozen=True, slots=True)
class Paths:
    """Addresses below the base URL, for one version."""

    version: str

    def records(self, object_type: str) -> str:
        """The records of an object type."""
        return f"{self._family('crm', 'objects')}/{_word(object_type)}"

    def batch(self, object_type: str, verb: str) -> str:
        """A batch call: read, create, update, upsert or archive."""
        return f"{self.records(object_type)}/batch/{verb}"

    def search(self, object_type: str) -> str:
        """The search over the records of an object type."""
        return f"{self.records(object_type)}/search"

    def links(self, from_type: str, to_type: str, verb: str) -> str:
        """A batch call on the associations between two object types."""
        return f"{self._pair(from_type, to_type)}/batch/{verb}"

    def _pair(self, from_type: str, to_type: str) -> str:
        legacy = self.version == "v3"
        root = "/crm/v4" if legacy else "/crm"
        version = "" if legacy else f"/{self.version}"
        pair = f"{_word(from_type)}/{_word(to_type)}"
        return f"{root}/associations{version}/{pair}"

    def properties(self, object_type: str, name: str = "") -> str:
        """The property definitions of an object type, or one of them."""
        path = f"{self._family('crm', 'properties')}/{_word(object_type)}"
        return f"{path}/{quote(name, safe='')}" if name else path

    def groups(self, object_type: str, name: str = "") -> str:
        """The property groups of an object type, or one of them."""
        path = f"{self.properties(object_type)}/groups"
        return f"{path}/{quote(name, safe='')}" if name else path

    @property
    def owners(self) -> str:
        """The owners of records."""
        return self._family("crm", "owners")

    def pipelines(self, object_type: str) -> str:
        """The pipelines of an object type, with their stages."""
        return f"{self._family('crm', 'pipelines')}/{_word(object_type)}"

    @property
    def schemas(self) -> str:
        """The object types that the account has defined itself."""
        return f"/crm-object-schemas/{self.version}/schemas"

    def labels(self, from_type: str, to_type: str) -> str:
        """The ways in which two object types can be associated."""
        return f"{self._pair(from_type, to_type)}/labels"

    @property
    def account(self) -> str:
        """What account the token belongs to."""
        return f"/account-info/{self.version}/details"

    @property
    def daily_usage(self) -> str:
        """How many calls the account has used today."""
        return f"/account-info/{self.version}/api-usage/daily/private-apps"

    @property
    def token(self) -> str:
        """Where tokens are given: for codes, refresh tokens and an app's own secret."""
        return f"/oauth/{self.version}/token"

    @property
    def introspection(self) -> str:
        """What a token is worth."""
        return f"{self.token}/introspect"

    @property
    def revocation(self) -> str:
        """Where a token is given back."""
        return f"{self.token}/revoke"

    @property
    def journal(self) -> str:
        """The journal of events of all accounts that an app is in."""
        version = "v4" if self.version == "v3" else self.version
        return f"/webhooks-journal/journal/{version}"

    def _family(self, area: str, name: str) -> str:
        if self.version == "v3":
            return f"/{area}/v3/{name}"
        return f"/{area}/{name}/{self.version}"


def _word(object_type: str) -> str:
    return _WORDS.get(object_type, object_type)
