"""The connection test: each trouble a person can mend has its own words."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from connectors.sdk.contract import Context
from connectors.sdk.records import CheckResult
from connectors.systems.jde.connector import JdeConnector
from tests.systems.jde.case import Ais, ais, empty_ais

__all__ = ["ais", "empty_ais"]


def titles(result: CheckResult, level: str) -> str:
    return "\n".join(one.title for one in result.findings if one.level == level)


def test_a_good_connection(ais: Ais) -> None:
    result = ais.open(environment="JPD920", role="HSAPI").check()
    assert result.ok
    assert result.account == "JPD920"
    assert result.details == {
        "ais_version": "EnterpriseOne 9.2.8.3",
        "environment": "JPD920",
        "role": "HSAPI",
        "user": "HSINTEG",
        "date_format": "MM/dd/yyyy",
        "time_zone": result.details["time_zone"],
        "customers": "60",
        "licence": "The user takes up a named-user licence of JD Edwards.",
    }
    assert "60 address book records of search type C" in titles(result, "ok")
    readable = titles(result, "ok")
    assert "F0101, F0111, F0115, F01151, F0116, F03012, F03B11" in readable
    assert "F0901, F0911, F4101" in readable


def test_the_environment_is_the_servers_own_where_none_is_set(ais: Ais) -> None:
    assert ais.open().check().account == "JDV920"


def test_basic_login(ais: Ais) -> None:
    ais.control.config(basic_per_request=True)
    result = ais.open(auth_mode="basic").check()
    assert (result.ok, result.account) == (True, "JDV920")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"password": "wrong-password"}, "refused the login"),
        ({"environment": "NOWHERE"}, "refused the login"),
        ({"username": "HSOFF", "password": "sandbox-4"}, "refused the login"),
        ({"time_zone": "Mars/Olympus"}, "Time zone of the server"),
        ({"base_url": ""}, "AIS Server address"),
        ({"base_url": "no address"}, "is not a web address"),
        ({"base_url": "http://["}, "is not a web address"),
        ({"base_url": "http://127.0.0.1:1"}, "cannot be reached"),
        ({"auth_mode": "basic"}, "refused user and password"),
    ],
)
def test_what_is_wrong_is_told(ais: Ais, settings: Any, words: str) -> None:
    settings = {"connect_timeout": 1, **settings}
    result = ais.open(**settings).check()
    assert not result.ok
    assert words in titles(result, "error")


def test_a_wrong_password_is_tried_once(ais: Ais) -> None:
    ais.open(password="wrong-password").check()
    assert len(ais.calls("/tokenrequest")) == 1


@pytest.mark.parametrize("status", [200, 404])
def test_a_web_server_is_no_ais_server(ais: Ais, status: int) -> None:
    ais.fault("/defaultconfig", status=status, html="<html>Welcome</html>")
    result = ais.open().check()
    assert "not an AIS Server" in titles(result, "error")
    assert "http" in result.findings[-1].advice


def test_another_json_service_is_no_ais_server(ais: Ais) -> None:
    ais.fault("/defaultconfig", status=200, json={"hello": "world"})
    assert "not like an AIS Server" in titles(ais.open().check(), "error")


def test_a_missing_capability_is_named(ais: Ais) -> None:
    answer = {
        "aisVersion": "EnterpriseOne 9.1.4",
        "requiredCapabilityMissing": True,
        "capabilityList": [{"name": "outputType"}],
    }
    ais.fault("/defaultconfig", status=200, json=answer)
    found = titles(ais.open().check(), "error")
    assert "EnterpriseOne 9.1.4) lacks dataservice" in found


@pytest.mark.parametrize(
    ("status", "words"),
    [(405, "takes no logins"), (446, "single sign-on"), (500, "")],
)
def test_logins_refused_by_other_statuses(ais: Ais, status: int, words: str) -> None:
    body = {"message": "Sorry", "exception": "E", "timeStamp": ""}
    ais.fault("/tokenrequest$", status=status, json=body)
    result = ais.open().check()
    assert not result.ok
    assert words in titles(result, "error")


def test_a_login_without_a_token(ais: Ais) -> None:
    ais.fault("/tokenrequest$", status=200, json={"userAuthorized": True})
    assert "without a token" in titles(ais.open().check(), "error")


def test_f0403_is_a_warning(ais: Ais) -> None:
    result = ais.open(customer_master_table="F0403").check()
    assert result.ok
    assert "F0403 is not a JDE table; using F03012." in titles(result, "warning")
    assert "F0403" not in "".join(str(one["request_body"]) for one in ais.calls())


def test_each_table_that_cannot_be_read_is_named(ais: Ais) -> None:
    result = ais.open(customer_master_table="F0301").check()
    assert "F0301 cannot be read" in titles(result, "error")
    assert "F0116" in titles(result, "ok")


def test_items_may_be_out_of_reach(ais: Ais) -> None:
    text = "F4101 is not a valid table or the user has no access"
    do = {"status": 500, "json": {"message": text, "exception": "E"}}
    ais.control.faults({"match": {"body": "F4101"}, "do": do})
    result = ais.open().check()
    assert result.ok
    assert "F4101 cannot be read" in titles(result, "warning")


def test_hidden_columns_are_named_by_their_labels(ais: Ais) -> None:
    result = ais.open(username="HSCOLUMN", password="sandbox-2").check()
    warnings = titles(result, "warning")
    assert "F03012 shows this user no Credit limit." in warnings
    assert "F0101 shows this user no Tax ID." in warnings
    assert "Website" in warnings
    assert "dd.MM.yyyy" in titles(result, "ok")


def test_tables_without_a_date_of_change_are_named(ais: Ais) -> None:
    ais.control.config(missing_audit_tables=["F0115", "F01151"])
    result = ais.open().check()
    assert "F0115, F01151 does not tell" in titles(result, "warning")


def test_no_customers_is_a_warning(ais: Ais) -> None:
    result = ais.open(search_types="X, Y").check()
    assert "0 address book records of search type X, Y" in titles(result, "warning")


def test_a_clock_that_differs_is_a_warning(ais: Ais) -> None:
    ais.control.clock(advance_s=3 * 3600)
    assert "on the server" in titles(ais.open().check(), "warning")


def test_a_wrong_time_zone_is_a_warning(ais: Ais) -> None:
    result = ais.open(time_zone="Asia/Tokyo").check()
    assert "Asia/Tokyo" in titles(result, "warning")


def test_an_address_that_is_not_opened_is_refused(ais: Ais) -> None:
    settings = {"base_url": ais.url, "username": "HSINTEG", "password": "sandbox-1"}
    connector = JdeConnector(settings, Context())
    assert "private network" in titles(connector.check(), "error")
    assert not ais.control.log()


def test_a_server_that_says_nothing(ais: Ais) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        result = ais.open(base_url=url, read_timeout=5).check()
    assert not result.ok


def test_no_secret_is_in_the_result(ais: Ais) -> None:
    connector = ais.open()
    shown = repr(connector.check())
    token = connector._link.auth.headers()["jde-AIS-Auth"]
    assert "sandbox-1" not in shown
    assert token not in shown


def test_orchestrations_that_are_not_listed_are_not_tried(ais: Ais) -> None:
    result = ais.open().check()
    assert result.ok
    assert "were not tried" in titles(result, "note")
    assert ais.control.ledger()["totals"]["keys"] == 0


def test_orchestrations_that_are_missing_are_named(ais: Ais) -> None:
    names = ["MLC_UpsertCustomer", "MLC_AddInvoiceOld", "XX_AddVoucher"]
    listed: dict[str, Any] = {"paths": {f"/v3/{name}": {} for name in names}}
    ais.fault(r"/open-api-catalog", status=200, json=listed)
    warned = titles(ais.open(orchestration_voucher="XX_AddVoucher").check(), "warning")
    assert "MLC_AddInvoice," in warned
    assert "MLC_UpsertCustomer" not in warned
    assert "XX_AddVoucher" not in warned
