"""Connections and flows for a benchmark, in the database of the environment."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.management import call_command

from connectors.models import Connection, FieldMapping, Flow, FlowStatus
from connectors.sync import connect, recipes
from connectors.sync.mapping.versions import save_version

# The benchmark's customers carry what a typical mapping does: a dozen fields out of
# five tables.
MAPPED = (
    "erp_key",
    "erp_number",
    "name",
    "phone",
    "address",
    "city",
    "zip",
    "country",
    "erp_credit_limit",
    "erp_payment_terms",
    "erp_currency",
    "erp_on_hold",
)
# What the two-way benchmark carries back.
BACK = {
    "name": "ALPH",
    "phone": "phone",
    "address": "street",
    "city": "city",
    "zip": "postal_code",
    "erp_credit_limit": "ACL",
}


def install(url: Mapping[str, str]) -> list[Flow]:
    """Migrate, connect to the sandbox, create the ERP properties and the flows."""
    call_command("migrate", verbosity=0)
    jde = jde_connection(url, "JDE")
    hubspot = Connection(name="HubSpot", system="hubspot")
    hubspot.set_values(
        {"base_url": url["hubspot"], "access_token": "pat-na1-sandbox-full"}
        | {"parallel_requests": 8}
    )
    for connection in (jde, hubspot):
        connection.save()
        result = connect.check(connection)
        if not result.ok:
            raise RuntimeError(result.message)
    for object_type in ("companies", "contacts"):
        fields = hubspot.spec.object(object_type).fields.values()
        names = [f.name for f in fields if f.managed]
        connect.ensure_fields(hubspot, object_type, names)
        connect.refresh_catalogue(hubspot, object_type)
    flows = recipes.install("jde_hubspot", jde, hubspot)
    _map(flows[0])
    return flows


def jde_connection(url: Mapping[str, str], name: str) -> Connection:
    """A connection to JD Edwards, not yet stored."""
    jde = Connection(name=name, system="jde")
    jde.set_values(
        {"base_url": url["jde"], "username": "HSINTEG", "password": "sandbox-1"}
        | {"page_size": 2000, "parallel": 4}
    )
    return jde


def install_second(url: Mapping[str, str], first: Flow) -> Flow:
    """Another flow of customers into the same account, from a connection of its own."""
    jde = jde_connection(url, "JDE 2")
    jde.save()
    result = connect.check(jde)
    if not result.ok:
        raise RuntimeError(result.message)
    flow = recipes.install("jde_hubspot", jde, first.target, prefix="Second: ")[0]
    _map(flow)
    return flow


def _map(flow: Flow) -> None:
    flow.mappings.exclude(target_field__in=MAPPED).delete()
    save_version(flow)


def install_back(there: Flow) -> Flow:
    """The flow against the one of customers, with the fields that go both ways."""
    back = Flow(
        name="Companies to customers",
        source=there.target,
        source_object=there.target_object,
        target=there.source,
        target_object=there.source_object,
        status=FlowStatus.ACTIVE,
    )
    back.save()
    for position, (theirs, ours) in enumerate(BACK.items()):
        FieldMapping.objects.create(
            flow=back, position=position, source_field=theirs, target_field=ours
        )
    save_version(back)
    return back
