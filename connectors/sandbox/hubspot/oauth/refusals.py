"""Refusals of the OAuth server: its own body, with both `error` and `status`.

Only that of the refresh token is documented word by word; the others follow its form.
"""

from __future__ import annotations

from typing import Any

# What is wrong -> error, status, text.
_REFUSALS = {
    "refresh": (
        "invalid_grant",
        "BAD_REFRESH_TOKEN",
        "refresh token is invalid, expired or revoked",
    ),
    "code": ("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code"),
    "redirect": (
        "invalid_grant",
        "BAD_REDIRECT_URI",
        "redirect_uri does not match the one of the authorization",
    ),
    "verifier": (
        "invalid_grant",
        "BAD_CODE_VERIFIER",
        "code_verifier does not match the code_challenge",
    ),
    "client": ("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id"),
    "secret": (
        "invalid_client",
        "BAD_CLIENT_SECRET",
        "missing or invalid client secret",
    ),
    "grant": (
        "unsupported_grant_type",
        "BAD_GRANT_TYPE",
        "grant_type is missing or unknown",
    ),
    "field": ("invalid_request", "BAD_REQUEST", "a field of the form is missing"),
}


class OAuthError(Exception):
    """An answer of 400; `body` lacks only the correlation id."""

    def __init__(self, error: str, status: str, message: str) -> None:
        super().__init__(message)
        self.body: dict[str, Any] = {
            "error": error,
            "error_description": message,
            "status": status,
            "message": message,
        }


def refused(what: str) -> OAuthError:
    """The refusal of a named reason."""
    return OAuthError(*_REFUSALS[what])
