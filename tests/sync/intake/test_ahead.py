"""Reading one page ahead: same pages, same order, same errors, never two ahead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from connectors.sdk.errors import UnavailableError
from connectors.sdk.http import correlation
from connectors.sdk.records import Page
from connectors.sync.intake.ahead import read_ahead


def page(number: int) -> Page:
    return Page(records=(), cursor={"after": number})


def test_pages_come_in_order_and_the_error_at_its_place() -> None:
    def pages() -> Iterator[Page]:
        yield page(1)
        yield page(2)
        raise UnavailableError("The source went away.")

    coming = read_ahead(pages())
    assert [next(coming).cursor["after"] for _ in range(2)] == [1, 2]
    with pytest.raises(UnavailableError):
        next(coming)


def test_never_more_than_one_page_is_read_ahead() -> None:
    asked: list[int] = []
    more = threading.Event()

    def pages() -> Iterator[Page]:
        for number in range(1, 5):
            asked.append(number)
            if number == 3:
                more.set()
            yield page(number)

    with closing(read_ahead(pages())) as coming:
        assert next(coming).cursor == {"after": 1}
        assert not more.wait(0.1)
        assert asked in ([1], [1, 2])
        assert next(coming).cursor == {"after": 2}
    assert max(asked) <= 3


def test_the_reading_thread_keeps_the_correlation_id_and_ends() -> None:
    seen: list[str] = []

    def pages() -> Iterator[Page]:
        seen.append(correlation.get())
        yield page(1)

    token = correlation.set("run-1")
    try:
        assert len(list(read_ahead(pages()))) == 1
    finally:
        correlation.reset(token)
    assert seen == ["run-1"]
    assert not [t for t in threading.enumerate() if t.name.startswith("read-ahead")]
