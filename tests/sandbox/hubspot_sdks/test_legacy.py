"""`hubspot-api-client` reads the answers of v3 and v4, its validation on.

It has no call for account details, and its tokens are those of v1, which nobody uses
here. As it comes it validates nothing, and so it reads the errors within a 207, which
leave out what is empty.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm import companies, contacts
from urllib3 import Retry

from tests.sandbox.conftest import FULL, GROUP, KEY, Hub, definition
from tests.sandbox.hubspot_sdks.samples import (
    ALL,
    BY_NAME,
    CUSTOM,
    NAMES,
    PAIRS,
    SCHEMA,
    Sample,
    held,
)

OWN = {
    "companies": "companies",
    "contacts": "contacts",
    "deals": "deals",
    "line_items": "line_items",
    "products": "products",
    "quotes": "quotes",
    "invoices": "commerce.invoices",
}
ONCE = Retry(0, respect_retry_after_header=False)


@pytest.fixture
def client(hub: Hub) -> Any:
    return HubSpot(
        access_token=FULL, host=hub.url, client_side_validation=True, retry=ONCE
    )


class Shelf:
    """The SDK's calls for an object type: its own where there are such, or general."""

    def __init__(self, client: Any, object_type: str) -> None:
        own = OWN.get(object_type)
        self.before = () if own else (object_type,)
        self.part = client.crm.objects
        if own:
            self.part = client.crm
            for name in own.split("."):
                self.part = getattr(self.part, name)

    def one(self, verb: str, *given: Any, **more: Any) -> Any:
        return getattr(self.part.basic_api, verb)(*self.before, *given, **more)

    def batch(self, verb: str, body: dict[str, Any]) -> Any:
        return getattr(self.part.batch_api, verb)(*self.before, body)

    def search(self, body: dict[str, Any]) -> Any:
        return self.part.search_api.do_search(*self.before, body)

    def created(self, sample: Sample, number: int = 1) -> str:
        body = {"properties": sample.properties(number), "associations": []}
        return str(self.one("create", body).id)


@pytest.mark.usefixtures("defined")
@pytest.mark.parametrize("sample", ALL, ids=NAMES)
def test_a_record_from_its_creation_to_its_archive(client: Any, sample: Sample) -> None:
    shelf = Shelf(client, sample.object_type)
    names = list(sample.properties(1))
    key, other = shelf.created(sample, 1), shelf.created(sample, 2)
    read = shelf.one(
        "get_by_id", key, properties=names, properties_with_history=[sample.varied]
    )
    assert held(read.properties, sample.properties(1))
    assert read.properties_with_history[sample.varied][0].value == sample.text(1)
    change = {"properties": {sample.varied: sample.text(3)}}
    changed = shelf.one("update", key, change)
    assert changed.properties[sample.varied] == sample.text(3)
    assert changed.updated_at >= read.created_at
    page = shelf.one("get_page", limit=1, properties=names)
    rest = shelf.one("get_page", after=page.paging.next.after, properties=names)
    assert [one.id for one in page.results + rest.results] == [key, other]
    assert rest.paging is None
    where = {
        "propertyName": sample.varied, "operator": "EQ", "value": sample.text(3),
    }  # fmt: skip
    found = shelf.search(
        {"filterGroups": [{"filters": [where]}], "properties": names, "limit": 10}
    )
    assert (found.total, [one.id for one in found.results]) == (1, [key])
    shelf.one("archive", key)
    gone = shelf.one("get_by_id", key, archived=True, properties=names)
    assert (gone.archived, gone.archived_at is None) == (True, False)


@pytest.mark.usefixtures("defined")
@pytest.mark.parametrize("sample", ALL, ids=NAMES)
def test_batches_of_every_kind(client: Any, hub: Hub, sample: Sample) -> None:
    hub.add_key(sample.object_type)
    shelf = Shelf(client, sample.object_type)
    rows = [
        {
            "id": f"ECC-{n}",
            "idProperty": KEY,
            "objectWriteTraceId": f"row-{n}",
            "properties": {KEY: f"ECC-{n}", **sample.properties(n)},
        }
        for n in (1, 2)
    ]
    assert shelf.batch("upsert", {"inputs": rows[:1]}).results[0].new
    both = {one.object_write_trace_id: one
            for one in shelf.batch("upsert", {"inputs": rows}).results}  # fmt: skip
    assert [both[f"row-{n}"].new for n in (1, 2)] == [False, True]
    third = {"properties": sample.properties(3), "associations": []}
    (made,) = shelf.batch("create", {"inputs": [third]}).results
    assert held(made.properties, sample.properties(3))
    asked = {
        "inputs": [{"id": "ECC-1"}, {"id": "ECC-2"}], "idProperty": KEY,
        "properties": [KEY, *sample.properties(1)], "propertiesWithHistory": [KEY],
    }  # fmt: skip
    answer = shelf.batch("read", asked)
    assert (answer.status, answer.completed_at >= answer.started_at) == (
        "COMPLETE", True,
    )  # fmt: skip
    read = {one.properties[KEY]: one for one in answer.results}
    assert held(read["ECC-2"].properties, sample.properties(2))
    change = {"id": read["ECC-2"].id, "properties": {sample.varied: sample.text(4)}}
    (changed,) = shelf.batch("update", {"inputs": [change]}).results
    assert changed.properties[sample.varied] == sample.text(4)
    shelf.batch("archive", {"inputs": [{"id": one.id} for one in answer.results]})
    left = shelf.one("get_page", properties=[sample.varied]).results
    assert [one.id for one in left] == [made.id]


@pytest.mark.parametrize("object_type", NAMES)
@pytest.mark.usefixtures("defined")
def test_groups_and_properties(client: Any, hub: Hub, object_type: str) -> None:
    hub.control.config(property_lag_s=0.0)
    part = client.crm.properties
    group = {"name": GROUP, "label": "ERP", "displayOrder": 3}
    made = part.groups_api.create(object_type, group)
    assert (made.label, made.display_order, made.archived) == ("ERP", 3, False)
    assert part.groups_api.get_by_name(object_type, GROUP) == made
    assert made in part.groups_api.get_all(object_type).results
    key = part.core_api.create(object_type, definition(KEY, hasUniqueValue=True))
    assert (key.name, key.group_name, key.has_unique_value) == (KEY, GROUP, True)
    option = {"label": "Open", "value": "open", "hidden": False, "displayOrder": 0}
    state = definition(
        "mlc_state", type="enumeration", fieldType="select", options=[option]
    )
    (second,) = part.batch_api.create(object_type, {"inputs": [state]}).results
    assert [(one.label, one.value) for one in second.options] == [("Open", "open")]
    asked = {"archived": False, "inputs": [{"name": KEY}, {"name": "mlc_state"}]}
    read = part.batch_api.read(object_type, asked).results
    assert {one.name for one in read} == {KEY, "mlc_state"}
    assert part.core_api.get_by_name(object_type, KEY) == key
    listed = {one.name: one for one in part.core_api.get_all(object_type).results}
    assert listed["hs_object_id"].modification_metadata.read_only_value


@pytest.mark.usefixtures("defined")
@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_records_are_associated_and_parted(
    client: Any, source: str, target: str
) -> None:
    one = Shelf(client, source).created(BY_NAME[source])
    other = Shelf(client, target).created(BY_NAME[target])
    way, batch = (source, target), client.crm.associations.v4.batch_api
    body = {"inputs": [{"from": {"id": one}, "to": {"id": other}}]}
    there, back = batch.create_default(*way, body).results
    assert (there._from.id, there.to.id) == (back.to.id, back._from.id) == (one, other)
    (read,) = batch.get_page(*way, {"inputs": [{"id": one}]}).results
    assert (read._from.id, read.to[0].to_object_id) == (one, other)
    labels = client.crm.associations.v4.schema.definitions_api.get_all(*way).results
    assert there.association_spec.association_type_id in {x.type_id for x in labels}
    basic = client.crm.associations.v4.basic_api
    (row,) = basic.get_page(source, one, target).results
    assert row.to_object_id == other
    batch.archive(*way, {"inputs": [{"from": {"id": one}, "to": [{"id": other}]}]})
    assert basic.get_page(source, one, target).results == []


def test_labels_are_made_set_and_taken_away(client: Any, hub: Hub) -> None:
    way, v4 = ("contacts", "companies"), client.crm.associations.v4
    one, other = (Shelf(client, name).created(BY_NAME[name]) for name in way)
    asked = {"label": "Planner", "name": "planner"}
    made = v4.schema.definitions_api.create(*way, asked).results
    label = next(x.type_id for x in made if x.label == "Planner")
    kind = {"associationCategory": "USER_DEFINED", "associationTypeId": label}
    row = {"from": {"id": one}, "to": {"id": other}, "types": [kind]}
    (linked,) = v4.batch_api.create(*way, {"inputs": [row]}).results
    assert (linked.from_object_id, linked.to_object_id) == (one, other)
    assert linked.labels == ["Planner"]
    v4.batch_api.archive_labels(*way, {"inputs": [row]})
    again = v4.basic_api.create("contacts", one, "companies", other, [kind])
    assert again.labels == ["Planner"]
    path = f"objects/contacts/{one}/associations/companies"
    ids = {version: hub.get(f"/crm/{at}").json()["results"][0]["toObjectId"]
           for version, at in (
               ("v4", f"v4/{path}"),
               ("2026-09", path.replace("objects", "objects/2026-09", 1)),
           )}  # fmt: skip
    assert ids == {"v4": int(other), "2026-09": other}, "the SDK makes text of both"


def test_owners_pipelines_and_object_types(client: Any) -> None:
    owners = client.crm.owners.get_all()
    assert len(owners) == 12
    first = client.crm.owners.owners_api.get_by_id(int(owners[0].id))
    assert (first.email, first.teams[0].name) == ("ann.rep@example.com", "Sales")
    for object_type in ("deals", "orders"):
        part = client.crm.pipelines.pipelines_api
        for one in part.get_all(object_type).results:
            assert part.get_by_id(object_type, one.id) == one
            assert all(stage.metadata for stage in one.stages)
    made = client.crm.schemas.core_api.create(SCHEMA)
    assert (made.fully_qualified_name, made.labels.plural) == (CUSTOM, "Machines")
    (listed,) = client.crm.schemas.core_api.get_all().results
    assert {"serial", "note"} <= {one.name for one in listed.properties}
    assert listed.object_type_id == made.object_type_id


def refusal(wanted: type[Exception], call: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of a refusal; the SDK leaves the body as it came."""
    with pytest.raises(wanted) as caught:
        call()
    assert type(caught.value) is wanted
    error: Any = caught.value
    body: dict[str, Any] = json.loads(error.body)
    assert body["correlationId"] == error.headers["x-hubspot-correlation-id"]
    return error.status, body


def test_refusals_are_the_sdk_s_own_errors(client: Any, hub: Hub) -> None:
    people, ann = Shelf(client, "contacts"), BY_NAME["contacts"]
    key, again = people.created(ann), lambda: people.created(ann)
    known = contacts.exceptions
    status, body = refusal(
        known.NotFoundException, lambda: people.one("get_by_id", "999")
    )
    assert (status, body["message"]) == (404, "resource not found")
    status, body = refusal(known.ApiException, again)
    assert (status, body["category"]) == (409, "CONFLICT")
    assert key in body["message"]
    hub.control.config(rate_limit=0)
    before = hub.control.stats()["requests"]
    status, body = refusal(known.ApiException, again)
    assert hub.control.stats()["requests"] == before + 1, "sent once"
    assert (status, body["policyName"]) == (429, "TEN_SECONDLY_ROLLING")


def test_a_batch_that_fails_in_part(hub: Hub) -> None:
    lax = Shelf(HubSpot(access_token=FULL, host=hub.url, retry=ONCE), "companies")
    key = lax.created(BY_NAME["companies"])
    asked = {"inputs": [{"id": key}, {"id": "999"}], "properties": ["name"]}
    answer = lax.batch("read", asked)
    assert isinstance(answer, companies.BatchResponseSimplePublicObjectWithErrors)
    assert [one.id for one in answer.results] == [key]
    (error,) = answer.errors
    assert (answer.num_errors, error.category) == (1, "OBJECT_NOT_FOUND")
    assert error.context == {"ids": ["999"]}
