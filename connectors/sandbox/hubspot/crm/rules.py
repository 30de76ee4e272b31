"""What HubSpot itself decides or derives when a record of a type is written.

A rule sees the present values (None on create) and the checked changes; it adds
what follows from them and returns problems (see errors.bad_properties).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm.catalog import option_list
from connectors.sandbox.hubspot.invoicing import opened

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.catalog import ObjectType
    from connectors.sandbox.hubspot.crm.portal import Portal

Values = dict[str, str]
Problems = list[dict[str, Any]]
Rule = Callable[["Portal", "Values | None", "Values"], Problems]

STAGES_OF_LIFE = [value for value, _ in option_list("lifecyclestage")]
INHERITED = ("name", "price", "hs_sku", "description")


def contact(_: Portal, before: Values | None, changes: Values) -> Problems:
    if "email" in changes:
        changes["hs_email_domain"] = changes["email"].partition("@")[2]
    _lifecycle_forward_only(before, changes)
    return []


def company(_: Portal, before: Values | None, changes: Values) -> Problems:
    _lifecycle_forward_only(before, changes)
    return []


def _lifecycle_forward_only(before: Values | None, changes: Values) -> None:
    wanted = changes.get("lifecyclestage")
    present = before.get("lifecyclestage") if before else None
    if not wanted or not present:
        return
    if STAGES_OF_LIFE.index(wanted) < STAGES_OF_LIFE.index(present):
        # Silently not applied; only clearing first allows the way back.
        del changes["lifecyclestage"]


def staged(pipeline_name: str, stage_name: str, object_type: str) -> Rule:
    """The stage must belong to the pipeline, which falls back to the first one."""

    def rule(portal: Portal, before: Values | None, changes: Values) -> Problems:
        if object_type == "deals":
            _at_home(portal, changes, {**(before or {}), **changes})
        if not {pipeline_name, stage_name} & changes.keys():
            return []
        pipelines = portal.pipelines[object_type]
        now = {**(before or {}), **changes}
        chosen = now.get(pipeline_name) or next(iter(pipelines), "")
        if chosen not in pipelines:
            return [_no_option(pipeline_name, chosen, list(pipelines))]
        changes.setdefault(pipeline_name, chosen)
        stages = {one["id"]: one for one in pipelines[chosen]["stages"]}
        stage = stages.get(now.get(stage_name, ""))
        if stage is None:
            return [_no_option(stage_name, now.get(stage_name, ""), list(stages))]
        if object_type == "deals":
            _closed(changes, now, stage["metadata"])
        return []

    return rule


def _no_option(name: str, value: str, allowed: list[str]) -> dict[str, Any]:
    listed = ", ".join(f'value: "{one}"\n' for one in allowed)
    text = f"{value} was not one of the allowed options: [{listed}]"
    return {"code": "INVALID_OPTION", "message": text, "name": name, "value": value}


def _closed(changes: Values, now: Values, metadata: dict[str, str]) -> None:
    probability = Decimal(metadata.get("probability", "0"))
    closed = metadata.get("isClosed", "") == "true" or probability in {0, 1}
    changes["hs_is_closed"] = _flag(closed)
    changes["hs_is_closed_won"] = _flag(probability == 1)
    changes["hs_is_closed_lost"] = _flag(closed and probability == 0)
    changes["hs_deal_stage_probability"] = str(probability)
    amount = now.get("amount")
    if amount:
        changes["hs_projected_amount"] = str(Decimal(amount) * probability)
        changes["hs_closed_amount"] = amount if probability == 1 else "0"


def _at_home(portal: Portal, changes: Values, now: Values) -> None:
    """The amount in the account's own currency."""
    rate = portal.currencies.get(now.get("deal_currency_code") or portal.home_currency)
    if rate is not None and now.get("amount"):
        home = Decimal(now["amount"]) * rate
        changes["amount_in_home_currency"] = str(home)
        changes["hs_exchange_rate"] = str(rate)


def _flag(value: bool) -> str:  # noqa: FBT001 (the one thing it turns to text)
    return "true" if value else "false"


def line_item(portal: Portal, before: Values | None, changes: Values) -> Problems:
    product_id = changes.get("hs_product_id")
    if product_id:
        product = portal.stores["products"].by_id(product_id)
        if product is None or product.archived_at is not None:
            return [_no_option("hs_product_id", product_id, [])]
        for name in INHERITED:
            if before is None and name in product.props:
                changes.setdefault(name, product.props[name])
    now = {**(before or {}), **changes}
    if now.get("quantity") and now.get("price"):
        each = Decimal(now["price"]) - Decimal(now.get("discount") or 0)
        changes["amount"] = str(Decimal(now["quantity"]) * each)
    return []


def invoice(portal: Portal, before: Values | None, changes: Values) -> Problems:
    if before is None:
        changes.setdefault("hs_invoice_status", "draft")
        changes.setdefault("hs_invoice_billable", "true")
        return []
    status = (before.get("hs_invoice_status"), changes.get("hs_invoice_status"))
    if status == ("draft", "open"):
        opened(portal, before, changes)
    return []


def payment(_: Portal, before: Values | None, changes: Values) -> Problems:
    if before is None:
        changes.setdefault("hs_latest_status", "processing")
    return []


def rule_of(one: ObjectType) -> Rule | None:
    """What is decided for records of a type; custom ones may have pipelines."""
    if one.custom and one.pipeline:
        return staged(*one.pipeline, one.name)
    return RULES.get(one.name)


RULES: dict[str, Rule] = {
    "contacts": contact,
    "companies": company,
    "deals": staged("pipeline", "dealstage", "deals"),
    "tickets": staged("hs_pipeline", "hs_pipeline_stage", "tickets"),
    "orders": staged("hs_pipeline", "hs_pipeline_stage", "orders"),
    "line_items": line_item,
    "invoices": invoice,
    "commerce_payments": payment,
}
