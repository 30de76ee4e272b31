"""How far back a read of changes looks: never too little, and seldom too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from connectors.systems.jde.clock import Reading, look_back

at = datetime.fromisoformat  # the server's local times know no zone
NEW_YORK = ZoneInfo("America/New_York")
QUARTER = timedelta(minutes=15)
INSTANTS = st.datetimes(at("2024-01-01"), at("2027-01-01")).map(
    lambda found: found.replace(microsecond=0, tzinfo=UTC)
)
ZONES = st.sampled_from(["America/New_York", "Europe/Zurich", "Australia/Lord_Howe"])


def reading(instant: datetime, zone: ZoneInfo) -> Reading:
    return Reading(instant.astimezone(zone).replace(tzinfo=None), instant)


def test_on_an_ordinary_day_it_is_the_overlap() -> None:
    mark = reading(datetime(2026, 3, 20, 12, tzinfo=UTC), NEW_YORK)
    now = reading(datetime(2026, 3, 20, 13, tzinfo=UTC), NEW_YORK)
    assert look_back(mark, now, NEW_YORK, QUARTER) == mark.local - QUARTER


@given(
    ZONES,
    INSTANTS,
    st.timedeltas(timedelta(0), timedelta(days=3)),
    st.timedeltas(-QUARTER, timedelta(days=3)),
)
def test_no_change_after_the_mark_is_ever_out_of_sight(
    name: str, marked: datetime, pause: timedelta, change: timedelta
) -> None:
    """Whatever clock changes lie between, and for a commit as late as the overlap."""
    zone = ZoneInfo(name)
    mark, now = reading(marked, zone), reading(marked + pause, zone)
    changed = reading(marked + min(change, pause), zone).local
    assert look_back(mark, now, zone, QUARTER) <= changed


@given(
    INSTANTS,
    st.timedeltas(timedelta(0), timedelta(days=3)),
    st.timedeltas(timedelta(0), timedelta(days=3)),
)
def test_nor_where_only_the_offset_is_known(
    marked: datetime, pause: timedelta, change: timedelta
) -> None:
    """The server has daylight saving time, and we were told of an offset alone."""
    mark, now = reading(marked, NEW_YORK), reading(marked + pause, NEW_YORK)
    changed = reading(marked + min(change, pause), NEW_YORK).local
    told = timezone(timedelta(hours=-5))
    assert look_back(mark, now, told, QUARTER) <= changed


@given(ZONES, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_it_never_looks_back_further_than_a_clock_change(
    name: str, marked: datetime, pause: timedelta
) -> None:
    zone = ZoneInfo(name)
    mark, now = reading(marked, zone), reading(marked + pause, zone)
    limit = mark.local - QUARTER - timedelta(hours=1)
    assert look_back(mark, now, zone, QUARTER) >= limit


def test_a_server_clock_that_was_set_back_is_followed() -> None:
    marked = datetime(2026, 5, 4, 12, tzinfo=UTC)
    mark = Reading(at("2026-05-04T12:00"), marked)
    now = Reading(at("2026-05-03T13:00"), marked + timedelta(hours=1))
    assert look_back(mark, now, UTC, QUARTER) <= at("2026-05-03T12:00")
