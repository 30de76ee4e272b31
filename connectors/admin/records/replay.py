"""Replaying from the console: many records by filter or choice, one, or one edited.

Whatever is asked, only records that had settled before the page was shown are taken:
a second click, a second person or a reloaded page finds none of them left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.timezone import is_aware

from connectors.admin.base import ReadOnlyAdmin, post_action
from connectors.admin.records.filters import Records
from connectors.models import Flow, Outcome, SyncRecord
from connectors.models.record import PROBLEM
from connectors.sync.replay import REPLAYABLE, ReplayResult, replay
from connectors.sync.watch import tally

PERMISSION = "connectors.replay_syncrecord"
TEMPLATE = "admin/connectors/syncrecord/replay.html"


@dataclass(slots=True)
class Plan:
    """What a replay would take, counted."""

    outcomes: Counter[str] = field(default_factory=Counter)
    flows: Counter[str] = field(default_factory=Counter)
    errors: list[tally.ErrorGroup] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All records that can be replayed."""
        return sum(self.outcomes[outcome] for outcome in REPLAYABLE)

    @property
    def problems(self) -> int:
        """Those of them that need a person."""
        return sum(self.outcomes[outcome] for outcome in PROBLEM)

    @property
    def moving(self) -> int:
        """Records left out, because they are on their way already."""
        return sum(self.outcomes.values()) - self.total

    @property
    def by_flow(self) -> list[tuple[str, int]]:
        """Flows with their counts, largest first."""
        return self.flows.most_common()

    @property
    def outcome_labels(self) -> list[tuple[str, int]]:
        """Outcomes in words with their counts, largest first."""
        return [(str(Outcome(o).label), n) for o, n in self.outcomes.most_common()]


def plan(records: Records) -> Plan:
    """Count what these records are, in three queries."""
    found = Plan()
    names = dict(Flow.objects.values_list("pk", "name"))
    rows = plain(records).values_list("flow_id", "outcome").annotate(n=Count("pk"))
    for flow_id, outcome, count in rows:
        found.outcomes[outcome] += count
        if outcome in REPLAYABLE:
            found.flows[names.get(flow_id, "")] += count
    if found.problems:
        found.errors = tally.error_groups(records.filter(outcome__in=PROBLEM), limit=8)
    return found


def settled_before(records: Records, moment: datetime) -> Records:
    """Those that stood still at that moment and have not been taken up since."""
    still = Q(settled_at=None) | Q(settled_at__lte=moment)
    return records.filter(still, run__queued_at__lte=moment)


def plain(records: Records) -> Records:
    """The same records without the list's order and joins."""
    return records.order_by().select_related(None).defer(None)


def answer(result: ReplayResult) -> str:
    """What came of a replay, with links to its runs."""
    if not result.taken and not result.refused:
        return "Nothing was taken: these records have been replayed already."
    runs = format_html_join(
        ", ",
        '<a class="record-link" href="{}">run #{}</a>',
        (
            (reverse("admin:connectors_syncrun_change", args=[run.pk]), run.pk)
            for run in result.runs
        ),
    )
    taken = format_html(
        "{} taken{}{}.",
        _records(result.taken),
        " by " if result.runs else "",
        runs,
    )
    if not result.refused:
        return taken
    why = " ".join(result.reasons) or "They are on their way already."
    return format_html("{} {} refused: {}", taken, _records(result.refused), why)


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


class ReplayPages(ReadOnlyAdmin):
    """The replay pages of the record console."""

    def replay_many(self, request: HttpRequest) -> HttpResponse:
        """All records of the list's filter (in the address), or those ticked."""
        self.check_may_replay(request)
        ticked = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        records = plain(
            self.get_queryset(request).filter(pk__in=_numbers(ticked))
            if ticked
            else self.get_changelist_instance(request).queryset
        )
        if request.method == "POST" and "confirm" in request.POST:
            return self.replay_confirmed(request, records)
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
            fresh=request.POST.get("action") == "replay_fresh",
            now=timezone.now().isoformat(),
            action_url=f"{self.replay_url()}{'?' if query else ''}{query}",
            list_url=f"{self.back(request, None).url}{'?' if query else ''}{query}",
        )
        return TemplateResponse(request, TEMPLATE, context)

    def replay_confirmed(self, request: HttpRequest, records: Records) -> HttpResponse:
        """Replay; say what was taken; show the run."""
        if request.POST.get("which") == "problems":
            records = records.filter(outcome__in=PROBLEM)
        fresh = request.POST.get("how") == "fresh"
        result = replay(
            settled_before(records, _shown_at(request)), request.user, fresh=fresh
        )
        self.note_replay(request, result, fresh=fresh)
        if len(result.runs) == 1:
            args = [result.runs[0].pk]
            return HttpResponseRedirect(
                reverse("admin:connectors_syncrun_change", args=args)
            )
        query = request.GET.urlencode()
        back = self.back(request, None).url
        return HttpResponseRedirect(f"{back}?{query}" if query else back)

    def note_replay(
        self,
        request: HttpRequest,
        result: ReplayResult,
        *,
        fresh: bool,
        record: SyncRecord | None = None,
    ) -> None:
        """Tell the person, and write it to the console's log."""
        level = messages.SUCCESS if result.taken else messages.WARNING
        self.message_user(request, answer(result), level)
        runs = ", ".join(f"#{run.pk}" for run in result.runs)
        LogEntry.objects.create(
            user_id=int(str(request.user.pk)),
            content_type=ContentType.objects.get_for_model(SyncRecord),
            object_id=str(record.pk) if record else None,
            object_repr=str(record) if record else _records(result.taken),
            action_flag=CHANGE,
            change_message=f"Replayed{' from a fresh read' if fresh else ''}: "
            f"{result.taken} taken, {result.refused} refused. "
            f"{f'Runs: {runs}. ' if runs else ''}"
            f"{request.GET.urlencode()}".strip(),
        )

    @post_action(PERMISSION, label="Replay", icon="replay", shown=_settled)
    def replay_one(self, request: HttpRequest, record: SyncRecord) -> HttpResponse:
        """Send this record again as stored."""
        return self.replayed_one(request, record, fresh=False)

    @post_action(PERMISSION, label="Replay fresh", icon="sync", shown=_settled)
    def replay_one_fresh(
        self, request: HttpRequest, record: SyncRecord
    ) -> HttpResponse:
        """Read this record from its source again, and send it."""
        return self.replayed_one(request, record, fresh=True)

    def replayed_one(
        self, request: HttpRequest, record: SyncRecord, *, fresh: bool
    ) -> HttpResponse:
        """Replay one record and go back to its page, where it can be followed."""
        found = SyncRecord.objects.filter(pk=record.pk)
        result = replay(
            settled_before(found, _shown_at(request)), request.user, fresh=fresh
        )
        self.note_replay(request, result, fresh=fresh, record=record)
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


def _numbers(values: list[str]) -> list[int]:
    return [int(value) for value in values if value.isascii() and value.isdigit()]
