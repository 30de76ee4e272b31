"""The post program: lines become balances, and the batch is closed."""

from __future__ import annotations

from connectors.sandbox.jde.books.desk.changes import Changes
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.data.finance.lines import balances

POSTED_LINE, POSTED_DOCUMENT, DONE = "P", "D", "D"
_DOCUMENTS = ("F03B11", "F0411", "F03B13")


def post_batches(database: Database, changes: Changes, wanted: set[int]) -> None:
    """Post these batches (all pending ones if none is named) with all their rows."""
    table = database["F0011"]
    state = table.definition.position["IST"]
    chosen, posted = set(), []
    for row in table.rows:
        if row[state] != DONE and (not wanted or row[1] in wanted):
            changes.update("F0011", row, {"IST": DONE, "IAPP": "1"})
            chosen.add(row[:2])
    for name in ("F0911", *_DOCUMENTS):
        place = database[name].definition.position
        value = POSTED_LINE if name == "F0911" else POSTED_DOCUMENT
        for row in database[name].rows:
            batch = (row[place["ICUT"]], row[place["ICU"]])
            if batch in chosen and not row[place["POST"]].strip():
                new = changes.update(name, row, {"POST": value})
                if name == "F0911":
                    posted.append(new)
    changes.commit()
    for row in balances(posted, database["F0902"]):
        database["F0902"].insert(row)
