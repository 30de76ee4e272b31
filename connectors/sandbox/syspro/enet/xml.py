"""XML as business objects take and give it."""

from __future__ import annotations

from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from connectors.sandbox.syspro.enet.sessions import EnetError

PROLOG = '<?xml version="1.0" encoding="Windows-1252"?>\n'
_ATTRIBUTES = (
    "Language='05' Language2='EN' CssStyle='' DecFormat='1' DateFormat='01' Role='01' "
    "Version='8.0.014' OperatorPrimaryRole='   '"
)


def parsed(text: str, what: str) -> ET.Element:
    """A document from outside. EnetError when it is none."""
    if "<!DOCTYPE" in text:
        raise EnetError(f"ERROR: {what} must not have a document type")
    try:
        # The stand-in's own tests are all that ever sends it a document.
        return ET.fromstring(text.strip())  # noqa: S314
    except ET.ParseError as error:
        raise EnetError(f"ERROR: {what} could not be loaded: {error}") from error


def text_of(parent: ET.Element, path: str, default: str = "") -> str:
    """The text of a child by its path, in the case it is documented in."""
    found = parent.findtext(path)
    return default if found is None else found.strip()


def element(name: str, content: str) -> str:
    """One element around text that is escaped here."""
    return f"<{name}>{escape(content)}</{name}>" if content else f"<{name}/>"


def document(root: str, body: str) -> str:
    """A whole reply: prolog, attributes in single quotes, newline and blank behind."""
    return f"{PROLOG}<{root} {_ATTRIBUTES}>\n{body}\n</{root}>\n "
