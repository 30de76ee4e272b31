"""Companies by a custom destination of dlt, as its documentation shows it.

dlt's own HTTP client tries again after a 429. A batch that is refused whole is noted
and passed over, because an exception would stop the rest of the file; what a 207 holds
goes by unseen, because dlt has no outcome of a single row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from common import measured, wish
from dlt.sources.helpers import requests

ASKED = wish()
REFUSED: list[str] = []


@dlt.destination(batch_size=100, name="hubspot")
def companies_of_hubspot(
    items: list[dict[str, Any]],
    table: dict[str, Any],
    url: str = dlt.config.value,
    token: str = dlt.secrets.value,
) -> None:
    """One batch upsert."""
    del table
    try:
        requests.post(
            f"{url}/crm/v3/objects/companies/batch/upsert",
            json={"inputs": [_input(one) for one in items]},
            headers={"Authorization": f"Bearer {token}"},
        )
    except requests.HTTPError as error:
        if error.response is None or error.response.status_code != 400:
            raise
        REFUSED.extend(one["erp_key"] for one in items)


def _input(item: dict[str, Any]) -> dict[str, Any]:
    key = item["erp_key"]
    return {
        "id": key,
        "idProperty": "erp_key",
        "objectWriteTraceId": key,
        "properties": item,
    }


@dlt.resource(name="companies")
def companies() -> Iterator[list[dict[str, Any]]]:
    """The rows to write."""
    yield json.loads(Path(ASKED["rows"]).read_text())


def work() -> list[str]:
    """One run of the pipeline."""
    pipeline = dlt.pipeline(
        "rejects",
        destination=companies_of_hubspot(url=ASKED["url"], token=ASKED["token"]),
        pipelines_dir=f"{ASKED['folder']}/pipelines",
    )
    pipeline.run(companies())
    return REFUSED


if __name__ == "__main__":
    measured(work)
