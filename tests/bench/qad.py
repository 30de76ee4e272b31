"""QAD by its connector alone: all items read, then orders entered, in both editions.

A case of its own process: `python -m tests.bench.qad 100000 adaptive`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import django

django.setup()

from connectors.sandbox.core.client import ControlClient  # noqa: E402
from connectors.sdk.contract import Context  # noqa: E402
from connectors.sdk.network import NetworkPolicy  # noqa: E402
from connectors.sdk.records import Fields, WriteItem  # noqa: E402
from connectors.systems.qad.connector import QadConnector  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.processes import Process, wait_until  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.stream import peak_mib  # noqa: E402

PLACES = {
    "adaptive": ("/clouderp", "SHARED10"),
    "enterprise": ("/qxi/services/QdocWebService", "10USA"),
}
ORDERS = 200
WANTED = ["key", "name", "listPrice", "unitOfMeasure", "siteCode"]


@contextmanager
def served(items: int) -> Iterator[str]:
    """The address of a stand-in with so many items."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        arguments = ["sandbox", "--only", "qad", "--qad-port", "0",
                     "--customers", "0", "--ready-file", str(ready)]  # fmt: skip
        with Process(arguments) as process:
            wait_until(ready.exists, 120, "the sandbox starts", process)
            url = str(json.loads(ready.read_text())["qad"]["url"])
            control = ControlClient(url, timeout=300)
            control.seed(1)
            control.edit(type="items", action="fill", count=items - 2)
            yield url


def opened(url: str, face: str) -> QadConnector:
    """A connector as an installation has it, with the largest pages."""
    settings = {
        "base_url": url + PLACES[face][0], "face": face, "username": "svc_hub",
        "password": "sandbox-1", "domain": "10USA", "entity": "10USACO",
        "shared_set": "SHARED10", "time_zone": "America/Chicago",
        "default_site": "10-100", "page_size": 500,
    }  # fmt: skip
    network = NetworkPolicy.from_cidrs(["127.0.0.0/8"])
    return QadConnector(settings, Context(network=network))


def items_read(connector: QadConnector) -> int:
    """How many different items a whole read brings."""
    keys: set[str] = set()
    for page in connector.read("items", None, fields=WANTED):
        keys |= {one.key for one in page.records}
    return len(keys)


def orders_entered(connector: QadConnector, context: str) -> int:
    """How many of so many orders of two lines have arrived."""
    made = 0
    for start in range(0, ORDERS, 5):
        items = [order(start + n, context) for n in range(5)]
        results = connector.write("sales_orders", items, match_field="key")
        made += sum(one.outcome == "created" for one in results)
    return made


def order(number: int, context: str) -> WriteItem:
    """An order that a deal has become."""
    lines: list[Fields] = [
        {"item": f"10USA:item:{code}", "quantityOrdered": Decimal(2),
         "amount": Decimal("19.80")}
        for code in ("00017", "FILT-3")
    ]  # fmt: skip
    return WriteItem(
        key=str(number),
        fields={"currencyCode": "USD", "amount": Decimal("39.60")},
        refs={"customer": f"{context}:customer:C1001"},
        reference=f"HU-{39_000_000_000 + number}",
        lines=lines,
    )


def measure(count: int, face: str) -> list[Line]:
    """Both rounds of one edition."""
    with served(count) as url, opened(url, face) as connector:
        control = ControlClient(url, timeout=60)

        def timed(case: str, wanted: int, work: Callable[[], int]) -> Line:
            before, began = control.stats()["requests"], time.monotonic()
            done = work()
            seconds = time.monotonic() - began
            asked = control.stats()["requests"] - before
            figures = {
                "records": done, "seconds": seconds, "rate": done / seconds,
                "requests": asked, "each": asked / max(done, 1), "peak": peak_mib(),
            }  # fmt: skip
            line = Line(f"{wanted:,} {case}, {face}", figures)
            if done != wanted:
                line.wrong.append(f"{done:,} came")
            return line

        context = PLACES[face][1]
        return [
            timed("items read", count, lambda: items_read(connector)),
            timed("orders entered", ORDERS, lambda: orders_entered(connector, context)),
        ]


def main() -> None:
    """Measure one case and hand its lines to the parent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("face", choices=sorted(PLACES))
    report.end_on_sigterm()
    given = parser.parse_args()
    report.emit(measure(given.count, given.face))


if __name__ == "__main__":
    main()
