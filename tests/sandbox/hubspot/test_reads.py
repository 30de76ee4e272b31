"""Checklist 13 to 22: lists, single reads, batch reads, search."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import KEY, Hub, objects, row

COMPANIES = objects("companies")
MODIFIED = "hs_lastmodifieddate"


def condition(
    name: str, operator: str, value: Any = None, **more: Any
) -> dict[str, Any]:
    given = {} if value is None else {"value": value}
    return {"propertyName": name, "operator": operator, **given, **more}


def names(answer: Any) -> list[str]:
    return [one["properties"]["name"] for one in answer.json()["results"]]


def test_13_paging(hub: Hub) -> None:
    ids = [hub.create("companies", name=f"C{n}") for n in range(12)]
    first = hub.get(COMPANIES).json()
    assert [one["id"] for one in first["results"]] == ids[:10]
    after = first["paging"]["next"]["after"]
    assert f"after={after}" in first["paging"]["next"]["link"]
    second = hub.get(COMPANIES, params={"after": after, "limit": 2}).json()
    assert [one["id"] for one in second["results"]] == ids[10:]
    assert "paging" not in second
    for limit in ("101", "0", "ten"):
        assert hub.get(COMPANIES, params={"limit": limit}).status_code == 400
    history = {"limit": "51", "propertiesWithHistory": "name"}
    assert hub.get(COMPANIES, params=history).status_code == 400


def test_14_default_properties_and_null(hub: Hub) -> None:
    record_id = hub.create(
        "companies", name="Acme", numberofemployees=12, is_public=True
    )
    shown = hub.get(f"{COMPANIES}/{record_id}").json()
    assert set(shown["properties"]) == {
        *("createdate", "name", "domain", "hs_object_id", MODIFIED),
    }
    assert shown["properties"]["domain"] is None
    wanted = "numberofemployees,is_public,city,no_such_property"
    shown = hub.get(f"{COMPANIES}/{record_id}", params={"properties": wanted}).json()
    assert shown["properties"] == {
        "numberofemployees": "12",
        "is_public": "true",
        "city": None,
        "hs_object_id": record_id,
        "createdate": shown["createdAt"],
        MODIFIED: shown["updatedAt"],
    }


def test_14_timestamps_and_url(hub: Hub) -> None:
    hub.control.clock(now="2026-11-20T10:00:00.123+00:00", frozen=True)
    record_id = hub.create("companies", name="Acme")
    shown = hub.get(f"{COMPANIES}/{record_id}").json()
    assert shown["createdAt"] == "2026-11-20T10:00:00.123Z"
    assert shown["url"].endswith(f"/20000001/record/0-2/{record_id}")
    assert "url" not in hub.get(f"/crm/v3/objects/companies/{record_id}").json()


def test_15_property_lists_in_three_spellings(hub: Hub) -> None:
    path = f"{COMPANIES}/{hub.create('companies', name='Acme', city='Basel')}"
    for query in (
        "properties=city,zip",
        "properties=city%2Czip",
        "properties=city&properties=zip",
    ):
        assert {"city", "zip"} < set(hub.get(f"{path}?{query}").json()["properties"])


def test_15_long_address(hub: Hub) -> None:
    answer = hub.get(f"{COMPANIES}?properties={'x' * 17_000}")
    assert answer.status_code == 414
    assert answer.json()["status"] == "error"


def test_16_archived(hub: Hub) -> None:
    kept, gone = (
        hub.create("companies", name="Kept"),
        hub.create("companies", name="Gone"),
    )
    assert hub.call("DELETE", f"{COMPANIES}/{gone}").status_code == 204
    assert [one["id"] for one in hub.get(COMPANIES).json()["results"]] == [kept]
    (shown,) = hub.get(COMPANIES, params={"archived": "true"}).json()["results"]
    assert (shown["id"], shown["archived"]) == (gone, True)
    assert "archivedAt" in shown
    assert hub.get(f"{COMPANIES}/{gone}").status_code == 404
    assert hub.get(f"{COMPANIES}/{gone}?archived=true").status_code == 200
    assert names(hub.search("companies")) == ["Kept"]


def test_17_search_limits(hub: Hub) -> None:
    one = condition("name", "HAS_PROPERTY")
    group = {"filters": [one]}
    for body in (
        {"filterGroups": [group] * 6},
        {"filterGroups": [{"filters": [one] * 7}]},
        {"filterGroups": [{"filters": [one] * 5}] * 4},
        {"sorts": [{"propertyName": "name"}, {"propertyName": "city"}]},
        {"limit": 201},
        {"after": "x"},
        {"after": "9900", "limit": 200},
        {"query": "x" * 3000},
        {"filterGroups": [{"filters": [condition("nope", "EQ", "1")]}]},
        {"filterGroups": [{"filters": [condition("name", "LIKE", "1")]}]},
        {"filterGroups": [{"filters": [condition("name", "EQ")]}]},
        {"filterGroups": [{"filters": [condition("name", "IN", "a")]}]},
        {"filterGroups": [{"filters": [condition("createdate", "GT", "yesterday")]}]},
    ):
        hub.control.clock(advance_s=1)
        answer = hub.post(f"{COMPANIES}/search", body)
        assert answer.status_code == 400, body
        assert answer.json()["category"] == "VALIDATION_ERROR"
    assert hub.post(f"{COMPANIES}/search", {"filterGroups": [group] * 5}).ok


def test_17_search_pages_and_sorts(hub: Hub) -> None:
    for name in "bdac":
        hub.create("companies", name=name, numberofemployees=str(ord(name) % 97 * 9))
    by_name = {"sorts": [{"propertyName": "name", "direction": "DESCENDING"}]}
    first = hub.search("companies", limit=3, **by_name)
    assert names(first) == ["d", "c", "b"]
    assert first.json()["total"] == 4
    assert first.json()["paging"] == {"next": {"after": "3"}}
    second = hub.search("companies", limit=3, after="3", **by_name)
    assert names(second) == ["a"]
    assert "paging" not in second.json()
    assert names(hub.search("companies")) == ["b", "d", "a", "c"]
    by_number = [{"propertyName": "numberofemployees", "direction": "ASCENDING"}]
    assert names(hub.search("companies", sorts=by_number)) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("test", "found"),
    [
        (condition("name", "EQ", "ACME ag"), ["Acme AG"]),
        (condition("name", "NEQ", "acme ag"), ["Beta"]),
        (condition("numberofemployees", "GT", "9"), ["Beta"]),
        (condition("numberofemployees", "LTE", 9), ["Acme AG"]),
        (
            condition("numberofemployees", "BETWEEN", "9", highValue="10"),
            ["Acme AG", "Beta"],
        ),
        (condition("city", "HAS_PROPERTY"), ["Acme AG"]),
        (condition("city", "NOT_HAS_PROPERTY"), ["Beta"]),
        (condition("name", "CONTAINS_TOKEN", "acme"), ["Acme AG"]),
        (condition("name", "CONTAINS_TOKEN", "bet*"), ["Beta"]),
        (condition("name", "NOT_CONTAINS_TOKEN", "acme"), ["Beta"]),
        (condition("industry", "NOT_IN", values=["BANKING"]), ["Beta"]),
        (condition("closedate", "GTE", "1763600000000"), ["Acme AG"]),
        (condition("closedate", "LT", "2020-01-01"), ["Beta"]),
    ],
)
def test_17_operators(hub: Hub, test: dict[str, Any], found: list[str]) -> None:
    hub.create(
        "companies",
        name="Acme AG",
        city="Basel",
        numberofemployees="9",
        industry="BANKING",
        closedate="2026-01-01T00:00:00Z",
    )
    hub.create(
        "companies",
        name="Beta",
        numberofemployees="10",
        industry="RETAIL",
        closedate="2019-01-01T00:00:00Z",
    )
    assert names(hub.search("companies", test)) == found


def test_17_groups_are_or_and_query_is_text(hub: Hub) -> None:
    for name in ("Acme", "Beta", "Gamma"):
        hub.create("companies", name=name)
    groups = [{"filters": [condition("name", "EQ", x)]} for x in ("acme", "gamma")]
    assert names(hub.search("companies", filterGroups=groups)) == ["Acme", "Gamma"]
    assert names(hub.search("companies", query="mm")) == ["Gamma"]
    bare = hub.post(f"{COMPANIES}/search", {"filters": groups[0]["filters"]})
    assert names(bare) == ["Acme"]


def test_18_index_lags_reads_do_not(hub: Hub) -> None:
    hub.control.config(search_lag_s=5.0)
    record_id = hub.create("companies", name="Acme")
    path = f"{COMPANIES}/{record_id}"
    assert names(hub.search("companies")) == []
    assert hub.get(path).ok
    assert len(hub.get(COMPANIES).json()["results"]) == 1
    hub.control.clock(advance_s=5.1)
    assert names(hub.search("companies")) == ["Acme"]
    hub.call("PATCH", path, {"properties": {"name": "Acme 2"}})
    assert names(hub.search("companies")) == ["Acme"]
    assert hub.get(path).json()["properties"]["name"] == "Acme 2"
    hub.control.clock(advance_s=5.1)
    assert names(hub.search("companies", condition("name", "EQ", "acme 2"))) == [
        "Acme 2"
    ]
    hub.call("DELETE", path)
    assert names(hub.search("companies")) == ["Acme 2"]
    hub.control.clock(advance_s=5.1)
    assert names(hub.search("companies")) == []


def test_19_case_rules(hub: Hub) -> None:
    hub.create("companies", name="Acme", industry="BANKING")
    assert names(hub.search("companies", condition("industry", "EQ", "banking"))) == []
    assert names(
        hub.search("companies", condition("industry", "IN", values=["BANKING"]))
    )
    assert (
        names(hub.search("companies", condition("name", "IN", values=["Acme"]))) == []
    )
    assert names(hub.search("companies", condition("name", "IN", values=["acme"])))


def test_20_modified_property(hub: Hub) -> None:
    hub.control.clock(now="2026-11-20T10:00:00+00:00", frozen=True)
    hub.create("contacts", email="ann@example.com")
    hub.create("companies", name="Old")
    hub.control.clock(advance_s=60)
    hub.create("companies", name="New")
    since = "2026-11-20T10:00:30Z"
    found = hub.search("contacts", condition("lastmodifieddate", "LT", since)).json()
    assert found["total"] == 1
    assert hub.search("contacts", condition(MODIFIED, "LT", since)).json()["total"] == 0
    assert names(hub.search("companies", condition(MODIFIED, "GTE", since))) == ["New"]
    window = condition(MODIFIED, "BETWEEN", "2026-11-20T10:00:00Z", highValue=since)
    assert names(hub.search("companies", window)) == ["Old"]


def test_20_window_follows_updates_and_a_clock_set_back(hub: Hub) -> None:
    hub.control.clock(now="2026-11-20T10:00:00+00:00", frozen=True)
    path = f"{COMPANIES}/{hub.create('companies', name='Acme')}"
    since = condition(MODIFIED, "GT", "2026-11-20T10:00:00Z")
    assert names(hub.search("companies", since)) == []
    hub.control.clock(advance_s=2)
    hub.call("PATCH", path, {"properties": {"name": "Acme"}})
    assert names(hub.search("companies", since)) == ["Acme"]
    hub.control.clock(advance_s=-1)
    hub.create("companies", name="Earlier")
    sort = [{"propertyName": MODIFIED, "direction": "ASCENDING"}]
    assert names(hub.search("companies", since, sorts=sort)) == ["Earlier", "Acme"]


def test_search_by_id_unique_value_and_association(hub: Hub) -> None:
    hub.add_key()
    found = hub.batch("companies", "upsert", row(1), row(2)).json()["results"]
    by_key = {one["properties"][KEY]: one["id"] for one in found}
    assert names(hub.search("companies", condition(KEY, "EQ", "ECC-1"))) == [
        "Company 1"
    ]
    assert names(hub.search("companies", condition(KEY, "EQ", "ecc-1"))) == [
        "Company 1"
    ]
    by_id = condition("hs_object_id", "IN", values=[by_key["ECC-2"]])
    assert names(hub.search("companies", by_id)) == ["Company 2"]
    contact = hub.create("contacts", email="ann@example.com")
    link = f"{objects('contacts')}/{contact}/associations/default/companies"
    assert hub.call("PUT", f"{link}/{by_key['ECC-2']}").ok
    linked = condition("associations.contacts", "EQ", contact)
    assert names(hub.search("companies", linked)) == ["Company 2"]
    assert hub.call("PUT", f"{link}/{by_key['ECC-1']}").ok
    assert hub.search("companies", linked).json()["total"] == 2


def test_21_batch_read(hub: Hub) -> None:
    hub.add_key()
    hub.batch("companies", "upsert", row(1), row(2))
    body = {
        "idProperty": KEY,
        "properties": ["name"],
        "inputs": [{"id": "ECC-1"}, {"id": "ECC-8"}, {"id": "ECC-9"}, {"id": "ECC-2"}],
    }
    answer = hub.post(f"{COMPANIES}/batch/read", body)
    assert answer.status_code == 207
    assert sorted(names(answer)) == ["Company 1", "Company 2"]
    found = answer.json()
    assert found["numErrors"] == len(found["errors"]) == 1
    assert found["errors"][0]["context"] == {"ids": ["ECC-8", "ECC-9"]}
    assert found["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    body["inputs"] = [{"id": "ECC-1"}]
    assert hub.post(f"{COMPANIES}/batch/read", body).status_code == 200
    body["inputs"] = [{"id": str(n)} for n in range(101)]
    assert hub.post(f"{COMPANIES}/batch/read", body).status_code == 400
    body |= {"idProperty": "domain", "inputs": [{"id": "x"}]}
    assert hub.post(f"{COMPANIES}/batch/read", body).status_code == 400


def test_21_batch_read_has_history_but_fewer_inputs(hub: Hub) -> None:
    path = f"{COMPANIES}/{hub.create('companies', name='Acme')}"
    hub.call("PATCH", path, {"properties": {"name": "Acme 2"}})
    record_id = path.rpartition("/")[2]
    body = {"propertiesWithHistory": ["name"], "inputs": [{"id": record_id}]}
    (shown,) = hub.post(f"{COMPANIES}/batch/read", body).json()["results"]
    values = [one["value"] for one in shown["propertiesWithHistory"]["name"]]
    assert values == ["Acme 2", "Acme"]
    body["inputs"] = [{"id": str(n)} for n in range(51)]
    answer = hub.post(f"{COMPANIES}/batch/read", body)
    assert answer.status_code == 400
    assert "property histories is 50" in answer.json()["message"]


def test_22_short_and_empty_pages_lose_nothing(hub: Hub) -> None:
    hub.control.config(search_short_pages=True, search_per_second=100)
    for n in range(30):
        hub.create("companies", name=f"C{n}")
    after, seen, sizes = "0", [], []
    while after is not None:
        answer = hub.search("companies", limit=50, after=after)
        seen += names(answer)
        sizes.append(len(answer.json()["results"]))
        after = answer.json().get("paging", {}).get("next", {}).get("after")
    assert seen == [f"C{n}" for n in range(30)]
    assert sizes[0] == 0
    assert max(sizes) < 50


def test_read_by_unique_property(hub: Hub) -> None:
    contact = hub.create("contacts", email="Ann@Example.com")
    shown = hub.get(f"{objects('contacts')}/ANN@example.com?idProperty=email").json()
    assert (shown["id"], shown["properties"]["email"]) == (contact, "ann@example.com")
    assert hub.get(f"{COMPANIES}/x?idProperty=domain").status_code == 400
    missing = f"{objects('contacts')}/bob@example.com?idProperty=email"
    assert hub.get(missing).status_code == 404


def test_owners(hub: Hub) -> None:
    path = "/crm/owners/2026-09"
    owners = hub.get(path).json()["results"]
    assert len(owners) == 12
    page = hub.get(path, params={"limit": 3}).json()
    rest = hub.get(path, params={"after": page["paging"]["next"]["after"]}).json()
    assert page["results"] + rest["results"] == owners
    (found,) = hub.get(path, params={"email": owners[1]["email"]}).json()["results"]
    assert found == owners[1]
    (gone,) = hub.get(path, params={"archived": "true"}).json()["results"]
    assert gone["userId"] is None
    assert hub.get(f"{path}/{owners[0]['id']}").json() == owners[0]
    assert hub.get(f"{path}/{owners[0]['userId']}").status_code == 404
