"""Where HubSpot keeps what: the only place that knows an API version.

Three families carry the same JSON under different addresses: the dated ones
(`2026-09`, `2026-03`) and the legacy one (`v3`, whose associations are `v4`).
Source: vendor sheet, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - an address


@dataclass(frozen=True, slots=True)
class Paths:
    """Addresses below the base URL, for one version."""

    version: str

    def records(self, object_type: str) -> str:
        """The records of an object type."""
        return f"{self._family('crm', 'objects')}/{object_type}"

    def batch(self, object_type: str, verb: str) -> str:
        """A batch call: read, create, update, upsert or archive."""
        return f"{self.records(object_type)}/batch/{verb}"

    def links(self, from_type: str, to_type: str, verb: str) -> str:
        """A batch call on the associations between two object types."""
        legacy = self.version == "v3"
        root = "/crm/v4" if legacy else "/crm"
        version = "" if legacy else f"/{self.version}"
        return f"{root}/associations{version}/{from_type}/{to_type}/batch/{verb}"

    def properties(self, object_type: str, name: str = "") -> str:
        """The property definitions of an object type, or one of them."""
        path = f"{self._family('crm', 'properties')}/{object_type}"
        return f"{path}/{quote(name, safe='')}" if name else path

    def groups(self, object_type: str, name: str = "") -> str:
        """The property groups of an object type, or one of them."""
        path = f"{self.properties(object_type)}/groups"
        return f"{path}/{quote(name, safe='')}" if name else path

    @property
    def account(self) -> str:
        """What account the token belongs to."""
        return f"/account-info/{self.version}/details"

    @property
    def daily_usage(self) -> str:
        """How many calls the account has used today."""
        return f"/account-info/{self.version}/api-usage/daily/private-apps"

    def _family(self, area: str, name: str) -> str:
        if self.version == "v3":
            return f"/{area}/v3/{name}"
        return f"/{area}/{name}/{self.version}"
