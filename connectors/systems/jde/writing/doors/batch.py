"""Documents by batch input: rows in the Z tables, a batch program, and a look.

The four keys come from our reference alone, so that a second attempt collides with
the rows of the first instead of doubling them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from connectors.sdk.errors import (
    ConnectorError,
    RecordError,
    RejectedError,
    UnavailableError,
)
from connectors.systems.jde.wire.codecs import decode_text, encode
from connectors.systems.jde.wire.query import Query, Row, one_of
from connectors.systems.jde.writing.bills import Bill
from connectors.systems.jde.writing.desk import Desk
from connectors.systems.jde.writing.doors.answer import Answer
from connectors.systems.jde.writing.doors.orchestrations import call_id
from connectors.systems.jde.writing.values import money, wrong

_LINES = "F0911Z1"
_EDTN, _LINE = 22, 1000
_HEAD = {
    "DueDate": "DDJ",
    "Currency": "CRCD",
    "PaymentTerms": "PTC",
    "BusinessUnit": "MCU",
    "Remark": "RMK",
}
_NOT_HERE = {"ExchangeRate": "exchange_rate", "PurchaseOrder": "PO"}
_PROCESSED = {"1", "Y"}
_UNDER_WAY = {"W", "S", "P", "H"}  # H waits for an operator
_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


class Batch:
    """The documents of one `write`; the first one entered sets all of them going."""

    def __init__(self, desk: Desk, bills: Sequence[Bill]) -> None:
        self._desk = desk
        self._writing = desk.writing
        self._table = "F0411Z1" if self._writing.payable else "F03B11Z1"
        self._bills = bills
        self._refused: dict[str, Answer | ConnectorError] = {}
        self._rows: Mapping[str, Row] = {}
        self._statuses: list[str] = []
        self._started = False

    def enter(self, bill: Bill) -> Answer:
        """The document the program made, a refusal, or UnavailableError: look later."""
        if not self._started:
            self._started = True
            self._run()
        refused = self._refused.get(bill.item.key)
        if isinstance(refused, ConnectorError):
            raise refused
        if refused:
            return refused
        row = self._rows.get(self._number(bill))
        if row is not None and decode_text(row.EDSP) in _PROCESSED:
            return self._made(row)
        raise self._not_made(bill, row)

    # ---------------------------------------------------------------- the steps

    def _run(self) -> None:
        for bill in self._bills:
            try:
                answer = self._load(bill)
            except RecordError as error:
                self._refused[bill.item.key] = error
                continue
            if answer.result not in ("LOADED", "DUPLICATE"):
                self._refused[bill.item.key] = answer
        loaded = [b for b in self._bills if b.item.key not in self._refused]
        if not loaded:
            return
        self._rows = self._stored(loaded)
        waiting = [
            bill
            for bill in loaded
            if (row := self._rows.get(self._number(bill))) is None
            or decode_text(row.EDSP) not in _PROCESSED
        ]
        if waiting:
            self._process(waiting)
            self._rows = self._stored(loaded)

    def _load(self, bill: Bill) -> Answer:
        """The lines first: without its header row, no program looks at them."""
        if not bill.reference:
            raise wrong("reference", "batch input needs one for its keys.")
        for name, field in _NOT_HERE.items():
            if name in bill.more:
                raise wrong(field, f"{self._table} has no column for it.")
        answer = self._send(_LINES, self._line_rows(bill), bill)
        if answer.result in ("LOADED", "DUPLICATE"):
            answer = self._send(self._table, [self._head_row(bill)], bill)
        return answer

    def _send(
        self, table: str, rows: Sequence[Mapping[str, str]], bill: Bill
    ) -> Answer:
        run = self._desk.orchestrator.run
        return run("load", {"Table": table}, {"Rows": rows}, repeatable=True)

    def _process(self, bills: Sequence[Bill]) -> None:
        """Start the program and wait for its end, as long as the settings allow."""
        jobs = [self._job(one) for one in self._submissions(bills)]
        until = time.monotonic() + self._writing.batch_wait
        pause = _PAUSE
        for number, server in jobs:
            while (status := self._job_status(number, server)) in _UNDER_WAY:
                if time.monotonic() >= until:
                    break
                time.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
            self._statuses.append(status)

    def _submissions(self, bills: Sequence[Bill]) -> list[list[str]]:
        batches = [self._keys(bill)["EDBT"] for bill in bills]
        by_report = self._writing.batch_by_report
        return [batches] if by_report else [[one] for one in batches]

    def _job(self, batches: Sequence[str]) -> tuple[str, str]:
        """Number and server of the job that works on these EDBT."""
        writing = self._writing
        if not writing.batch_by_report:
            given = {
                "Report": writing.batch_program,
                "Version": writing.batch_version,
                "UserId": writing.batch_user,
                "Batch": batches[0],
            }
            answer = self._desk.orchestrator.run("batch", given, repeatable=False)
            if answer.result != "SUBMITTED":
                raise self._desk.refused(answer)
            return answer.text("JobNumber"), answer.text("ExecutionServer")
        body = self._report("execute", self._selection(batches), repeatable=False)
        return str(body.get("jobNumber") or ""), str(body.get("executionServer") or "")

    def _selection(self, batches: Sequence[str]) -> dict[str, Any]:
        kind = "SINGLE" if len(batches) == 1 else "LIST"
        chosen = {
            "subject": {
                "view": f"V{self._table[1:]}",
                "table": self._table,
                "dictItem": "EDBT",
            },
            "comparisonType": "EQUAL",
            "predicate": {"literalType": kind, "values": list(batches)},
        }
        return {
            "reportName": self._writing.batch_program,
            "reportVersion": self._writing.batch_version,
            "fireAndForget": False,
            "dataSelection": {"criteria": [chosen]},
        }

    def _job_status(self, number: str, server: str) -> str:
        body = {"jobNumber": int(number or 0), "executionServer": server}
        return str(self._report("status", body, repeatable=True).get("jobStatus") or "")

    def _report(
        self, verb: str, body: Mapping[str, Any], *, repeatable: bool
    ) -> dict[str, Any]:
        link = self._desk.link
        path = f"{link.options.service}/report/{verb}"
        http = link.writer(repeatable=repeatable)
        found: dict[str, Any] = http.post(path, json=body, idempotent=repeatable).json()
        return found

    # ------------------------------------------------------------------ the rows

    def _number(self, bill: Bill) -> str:
        """EDTN: our reference, or what is left of one that is too long."""
        text = bill.reference
        return text if len(text) <= _EDTN else _digest(text, _EDTN)

    def _keys(self, bill: Bill, line: int = 1) -> dict[str, str]:
        return {
            "EDUS": self._writing.batch_user,
            "EDBT": f"MLC{_digest(bill.reference, 12)}",
            "EDTN": self._number(bill),
            "EDLN": str(line * _LINE),
            "EDTC": "A",
            "EDTR": "V" if self._writing.payable else "I",
            "CO": bill.company,
            "DGJ": bill.gl_date.isoformat(),
        }

    def _head_row(self, bill: Bill) -> dict[str, str]:
        row = self._keys(bill) | {
            "AN8": bill.party,
            "DIVJ": bill.dated.isoformat(),
            "AG": money(bill.gross),
            "VINV" if self._writing.payable else "VR01": bill.reference,
        }
        row |= {"EDSP": "0"} if self._writing.payable else {}
        more = {c: bill.more[n] for n, c in _HEAD.items() if n in bill.more}
        return row | more

    def _line_rows(self, bill: Bill) -> list[dict[str, str]]:
        """Debit + and credit -: what an invoice sells is a credit."""
        sign = 1 if self._writing.payable else -1
        rows = []
        for number, one in enumerate(bill.splits, 1):
            row = self._keys(bill, number) | {
                "EDSP": "0",
                "LT": "AA",
                "AA": money(sign * one.amount),
                "AID": one.aid,
                "MCU": encode("unit", one.unit) if one.unit else "",
                "OBJ": one.object,
                "SUB": one.sub,
                "EXA": one.explanation,
            }
            rows.append({name: value for name, value in row.items() if value})
        return rows

    def _stored(self, bills: Sequence[Bill]) -> dict[str, Row]:
        """The header rows by EDTN, as they are now."""
        keys = ("EDUS", "EDBT", "EDTN", "EDLN")
        batches = sorted({self._keys(bill)["EDBT"] for bill in bills})
        query = Query(
            table=self._table,
            columns=(*keys, "EDSP", "DOC", "DCT", "KCO", "ICU", "AG"),
            seek=keys,
            where=(
                one_of("EDUS", [self._writing.batch_user]),
                one_of("EDBT", batches),
            ),
        )
        rows = self._desk.link.service.rows(query)
        return {decode_text(row.EDTN): row for row in rows}

    # --------------------------------------------------------------- how it ended

    def _made(self, row: Row) -> Answer:
        outputs = {
            "DocumentCompany": decode_text(row.KCO),
            "DocumentType": decode_text(row.DCT),
            "DocumentNumber": row.DOC,
            "BatchNumber": row.ICU,
        }
        return Answer("CREATED", [], outputs, call_id())

    def _not_made(self, bill: Bill, row: Row | None) -> ConnectorError:
        where = f"{self._table} {'/'.join(list(self._keys(bill).values())[:3])}"
        program = self._writing.batch_program
        if not _UNDER_WAY.isdisjoint(self._statuses):
            return UnavailableError(
                f"{program} has not ended yet; {where} waits for it.",
                advice="It is looked at again by itself; the keys prevent a second "
                "document.",
            )
        if row is not None and Decimal(str(row.AG or 0)) != bill.gross:
            why = f"an older row with amount {row.AG} is in the way"
        else:
            ended = ", ".join(sorted(set(self._statuses)))
            why = f"{program} ended ({ended}) and left the row"
        return RejectedError(
            f"{where} was not processed: {why}.",
            advice="Read the program's PDF or the work center. Correct or delete the "
            f"rows of these keys in {self._table} and {_LINES}, then replay.",
            field="reference",
            code="NOT_PROCESSED",
        )


def _digest(text: str, length: int) -> str:
    return sha256(text.encode()).hexdigest()[:length].upper()
