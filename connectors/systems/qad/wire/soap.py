"""QXtend's envelopes: written and read with the standard library alone.

The WSDL of a QDoc belongs to its site and its version, so nothing is generated from one
and nothing is fetched. What comes from outside is refused when it has a document type.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # the builder below refuses document types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.sdk.response import Response

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
QDOC = "urn:schemas-qad-com:xml-services"
COMMON = "urn:schemas-qad-com:xml-services:common"
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""',
           "Accept": "text/xml, multipart/related"}  # fmt: skip
# Refused before the QDoc ran, and always will be.
_OURS = {"TransactionException002", "EventException", "ParseException", "AxisFault"}
# What XML 1.0 cannot hold at all.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
for prefix, uri in (("soapenv", SOAP), ("wsa", WSA), ("", QDOC), ("qcom", COMMON)):
    ET.register_namespace(prefix, uri)

# Fields of a record in their order; a value that is a list holds records of that name.
Tree = Mapping[str, "str | Sequence[Tree]"]


@dataclass(frozen=True, slots=True)
class Said:
    """One message of QAD's."""

    text: str
    severity: str
    field: str
    number: str
    context: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`result` is success, warning or error; `records` are those of the dataset."""

    result: str
    messages: tuple[Said, ...]
    body: ET.Element

    def records(self, name: str) -> Iterator[ET.Element]:
        """The dataset's records of that name."""
        return (one for one in self.body.iter() if local(one) == name)


class FaultError(Exception):
    """A SOAP fault: the QDoc did not run, or its answer is lost. `name` is QAD's."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.name = text.split(":", maxsplit=1)[0].strip()


class _Builder(ET.TreeBuilder):
    def doctype(self, *_: object) -> None:
        raise ET.ParseError("a document type is refused")


def message(
    qdoc: str,
    body: Tree,
    *,
    receiver: str,
    message_id: str,
    context: Mapping[str, str],
) -> bytes:
    """One message to QXtend inbound."""
    root = ET.Element(_q(SOAP, "Envelope"))
    header = ET.SubElement(root, _q(SOAP, "Header"))
    ET.SubElement(header, _q(WSA, "Action"))
    ET.SubElement(header, _q(WSA, "To")).text = f"urn:services-qad-com:{receiver}"
    ET.SubElement(header, _q(WSA, "MessageID")).text = message_id
    held = ET.SubElement(header, _q(WSA, "ReferenceParameters"))
    ET.SubElement(held, _q(COMMON, "suppressResponseDetail")).text = "false"
    reply = ET.SubElement(header, _q(WSA, "ReplyTo"))
    ET.SubElement(reply, _q(WSA, "Address")).text = "urn:services-qad-com:"
    doc = ET.SubElement(ET.SubElement(root, _q(SOAP, "Body")), _q(QDOC, qdoc))
    session = ET.SubElement(doc, _q(COMMON, "dsSessionContext"))
    for name, value in context.items():
        one = ET.SubElement(session, _q(COMMON, "ttContext"))
        ET.SubElement(one, _q(COMMON, "propertyQualifier")).text = "QAD"
        ET.SubElement(one, _q(COMMON, "propertyName")).text = name
        ET.SubElement(one, _q(COMMON, "propertyValue")).text = value
    _fill(doc, body)
    found: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def _fill(parent: ET.Element, values: Tree) -> None:
    for name, value in values.items():
        if isinstance(value, str):
            ET.SubElement(parent, _q(QDOC, name)).text = _ILLEGAL.sub("", value)
        else:
            for one in value:
                _fill(ET.SubElement(parent, _q(QDOC, name)), one)


def parse(response: Response) -> Answer:
    """Read an answer. Raises FaultError, and UnavailableError for what is none."""
    parser = ET.XMLParser(target=_Builder())  # noqa: S314
    try:
        parser.feed(_root_part(response))
        root: ET.Element = parser.close()
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"{response.where} answered {response.status} with "
            f"{response.content_kind} instead of SOAP.",
            advice="The address must be that of QXtend's QdocWebService.",
            status=response.status,
        ) from error
    text = _first(root, "faultstring")
    if text is not None:
        raise FaultError(response.redact(text))
    result = _first(root, "result")
    if result is None:
        raise UnavailableError(f"{response.where} answered without a result.")
    found = tuple(_said(one) for one in root.iter() if local(one) == "temp_err_msg")
    return Answer(result.lower(), found, root)


def classify(*, writes: bool) -> Callable[[Response], ConnectorError | None]:
    """What tells a fault, which comes with status 500, from an outage."""

    def fault(response: Response) -> ConnectorError | None:
        if response.status == 404:
            return ConfigurationError(
                f"{response.where} is not there.",
                advice="The address must be that of QXtend's QdocWebService.",
            )
        if response.status != 500:
            return None
        try:
            parse(response)
        except FaultError as error:
            return _meaning(error, writes=writes)
        except ConnectorError:
            return None
        return None

    return fault


def _meaning(fault: FaultError, *, writes: bool) -> ConnectorError:
    text = f"QXtend: {fault.text}."
    if fault.name == "ProcessException001":
        return AuthenticationError(
            f"{text} The session could not be started.",
            advice="Check user, password and domain of the connection.",
        )
    if fault.name in _OURS:
        return ConfigurationError(
            text,
            advice="Check receiver, QDoc names and versions of the connection with "
            "those that the site has installed.",
        )
    if writes:
        return UncertainWriteError(f"{text} The write may have been applied.")
    return UnavailableError(text)


def _root_part(response: Response) -> bytes:
    kind = response.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return response.body
    whole = f"Content-Type: {kind}\r\n\r\n".encode() + response.body
    parts = list(message_from_bytes(whole, policy=policy.HTTP).walk())[1:]
    for part in parts:
        if "xml" in part.get_content_type():
            found = part.get_payload(decode=True)
            return found if isinstance(found, bytes) else b""
    return b""


def _first(root: ET.Element, name: str) -> str | None:
    found = next((one for one in root.iter() if local(one) == name), None)
    return None if found is None else (found.text or "").strip()


def _said(one: ET.Element) -> Said:
    cells = {local(child): (child.text or "").strip() for child in one}
    return Said(
        text=cells.get("tt_msg_desc", ""),
        # Blank counts as an error.
        severity=cells.get("tt_msg_sev", "").lower() or "error",
        field=cells.get("tt_msg_field", ""),
        number=cells.get("tt_msg_nbr", ""),
        context=cells.get("tt_msg_context", ""),
        value=cells.get("tt_msg_data", ""),
    )


def local(one: ET.Element) -> str:
    """An element's name without its namespace."""
    return one.tag.rpartition("}")[2]


def _q(space: str, name: str) -> str:
    return f"{{{space}}}{name}"
