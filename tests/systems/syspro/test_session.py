"""One session for all: stolen, ended, refused, without a seat, shared, never shown."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from connectors.sdk.errors import AuthenticationError, UnavailableError
from connectors.sdk.shared.credentials import MemoryCredentials
from tests.systems.syspro.case import GOOD, SETUP, Syspro, change, syspro, term, write

__all__ = ["syspro"]
CUSTOMER = "000000000000013"


@pytest.mark.parametrize("transport", ["rest", "soap"])
@pytest.mark.parametrize("style", ["S7", "S8"])
def test_a_session_stolen_by_another_log_on_is_renewed_once(
    syspro: Syspro, transport: str, style: str
) -> None:
    syspro.control.config(token_style=style)
    connector = syspro.open(enet_transport=transport)
    assert write(connector, "terms", term("71"))[0].outcome == "created"
    syspro.control.edit(action="steal_session", operator="HSYNC")
    before = syspro.logons()
    assert write(connector, "terms", term("71", "Anew"))[0].outcome == "updated"
    assert syspro.logons() == before + 1
    assert syspro.stored("TblArTerms", "71")["Description"] == "Anew"


def test_a_session_that_idled_too_long_is_renewed(syspro: Syspro) -> None:
    connector = syspro.open()
    write(connector, "terms", term("71"))
    syspro.control.clock(advance_s=1300)
    assert write(connector, "terms", term("71", "Late"))[0].outcome == "updated"


def test_an_operator_that_somebody_else_keeps_using_is_said_plainly(
    syspro: Syspro,
) -> None:
    connector = syspro.open()
    write(connector, "terms", term("71"))
    syspro.keep_stealing()
    with pytest.raises(UnavailableError, match="ended the session right after") as told:
        write(connector, "terms", term("71"))
    assert "one of its own" in told.value.advice


def test_all_processes_share_one_session(syspro: Syspro) -> None:
    store = MemoryCredentials()
    connectors = [syspro.open(store) for _ in range(4)]

    def work(place: int) -> str:
        return write(connectors[place], "terms", term(f"7{place}"))[0].outcome

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(4))) == {"created"}
    assert syspro.logons() == 1
    syspro.control.edit(action="kill_sessions")
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(4))) == {"updated"}
    assert syspro.logons() == 2


def test_another_operators_session_is_of_no_use(syspro: Syspro) -> None:
    store = MemoryCredentials()
    write(syspro.open(store), "terms", term("71"))
    clerk = {"operator_password": "enet-secret-2", "odata_password": "odata-secret-2"}
    other = syspro.open(store, operator="CLERK", **clerk)
    assert write(other, "terms", term("72"))[0].outcome == "created"
    assert syspro.control.describe()["sessions"] == {"HSYNC": 1, "CLERK": 1}


def test_a_full_licence_is_said_plainly_and_tried_again(syspro: Syspro) -> None:
    syspro.control.edit(action="occupy_seats", count=5)
    connector = syspro.open()
    with pytest.raises(UnavailableError, match=r"no e\.net seat free") as told:
        write(connector, "terms", term("71"))
    assert "licence apportionment" in told.value.advice
    worst = [one for one in connector.check().findings if one.level == "error"]
    assert any("seat" in one.title for one in worst)
    syspro.control.edit(action="kill_sessions")
    assert write(connector, "terms", term("71"))[0].outcome == "created"


def test_a_refused_password_locks_nobody_out(syspro: Syspro) -> None:
    connector = syspro.open(company_password="")
    with pytest.raises(AuthenticationError, match="Invalid operator password") as told:
        write(connector, "terms", term("71"))
    assert "company password" in told.value.advice
    calls = [one for one in syspro.control.log() if "/Logon?" in one["path"]]
    assert len(calls) == 1


def test_the_session_ends_with_its_only_user(syspro: Syspro) -> None:
    connector = syspro.open()
    write(connector, "terms", term("71"))
    assert syspro.control.describe()["sessions"] == {"HSYNC": 1}
    connector.close()
    assert syspro.control.describe()["sessions"] == {}


def test_what_the_wire_shows_no_log_shows(
    syspro: Syspro, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connector = syspro.open()
    write(connector, "terms", term("71"))
    syspro.fault(SETUP, times=None, drop=True)
    with pytest.raises(UnavailableError) as told:
        write(connector, "terms", term("71"))
    paths = "".join(one["path"] for one in syspro.control.log())
    assert quote(GOOD["operator_password"]) in paths
    assert "UserId=SYS800" in paths
    shown = caplog.text + "".join(traceback.format_exception(told.value))
    for secret in ("enet-secret-1", "company-secret-1", "SYS800-", "XmlIn="):
        assert secret not in shown


def test_a_text_of_unknown_meaning_costs_no_log_on(syspro: Syspro) -> None:
    connector = syspro.open()
    assert write(connector, "terms", term("71"))[0].outcome == "created"
    syspro.fault(SETUP, status=200, text="ERROR: Etwas ist schiefgegangen")
    (result,) = write(connector, "customers", change(CUSTOMER, Name="New"))
    assert result.error is not None
    assert "Etwas ist schiefgegangen" in result.error.message
    assert syspro.logons() == 1
