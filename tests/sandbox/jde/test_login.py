"""Checklist 1 to 12: login, tokens, and what HTTP itself is held to."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.sandbox.jde.conftest import DEVICE, TOKEN, Ais

ERROR_MEMBERS = {"message", "exception", "timeStamp"}
VALIDATE, LOGOUT = "v2/tokenrequest/validate", "v2/tokenrequest/logout"


def test_default_config_needs_no_login_and_names_missing_capabilities(ais: Ais) -> None:
    wanted = {"requiredCapabilities": "dataservice,outputType"}
    body = ais.get("v2/defaultconfig", params=wanted).json()
    assert body["requiredCapabilityMissing"] is False
    assert (body["sessionTimeout"], body["timeToLive"]) == ("30", "720")
    assert isinstance(body["jasPort"], str)
    wanted = {"requiredCapabilities": "dataservice,mindReading"}
    body = ais.post("v2/defaultconfig", params=wanted).json()
    assert body["requiredCapabilityMissing"] is True


@pytest.mark.parametrize("token", [None, "", "044nonsense=="])
def test_a_missing_or_bad_token_is_444_and_never_401(
    ais: Ais, token: str | None
) -> None:
    headers = {} if token is None else {TOKEN: token}
    answer = ais.post("v2/dataservice", ais.body("F0101"), headers=headers)
    assert answer.status_code == 444
    assert set(answer.json()) == ERROR_MEMBERS
    assert answer.json()["message"] == "Invalid Token"
    assert answer.reason == "Invalid Token"


def test_the_token_is_opaque_and_found_only_in_user_info(ais: Ais) -> None:
    body = ais.try_login(deviceName="d").json()
    token = body["userInfo"]["token"]
    assert len(token) > 100
    assert {"/", "+", "="} <= set(token)
    assert body["userAuthorized"] is False
    assert "token" not in body
    info = body["userInfo"]
    assert info["dateSeperator"] == "/"
    assert info["simpleDateFormat"] == "MM/dd/yyyy"
    assert info["timeZoneOffset"] in {"UTC-04:00", "UTC-05:00"}


@pytest.mark.parametrize(
    "members",
    [
        {"password": "wrong"},
        {"username": "NOBODY"},
        {"environment": "XX920"},
        {"role": "GODMODE"},
    ],
)
def test_wrong_credentials_environment_or_role_are_403(
    ais: Ais, members: dict[str, str]
) -> None:
    answer = ais.try_login(**members)
    assert answer.status_code == 403
    assert set(answer.json()) == ERROR_MEMBERS


def test_a_disabled_account_is_403(ais: Ais) -> None:
    assert ais.try_login("HSOFF").status_code == 403


def test_five_failures_lock_the_account_until_unlocked(ais: Ais) -> None:
    first = [ais.try_login(password="wrong").json()["message"] for _ in range(5)]
    assert len(set(first)) == 1
    locked = ais.try_login()
    assert locked.status_code == 403
    assert "locked" in locked.json()["message"]
    assert ais.try_login("HSROW").status_code == 200
    ais.control.edit(action="unlock_users")
    assert ais.try_login().status_code == 200


def test_a_token_with_a_device_serves_only_that_device(ais: Ais) -> None:
    ais.login(device="one")
    assert ais.query("F0010").status_code == 200
    answer = ais.post("v2/dataservice", ais.body("F0010"), headers={DEVICE: "two"})
    assert answer.status_code == 444
    answer = ais.post("v2/dataservice", ais.body("F0010"), headers={DEVICE: ""})
    assert answer.status_code == 444


class _FromAddress(HTTPAdapter):
    """Calls from another loopback address."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, source_address=("127.0.0.2", 0), **kwargs)


def test_a_token_without_a_device_serves_only_its_address(ais: Ais) -> None:
    token = ais.try_login().json()["userInfo"]["token"]
    headers = {TOKEN: token}
    here = ais.post("v2/dataservice", ais.body("F0010"), headers=headers)
    assert here.status_code == 200
    with requests.Session() as elsewhere:
        elsewhere.trust_env = False
        elsewhere.mount("http://", _FromAddress())
        url = f"{ais.url}/jderest/v2/dataservice"
        there = elsewhere.post(url, json=ais.body("F0010"), headers=headers)
    assert there.status_code == 444


def test_a_use_moves_the_idle_timer(ais: Ais) -> None:
    ais.control.config(token_idle_s=100, token_ttl_s=1000)
    ais.login()
    for _ in range(3):
        ais.control.clock(advance_s=90)
        assert ais.query("F0010").status_code == 200
    ais.control.clock(advance_s=101)
    assert ais.query("F0010").status_code == 444


def test_the_time_to_live_ends_even_a_busy_token(ais: Ais) -> None:
    ais.control.config(token_idle_s=100, token_ttl_s=250)
    ais.login()
    for _ in range(2):
        ais.control.clock(advance_s=90)
        assert ais.query("F0010").status_code == 200
    ais.control.clock(advance_s=90)
    assert ais.query("F0010").status_code == 444


def test_killed_sessions_are_444_and_a_new_login_works(ais: Ais) -> None:
    ais.login()
    assert ais.control.edit(action="kill_sessions") == {"killed": 1}
    assert ais.query("F0010").status_code == 444
    ais.login()
    assert ais.query("F0010").status_code == 200


def test_a_fault_rule_can_kill_the_sessions_in_the_middle_of_a_run(ais: Ais) -> None:
    ais.login()
    rule = {"skip": 2, "times": 1, "match": {"path": "/dataservice"}}
    ais.control.faults({**rule, "do": {"pass": {"kill_sessions": True}}})
    statuses = [ais.query("F0010").status_code for _ in range(3)]
    assert statuses == [200, 200, 444]


def test_validate_tells_and_touch_extends(ais: Ais) -> None:
    ais.control.config(token_idle_s=100)
    token = ais.login(device="d")
    asked = {"token": token, "deviceName": "d"}
    ais.control.clock(advance_s=60)
    answer = ais.post(VALIDATE, asked | {"touch": True})
    assert answer.json() == {"isValidSession": True}
    ais.control.clock(advance_s=60)
    assert ais.post(VALIDATE, asked).status_code == 200
    # Asking without touch was no use: the timer still runs from the touch.
    ais.control.clock(advance_s=60)
    dead = ais.post(VALIDATE, asked)
    assert dead.status_code == 444
    assert set(dead.json()) == ERROR_MEMBERS


def test_logout_kills_the_token(ais: Ais) -> None:
    token = ais.login(device="d")
    asked = {"token": token, "deviceName": "d"}
    assert ais.post(LOGOUT, asked).status_code == 200
    assert ais.query("F0010").status_code == 444
    assert ais.post(VALIDATE, asked).status_code == 444


def test_the_token_may_come_in_the_body(ais: Ais) -> None:
    token = ais.try_login(deviceName="d").json()["userInfo"]["token"]
    body = ais.body("F0010", token=token, deviceName="d")
    assert ais.post("v2/dataservice", body).status_code == 200
    assert ais.post("v2/dataservice", body | {"deviceName": "e"}).status_code == 444


def test_basic_per_request_only_where_switched_on(ais: Ais) -> None:
    credentials = ("HSINTEG", "sandbox-1")
    refused = ais.post("v2/dataservice", ais.body("F0010"), auth=credentials)
    assert refused.status_code == 403
    ais.control.config(basic_per_request=True)
    found = ais.post("v2/dataservice", ais.body("F0010"), auth=credentials)
    assert found.status_code == 200
    wrong = ais.post("v2/dataservice", ais.body("F0010"), auth=("HSINTEG", "no"))
    assert wrong.status_code == 403
    in_body = ais.body("F0010", username="HSINTEG", password="sandbox-1")
    assert ais.post("v2/dataservice", in_body).status_code == 200
    assert ais.control.describe()["sessions"] == {}


def test_login_by_basic_header_and_its_switch(ais: Ais) -> None:
    encoded = base64.b64encode(b"HSINTEG:sandbox-1").decode()
    headers = {"Authorization": f"Basic {encoded}", DEVICE: "d"}
    found = ais.post("v2/tokenrequest", headers=headers)
    assert found.status_code == 200
    assert found.json()["userInfo"]["username"] == "HSINTEG"
    ais.control.config(basic_login=False)
    assert ais.post("v2/tokenrequest", headers=headers).status_code == 403
    ais.control.config(basic_login=True, password_login=False)
    assert ais.try_login().status_code == 403


def test_http_rules_content_type_json_method_and_accept(ais: Ais) -> None:
    ais.login()
    url = f"{ais.url}/jderest/v2/dataservice"
    text = ais.http.post(url, data="{}", headers={"Content-Type": "text/plain"})
    assert text.status_code == 415
    json = {"Content-Type": "application/json"}
    assert ais.http.post(url, data="{not json", headers=json).status_code == 400
    assert ais.http.post(url, data="[]", headers=json).status_code == 400
    assert ais.http.put(url, json={}).status_code == 405
    accept = {"Accept": "text/html"}
    answer = ais.post("v2/dataservice", ais.body("F0010"), headers=accept)
    assert answer.status_code == 406
    assert set(answer.json()) == ERROR_MEMBERS


def test_an_unknown_path_is_an_html_404(ais: Ais) -> None:
    ais.login()
    answer = ais.post("v2/formrequest", {})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_too_many_sessions_are_refused_with_500(ais: Ais) -> None:
    ais.control.config(max_sessions=2)
    assert [ais.try_login().status_code for _ in range(3)] == [200, 200, 500]
    assert "sessions" in ais.try_login().json()["message"]
    assert ais.try_login("HSROW").status_code == 200
    # Sessions that died of idleness leave their seat.
    ais.control.clock(advance_s=1801)
    assert ais.try_login().status_code == 200


def test_v1_is_deprecated_has_no_links_and_answers_in_version1(ais: Ais) -> None:
    login = ais.try_login(version="", deviceName="d").json()
    assert login["deprecated"] is True
    assert "timeZoneOffset" not in login["userInfo"]
    ais.http.headers.update({TOKEN: login["userInfo"]["token"], DEVICE: "d"})
    body = ais.body("F0101", fields=["AN8", "UPMJ"], maxPageSize="2", outputType=None)
    body["enableNextPageProcessing"] = True
    old = ais.post("dataservice", body).json()
    assert old["deprecated"] is True
    assert "links" not in old
    grid = old["fs_DATABROWSE_F0101"]["data"]["gridData"]
    cell = grid["rowset"][0]["F0101_AN8"]
    assert cell["value"] == str(cell["internalValue"])
    assert cell["longName"] == "mnAddressNumber_51"
    assert grid["rowset"][0]["rowIndex"] == 0
    new = ais.post("v2/dataservice", body).json()
    assert "deprecated" not in new
    assert isinstance(
        new["fs_DATABROWSE_F0101"]["data"]["gridData"]["rowset"][0]["F0101_AN8"], int
    )
    assert new["links"]
