"""Login, its renewal and its end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    UnavailableError,
)
from tests.systems.jde.case import Ais, ais, by_key, empty_ais, everything

__all__ = ["ais", "empty_ais"]


def test_one_login_serves_the_whole_connection(ais: Ais) -> None:
    connector = ais.open(page_size=10, parallel=4)
    everything(connector)
    everything(connector, "contacts")
    assert len(ais.calls("/tokenrequest")) == 1


def test_closing_logs_out(ais: Ais) -> None:
    with ais.open() as connector:
        everything(connector)
        assert ais.control.describe()["sessions"] == {"HSINTEG": 1}
    assert ais.control.describe()["sessions"] == {}


def test_closing_never_raises(ais: Ais) -> None:
    ais.open().close()
    ais.open(base_url="http://[").close()
    connector = ais.open()
    everything(connector)
    ais.fault("/logout", drop=True)
    connector.close()


def test_a_closed_connector_can_be_used_again(ais: Ais) -> None:
    connector = ais.open()
    everything(connector)
    connector.close()
    assert len(everything(connector)[0]) == 60


@pytest.mark.parametrize("paging", ["keyset", "links"])
@pytest.mark.parametrize("skip", range(2, 14, 3))
def test_a_token_killed_anywhere_costs_no_record(
    ais: Ais, paging: str, skip: int
) -> None:
    connector = ais.open(page_size=10, paging=paging)
    ais.kill_sessions(skip=skip)
    assert len(by_key(everything(connector)[0])) == 60
    assert len(ais.calls("/tokenrequest")) == 2


def test_a_dead_token_is_renewed_once_for_all_threads(ais: Ais) -> None:
    connector = ais.open(page_size=10, parallel=4)
    connector.fetch("customers", ["6003"])
    ais.control.edit(action="kill_sessions")
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(connector.fetch, "customers", ["6003"]) for _ in range(4)]
        assert all(len(one.result()) == 1 for one in found)
    assert len(ais.calls("/tokenrequest")) == 2


def test_a_token_refused_right_after_renewal_is_given_up(ais: Ais) -> None:
    connector = ais.open()
    ais.kill_sessions(times=None)
    with pytest.raises(AuthenticationError):
        everything(connector)
    assert len(ais.calls("/tokenrequest")) <= 3


@pytest.mark.parametrize("status", [401, 403, 500, 502])
def test_an_invalid_token_is_known_behind_a_proxy_too(ais: Ais, status: int) -> None:
    connector = ais.open()
    body = {"message": "Invalid Token", "exception": "Exception", "timeStamp": ""}
    ais.fault(skip=3, status=status, json=body)
    assert len(everything(connector)[0]) == 60
    assert len(ais.calls("/tokenrequest")) == 2


def test_an_idle_session_is_renewed(ais: Ais) -> None:
    connector = ais.open()
    everything(connector)
    ais.control.clock(advance_s=3600)
    assert len(everything(connector)[0]) == 60


def test_a_wrong_password_is_tried_once_and_never_again(ais: Ais) -> None:
    connector = ais.open(password="wrong-password", parallel=4)
    for _ in range(7):
        with pytest.raises(AuthenticationError, match="refused the login"):
            everything(connector)
    assert len(ais.calls("/tokenrequest")) == 1
    assert len(everything(ais.open())[0]) == 60  # the user is not locked


@pytest.mark.parametrize(
    "settings",
    [
        {"username": "HSOFF", "password": "sandbox-4"},
        {"environment": "NOWHERE"},
        {"role": "NOBODY"},
    ],
)
def test_other_refusals_of_a_login(ais: Ais, settings: dict[str, str]) -> None:
    with pytest.raises(AuthenticationError):
        everything(ais.open(**settings))
    assert len(ais.calls("/tokenrequest")) == 1


def test_the_device_name_and_the_cookies_go_with_the_token(ais: Ais) -> None:
    body = {"userInfo": {"token": "made/up+token=="}, "environment": "JDV920"}
    headers = {"Set-Cookie": "JSESSIONID=node-7; Path=/jderest"}
    ais.fault("/tokenrequest$", status=200, json=body, headers=headers)
    connector = ais.open(device_name="device-1")
    # The token is not known to the server, which makes us log in again.
    assert len(everything(connector)[0]) == 60
    first, *others = ais.calls()
    names = {name.lower(): value for name, value in first["headers"].items()}
    assert names["jde-ais-auth-device"] == "device-1"
    assert "cookie" in names
    assert not any("cookie" in map(str.lower, one["headers"]) for one in others)


def test_no_seat_left_is_a_matter_of_waiting(ais: Ais) -> None:
    ais.control.config(max_sessions=0)
    with pytest.raises(UnavailableError):
        everything(ais.open())


def test_basic_sends_the_credentials_with_each_call(ais: Ais) -> None:
    ais.control.config(basic_per_request=True, password_login=False)
    connector = ais.open(auth_mode="basic", environment="JPY920")
    assert len(everything(connector)[0]) == 60
    assert not ais.calls("/tokenrequest")


def test_basic_that_is_switched_off_is_named(ais: Ais) -> None:
    with pytest.raises(AuthenticationError):
        everything(ais.open(auth_mode="basic"))


def test_the_old_version_of_the_service_works_as_well(ais: Ais) -> None:
    connector = ais.open(api_version="v1", page_size=10, paging="links")
    assert len(by_key(everything(connector)[0])) == 60
    assert not [one for one in ais.calls() if "/v2/" in one["path"]]


def test_no_error_shows_a_secret(ais: Ais) -> None:
    connector = ais.open(page_size=10)
    everything(connector)
    token = connector._link.auth.headers()["jde-AIS-Auth"]
    text = f"trouble with {token} and sandbox-1"
    ais.fault(times=None, status=500, json={"message": text, "exception": "E"})
    with pytest.raises(UnavailableError, match="trouble") as caught:
        everything(connector)
    assert token not in str(caught.value)
    assert "sandbox-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_size", 5),
        ("page_size", "many"),
        ("parallel", 9),
        ("time_zone", "Mars/Olympus"),
        ("implied_decimals", "ACL two"),
        ("customer_master_table", "F03012; DROP"),
        ("paging", "sideways"),
        ("username", ""),
        ("password", ""),
        ("base_url", ""),
    ],
)
def test_a_wrong_setting_is_named(ais: Ais, name: str, value: object) -> None:
    connector = ais.open(**{name: value})
    with pytest.raises(ConfigurationError) as caught:
        everything(connector)
    assert caught.value.field == name
    assert not ais.calls("/tokenrequest")


@pytest.mark.parametrize("path", ["", "/", "/jderest", "/jderest/", "//jderest/v2"])
def test_the_address_may_be_given_in_any_of_its_forms(ais: Ais, path: str) -> None:
    assert len(everything(ais.open(base_url=ais.url + path))[0]) == 60
