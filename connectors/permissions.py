"""The four groups a new installation has, by what people do.

Each has at least the permissions listed here after every migration; who should have
less gets a group of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission

# Codes of the app's own permissions, besides those to see.
_OPERATOR = {
    "check_connection",
    "run_flow",
    "backfill_flow",
    "replay_syncrecord",
    "decide_review",
    "change_alert",
}
_MAPPER = {
    "check_connection",
    "map_flow",
    "edit_payload",
    "replay_syncrecord",
    "add_valuemap",
    "change_valuemap",
    "delete_valuemap",
}
# What only administrators see: of use to who looks into the machinery.
_MACHINERY = {"view_changeevent"}
_ADMINISTERED = ("connectors", "auth", "django_q", "axes")


def create_groups(**_: object) -> None:
    """Create the groups and give them what they lack; a `post_migrate` receiver."""
    ours = Permission.objects.filter(content_type__app_label="connectors")
    shown = ours.exclude(codename__in=_MACHINERY)
    seen = [p for p in shown if p.codename.startswith("view_")]
    wanted: dict[str, Iterable[Permission]] = {
        "viewer": seen,
        "operator": [*seen, *(p for p in ours if p.codename in _OPERATOR)],
        "mapper": [*seen, *(p for p in ours if p.codename in _MAPPER)],
        "administrator": Permission.objects.filter(
            content_type__app_label__in=_ADMINISTERED
        ),
    }
    for name, permissions in wanted.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.add(*permissions)
