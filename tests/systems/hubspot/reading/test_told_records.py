"""Records that are said to have changed: there, archived, merged, gone for good."""

from __future__ import annotations

import pytest

from tests.systems.conftest import Hub


def made(hub: Hub, name: str) -> str:
    record = hub.control.edit(type="companies", action="create", set={"name": name})
    return str(record["id"])


def test_each_is_told_as_what_it_is(hub: Hub) -> None:
    hub.control.config(search_lag_s=3600.0)
    there, archived = made(hub, "There"), made(hub, "Archived")
    hub.control.edit(type="companies", action="delete", id=archived)
    asked = [there, archived, "404404404", "nonsense", there]
    found = hub.connector.reread("companies", asked, fields=["name"])
    assert {one.key: one.deleted for one in found} == {
        there: False,
        archived: True,
        "404404404": True,
        "nonsense": True,
    }
    by_key = {one.key: one for one in found}
    assert by_key[there].fields["name"] == "There"
    assert by_key[archived].modified_at is not None
    assert len(found) == 4


@pytest.mark.parametrize("new_id", [True, False], ids=["new id", "id stays"])
def test_a_merged_one_leads_to_its_survivor(hub: Hub, *, new_id: bool) -> None:
    hub.control.config(merge_new_id=new_id)
    lost, kept = made(hub, "Lost"), made(hub, "Kept")
    merged = hub.control.edit(type="companies", action="merge", id=lost, into=kept)
    survivor = str(merged["id"])
    for asked in ([lost], [lost, kept], [survivor, lost]):
        (found,) = hub.connector.reread("companies", asked, fields=["name"])
        assert (found.key, found.deleted) == (survivor, False)
        assert set(found.merged_keys) == {lost, kept} - {survivor}
