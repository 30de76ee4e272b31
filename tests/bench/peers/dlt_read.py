"""All contacts by dlt's REST source into files, as its documentation shows it."""

from __future__ import annotations

import dlt
from common import measured, wish
from dlt.destinations import filesystem
from dlt.sources.rest_api import rest_api_source


def work() -> list[str]:
    """One run of the pipeline."""
    asked = wish()
    source = rest_api_source(
        {
            "client": {
                "base_url": asked["url"],
                "auth": {"type": "bearer", "token": asked["token"]},
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "paging.next.after",
                    "cursor_param": "after",
                },
            },
            "resources": [
                {
                    "name": "contacts",
                    "endpoint": {
                        "path": "crm/v3/objects/contacts",
                        "params": {
                            "limit": 100,
                            "properties": ",".join(asked["properties"]),
                        },
                        "data_selector": "results",
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "backfill",
        destination=filesystem(f"{asked['folder']}/files"),
        dataset_name="hubspot",
        pipelines_dir=f"{asked['folder']}/pipelines",
    )
    pipeline.run(source)
    return []


if __name__ == "__main__":
    measured(work)
