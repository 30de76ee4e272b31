"""QXtend inbound: one QDoc per call."""

from __future__ import annotations

import threading
import uuid
import xml.etree.ElementTree as ET  # elements that `soap` has parsed
from typing import Any

from connectors.sdk.contract import Context
from connectors.sdk.errors import AuthenticationError, RejectedError
from connectors.sdk.http import HttpClient, RetryPolicy
from connectors.sdk.redact import Redactor
from connectors.systems.qad.names import CLASSIC, LINE, PERSON
from connectors.systems.qad.options import Options
from connectors.systems.qad.wire.auth import basic
from connectors.systems.qad.wire.soap import (
    HEADERS,
    Answer,
    Said,
    Tree,
    classify,
    local,
    message,
    parse,
)

Row = dict[str, Any]


class Qxtend:
    """Sends QDocs; nothing before it is asked to. Safe for several threads."""

    def __init__(self, options: Options, context: Context, redact: Redactor) -> None:
        self.options = options
        self._refusal: AuthenticationError | None = None
        self._lock = threading.Lock()
        headers = basic(options) if options.http_basic else {}
        self._clients = {
            writes: HttpClient(
                base_url=options.root,
                headers=headers,
                timeout=options.timeout,
                retry=RetryPolicy(),
                classify=classify(writes=writes),
                limiter=context.limiter,
                network=context.network,
                redact=redact,
                verify=options.verify,
                pool_size=options.parallel + 1,
            )
            for writes in (False, True)
        }

    def close(self) -> None:
        """Release the sockets."""
        for client in self._clients.values():
            client.close()

    def send(self, qdoc: str, body: Tree, *, writes: bool) -> tuple[Answer, str]:
        """Send a QDoc; its answer and the id of the message.

        Raises what the fault means. An answer with errors is returned.
        """
        with self._lock:
            # A user is locked after a few wrong passwords: once refused, never again.
            if self._refusal:
                raise self._refusal
        options, mark = self.options, uuid.uuid4().hex
        name = f"urn:services-qad-com::{options.receiver}:{mark}"
        versions = options.versions
        context = {
            "domain": options.domain, "scopeTransaction": "true",
            "version": versions.get(qdoc, versions[""]), "mnemonicsRaw": "true",
            "decimalSeparator": ".", "username": options.username,
            "password": options.password,
        }  # fmt: skip
        if options.entity:
            context["entity"] = options.entity
        data = message(
            qdoc, body, receiver=options.receiver, message_id=name, context=context
        )
        try:
            response = self._clients[writes].post(
                "", content=data, headers=HEADERS, idempotent=not writes
            )
        except AuthenticationError as error:
            with self._lock:
                self._refusal = error
            raise
        return parse(response), name


def refusal(said: list[Said], fields: dict[str, str], message_id: str) -> RejectedError:
    """What QAD says against a record: its errors, and the first field they name."""
    told = [one for one in said if one.severity == "error"]
    # What the whole message came to says nothing of the record.
    told = [one for one in told if not one.number.startswith("Transaction")] or told
    texts = dict.fromkeys(_one(one) for one in told)
    place = next((one.field for one in told if one.field), "")
    return RejectedError(
        f"QAD refused it: {' '.join(texts) or 'It gave no reason.'}",
        advice="Repair the value or the mapping, or what the message names in QAD; "
        "then replay the record.",
        field=fields.get(place, place),
        code=next((one.number for one in told if one.number), ""),
        request_id=message_id,
    )


def _one(said: Said) -> str:
    where = f"{said.field}: {said.value}" if said.value else said.context
    return f"{said.text.removeprefix('ERROR: ')} ({where})" if where else said.text


def row_of(record: ET.Element, people: str) -> Row:
    """A query's record by our names, with its lines or its people."""
    row: Row = {}
    lines, persons = [], []
    for child in record:
        name = local(child)
        if name == LINE:
            lines.append(row_of(child, ""))
        elif name == PERSON:
            persons.append(row_of(child, ""))
        else:
            row[CLASSIC.get(name, name)] = _text(child.text)
    if people:
        row[people] = persons
    if record.tag.endswith("SalesOrder"):
        row["lines"] = lines
    return row


def _text(value: str | None) -> str | None:
    """A cell without the blanks of its width; `?` is Progress' null."""
    text = (value or "").rstrip()
    return None if text == "?" else text
