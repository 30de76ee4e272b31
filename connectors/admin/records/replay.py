"""Replaying from the console: many records by filter or choice, one, or one edited.

Whatever is asked, only records that had settled before the page was shown are taken:
a second click, a second person or a reloaded page finds none of them left. A few stored
ones are taken at once; many, and fresh reads, are ordered and taken up by a worker.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.timezone import is_aware

from connectors.admin.base import ReadOnlyAdmin, post_action
from connectors.admin.records.plan import plain, plan
from connectors.models import SyncRecord, SyncRun
from connectors.sync.replay import REPLAYABLE, ReplayResult, replay
from connectors.sync.watch.selection import Records, Selection
from connectors.sync.worker import filling

PERMISSION = "connectors.replay_syncrecord"
TEMPLATE = "admin/connectors/syncrecord/replay.html"
# So many stored records are taken while the person waits for the page.
AT_ONCE = 100
# What stands in the list's address and narrows nothing.
_NOT_FILTERS = {"p", "o", "e", "all", "_changelist_filters"}


def answer(result: ReplayResult) -> str:
    """What came of a replay, with links to its runs."""
    if not result.taken and not result.refused:
        return "Nothing was taken: these records have been replayed already."
    by = format_html(" by {}", _links(result.runs)) if result.runs else ""
    taken = format_html("{} taken{}.", _records(result.taken), by)
    return _with_refused(taken, result.refused, result.reasons)


def ordered(result: filling.Ordered) -> str:
    """What came of an order, with links to the runs that are being filled."""
    if result.again:
        return format_html(
            "Nothing was taken: this replay was asked for already; see {}.",
            _links(result.again),
        )
    if not result.runs and not result.refused:
        return "Nothing was taken: these records have been replayed already."
    said: str = "Nothing was taken."
    if result.runs:
        said = format_html(
            "{} are taken up by {}, which shows how far it has come.",
            _records(result.wanted),
            _links(result.runs),
        )
    return _with_refused(said, result.refused, result.reasons)


def _links(runs: list[SyncRun]) -> str:
    return format_html_join(
        ", ",
        '<a class="record-link" href="{}">run #{}</a>',
        ((_run_url(run), run.pk) for run in runs),
    )


def _run_url(run: SyncRun) -> str:
    return reverse("admin:connectors_syncrun_change", args=[run.pk])


def _with_refused(said: str, refused: int, reasons: list[str]) -> str:
    if not refused:
        return said
    why = " ".join(reasons) or "They are on their way already."
    return format_html("{} {} refused: {}", said, _records(refused), why)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def _settled(record: SyncRecord) -> bool:
    return record.outcome in REPLAYABLE


def _shown_at(request: HttpRequest) -> datetime:
    """When the page was made whose button was pressed; a lost one means now."""
    try:
        moment = parse_datetime(request.POST.get("shown_at", ""))
    except ValueError:
        moment = None
    return moment if moment and is_aware(moment) else timezone.now()


def selection_of(request: HttpRequest, ticked: list[str]) -> Selection:
    """The records of the list's filter (in the address), or those ticked.

    Raises BadRequest for an address that narrows by something else: more would be
    sent than the list showed.
    """
    asked = {k: v for k, v in request.GET.dict().items() if k not in _NOT_FILTERS}
    try:
        return Selection(
            moment=_shown_at(request),
            filters={} if ticked else {k: str(v) for k, v in asked.items()},
            ids=tuple(_numbers(ticked)),
            only_problems=request.POST.get("which") == "problems",
        )
    except ValueError as error:
        raise BadRequest(f"This list cannot be replayed: {error}.") from error


class ReplayPages(ReadOnlyAdmin):
    """The replay pages of the record console."""

    def replay_many(self, request: HttpRequest) -> HttpResponse:
        """All records of the list's filter (in the address), or those ticked."""
        self.check_may_replay(request)
        ticked = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        selection = selection_of(request, ticked)
        if request.method == "POST" and "confirm" in request.POST:
            return self.replay_confirmed(request, selection)
        records = plain(
            self.get_queryset(request).filter(pk__in=selection.ids)
            if ticked
            else self.get_changelist_instance(request).queryset
        )
        return self.replay_confirmation(request, records, ticked)

    def replay_confirmation(
        self, request: HttpRequest, records: Records, ticked: list[str]
    ) -> HttpResponse:
        """Say what would happen, and ask."""
        query = "" if ticked else request.GET.urlencode()
        context = self.page_context(
            request,
            None,
            "Replay records",
            plan=plan(records),
            ticked=ticked,
            fresh=request.POST.get("action") == "replay_ticked_fresh",
            at_once=AT_ONCE,
            now=timezone.now().isoformat(),
            action_url=f"{self.replay_url()}{'?' if query else ''}{query}",
            list_url=f"{self.back(request, None).url}{'?' if query else ''}{query}",
        )
        return TemplateResponse(request, TEMPLATE, context)

    def replay_confirmed(
        self, request: HttpRequest, selection: Selection
    ) -> HttpResponse:
        """Take or order; say what came of it; show the run."""
        runs = self.replay_selected(
            request, selection, fresh=request.POST.get("how") == "fresh"
        )
        if len(runs) == 1:
            return HttpResponseRedirect(_run_url(runs[0]))
        query = request.GET.urlencode()
        back = self.back(request, None).url
        return HttpResponseRedirect(f"{back}?{query}" if query else back)

    def replay_selected(
        self,
        request: HttpRequest,
        selection: Selection,
        *,
        fresh: bool,
        record: SyncRecord | None = None,
    ) -> list[SyncRun]:
        """A few stored records at once, anything else by order; the runs of either."""
        few = selection.records().values("pk")[: AT_ONCE + 1].count() <= AT_ONCE
        if few and not fresh:
            result = replay(selection.records(), request.user)
            self.note_replay(request, result, record=record)
            return result.runs
        order = filling.order(selection, request.user, fresh=fresh)
        said = f"{order.wanted} ordered, {order.refused} refused."
        self._note(
            request, ordered(order), order.runs, said, fresh=fresh, record=record
        )
        return order.runs or order.again

    def note_replay(
        self,
        request: HttpRequest,
        result: ReplayResult,
        *,
        record: SyncRecord | None = None,
    ) -> None:
        """Tell the person what was taken at once, and write it to the console's log."""
        said = f"{result.taken} taken, {result.refused} refused."
        self._note(request, answer(result), result.runs, said, record=record)

    def _note(
        self,
        request: HttpRequest,
        message: str,
        runs: list[SyncRun],
        said: str,
        *,
        fresh: bool = False,
        record: SyncRecord | None = None,
    ) -> None:
        level = messages.SUCCESS if runs else messages.WARNING
        self.message_user(request, message, level)
        numbers = ", ".join(f"#{run.pk}" for run in runs)
        LogEntry.objects.create(
            user_id=int(str(request.user.pk)),
            content_type=ContentType.objects.get_for_model(SyncRecord),
            object_id=str(record.pk) if record else None,
            object_repr=str(record or "Several records"),
            action_flag=CHANGE,
            change_message=f"Replayed{' from a fresh read' if fresh else ''}: {said} "
            f"{f'Runs: {numbers}. ' if numbers else ''}"
            f"{request.GET.urlencode()}".strip(),
        )

    @post_action(PERMISSION, label="Replay", icon="replay", shown=_settled)
    def replay_one(self, request: HttpRequest, record: SyncRecord) -> HttpResponse:
        """Send this record again as stored."""
        self.replay_selected(
            request, _just(request, record), fresh=False, record=record
        )
        return self.back(request, record)

    @post_action(PERMISSION, label="Replay fresh", icon="sync", shown=_settled)
    def replay_one_fresh(
        self, request: HttpRequest, record: SyncRecord
    ) -> HttpResponse:
        """Let a worker read this record from its source again, and send it."""
        just = _just(request, record)
        for run in self.replay_selected(request, just, fresh=True, record=record):
            return HttpResponseRedirect(_run_url(run))
        return self.back(request, record)

    def replay_url(self) -> str:
        """The address of the replay page."""
        return reverse("admin:connectors_syncrecord_replay")

    def check_may_replay(self, request: HttpRequest) -> None:
        """Raise PermissionDenied for who may not."""
        if not self.has_replay_permission(request):
            raise PermissionDenied

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whether this person may replay; the actions ask for it by this name."""
        return request.user.has_perm(PERMISSION) and self.has_view_permission(request)


def _just(request: HttpRequest, record: SyncRecord) -> Selection:
    return Selection(moment=_shown_at(request), ids=(record.pk,))


def _numbers(values: list[str]) -> list[int]:
    return [int(value) for value in values if value.isascii() and value.isdigit()]
