"""What the site refuses, in the shape of the face that was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class RestError(Exception):
    """A failure of the gateway: status, and a bare `errors` list or OAuth's pair."""

    def __init__(self, status: int, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        if self.code:
            return {"error": self.code, "error_description": self.message}
        return {"message": self.message, "errors": [{"message": self.message}]}


class LogInAgain(Exception):  # noqa: N818 - no error to the server: a redirect
    """The cookie is dead: the browser is sent to the log-in page."""


@dataclass
class Refusals:
    """What is wrong with a document, all at once."""

    found: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, value: Any, message: str, code: str = "") -> None:
        """One more, at a field. `code` is the number of the message."""
        said = "" if value is None else str(value)
        self.found.append(
            {"fieldName": name, "fieldValue": said, "code": code, "message": message}
        )
