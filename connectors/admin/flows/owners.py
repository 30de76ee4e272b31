"""Who keeps what: for each attribute of a pair the side whose value counts."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from connectors.admin.base import ConsoleAdmin
from connectors.admin.flows.rows import MAP, counterpart_of
from connectors.canonical.model import attribute
from connectors.models import Flow, ObjectPair
from connectors.sdk.records import FieldInfo
from connectors.sync.mapping.fields import known_fields
from connectors.sync.owners import by_habit, merged_fields, overwrites_owner, pair_of

SIDES = ("left", "right")
_PREFIX = "owner:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """An attribute of a pair. `said` is "left", "right" or "" (by habit)."""

    canonical: str
    label: str
    said: str
    habit: str
    rows: list[str]

    @property
    def input_name(self) -> str:
        """Its name in the form."""
        return _PREFIX + self.canonical


def owned(flow: Flow) -> list[Owned]:
    """Each attribute that a row of either direction writes."""
    pair = pair_of(flow)
    if pair is None:
        return []
    found: dict[str, list[str]] = {}
    for one in (flow, counterpart_of(flow)):
        if one is not None:
            _collect(one, found)
    names = {"left": str(pair.left), "right": str(pair.right), "": ""}
    return [
        Owned(
            canonical=canonical,
            label=_label(canonical),
            said=str((pair.owners or {}).get(canonical, "")),
            habit=names[by_habit(pair, canonical)],
            rows=rows,
        )
        for canonical, rows in sorted(found.items(), key=lambda one: _label(one[0]))
    ]


def _collect(flow: Flow, found: dict[str, list[str]]) -> None:
    source = known_fields(flow.source, flow.source_object)
    target = known_fields(flow.target, flow.target_object)
    for row in flow.mappings.filter(enabled=True):
        ours, theirs = source.get(row.source_field), target.get(row.target_field)
        canonical = _canonical(theirs) or _canonical(ours)
        if canonical:
            words = f"{flow.target}: {theirs.label if theirs else row.target_field}"
            found.setdefault(canonical, []).append(words)


def _canonical(info: FieldInfo | None) -> str:
    return info.canonical if info else ""


def _label(canonical: str) -> str:
    known = attribute(canonical)
    return known.label if known else canonical


def warning(flow: Flow) -> str:
    """What rows overwrite against the owner, in words; empty where none does."""
    known = known_fields(flow.target, flow.target_object)
    merged = merged_fields(flow.counterpart)
    labels = [
        known[row.target_field].label
        for row in flow.mappings.filter(enabled=True)
        if row.target_field in known
        and overwrites_owner(flow, row, known[row.target_field], merged)
    ]
    if not labels:
        return ""
    return (
        f"{flow.target} keeps these by itself, and this flow overwrites them there: "
        f"{', '.join(labels)}. Let these rows fill only empty fields, or say under "
        f"“Who keeps what” that {flow.source} keeps them."
    )


class OwnersPage(ConsoleAdmin):
    """The page of a flow's pair that says who keeps what."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.owners_view)
        name = "connectors_flow_owners"
        return [path("<path:object_id>/owners/", view, name=name), *super().get_urls()]

    def owners_url(self, flow: Flow) -> str:
        """The address of the page."""
        return reverse("admin:connectors_flow_owners", args=[flow.pk])

    def owners_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show them; with the permission to map, also change them."""
        flow = self.get_object(request, object_id)
        if flow is None:
            raise Http404
        if not self.has_view_permission(request, flow):
            raise PermissionDenied
        if request.method == "POST":
            if not request.user.has_perm(MAP):
                raise PermissionDenied
            said = self._save_owners(request, flow)
            self.message_user(request, said or "Nothing was changed.")
            return HttpResponseRedirect(self.owners_url(flow))
        pair = pair_of(flow)
        context = self.page_context(
            request,
            flow,
            f"Who keeps what: {flow}",
            pair=pair,
            owned=owned(flow),
            counterpart=counterpart_of(flow),
            may_change=request.user.has_perm(MAP),
        )
        return TemplateResponse(request, "admin/connectors/flow/owners.html", context)

    def _save_owners(self, request: HttpRequest, flow: Flow) -> str:
        """Keep what was chosen and note it with both flows; what changed, in words."""
        if flow.pair is None:
            return ""
        shown, changes = owned(flow), []
        with transaction.atomic():
            pair = ObjectPair.objects.select_for_update().get(pk=flow.pair.pk)
            pair = _with_ends(pair, flow)
            owners = dict(pair.owners or {})
            for one in shown:
                # One the form did not carry stays as it is.
                posted = request.POST.get(one.input_name)
                now = owners.get(one.canonical, "") if posted is None else posted
                before = owners.pop(one.canonical, "")
                if now in SIDES:
                    owners[one.canonical] = now
                if before != (now if now in SIDES else ""):
                    words = f"{_side(pair, before)} → {_side(pair, now)}"
                    changes.append(f"{one.label}: {words}")
            if changes:
                pair.owners = owners
                pair.save(update_fields=["owners"])
        if not changes:
            return ""
        said = f"Who keeps what: {', '.join(changes)}."
        for side in (flow, counterpart_of(flow)):
            if side is not None:
                self.log_change(request, side, said)
        return said


def _with_ends(pair: ObjectPair, flow: Flow) -> ObjectPair:
    flow.pair = pair
    return pair_of(flow) or pair


def _side(pair: ObjectPair, side: str) -> str:
    return str(getattr(pair, side)) if side in SIDES else "by habit"
