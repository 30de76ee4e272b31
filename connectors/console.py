"""How the console looks: name, colours, environment badge, our own files.

What needs the database is named by dotted path, so that the settings can read this
module before any model exists.
"""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static

_BLUE = {
    "50": "oklch(97% .014 254.604)",
    "100": "oklch(93.2% .032 255.585)",
    "200": "oklch(88.2% .059 254.128)",
    "300": "oklch(80.9% .105 251.813)",
    "400": "oklch(70.7% .165 254.624)",
    "500": "oklch(62.3% .214 259.815)",
    "600": "oklch(54.6% .245 262.881)",
    "700": "oklch(48.8% .243 264.376)",
    "800": "oklch(42.4% .199 265.638)",
    "900": "oklch(37.9% .146 265.522)",
    "950": "oklch(28.2% .091 267.935)",
}

_FAVICON = {
    "rel": "icon",
    "type": "image/svg+xml",
    "href": lambda _request: static("connectors/favicon.svg"),
}


def unfold_settings(environment: str = "") -> dict[str, Any]:
    """The UNFOLD setting; `environment` is shown as a badge on every page."""
    production = environment.lower() == "production"
    return {
        "SITE_TITLE": "ml-connector",
        "SITE_HEADER": "ml-connector",
        "SITE_SUBHEADER": "Keeps systems in agreement",
        "SITE_SYMBOL": "sync_alt",
        "SITE_FAVICONS": [_FAVICON],
        "SITE_URL": None,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_BACK_BUTTON": True,
        "BORDER_RADIUS": "6px",
        "COLORS": {"primary": _BLUE},
        "ENVIRONMENT": [environment, "danger" if production else "warning"]
        if environment
        else None,
        "STYLES": [
            lambda _request: static("connectors/console.css"),
            lambda _request: static("connectors/records.css"),
        ],
        "SCRIPTS": [lambda _request: static("connectors/console.js")],
        "DASHBOARD_CALLBACK": "connectors.admin.dashboard.dashboard",
        "COMMAND": {
            "search_models": [
                "connectors.connection",
                "connectors.flow",
                "connectors.valuemap",
            ],
        },
        "SIDEBAR": {
            "show_search": True,
            "command_search": True,
            "show_all_applications": False,
            "navigation": "connectors.admin.navigation.navigation",
        },
    }
