"""Text and XML as e.net answers them, read safely."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from connectors.sdk.errors import UnavailableError

_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([\w.-]+)["']""")
_STRING = re.compile(r"^\s*<string\b[^>]*>", re.DOTALL)
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def unwrapped(body: bytes) -> str:
    """The text of an answer, which comes bare, as a JSON string or in <string>.

    Blanks at the end belong to it: a token may have some.
    """
    if body.lstrip()[:1] == b'"':
        try:
            return str(json.loads(body))
        except ValueError:
            return _decoded(body)
    text = _decoded(body)
    if _STRING.match(text):
        return "".join(parsed(text).itertext())
    return text


def _decoded(body: bytes) -> str:
    """By what the prolog says, else UTF-8, else Windows-1252."""
    named = _ENCODING.match(body[:200])
    if named:
        try:
            return body.decode(named[1].decode(), "replace")
        except LookupError:
            pass
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def parsed(text: str) -> Element:
    """A document without document type or entities of its own; prefixes stay in names.

    Raises UnavailableError for what is no XML.
    """
    parser, builder = expat.ParserCreate(encoding="utf-8"), TreeBuilder()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refused
    try:
        parser.Parse(_CONTROL.sub("", _PROLOG.sub("", text)).strip().encode(), True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise UnavailableError(
            f"SYSPRO answered XML that ends early: {error}."
        ) from None
    return builder.close()


def _refused(*_about: object) -> None:
    raise UnavailableError(
        "SYSPRO answered XML with a document type, which is refused."
    )


def local(element: Element) -> str:
    """The name without its prefix, in lower case: answers change the case."""
    return str(element.tag).rpartition(":")[2].lower()


def found(element: Element, name: str) -> Iterator[Element]:
    """All elements of that name below, in any case."""
    return (one for one in element.iter() if local(one) == name)


def first_text(element: Element, name: str) -> str:
    """The text of the first element of that name below, stripped; "" if none."""
    return next(((one.text or "").strip() for one in found(element, name)), "")
