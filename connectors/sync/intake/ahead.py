"""Reads one page ahead, so that the source answers while the last page is stored."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from connectors.sdk.records import Page


def read_ahead(pages: Iterator[Page]) -> Generator[Page]:
    """The same pages in the same order; whatever `pages` raises is raised here.

    At most one page is held besides the one being stored. Close the generator (a
    `with closing(...)`) so that the reading thread has ended before its connector does.
    """
    context = copy_context()
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as thread:

        def ask() -> Page | None:
            return context.run(next, pages, None)

        coming = thread.submit(ask)
        while (page := coming.result()) is not None:
            coming = thread.submit(ask)
            yield page
