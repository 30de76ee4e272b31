"""Which endpoint answers which path, in every family of versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from connectors.sandbox.hubspot.api import (
    account,
    associations,
    batches,
    currencies,
    objects,
    pipelines,
    properties,
    schemas,
    search,
    validations,
)
from connectors.sandbox.hubspot.call import IDENTITY, Call, Endpoint
from connectors.sandbox.hubspot.errors import ApiError

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.standin import HubSpotStandIn

DATED = ("2026-03", "2026-09")

VALIDATIONS = "/crm/property-validations/{ver}"

# Family -> (legacy version and prefix, dated prefix with {ver}).
FAMILIES = {
    "objects": ("v3", "/crm/v3/objects", "/crm/objects/{ver}"),
    "record links": ("v4", "/crm/v4/objects", "/crm/objects/{ver}"),
    "links": ("v4", "/crm/v4/associations", "/crm/associations/{ver}"),
    "properties": ("v3", "/crm/v3/properties", "/crm/properties/{ver}"),
    "pipelines": ("v3", "/crm/v3/pipelines", "/crm/pipelines/{ver}"),
    "owners": ("v3", "/crm/v3/owners", "/crm/owners/{ver}"),
    "limits": ("v3", "/crm/v3/limits", "/crm/limits/{ver}"),
    "schemas": ("v3", "/crm-object-schemas/v3", "/crm-object-schemas/{ver}"),
    "currencies": ("v3", "/settings/v3/currencies", "/settings/currencies/{ver}"),
    "validations": ("v3", "/crm/v3/property-validations", VALIDATIONS),
    "account": ("v3", "/account-info/v3", "/account-info/{ver}"),
}

LINKS = "/{type}/{id}/associations"
PAIR = "/{from}/{to}"
LIMITS = "/definitions/configurations"
RULE = "/{type}/{name}/rule-type/{rule}"

ROUTES: tuple[tuple[str, str, str, Endpoint], ...] = (
    ("POST", "objects", "/{type}/batch/create", batches.create),
    ("POST", "objects", "/{type}/batch/read", batches.read),
    ("POST", "objects", "/{type}/batch/update", batches.update),
    ("POST", "objects", "/{type}/batch/upsert", batches.upsert),
    ("POST", "objects", "/{type}/batch/archive", batches.archive),
    ("POST", "objects", "/{type}/search", search.search),
    ("POST", "objects", "/{type}/merge", objects.merge),
    ("GET", "objects", "/{type}", objects.list_page),
    ("POST", "objects", "/{type}", objects.create),
    ("GET", "objects", "/{type}/{id}", objects.read),
    ("PATCH", "objects", "/{type}/{id}", objects.update),
    ("DELETE", "objects", "/{type}/{id}", objects.archive),
    ("PUT", "record links", LINKS + "/default/{to}/{to_id}", associations.put_default),
    ("PUT", "record links", LINKS + "/{to}/{to_id}", associations.put_labelled),
    ("DELETE", "record links", LINKS + "/{to}/{to_id}", associations.delete),
    ("GET", "record links", LINKS + "/{to}", associations.list_page),
    ("POST", "links", PAIR + "/batch/associate/default", associations.batch_default),
    ("POST", "links", PAIR + "/batch/create", associations.batch_create),
    ("POST", "links", PAIR + "/batch/read", associations.batch_read),
    ("POST", "links", PAIR + "/batch/archive", associations.batch_archive),
    ("POST", "links", PAIR + "/batch/labels/archive", associations.batch_unlabel),
    ("GET", "links", PAIR + "/labels", associations.labels),
    ("POST", "links", PAIR + "/labels", associations.create_label),
    ("PUT", "links", PAIR + "/labels", associations.update_label),
    ("DELETE", "links", PAIR + "/labels/{type_id}", associations.delete_label),
    ("GET", "links", LIMITS + "/all", associations.limits),
    ("POST", "links", LIMITS + PAIR + "/batch/create", associations.set_limits),
    ("GET", "properties", "/{type}", properties.list_all),
    ("POST", "properties", "/{type}", properties.create),
    ("POST", "properties", "/{type}/batch/create", properties.batch_create),
    ("POST", "properties", "/{type}/batch/read", properties.batch_read),
    ("POST", "properties", "/{type}/batch/archive", properties.batch_archive),
    ("GET", "properties", "/{type}/groups", properties.groups),
    ("POST", "properties", "/{type}/groups", properties.create_group),
    ("GET", "properties", "/{type}/groups/{name}", properties.group),
    ("PATCH", "properties", "/{type}/groups/{name}", properties.update_group),
    ("DELETE", "properties", "/{type}/groups/{name}", properties.delete_group),
    ("GET", "properties", "/{type}/{name}", properties.read),
    ("PATCH", "properties", "/{type}/{name}", properties.update),
    ("DELETE", "properties", "/{type}/{name}", properties.archive),
    ("GET", "pipelines", "/{type}", pipelines.list_all),
    ("POST", "pipelines", "/{type}", pipelines.create),
    ("GET", "pipelines", "/{type}/{pipeline}", pipelines.read),
    ("PATCH", "pipelines", "/{type}/{pipeline}", pipelines.update),
    ("DELETE", "pipelines", "/{type}/{pipeline}", pipelines.delete),
    ("GET", "pipelines", "/{type}/{pipeline}/stages", pipelines.stages),
    ("POST", "pipelines", "/{type}/{pipeline}/stages", pipelines.create_stage),
    ("GET", "pipelines", "/{type}/{pipeline}/stages/{stage}", pipelines.stage),
    (
        "DELETE",
        "pipelines",
        "/{type}/{pipeline}/stages/{stage}",
        pipelines.delete_stage,
    ),
    ("GET", "owners", "", account.owners),
    ("GET", "owners", "/", account.owners),
    ("GET", "owners", "/{id}", account.owner),
    ("GET", "limits", "/custom-properties", account.custom_property_limits),
    ("GET", "schemas", "/schemas", schemas.list_all),
    ("POST", "schemas", "/schemas", schemas.create),
    ("GET", "schemas", "/schemas/{type}", schemas.read),
    ("PATCH", "schemas", "/schemas/{type}", schemas.update),
    ("DELETE", "schemas", "/schemas/{type}", schemas.delete),
    ("POST", "schemas", "/schemas/{type}/associations", schemas.associate),
    ("GET", "currencies", "/company-currency", currencies.company),
    ("GET", "currencies", "/codes", currencies.codes),
    ("GET", "currencies", "/exchange-rates/current", currencies.rates),
    ("POST", "currencies", "/exchange-rates", currencies.add_rate),
    ("GET", "validations", "/{type}", validations.list_all),
    ("GET", "validations", "/{type}/{name}", validations.read),
    ("PUT", "validations", RULE, validations.put),
    ("DELETE", "validations", RULE, validations.delete),
    ("GET", "account", "/details", account.details),
    ("GET", "account", "/api-usage/daily/private-apps", account.daily_usage),
)


def add_routes(app: web.Application, standin: HubSpotStandIn) -> None:
    """Register every endpoint once per path family."""
    for method, family, tail, endpoint in ROUTES:
        legacy, old, dated = FAMILIES[family]
        for version, prefix in (
            (legacy, old),
            *((one, dated.format(ver=one)) for one in DATED),
        ):
            handler = _bound(standin, endpoint, version)
            app.router.add_route(method, prefix + tail, handler)
    whoami = _bound(standin, account.token_info, "v2")
    app.router.add_post("/oauth/v2/private-apps/get/access-token-info", whoami)


def _bound(
    standin: HubSpotStandIn, endpoint: Endpoint, version: str
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        call = Call(request, standin, request[IDENTITY], version)
        try:
            return await endpoint(call)
        except ApiError as error:
            return standin.refusal(request, error)

    handle.__name__ = endpoint.__name__
    return handle
