"""New fields in the target, proposed after the source's and approved by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from connectors.admin.base import RefusedError, Reply, post_action
from connectors.admin.flows.confirming import Confirming
from connectors.admin.flows.lists import TYPE_WORDS
from connectors.admin.flows.page import missing_fields
from connectors.admin.flows.rows import MAP
from connectors.models import CatalogueField, Flow
from connectors.sync import connect
from connectors.sync.mapping import proposals
from connectors.sync.mapping.mapper import LINES
from connectors.sync.mapping.proposals import Proposal

SHOWN_OPTIONS = 5
CREATE_WORDS = (
    "These fields are added to {flow.target_object} in {flow.target}. Everyone who "
    "works there will see them."
)
DONE = ("created", "exists")


@dataclass(frozen=True, slots=True)
class Row:
    """One proposal as the page shows it."""

    proposal: Proposal
    picked: bool = False

    @property
    def type(self) -> str:
        """The type of the new field in words."""
        return TYPE_WORDS[self.proposal.new.info.type]

    @property
    def options(self) -> str:
        """The first options in words."""
        labels = [one.label for one in self.proposal.new.info.options]
        more = len(labels) - SHOWN_OPTIONS
        shown = ", ".join(labels[:SHOWN_OPTIONS])
        return f"{shown} and {more} more" if more > 0 else shown


class NewFields(Confirming):
    """The part of the flows' admin that creates fields for a mapping."""

    @post_action(
        MAP,
        label="Create missing fields",
        icon="add_box",
        shown=lambda flow: bool(missing_fields(flow)),
        title="Creates fields of ours in the target; asks first",
    )
    def create_fields(self, request: HttpRequest, obj: Flow) -> Reply:
        """Create fields of ours in the target, after a confirmation that lists them."""
        fields = missing_fields(obj)
        if not fields:
            raise RefusedError("The target has all the fields that the mapping needs.")
        if "confirmed" not in request.POST:
            return self.confirm_first(
                request,
                obj,
                "create_fields",
                title=f"Create {len(fields)} fields in “{obj.target}”?",
                button="Create them",
                paragraphs=[CREATE_WORDS.format(flow=obj)],
                items=[
                    f"{f.label} ({f.name}, {f.type}) of {f.object_type}" for f in fields
                ],
            )
        return self._create(obj, fields)

    def _create(self, flow: Flow, fields: Sequence[CatalogueField]) -> str:
        report: dict[str, str] = {}
        for object_type in dict.fromkeys(one.object_type for one in fields):
            names = [one.name for one in fields if one.object_type == object_type]
            of_lines = object_type != flow.target_object
            said = connect.ensure_fields(flow.target, object_type, names)
            prefix = LINES if of_lines else ""
            report |= {f"{prefix}{name}": what for name, what in said.items()}
        failed = [
            f"{name}: {what}"
            for name, what in report.items()
            if what not in ("created", "exists")
        ]
        done = [name for name, what in report.items() if what in ("created", "exists")]
        if failed:
            raise RefusedError(f"{len(done)} created. Not created: {' '.join(failed)}")
        return f"Created in {flow.target}: {', '.join(done)}."

    @post_action(
        MAP,
        label="New fields from the source",
        icon="playlist_add",
        shown=proposals.can_propose,
        title="Proposes fields of the target for what the source has; asks first",
    )
    def new_fields(self, request: HttpRequest, obj: Flow) -> Reply:
        """Show what could be created, or create what was ticked."""
        found = proposals.proposals(obj)
        if not found:
            raise RefusedError("Every field of the source is read by a mapping row.")
        if "confirmed" not in request.POST:
            return self._new_fields_page(request, obj, map(Row, found))
        picked = [_edited(request, one) for one in found if _is_picked(request, one)]
        if not picked:
            return self._new_fields_page(
                request, obj, map(Row, found), "Tick the fields to create."
            )
        if _twice(picked):
            raise RefusedError(f"Two of the new fields are named {_twice(picked)}.")
        mapped = "mapped" in request.POST
        report = proposals.create(obj, picked, request.user, mapped=mapped)
        return _told(obj, picked, report, mapped=mapped)

    def _new_fields_page(
        self, request: HttpRequest, flow: Flow, rows: Iterable[Row], wrong: str = ""
    ) -> HttpResponse:
        context = self.page_context(
            request,
            flow,
            f"New fields in “{flow.target}”",
            rows=list(rows),
            wrong=wrong,
            action=self.action_url("new_fields", flow),
        )
        return TemplateResponse(
            request, "admin/connectors/flow/new_fields.html", context
        )


def _is_picked(request: HttpRequest, one: Proposal) -> bool:
    return one.source.name in request.POST.getlist("pick")


def _edited(request: HttpRequest, one: Proposal) -> Proposal:
    """The proposal with the name and the label that the person gave it."""
    info = one.new.info
    name = request.POST.get(f"name:{one.source.name}", "").strip() or info.name
    label = request.POST.get(f"label:{one.source.name}", "").strip() or info.label
    changed = replace(info, name=name, label=label)
    return replace(one, new=replace(one.new, info=changed))


def _twice(picked: Iterable[Proposal]) -> str:
    """A name that two of the new fields have, if so."""
    names = [one.target_field for one in picked]
    return next((name for name in names if names.count(name) > 1), "")


def _told(
    flow: Flow, picked: Iterable[Proposal], report: dict[str, str], *, mapped: bool
) -> str:
    done = [
        f"{one.new.info.label} ({one.target_field}, {one.new.kind})"
        for one in picked
        if report[one.target_field] in DONE
    ]
    failed = [f"{name}: {what}" for name, what in report.items() if what not in DONE]
    made = f"Created in {flow.target}: {', '.join(done)}." if done else "None created."
    if failed:
        raise RefusedError(f"{made} Not created: {' '.join(failed)}")
    return f"{made} A mapping row fills each of them." if mapped else made
