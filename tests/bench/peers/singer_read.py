"""All contacts by a tap on singer-sdk, to standard output, as its template has it."""

from __future__ import annotations

from typing import Any, ClassVar

from common import measured, wish
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator

NAMES = wish()["properties"]


class Contacts(RESTStream[str]):
    """The list of contacts, by the cursor of each page."""

    name = "contacts"
    path = "/crm/v3/objects/contacts"
    primary_keys: ClassVar[list[str]] = ["id"]
    records_jsonpath = "$.results[*]"
    next_page_token_jsonpath = "$.paging.next.after"
    schema = th.PropertiesList(
        th.Property("id", th.StringType),
        th.Property("createdAt", th.DateTimeType),
        th.Property("updatedAt", th.DateTimeType),
        th.Property("archived", th.BooleanType),
        th.Property(
            "properties",
            th.ObjectType(*(th.Property(name, th.StringType) for name in NAMES)),
        ),
    ).to_dict()

    @property
    def url_base(self) -> str:
        """The account's address."""
        return str(self.config["url"])

    @property
    def authenticator(self) -> BearerTokenAuthenticator:
        """A token."""
        return BearerTokenAuthenticator(token=self.config["token"])

    def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:
        """A full page of all properties."""
        del context
        params = {"limit": 100, "properties": ",".join(NAMES)}
        return params | ({"after": next_page_token} if next_page_token else {})


class HubSpot(Tap):
    """A tap of contacts."""

    name = "tap-bench"
    config_jsonschema = th.PropertiesList(
        th.Property("url", th.StringType, required=True),
        th.Property("token", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self) -> list[Contacts]:
        """Contacts alone."""
        return [Contacts(self)]


def work() -> list[str]:
    """One run of the tap."""
    asked = wish()
    HubSpot(config={name: asked[name] for name in ("url", "token")}).sync_all()
    return []


if __name__ == "__main__":
    measured(work)
