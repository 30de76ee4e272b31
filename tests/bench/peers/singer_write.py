"""Companies by a BatchSink of singer-sdk, as its template has it.

The SDK brings no HTTP client for targets; this one is requests with urllib3's retries.
A batch that is refused whole is noted and passed over, because an exception would end
the target; what a 207 holds goes by unseen, because a sink has no outcome of a row.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import requests
from common import measured, wish
from requests.adapters import HTTPAdapter
from singer_sdk import typing as th
from singer_sdk.sinks import BatchSink
from singer_sdk.target_base import Target
from urllib3.util import Retry

ASKED = wish()
REFUSED: list[str] = []
AGAIN = Retry(
    total=10,
    backoff_factor=1,
    status_forcelist=[429, 500, 502, 503, 504],
    allowed_methods=None,
)


class Companies(BatchSink):
    """One batch upsert for a hundred rows."""

    max_size = 100

    def setup(self) -> None:
        """A session for all batches."""
        self.session = requests.Session()
        self.session.mount("http://", HTTPAdapter(max_retries=AGAIN))
        self.session.headers["Authorization"] = f"Bearer {self.config['token']}"

    def process_batch(self, context: dict[str, Any]) -> None:
        """Send what has been collected."""
        rows = context["records"]
        inputs = [
            {
                "id": row["erp_key"],
                "idProperty": "erp_key",
                "objectWriteTraceId": row["erp_key"],
                "properties": row,
            }
            for row in rows
        ]
        response = self.session.post(
            f"{self.config['url']}/crm/v3/objects/companies/batch/upsert",
            json={"inputs": inputs},
            timeout=60,
        )
        if response.status_code == 400:
            REFUSED.extend(row["erp_key"] for row in rows)
        else:
            response.raise_for_status()


class HubSpot(Target):
    """A target of companies."""

    name = "target-bench"
    default_sink_class = Companies
    config_jsonschema = th.PropertiesList(
        th.Property("url", th.StringType, required=True),
        th.Property("token", th.StringType, required=True),
    ).to_dict()


def messages() -> io.StringIO:
    """What a tap would say."""
    rows = json.loads(Path(ASKED["rows"]).read_text())
    fields = {name: {"type": ["string", "null"]} for name in rows[0]}
    schema = {
        "type": "SCHEMA",
        "stream": "companies",
        "schema": {"type": "object", "properties": fields},
        "key_properties": ["erp_key"],
    }
    records = ({"type": "RECORD", "stream": "companies", "record": row} for row in rows)
    return io.StringIO("".join(f"{json.dumps(one)}\n" for one in (schema, *records)))


def work() -> list[str]:
    """One run of the target."""
    config = {name: ASKED[name] for name in ("url", "token")}
    HubSpot(config=config).listen(messages())
    return REFUSED


if __name__ == "__main__":
    measured(work)
