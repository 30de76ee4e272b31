"""QXtend inbound: one address for all QDocs, faults before they run."""

from __future__ import annotations

import asyncio
import time
import xml.etree.ElementTree as ET  # elements that `envelope` has parsed
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from aiohttp import BasicAuth, web

from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data.seed import WORKSPACES
from connectors.sandbox.qad.data.store import KINDS, Row, Store
from connectors.sandbox.qad.qxtend.envelope import (
    QDOC,
    Asked,
    Fault,
    Message,
    Reply,
    answered,
    element,
    faulted,
    parse,
)
from connectors.sandbox.qad.qxtend.maintain import Maintain
from connectors.sandbox.qad.qxtend.names import MAINTAIN, QUERIES, Doc, Names
from connectors.sandbox.qad.rest.logins import USERS, User

PATH = "/qxi/services/QdocWebService"
RECEIVERS = {"QADERP"}
_DENIED = {"orders": "salesOrderHeader", "suppliers": "supplierV2"}


@dataclass
class Qxtend:
    """See the module."""

    config: QadConfig
    store: Store
    maintain: Maintain
    occupied: int = 0
    """Sessions that somebody else holds."""
    _busy: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        """POST a message."""
        if self.config.http_basic and not _known(request):
            page = "<html><body>401 Authorization Required</body></html>"
            return web.Response(text=page, status=401, content_type="text/html")
        try:
            _accepted(request)
            asked = parse(await request.read())
            async with self._pooled():
                body = self._run(asked)
        except Fault as fault:
            return web.Response(
                body=faulted(fault), status=500, content_type="text/xml"
            )
        if self.config.multipart:
            return _multipart(body)
        return web.Response(body=body, content_type="text/xml", charset="utf-8")

    @asynccontextmanager
    async def _pooled(self) -> AsyncIterator[None]:
        """A session of the pool. Raises Fault when none comes free in time."""
        until = time.monotonic() + self.config.session_wait_s
        while self._busy + self.occupied >= self.config.sessions:
            if time.monotonic() >= until:
                said = "Timed out waiting for a session of the pool"
                raise Fault("ProcessException009", said)
            await asyncio.sleep(0.005)
        self._busy += 1
        try:
            await asyncio.sleep(self.config.session_held_s)
            yield
        finally:
            self._busy -= 1

    def _run(self, asked: Asked) -> bytes:
        doc = MAINTAIN.get(asked.name) or QUERIES.get(asked.name)
        version = asked.context.get("version", "")
        if asked.receiver not in RECEIVERS or doc is None:
            said = f"Invalid routing: {asked.receiver}, {asked.name}"
            raise Fault("TransactionException002", said)
        if version not in self.config.installed_versions:
            said = f"Invalid routing: version {version!r} of {asked.name}"
            raise Fault("TransactionException002", said)
        user, domain = self._session(asked.context)
        dataset = _dataset(asked.name)
        if _DENIED.get(doc.kind) in user.denied:
            denied = Message(f"User has no access to {asked.name}", "4", "error")
            reply = Reply("error", [denied])
        elif asked.name in QUERIES:
            reply = Reply(records=self._query(asked, doc, domain))
        else:
            reply = self._maintained(asked, doc, dataset, domain)
        at = self.store.local_time().replace(microsecond=0, tzinfo=None).isoformat()
        return answered(asked, reply, dataset, at)

    def _maintained(self, asked: Asked, doc: Doc, dataset: str, domain: str) -> Reply:
        held = asked.doc.find(f"{{{QDOC}}}{dataset}")
        records = [] if held is None else held.findall(f"{{{QDOC}}}{doc.record}")
        if not records:
            raise Fault("EventException", f"{dataset} holds no {doc.record}")
        whole = asked.context.get("scopeTransaction") == "true"
        reply = self.maintain.run(doc, records, domain, whole=whole)
        if self.config.time_out_after_store and reply.result != "error":
            raise Fault("ProcessException009", "Timed out waiting for the session")
        return reply

    @staticmethod
    def _session(context: dict[str, str]) -> tuple[User, str]:
        user = USERS.get(context.get("username", ""))
        domain = context.get("domain", WORKSPACES_FIRST)
        known = {one for one, _ in WORKSPACES.values()}
        if not user or user.password != context.get("password") or domain not in known:
            raise Fault("ProcessException001", "The session could not be started")
        return user, domain

    # ------------------------------------------------------------------- queries

    def _query(self, asked: Asked, doc: Doc, domain: str) -> list[ET.Element]:
        found = asked.doc.find(f".//{{{QDOC}}}ttFilter")
        wish = {} if found is None else {_local(o): (o.text or "") for o in found}
        kind = KINDS[doc.kind]
        shared = dict(WORKSPACES.values())[domain]
        context = shared if kind.context == "sharedSetCode" else domain
        low, high = wish.get("fromKey", "").upper(), wish.get("toKey", "").upper()
        since, po = wish.get("modifiedSince", ""), wish.get("soPo", "").upper()
        chosen: list[ET.Element] = []
        for row in self.store.of(kind.name, context):
            key = str(row[kind.code]).rstrip().upper()
            if key < low or (high and key > high):
                continue
            if since and str(row["lastModifiedDate"])[:10] < since:
                continue
            if po and str(row.get("purchaseOrder") or "").upper() != po:
                continue
            chosen.append(self._row(doc, row))
            if len(chosen) >= int(wish.get("maxRows") or 100):
                break
        return chosen

    def _row(self, doc: Doc, row: Row) -> ET.Element:
        made = self._fields(doc.record, doc.fields, row)
        for inner in row.get(doc.nested_key) or () if doc.nested else ():
            made.append(self._fields(doc.nested, doc.nested_fields or {}, inner))
        return made

    def _fields(self, record: str, names: Names, row: Row) -> ET.Element:
        made = element(record)
        for name, own in names.items():
            made.append(element(name, self._text(row.get(own))))
        return made

    def _text(self, value: object) -> str:
        if value is None or value == "":
            return "?"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, Decimal):
            return format(value, "f").replace(".", self.config.query_decimals)
        text = str(value)
        # Fields of fixed width come with their blanks.
        return text[:10] if text[10:11] == "T" else text.ljust(12)


WORKSPACES_FIRST = next(iter(WORKSPACES.values()))[0]


def _known(request: web.Request) -> bool:
    try:
        given = BasicAuth.decode(request.headers.get("Authorization", ""))
    except ValueError:
        return False
    user = USERS.get(given.login)
    return user is not None and user.password == given.password


def _accepted(request: web.Request) -> None:
    """Raises Fault for what Axis does not take."""
    if "SOAPAction" not in request.headers:
        raise Fault("AxisFault", "no SOAPAction header!", code="Client")
    if request.content_type != "text/xml":
        raise Fault("AxisFault", "Content-Type is not text/xml", code="Client")


def _dataset(name: str) -> str:
    stem = name.removeprefix("maintain")
    return f"ds{stem[0].upper()}{stem[1:]}"


def _local(one: ET.Element) -> str:
    return one.tag.rpartition("}")[2]


def _multipart(body: bytes) -> web.Response:
    mark = "MIMEBoundary_1"
    text = (
        f"--{mark}\r\nContent-Type: application/xop+xml; charset=UTF-8; "
        'type="text/xml"\r\nContent-Transfer-Encoding: binary\r\n'
        "Content-ID: <root@qxi>\r\n\r\n"
    ).encode() + body + f"\r\n--{mark}--\r\n".encode()  # fmt: skip
    kind = (
        f'multipart/related; boundary="{mark}"; type="application/xop+xml"; '
        'start="<root@qxi>"; start-info="text/xml"'
    )
    return web.Response(body=text, headers={"Content-Type": kind})
