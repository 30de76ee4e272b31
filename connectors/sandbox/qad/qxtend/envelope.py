"""SOAP envelopes of QXtend inbound: what comes in, what goes out, faults."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # the builder below refuses document types
from collections.abc import Sequence
from dataclasses import dataclass, field

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
QDOC = "urn:schemas-qad-com:xml-services"
COMMON = "urn:schemas-qad-com:xml-services:common"
MESSAGE = (
    "tt_level", "tt_msg_context", "tt_msg_data", "tt_msg_datetime", "tt_msg_desc",
    "tt_msg_field", "tt_msg_index", "tt_msg_keys", "tt_msg_nbr", "tt_msg_processed",
    "tt_msg_sev",
)  # fmt: skip
for prefix, uri in (("soapenv", SOAP), ("wsa", WSA), ("", QDOC), ("qcom", COMMON)):
    ET.register_namespace(prefix, uri)


class Fault(Exception):  # noqa: N818 - the word of the protocol
    """Refused before the QDoc ran; `name` is the exception's."""

    def __init__(self, name: str, text: str, *, code: str = "Server") -> None:
        super().__init__(text)
        self.name, self.text, self.code = name, text, code


class _Builder(ET.TreeBuilder):
    def doctype(self, *_: object) -> None:
        """Document types are refused."""
        raise Fault("ParseException", "DOCTYPE is not allowed", code="Client")


@dataclass
class Asked:
    """A message: the QDoc's element, its context, and where it was sent."""

    receiver: str
    message_id: str
    doc: ET.Element
    name: str
    context: dict[str, str]
    brief: bool


@dataclass
class Message:
    """One `temp_err_msg`."""

    text: str
    number: str = ""
    severity: str = "error"
    context: str = ""
    field: str = ""
    data: str = ""


@dataclass
class Reply:
    """What became of a QDoc: records to echo, and messages."""

    result: str = "success"
    messages: list[Message] = field(default_factory=list)
    records: list[ET.Element] = field(default_factory=list)


def parse(body: bytes) -> Asked:
    """Read a message. Raises Fault."""
    parser = ET.XMLParser(target=_Builder())  # noqa: S314
    try:
        parser.feed(body)
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        raise Fault("ParseException", str(error), code="Client") from error
    inner = root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or inner is None or len(inner) != 1:
        raise Fault("ParseException", "No SOAP 1.1 body", code="Client")
    doc = inner[0]
    space, _, name = doc.tag.rpartition("}")
    if space != f"{{{QDOC}":
        raise Fault("EventException", f"{name} is in no namespace of QDocs")
    header = root.find(f"{{{SOAP}}}Header")
    to = _text(header, WSA, "To")
    if not to.startswith("urn:services-qad-com:"):
        raise Fault("TransactionException002", "Invalid routing: wsa:To is missing")
    return Asked(
        receiver=to.rpartition(":")[2],
        message_id=_text(header, WSA, "MessageID"),
        doc=doc,
        name=name,
        context=_context(doc),
        brief=_brief(header),
    )


def _text(parent: ET.Element | None, space: str, name: str) -> str:
    found = None if parent is None else parent.find(f"{{{space}}}{name}")
    return (found.text or "").strip() if found is not None else ""


def _brief(header: ET.Element | None) -> bool:
    parent = None if header is None else header.find(f"{{{WSA}}}ReferenceParameters")
    return _text(parent, COMMON, "suppressResponseDetail") == "true"


def _context(doc: ET.Element) -> dict[str, str]:
    found = doc.find(f"{{{COMMON}}}dsSessionContext")
    if found is None:
        raise Fault("EventException", "dsSessionContext is missing")
    values = {}
    for one in found.findall(f"{{{COMMON}}}ttContext"):
        if _text(one, COMMON, "propertyQualifier") == "QAD":
            name = _text(one, COMMON, "propertyName")
            values[name] = _text(one, COMMON, "propertyValue")
    return values


def element(name: str, text: str | None = None, space: str = QDOC) -> ET.Element:
    """A new element of the QDocs' namespace."""
    made = ET.Element(f"{{{space}}}{name}")
    made.text = text
    return made


def _envelope(asked: Asked | None) -> tuple[ET.Element, ET.Element]:
    root = ET.Element(f"{{{SOAP}}}Envelope")
    if asked:
        header = ET.SubElement(root, f"{{{SOAP}}}Header")
        ET.SubElement(header, f"{{{WSA}}}Action")
        ET.SubElement(header, f"{{{WSA}}}To").text = "urn:services-qad-com:"
        ET.SubElement(header, f"{{{WSA}}}RelatesTo").text = asked.message_id
    return root, ET.SubElement(root, f"{{{SOAP}}}Body")


def answered(asked: Asked, reply: Reply, dataset: str, at: str) -> bytes:
    """The whole answer; `at` is the time that messages carry."""
    root, body = _envelope(asked)
    doc = ET.SubElement(body, f"{{{QDOC}}}{asked.name}Response")
    doc.append(element("result", reply.result))
    if reply.messages:
        said = ET.SubElement(doc, f"{{{COMMON}}}dsExceptions")
        for number, one in enumerate(reply.messages, start=1):
            said.append(_message(one, number, at))
    if not asked.brief:
        held = ET.SubElement(doc, f"{{{QDOC}}}{dataset}Response")
        held.extend(reply.records)
    return _bytes(root)


def _message(one: Message, number: int, at: str) -> ET.Element:
    values: Sequence[str] = (
        "1", one.context, one.data, at, f"{one.severity.upper()}: {one.text}",
        one.field, str(number), "", one.number, "false", one.severity,
    )  # fmt: skip
    made = element("temp_err_msg", space=COMMON)
    for name, value in zip(MESSAGE, values, strict=True):
        made.append(element(name, value, COMMON))
    return made


def faulted(fault: Fault) -> bytes:
    """A SOAP 1.1 fault."""
    root, body = _envelope(None)
    said = ET.SubElement(body, f"{{{SOAP}}}Fault")
    ET.SubElement(said, "faultcode").text = f"soapenv:{fault.code}"
    ET.SubElement(said, "faultstring").text = f"{fault.name}: {fault.text}"
    return _bytes(root)


def _bytes(root: ET.Element) -> bytes:
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text
