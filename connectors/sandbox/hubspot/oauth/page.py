"""The page that asks a person, as plain HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from html import escape

from aiohttp import web

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,">
<style>body{{font:16px sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1rem}}</style></head>
<body><h1>{title}</h1>{body}</body></html>"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an app asks for in the page's address."""

    client_id: str
    redirect_uri: str
    scope: str
    optional_scope: str
    state: str
    code_challenge: str = ""
    code_challenge_method: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wish:
        return cls(*(query.get(one.name, "") for one in fields(cls)))

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()

    @property
    def optional_scopes(self) -> list[str]:
        return self.optional_scope.split()


def question(wish: Wish, portals: Sequence[int]) -> web.Response:
    """The form: which account, yes or no."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in asdict(wish).items()
    )
    options = "".join(f"<option>{portal}</option>" for portal in portals)
    scopes = "".join(
        f"<li>{escape(one)}</li>" for one in (*wish.scopes, *wish.optional_scopes)
    )
    body = (
        f"<p>The app {escape(wish.client_id)} asks for access.</p>"
        f'<form method="post">{hidden}'
        f'<p><label>Account <select name="portal">{options}</select></label></p>'
        '<p><button name="decision" value="approve">Connect app</button> '
        '<button name="decision" value="deny">Cancel</button></p></form>'
        f"<p>It will be allowed:</p><ul>{scopes}</ul>"
    )
    return _page("HubSpot stand-in: connect an app", body, 200)


def refusal(problem: str) -> web.Response:
    """What is wrong with the address; nobody is sent back to a stranger."""
    return _page("HubSpot stand-in: not possible", f"<p>{escape(problem)}</p>", 400)


def _page(title: str, body: str, status: int) -> web.Response:
    return web.Response(
        text=_FRAME.format(title=title, body=body),
        status=status,
        content_type="text/html",
    )
