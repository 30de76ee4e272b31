"""The OAuth server's addresses: the page, its answer, and the token endpoint."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from connectors.sandbox.hubspot.call import reply
from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.oauth import page
from connectors.sandbox.hubspot.oauth.refusals import OAuthError, refused

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.oauth.grants import Grants
    from connectors.sandbox.hubspot.standin import HubSpotStandIn

AUTHORIZE = "/oauth/authorize"
VERSIONS = ("2026-09", "2026-03", "v3")
FORM = "application/x-www-form-urlencoded"
Answer = Callable[[Mapping[str, str]], Any]


def open_to_all(path: str) -> bool:
    """Whether a path is asked for without a bearer token."""
    return path == AUTHORIZE or ("/token" in path and path.startswith("/oauth/"))


def add_oauth_routes(app: web.Application, standin: HubSpotStandIn) -> None:
    """Register the page, and the token endpoint of every version."""
    server = OAuthServer(standin)
    app.router.add_get(AUTHORIZE, server.ask)
    app.router.add_post(AUTHORIZE, server.decide)
    for version in VERSIONS:
        root = f"/oauth/{version}/token"
        app.router.add_post(root, server.form(server.token))
        app.router.add_post(f"{root}/introspect", server.form(server.introspect))
        app.router.add_post(f"{root}/revoke", server.form(server.revoke))


class OAuthServer:
    """See the module."""

    def __init__(self, standin: HubSpotStandIn) -> None:
        self.standin = standin

    @property
    def grants(self) -> Grants:
        return self.standin.grants

    # --------------------------------------------------------------------- the page

    async def ask(self, request: web.Request) -> web.Response:
        """The page on which a person chooses an account, and says yes or no."""
        wish = page.Wish.of(request.query)
        problem = self._problem(wish)
        if problem:
            return page.refusal(problem)
        return page.question(wish, self.standin.config.oauth_portals)

    async def decide(self, request: web.Request) -> web.Response:
        """Back to the app: with a code, or with the person's no."""
        form = await request.post()
        wish = page.Wish.of({k: str(v) for k, v in form.items()})
        problem = self._problem(wish)
        if problem:
            return page.refusal(problem)
        if form.get("decision") != "approve":
            return _back(
                wish,
                error="access_denied",
                error_description="The user did not grant access to the app",
            )
        portal = str(form.get("portal", ""))
        if not portal.isdigit() or int(portal) not in self.standin.config.oauth_portals:
            return page.refusal("Choose an account.")
        scopes = [*wish.scopes, *wish.optional_scopes]
        code = self.grants.approve(
            wish.client_id, int(portal), scopes, wish.redirect_uri, wish.code_challenge
        )
        return _back(wish, code=code)

    def _problem(self, wish: page.Wish) -> str:
        app = self.grants.app(wish.client_id)
        if app is None:
            return "There is no app with this client ID."
        if wish.redirect_uri not in app["redirect_uris"]:
            return (
                f"Authorization failed because the redirect URL {wish.redirect_uri} "
                "does not match the app's registered redirect URLs."
            )
        if wish.code_challenge and wish.code_challenge_method != "S256":
            return "The code challenge's method must be S256."
        missing = set(app["scopes"]) - set(wish.scopes)
        foreign = set(wish.scopes) - set(app["scopes"])
        foreign |= set(wish.optional_scopes) - set(app["optional_scopes"])
        if missing or foreign:
            named = ", ".join(sorted(missing | foreign))
            return (
                "Authorization failed because there is a mismatch between the scopes "
                f"of the install URL and those of the app: {named}."
            )
        return ""

    # ------------------------------------------------------------------- the tokens

    def form(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        """An endpoint that takes a form, and nothing in its address."""

        async def handle(request: web.Request) -> web.Response:
            if request.content_type != FORM or request.query_string:
                text = "Unsupported Media Type" if not request.query_string else "query"
                return self.standin.refusal(request, ApiError(415, text))
            form = {name: str(value) for name, value in (await request.post()).items()}
            try:
                body = answer(form)
            except OAuthError as error:
                return reply(error.body, 400)
            except ApiError as error:
                return self.standin.refusal(request, error)
            return reply(body) if body is not None else web.Response(status=204)

        return handle

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Exchange a code or a refresh token; an app's own secret, for its journal."""
        kind = form.get("grant_type")
        if kind == "client_credentials":
            return self.standin.telling.journal.token_for(form)
        client = self._client(form)
        if kind == "authorization_code":
            return self.grants.exchange(
                client,
                form.get("code", ""),
                form.get("redirect_uri", ""),
                form.get("code_verifier", ""),
            )
        if kind == "refresh_token":
            return self.grants.renew(client, form.get("refresh_token", ""))
        raise refused("grant")

    def introspect(self, form: Mapping[str, str]) -> dict[str, Any]:
        """What a token is worth. The guide's names of the field do as well."""
        client = self._client(form)
        names = ("token", "access_token", "refresh_token")
        token = next((form[name] for name in names if form.get(name)), "")
        if not token or not form.get("token_type_hint"):
            raise refused("field")
        return self.grants.introspect(client, token)

    def revoke(self, form: Mapping[str, str]) -> None:
        """Give a token back."""
        client = self._client(form)
        if not form.get("token"):
            raise refused("field")
        self.grants.revoke(client, form["token"])

    def _client(self, form: Mapping[str, str]) -> str:
        client = form.get("client_id", "")
        app = self.grants.app(client)
        if app is None:
            raise refused("client")
        if not hmac.compare_digest(form.get("client_secret", ""), app["secret"]):
            raise refused("secret")
        return client


def _back(wish: page.Wish, **query: str) -> web.Response:
    given = query | ({"state": wish.state} if wish.state else {})
    joint = "&" if "?" in wish.redirect_uri else "?"
    location = f"{wish.redirect_uri}{joint}{urlencode(given)}"
    return web.Response(status=302, headers={"Location": location})
