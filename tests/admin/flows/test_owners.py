"""Who keeps what: the habit, what is said instead, and what is written against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from connectors.models import ConflictRule, FieldMapping, Flow, ObjectPair, UpdateMode
from connectors.sdk.errors import SpecError
from connectors.sdk.spec import load_spec
from connectors.sync.mapping.fields import known_fields
from connectors.sync.owners import against_owner, owner_side, pair_of
from tests.admin import scene
from tests.admin.scene import person, signed_in
from tests.admin.world import flow_as_posted, page, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def flow() -> Flow:
    """From an ERP to a CRM: the ERP is left."""
    made = scene.flow()
    FieldMapping.objects.create(
        flow=made, source_field="phone", target_field="phone", position=9
    )
    return made


@pytest.fixture
def back(flow: Flow) -> Flow:
    """The other direction of the same pair."""
    made = Flow(
        name="Companies to customers",
        source=flow.target,
        source_object=flow.target_object,
        target=flow.source,
        target_object=flow.source_object,
    )
    made.save()
    assert made.pair == flow.pair
    return made


def url(flow: Flow) -> str:
    return reverse("admin:connectors_flow_owners", args=[flow.pk])


def say(client: Client, flow: Flow, **owners: str) -> Any:
    """Post the page: customer_phone="left" says that the left side keeps phones."""
    data = {f"owner:{name.replace('_', '.', 1)}": side for name, side in owners.items()}
    return client.post(url(flow), data, follow=True)


def test_each_side_keeps_what_its_kind_of_system_keeps(flow: Flow, back: Flow) -> None:
    pair = pair_of(flow)
    assert pair is not None
    assert owner_side(pair, "customer.credit_limit") == "left"
    assert owner_side(pair, "customer.phone") == "right"
    assert owner_side(pair, "customer.nothing_like_it") == ""
    assert owner_side(pair, "") == ""
    # The same two systems the other way about are the same pair.
    assert owner_side(pair_of(back) or pair, "customer.phone") == "right"


def test_two_systems_of_a_kind_have_no_habit(flow: Flow) -> None:
    pair = ObjectPair(left=flow.source, right=flow.source)
    assert owner_side(pair, "customer.phone") == ""
    pair.owners = {"customer.phone": "right", "customer.fax": "nonsense"}
    assert owner_side(pair, "customer.phone") == "right"
    assert owner_side(pair, "customer.fax") == ""


def test_a_system_is_an_erp_or_a_crm(tmp_path: Path) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_text('[system]\nslug = "x"\nlabel = "X"\nkind = "shop"\n')
    with pytest.raises(SpecError, match=r"system\.kind is “shop”"):
        load_spec(spec)


def test_writing_what_the_target_keeps_is_against_its_owner(
    flow: Flow, back: Flow
) -> None:
    crm = known_fields(flow.target, flow.target_object)
    erp = known_fields(flow.source, flow.source_object)
    assert against_owner(flow, crm["phone"])
    assert not against_owner(flow, crm["erp_credit_limit"])
    assert not against_owner(back, erp["phone"])
    assert against_owner(back, erp["ACL"])


def test_a_row_against_its_owner_is_marked_and_told_when_saved(
    boss: Client, flow: Flow
) -> None:
    html = page(boss, flow).content.decode()
    assert html.count("against its owner") == 1
    change = reverse("admin:connectors_flow_change", args=[flow.pk])
    response = boss.post(change, flow_as_posted(flow), follow=True)
    assert "HubSpot keeps these by itself" in said(response)
    assert "Phone" in said(response)
    flow.mappings.filter(target_field="phone").update(update_mode=UpdateMode.FILL_EMPTY)
    assert "against its owner" not in page(boss, flow).content.decode()
    response = boss.post(change, flow_as_posted(flow), follow=True)
    assert "saved as version" in said(response)
    assert "keeps these by itself" not in said(response)


def test_what_flows_merge_is_against_its_owner_only_where_the_newest_counts(
    boss: Client, flow: Flow, back: Flow
) -> None:
    FieldMapping.objects.create(flow=back, source_field="phone", target_field="phone")
    rows = flow.mappings.filter(target_field="phone")
    for rule in ConflictRule:
        rows.update(conflict=rule)
        marked = "against its owner" in page(boss, flow).content.decode()
        assert marked == (rule == ConflictRule.NEWEST), rule
    back.mappings.update(enabled=False)
    rows.update(conflict=ConflictRule.OWNER)
    assert "against its owner" in page(boss, flow).content.decode()


def test_the_page_lists_what_either_direction_writes(
    boss: Client, flow: Flow, back: Flow
) -> None:
    FieldMapping.objects.create(flow=back, source_field="city", target_field="city")
    html = boss.get(url(flow)).content.decode()
    for label in ("Phone", "Credit limit", "City"):
        assert label in html
    assert "by habit: HubSpot" in html
    assert boss.get(url(back)).status_code == 200


def test_what_is_said_is_kept_with_its_history(
    boss: Client, flow: Flow, back: Flow
) -> None:
    response = say(boss, flow, customer_phone="left", customer_name="")
    assert "Phone: by habit → JDE" in said(response)
    assert flow.pair is not None
    flow.pair.refresh_from_db()
    assert flow.pair.owners == {"customer.phone": "left"}
    assert flow.pair.history.count() == 2
    assert LogEntry.objects.count() == 2, "noted with the flows of both directions"
    for one in (flow, back):
        history = reverse("admin:connectors_flow_history", args=[one.pk])
        assert "Phone: by habit → JDE" in boss.get(history).content.decode()
    assert "against its owner" not in page(boss, flow).content.decode()

    assert "Nothing was changed." in said(say(boss, flow, customer_phone="left"))
    assert LogEntry.objects.count() == 2
    assert "JDE → by habit" in said(say(boss, flow, customer_phone="nonsense"))
    flow.pair.refresh_from_db()
    assert flow.pair.owners == {}


def test_what_the_form_does_not_carry_stays(boss: Client, flow: Flow) -> None:
    assert flow.pair is not None
    flow.pair.owners = {"customer.fax": "left", "customer.phone": "left"}
    flow.pair.save()
    say(boss, flow, customer_name="right")
    flow.pair.refresh_from_db()
    assert flow.pair.owners == {
        "customer.fax": "left",
        "customer.phone": "left",
        "customer.name": "right",
    }


def test_saying_takes_the_permission_to_map(flow: Flow) -> None:
    looker = signed_in(person("view_flow", "change_flow", "run_flow"))
    assert looker.get(url(flow)).status_code == 200
    assert say(looker, flow, customer_phone="left").status_code == 403
    assert signed_in(person("view_syncrecord")).get(url(flow)).status_code == 403
    assert flow.pair is not None
    flow.pair.refresh_from_db()
    assert flow.pair.owners == {}
    mapper = signed_in(person("view_flow", "map_flow"))
    assert "by habit → JDE" in said(say(mapper, flow, customer_phone="left"))


def test_the_flow_names_its_other_direction(
    boss: Client, flow: Flow, back: Flow
) -> None:
    assert "Runs both ways with" in page(boss, flow).content.decode()
    html = page(boss, flow).content.decode()
    assert reverse("admin:connectors_flow_change", args=[back.pk]) in html
    assert "-conflict" in html
    alone = scene.flow("Alone")
    Flow.objects.filter(pk=back.pk).delete()
    html = page(boss, alone).content.decode()
    assert "Runs both ways with" not in html
    # Only one side is written: there is nothing to decide between.
    assert "-conflict" not in html
    assert "-blank" in html
