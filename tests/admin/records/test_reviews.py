"""The queue: what is shown, who decides what, one by one and many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.admin.reviews import filters
from connectors.models import (
    Decision,
    FlowStatus,
    MatchRule,
    Outcome,
    Review,
    ReviewKind,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.models.review import OFFERED
from tests.admin import scene
from tests.admin.scene import person, signed_in
from tests.admin.world import page, said

pytestmark = pytest.mark.django_db
LIST = "/admin/connectors/review/"
MANY = f"{LIST}many/"
CANDIDATES = [
    {
        "id": "555",
        "label": "Example Foods Ltd",
        "values": {"name": "EXAMPLE FOODS LTD"},
    },
    {
        "id": "556",
        "label": "Example Food",
        "values": {"name": "Other"},
        "bound_to": "9",
    },
]


@pytest.fixture
def run() -> SyncRun:
    return scene.run(scene.flow())


def ask(
    run: SyncRun, kind: str = ReviewKind.CONFLICT, key: str = "4711", **values: Any
) -> Review:
    """A question about a record of its own, unless one is given."""
    record = values.pop("record", None) or scene.record(
        run, key, outcome=Outcome.CONFLICT, error_class="", error_message=""
    )
    if kind == ReviewKind.CONFLICT:
        both = {"field": "name", "source_value": "Said here", "target_value": "There"}
        values = both | values
    return Review.objects.create(record=record, kind=kind, **values)


def decide(client: Client, review: Review, decision: str, **data: Any) -> Any:
    url = reverse("admin:connectors_review_decide", args=[review.pk])
    return client.post(url, {"decision": decision, **data}, follow=True)


def shown(client: Client, query: str = "") -> set[str]:
    """The records that the list shows questions about."""
    response = client.get(LIST + query)
    assert response.status_code == 200
    return {review.record.source_id for review in response.context["cl"].result_list}


# --- seeing -------------------------------------------------------------------------


def test_both_values_stand_side_by_side_with_their_owner(
    boss: Client, run: SyncRun
) -> None:
    review = ask(run, reason="Both changed it on Monday.")
    for html in (boss.get(LIST).content.decode(), page(boss, review).content.decode()):
        assert html.index("Said here") < html.index("There")
        assert "Both changed it on Monday." in html
        assert "Take JDE’s value" in html
        assert "Keep HubSpot’s value" in html
    # An ERP keeps names by habit; JDE is the source here.
    (question,) = boss.get(LIST).context["cl"].result_list
    assert question.question.owner == "source"
    assert question.question.source_field == "ALPH"


def test_candidates_are_shown_with_their_values(boss: Client, run: SyncRun) -> None:
    review = ask(run, ReviewKind.MATCH, candidates=CANDIDATES)
    html = page(boss, review).content.decode()
    assert "EXAMPLE FOODS LTD" in html
    assert 'name="chosen" value="555"' in html
    # One that is another's already is shown, not offered.
    assert "Bound to 9 already." in html
    assert 'name="chosen" value="556"' not in html
    assert "Another id in HubSpot" in html
    assert "2 candidates" in boss.get(LIST).content.decode()


def test_what_a_record_was_looked_for_by_is_shown(boss: Client, run: SyncRun) -> None:
    """Match rules may read what no mapping row does."""
    review = ask(run, ReviewKind.MATCH, candidates=CANDIDATES)
    review.record.payload = {"ALPH": "Example", "postal_code": "8001", "TAX": ""}
    review.record.save()
    usual = {"flow": run.flow, "target_field": "name"}
    MatchRule.objects.create(**usual, source_field="TAX")
    MatchRule.objects.create(**usual, source_field="ALPH", source_field_2="postal_code")
    MatchRule.objects.create(**usual, source_field="AN8", enabled=False)
    asked = page(boss, review).context["question"]
    ours = [(value.label, value.value) for value in asked.ours]
    assert ours[:2] == [("Name", "Example"), ("Postal code", "8001")]


@pytest.mark.parametrize("kind", ReviewKind.values)
def test_every_kind_offers_what_it_may_be_decided_as(
    boss: Client, run: SyncRun, kind: str
) -> None:
    review = ask(run, kind)
    html = page(boss, review).content.decode()
    for decision in Decision:
        assert (f'name="decision" value="{decision}"' in html) == (
            decision in OFFERED[kind]
        )
    assert boss.get(LIST).status_code == 200


def test_what_is_open_is_shown_until_other_is_asked_for(
    boss: Client, run: SyncRun
) -> None:
    ask(run, key="1")
    done = ask(run, key="2", decided_at=timezone.now(), decision=Decision.TARGET)
    assert shown(boss) == {"1"}
    assert shown(boss, "?state=decided") == {"2"}
    assert shown(boss, "?state=all") == {"1", "2"}
    assert "Keep HubSpot’s value" in page(boss, done).content.decode()


def test_kind_flow_field_and_age_narrow_the_queue(boss: Client, run: SyncRun) -> None:
    other = scene.run(scene.flow("Second"))
    ask(run, key="a")
    ask(run, key="b", field="phone")
    ask(other, ReviewKind.MATCH, key="c")
    ask(run, key="d", opened_at=timezone.now() - timedelta(days=9))
    assert shown(boss, "?kind=match") == {"c"}
    assert shown(boss, f"?flow={run.flow_id}") == {"a", "b", "d"}
    assert shown(boss, "?flow=0x1") == set()
    assert shown(boss, "?field=phone") == {"b"}
    assert shown(boss, "?age=older") == {"d"}
    assert shown(boss, "?age=24h") == {"a", "b", "c"}
    assert shown(boss, "?age=today&kind=conflict&field=name") == {"a"}


def test_ids_of_both_sides_and_of_candidates_are_found(
    boss: Client, run: SyncRun
) -> None:
    first = ask(run, key="4711")
    ask(run, ReviewKind.MATCH, key="4712", candidates=CANDIDATES)
    bound = ask(run, key="4713")
    SyncRecord.objects.filter(pk=first.record_id).update(target_id="98001")
    scene.binding(run.flow, "4713", "98003", bound.record)
    assert shown(boss, "?q=4711") == {"4711"}
    assert shown(boss, "?q=98001") == {"4711"}
    assert shown(boss, "?q=98003") == {"4713"}
    assert shown(boss, "?q=555") == {"4712"}
    assert shown(boss, "?q=55") == set()


@pytest.mark.parametrize("state", ["", "?state=decided"])
def test_the_queue_costs_the_same_at_any_size(
    boss: Client, run: SyncRun, state: str
) -> None:
    now = timezone.now()
    done: dict[str, Any] = {"decided_at": now, "decision": "target"} if state else {}
    ask(run, key="first", **done)
    few = scene.queries(boss, LIST + state)
    for n in range(12):
        ask(scene.run(scene.flow(f"Flow {n}")), key=f"r{n}", field=f"f{n}", **done)
        ask(run, ReviewKind.MATCH, key=f"m{n}", candidates=CANDIDATES, **done)
    assert scene.queries(boss, LIST + state) == few


def test_the_front_page_and_the_sidebar_tell_how_many_wait(
    boss: Client, run: SyncRun
) -> None:
    assert "for your decision" not in boss.get("/admin/").content.decode()
    ask(run, key="1")
    ask(run, key="2")
    ask(run, ReviewKind.DELETE, key="3")
    html = boss.get("/admin/").content.decode()
    assert "2 fields wait for your decision" in html
    assert "1 record waits for your decision" in html
    assert f"{LIST}?kind=conflict" in html
    # They are told once, not again as records with problems.
    assert "need you." not in html
    entry = next(
        item
        for group in boss.get("/admin/").context["sidebar_navigation"]
        for item in group["items"]
        if item["title"] == "Reviews"
    )
    assert entry["badge"] == "3"


@pytest.mark.skipif(database.vendor != "sqlite", reason="reads SQLite's plan")
def test_what_is_open_is_found_among_all_that_was_ever_decided() -> None:
    everything = Review.objects.order_by("-pk")
    found = everything.filter(pk__in=filters.open_ones().values("pk"))
    for reviews in (found, filters.open_ones(), filters.with_id(found, "4711")):
        assert "review_open" in reviews.explain()
    assert "SCAN connectors_review" not in filters.with_id(everything, "4").explain()


@pytest.mark.parametrize("place", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_nobody_edits_a_question_by_hand(
    boss: Client, run: SyncRun, place: str
) -> None:
    review = ask(run)
    answer = boss.post(
        LIST + place.format(pk=review.pk), {"decision": "source", "post": "yes"}
    )
    assert answer.status_code in (403, 405)
    boss.post(LIST, {"action": "delete_selected", "_selected_action": [review.pk]})
    assert Review.objects.get().decision == ""


# --- deciding -----------------------------------------------------------------------


def test_a_decision_is_kept_noted_and_sent_on(run: SyncRun) -> None:
    review = ask(run)
    user = person("view_review", "decide_review", name="anna")
    client = signed_in(user)
    response = decide(client, review, Decision.SOURCE)
    review.refresh_from_db()
    assert (review.decision, review.decided_by) == (Decision.SOURCE, user)
    replay = SyncRun.objects.get(kind=RunKind.REPLAY)
    assert SyncRecord.objects.get().run == replay
    assert "1 question decided." in said(response)
    assert f"#{replay.pk}" in said(response)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (user, str(review.pk))
    assert "Take the source's value" in entry.change_message
    html = client.get(f"{LIST}?state=decided").content.decode()
    assert "Take JDE’s value" in html
    assert "anna" in html


def test_a_record_waits_for_its_other_questions(boss: Client, run: SyncRun) -> None:
    first = ask(run)
    second = ask(run, record=first.record, field="phone")
    response = decide(boss, first, Decision.TARGET)
    assert "when its other questions are decided" in said(response)
    assert SyncRecord.objects.get().outcome == Outcome.CONFLICT
    decide(boss, second, Decision.TARGET)
    assert SyncRecord.objects.get().outcome == Outcome.PENDING


def test_one_is_bound_by_its_candidate_or_by_another_id(
    boss: Client, run: SyncRun
) -> None:
    review = ask(run, ReviewKind.MATCH, candidates=CANDIDATES)
    response = decide(boss, review, Decision.BIND)
    assert "Choose the record that is meant." in said(response)
    assert not LogEntry.objects.exists()
    decide(boss, review, Decision.BIND, chosen=" 777 ")
    review.refresh_from_db()
    assert (review.decision, review.chosen) == (Decision.BIND, "777")


def test_who_comes_second_changes_nothing(boss: Client, run: SyncRun) -> None:
    review = ask(run)
    decide(boss, review, Decision.SOURCE)
    response = decide(boss, review, Decision.TARGET)
    assert "somebody was quicker" in said(response)
    review.refresh_from_db()
    assert review.decision == Decision.SOURCE
    assert LogEntry.objects.count() == 1
    assert SyncRun.objects.filter(kind=RunKind.REPLAY).count() == 1


def test_what_is_not_offered_is_not_done(boss: Client, run: SyncRun) -> None:
    review = ask(run)
    assert "Nothing was decided" in said(decide(boss, review, Decision.ARCHIVE))
    assert decide(boss, review, "nonsense").status_code == 400
    review.refresh_from_db()
    assert review.decided_at is None


def test_deciding_takes_its_own_permission_and_a_post(run: SyncRun) -> None:
    review = ask(run)
    url = reverse("admin:connectors_review_decide", args=[review.pk])
    looker = signed_in(person("view_review", "replay_syncrecord", "change_review"))
    html = looker.get(LIST).content.decode() + page(looker, review).content.decode()
    assert 'name="decision"' not in html
    assert "Decide all matching" not in html
    assert looker.post(url, {"decision": "source"}).status_code == 403
    assert looker.post(MANY, {"decision": "source"}).status_code == 403
    assert looker.get(MANY).status_code == 403
    ticked = {"action": "decide_ticked", "_selected_action": [review.pk]}
    looker.post(LIST, ticked)
    assert signed_in(person("decide_review")).post(url).status_code == 403
    allowed = signed_in(person("view_review", "decide_review"))
    assert allowed.get(url).status_code == 405
    review.refresh_from_db()
    assert review.decided_at is None


def test_a_decision_is_kept_when_the_flow_cannot_run(
    boss: Client, run: SyncRun
) -> None:
    review = ask(run)
    run.flow.status = FlowStatus.STOPPED
    run.flow.save()
    response = decide(boss, review, Decision.SOURCE)
    assert "Not sent on yet." in said(response)
    review.refresh_from_db()
    assert review.decision == Decision.SOURCE


def test_the_list_comes_back_with_its_filters(boss: Client, run: SyncRun) -> None:
    review = ask(run)
    url = reverse("admin:connectors_review_decide", args=[review.pk])
    answer = boss.post(f"{url}?kind=conflict&q=47", {"decision": "source"})
    assert answer.headers["Location"] == f"{LIST}?kind=conflict&q=47"


# --- many ---------------------------------------------------------------------------


def test_all_matching_are_asked_about_and_decided(boss: Client, run: SyncRun) -> None:
    for n in range(4):
        ask(run, key=str(n), field="phone" if n else "name")
    query = "?field=phone"
    asked = boss.get(MANY + query)
    html = asked.content.decode()
    assert "3 open questions" in html
    assert "Take JDE’s value" in html
    assert not Review.objects.exclude(decided_at=None).exists()
    assert not LogEntry.objects.exists()
    shown_at = asked.context["now"]
    late = ask(run, key="late", field="phone")
    answer = boss.post(
        MANY + query, {"decision": "source", "shown_at": shown_at}, follow=True
    )
    assert "3 questions decided." in said(answer)
    late.refresh_from_db()
    assert late.decided_at is None, "it was asked after the page was made"
    assert Review.objects.filter(decision="source").count() == 3
    assert LogEntry.objects.count() == 3
    replay = SyncRun.objects.get(kind=RunKind.REPLAY)
    assert replay.read == 3


def test_only_the_ticked_ones_are_decided(boss: Client, run: SyncRun) -> None:
    first, second, third = (ask(run, key=str(n)) for n in range(3))
    ticked = {"_selected_action": [first.pk, third.pk]}
    asked = boss.post(LIST, {"action": "decide_ticked", **ticked})
    assert "2 open questions" in asked.content.decode()
    boss.post(MANY, {"decision": "target", **ticked})
    second.refresh_from_db()
    assert second.decided_at is None
    assert Review.objects.filter(decision="target").count() == 2


def test_only_what_all_of_them_offer_is_offered(boss: Client, run: SyncRun) -> None:
    ask(run, ReviewKind.DELETE, key="1")
    ask(run, ReviewKind.MATCH, key="2", candidates=CANDIDATES)
    html = boss.get(MANY).content.decode()
    assert 'value="ignore"' in html
    assert 'value="archive"' not in html
    assert 'value="create"' not in html
    ask(run, key="3")
    html = boss.get(MANY).content.decode()
    assert 'name="decision"' not in html
    assert "There is no decision that all of them offer." in html


@pytest.mark.parametrize("decision", [Decision.BIND, Decision.WRITTEN])
def test_many_are_never_bound(boss: Client, run: SyncRun, decision: str) -> None:
    ask(run, ReviewKind.MATCH, candidates=CANDIDATES)
    assert f'value="{decision}"' not in boss.get(MANY).content.decode()
    answer = boss.post(MANY, {"decision": decision, "chosen": "555"})
    assert answer.status_code == 400
    assert not Review.objects.exclude(decided_at=None).exists()


def test_nothing_left_to_decide_says_so(boss: Client, run: SyncRun) -> None:
    assert "There is nothing to decide." in boss.get(MANY).content.decode()
    assert "Nothing waits for a decision." in boss.get(LIST).content.decode()


def test_operators_may_decide_and_viewers_may_look(run: SyncRun) -> None:
    held = {
        group.name: {p.codename for p in group.permissions.all()}
        for group in Group.objects.prefetch_related("permissions")
    }
    may = {name for name, codes in held.items() if "decide_review" in codes}
    assert may == {"operator", "administrator"}
    assert all("view_review" in codes for codes in held.values())
