"""The data service in all its moods: caps, links, broken answers, hidden tables."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    UnavailableError,
)
from tests.systems.jde.case import Ais, ais, by_key, empty_ais, everything

__all__ = ["ais", "empty_ais"]
DATA_POST = r"v2/dataservice$"
OBJECTS = ("customers", "contacts", "items")


def whole(ais: Ais, **settings: Any) -> dict[str, dict[str, Any]]:
    """All three objects by key, read with these settings."""
    connector = ais.open(**settings)
    return {
        name: {
            key: dict(record.fields)
            for key, record in by_key(everything(connector, name)[0]).items()
        }
        for name in OBJECTS
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"page_size": 10},
        {"page_size": 10, "paging": "links"},
        {"page_size": 17, "parallel": 1},
        {"page_size": 2000, "paging": "links", "parallel": 4},
    ],
)
def test_all_ways_of_paging_bring_the_same(ais: Ais, settings: Any) -> None:
    assert whole(ais, **settings) == whole(ais)


@pytest.mark.parametrize("cap", [1, 3, 7])
@pytest.mark.parametrize("paging", ["keyset", "links"])
def test_a_cap_lower_than_the_page_is_noticed(ais: Ais, cap: int, paging: str) -> None:
    expected = whole(ais)
    ais.control.config(db_fetch_limit=cap)
    assert whole(ais, paging=paging) == expected


def test_links_are_followed_whatever_host_they_name(ais: Ais) -> None:
    expected = whole(ais)
    ais.control.config(
        link_host="ais.internal.example.com:9300", link_double_slash=True
    )
    assert whole(ais, page_size=10, paging="links") == expected
    assert ais.calls("/dataservice/next")


def test_a_late_link_starts_the_query_again_from_there(ais: Ais) -> None:
    expected = whole(ais)
    ais.control.config(result_set_timeout_s=0.0)
    assert whole(ais, page_size=40, paging="links") == expected


@pytest.mark.parametrize(
    "broken",
    [
        {"half_body": True},
        {"drop": True},
        {"status": 500},
        {"html": "<p>", "status": 502},
    ],
)
def test_a_broken_next_page_skips_nothing(ais: Ais, broken: Any) -> None:
    expected = whole(ais)
    ais.fault("/dataservice/next", times=None, **broken)
    assert whole(ais, page_size=40, paging="links") == expected


@pytest.mark.parametrize(
    "broken",
    [
        {"half_body": True},
        {"drop": True},
        {"status": 500},
        {"html": "<html>Bad Gateway</html>", "status": 502},
        {"html": "<html>Maintenance</html>", "status": 200},
        {"json": {"message": "JAS is restarting", "exception": "E"}, "status": 200},
        {"text": '{"fs_DATABROWSE_F0101": {"data": {"gridDa', "status": 200},
    ],
)
@pytest.mark.parametrize("skip", [0, 8, 12])
def test_a_broken_answer_is_asked_for_again(ais: Ais, broken: Any, skip: int) -> None:
    connector = ais.open(page_size=20)
    ais.fault(r"v2/dataservice$", skip=skip, **broken)
    assert len(by_key(everything(connector)[0])) == 60


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ({"status": 503}, "fault on request"),
        ({"html": "<html>Busy</html>", "status": 503}, "503"),
        ({"html": "<html>Gateway</html>", "status": 200}, "a web page"),
        ({"json": {"message": "JAS is down", "exception": "E"}, "status": 200}, "JAS"),
        ({"json": {}, "status": 200}, "without the rows"),
        ({"json": [], "status": 200}, "instead of JSON"),
        ({"json": {"fs_DATABROWSE_F0101": {"data": {}}}, "status": 200}, "without"),
    ],
)
def test_what_stays_broken_is_for_later(ais: Ais, broken: Any, what: str) -> None:
    connector = ais.open()
    ais.fault(times=None, **broken)
    with pytest.raises(UnavailableError, match=what):
        everything(connector)


def grid(**members: Any) -> dict[str, Any]:
    form = {"data": {"gridData": {"rowset": [], "columns": {}}}, "errors": []}
    return {"fs_DATABROWSE_F0101": form | members.pop("form", {}), **members}


@pytest.mark.parametrize(
    ("answer", "error", "what"),
    [
        (
            grid(form={"errors": [{"CODE": "0002", "MOBILE": "Record invalid"}]}),
            ConfigurationError,
            "Record invalid",
        ),
        (
            grid(form={"errors": [{"TITLE": "Nothing there"}], "data": {}}),
            ConfigurationError,
            "Nothing there",
        ),
        (
            grid(sysErrors=[{"CODE": "SYS", "TITLE": "Kernel gone"}]),
            UnavailableError,
            "Kernel gone",
        ),
    ],
)
def test_errors_inside_a_good_answer_are_seen(
    ais: Ais, answer: Any, error: type[ConnectorError], what: str
) -> None:
    connector = ais.open()
    ais.fault(body="F0101\\b", status=200, json=answer)
    with pytest.raises(error, match=what):
        everything(connector)


def test_rows_announced_and_never_sent_are_no_end(ais: Ais) -> None:
    summary = {"records": 0, "moreRecords": True}
    answer = grid(form={"data": {"gridData": {"rowset": [], "summary": summary}}})
    connector = ais.open()
    everything(connector)
    match = {"path": DATA_POST, "body": "AT1.*BROWSE|BROWSE.*AT1"}
    ais.control.faults({"match": match, "do": {"status": 200, "json": answer}})
    with pytest.raises(UnavailableError, match="has more rows, and sends none"):
        everything(connector)


@pytest.mark.parametrize("in_band", [False, True])
def test_a_table_that_is_not_there_is_named(ais: Ais, in_band: bool) -> None:
    ais.control.config(errors_in_band=in_band)
    connector = ais.open(customer_master_table="F0301")
    with pytest.raises(ConfigurationError, match="F0301") as caught:
        everything(connector)
    assert caught.value.code == "F0301"


def test_a_table_refused_in_unknown_words_is_named_too(ais: Ais) -> None:
    words = {"message": "ORA-00942", "exception": "E", "timeStamp": ""}
    match = {"path": DATA_POST, "body": "F0115"}
    ais.control.faults({"match": match, "do": {"status": 500, "json": words}})
    with pytest.raises(ConfigurationError, match=r"F0115\b.*ORA-00942"):
        everything(ais.open())


def test_a_server_that_fails_for_every_table_is_not_blamed_on_one(ais: Ais) -> None:
    words = {"message": "Database is down", "exception": "E", "timeStamp": ""}
    ais.fault(times=None, status=500, json=words)
    with pytest.raises(UnavailableError, match="Database is down"):
        everything(ais.open())


def test_the_old_customer_master_works_where_a_site_has_it(ais: Ais) -> None:
    ais.control.config(legacy_customer_master=True)
    ais.insert("F0301", AN8=6003, ACL=777, TRAR="N10")
    connector = ais.open(customer_master_table="f0301")
    found = by_key(everything(connector)[0])["6003"].fields
    assert (found["ACL"], found["TRAR"], found["CO"]) == (777, "N10", None)


def test_f0403_is_never_sent(ais: Ais) -> None:
    connector = ais.open(customer_master_table="F0403")
    assert everything(connector)[0][0].fields["ACL"] is not None
    assert ais.asked("F03012")
    assert not ais.asked("F0403")


def test_only_what_is_wanted_is_asked_for(ais: Ais) -> None:
    connector = ais.open()
    found = everything(connector, fields=["AN8", "ALPH", "city"])[0]
    assert {"AN8", "ALPH", "city"} <= set(found[0].fields)
    assert ais.asked("F0116")
    for table in ("F0111", "F0115", "F01151", "F03012"):
        assert not ais.asked(table)
    assert "AC05" not in ais.asked("F0101")[-1]["returnControlIDs"]
