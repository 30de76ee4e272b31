"""Refusals, in the shape the server gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

INVALID_TOKEN = 444
"""Oracle's own status for a token that is missing, dead or bound elsewhere."""


class AisError(Exception):
    """A call is refused with `status` and a body of message, exception, timeStamp."""

    def __init__(
        self,
        status: int,
        message: str,
        exception: str = "Exception",
        *,
        system_error: bool = False,
    ):
        super().__init__(message)
        self.status = status
        self.message = message
        self.exception = exception
        self.system_error = system_error

    def body(self, now: datetime) -> dict[str, Any]:
        """The JSON members; `now` is aware."""
        found = error_body(self.message, now, self.exception)
        if self.system_error:
            title = f"Error: {self.message}"
            entry = {"CODE": "SYS", "TITLE": title, "ERRORCONTROL": "", "DESC": title}
            found["sysErrors"] = [{**entry, "MOBILE": self.message}]
        return found


def error_body(
    message: str, now: datetime, exception: str = "Exception"
) -> dict[str, Any]:
    """Message, exception class and time in UTC with milliseconds."""
    stamp = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+0000"
    return {"message": message, "exception": exception, "timeStamp": stamp}


def invalid_token() -> AisError:
    """One text for every way a token can be wrong, so that it tells nothing."""
    return AisError(INVALID_TOKEN, "Invalid Token")


def bad_request(message: str) -> AisError:
    """The request is JSON but not a request the service understands."""
    return AisError(400, message, "InvalidRequestException")


def no_access(target: str) -> AisError:
    """An unknown table or view, or one the user may not see: the same answer."""
    text = f"{target} is not a valid table or the user has no access"
    message = f"Error: Data Service request failed. {text}"
    return AisError(500, message, "DataServiceException")
