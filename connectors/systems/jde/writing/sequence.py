"""Items one after another: one outcome each, and what stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.sdk.errors import (
    ConnectorError,
    RecordError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.sdk.records import WriteItem, WriteResult

Send = Callable[[WriteItem], WriteResult]


def one_by_one(items: Sequence[WriteItem], send: Send) -> list[WriteResult]:
    """A result for each item.

    A fault of one record is its own. Any other ends the batch: it is raised if nothing
    was written yet, else it is the result of all that are left. After a lost answer
    the rest is not sent: the next one would be lost as well, and nobody waits that
    long.
    """
    results: list[WriteResult] = []
    stop: ConnectorError | None = None
    for item in items:
        if stop:
            results.append(failed(item, stop))
            continue
        try:
            results.append(send(item))
        except RecordError as error:
            results.append(failed(item, error))
        except UncertainWriteError as error:
            results.append(failed(item, error))
            stop = UnavailableError(
                "It was not sent: JD Edwards did not answer for the record before it."
            )
        except ConnectorError as error:
            if not results:
                raise
            stop = error
            results.append(failed(item, error))
    return results


def failed(item: WriteItem, error: ConnectorError) -> WriteResult:
    """The result of an item that was not written."""
    return WriteResult(
        key=item.key,
        outcome="failed",
        target_id=item.target_id,
        error=error,
        request_id=error.request_id,
    )
