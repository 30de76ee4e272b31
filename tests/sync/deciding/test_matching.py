"""New records meet those that the target has already, and nothing is ever guessed."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import (
    Binding,
    Decision,
    Guard,
    GuardKind,
    MatchMethod,
    MatchRule,
    Outcome,
    Review,
    ReviewKind,
    RunKind,
    RunStatus,
    SyncRecord,
)
from connectors.sync import reviews
from connectors.sync.deciding.normal import normal, searched
from tests.sync.site import Site, assert_counts_add_up, outcomes

# The customer that the tests are about, as JD Edwards has it.
NAME = "Müller & Söhne GmbH"


@pytest.mark.parametrize(
    ("method", "one", "other"),
    [
        (MatchMethod.EMAIL, " Jo@Example.com", "jo@example.com"),
        (MatchMethod.DOMAIN, "https://www.example.com/shop", "jo@example.com"),
        (MatchMethod.TAX_NUMBER, "CHE-123.456.789 MWST", "che 123 456 789 mwst"),
        (MatchMethod.NAME_POSTCODE, "Müller & Söhne GmbH", "MULLER SOHNE"),
        (MatchMethod.NAME_POSTCODE, "Pump S.A.", "pump sa"),
        (MatchMethod.EXACT, "A-1", "a-1"),
    ],
)
def test_one_value_in_two_forms(method: MatchMethod, one: str, other: str) -> None:
    assert normal(method, one) == normal(method, other) != ""


def test_a_provider_of_mail_tells_no_company() -> None:
    assert normal(MatchMethod.DOMAIN, "someone@gmail.com") == ""
    assert searched(MatchMethod.DOMAIN, "www.example.com") == [
        "example.com",
        "www.example.com",
    ]


def rule(site: Site, method: MatchMethod, *fields: str, position: int = 0) -> None:
    names = ("source_field", "target_field", "source_field_2", "target_field_2")
    MatchRule.objects.create(
        flow=site.flow, method=method, position=position,
        **dict(zip(names, fields, strict=False)),
    )  # fmt: skip


def company(site: Site, **properties: Any) -> str:
    """A company that somebody has made in HubSpot by hand."""
    made = site.crm.edit(type="companies", action="create", set=properties)
    return str(made["id"])


def one_customer(site: Site) -> str:
    """The number of the customer that is called NAME in postal code 4051."""
    number = min(site.customers())
    site.edit(number, ALPH=NAME, TAX="CHE-123.456.789")
    address = site.erp.records("F0116", [number])[0]
    site.erp.edit(
        table="F0116",
        key={"AN8": int(number), "EFTB": address["EFTB"]},
        set={"ADDZ": "4051", "CTY1": "Basel"},
    )
    return number


def by_name(site: Site) -> None:
    rule(site, MatchMethod.NAME_POSTCODE, "ALPH", "name", "postal_code", "zip")
    site.remap(source_field="postal_code", target_field="zip")


def test_one_match_is_bound_and_updated(site: Site) -> None:
    number = one_customer(site)
    by_name(site)
    there = company(site, name="MULLER SOHNE", zip="4051")
    company(site, name="Somebody else", zip="4051")
    run = site.run()
    assert (run.created, run.updated) == (29, 1)
    assert Binding.objects.get(left_id=number).right_id == there
    found = site.companies()[f"jde:{number}"]
    assert (found["hs_object_id"], found["name"]) == (there, NAME)
    record = SyncRecord.objects.get(source_id=number)
    assert record.outcome == Outcome.UPDATED


def ambiguous(site: Site) -> tuple[str, list[str], Review]:
    number = one_customer(site)
    by_name(site)
    there = [company(site, name=NAME, zip="4051") for _ in range(2)]
    run = site.run()
    assert (run.created, run.conflict) == (29, 1)
    return number, there, Review.objects.get(record__source_id=number)


def test_several_matches_go_to_a_person_who_binds(site: Site) -> None:
    number, there, review = ambiguous(site)
    assert review.kind == ReviewKind.MATCH
    assert sorted(one["id"] for one in review.candidates) == sorted(there)
    assert all(one["label"] == NAME for one in review.candidates)
    with pytest.raises(reviews.DecisionError):
        reviews.decide(Review.objects.all(), Decision.BIND, None)
    decided = reviews.decide(Review.objects.all(), Decision.BIND, None, chosen=there[1])
    assert site.work(decided.runs[0]).status == RunStatus.SUCCEEDED
    assert site.companies()[f"jde:{number}"]["hs_object_id"] == there[1]
    assert len(site.crm.records("companies")) == 31
    again = reviews.decide(Review.objects.all(), Decision.CREATE, None)
    assert (again.count, again.passed) == (0, 1)
    assert_counts_add_up()


@pytest.mark.parametrize("said", [Decision.CREATE, Decision.IGNORE])
def test_or_creates_or_leaves_it(site: Site, said: Decision) -> None:
    number, _, _ = ambiguous(site)
    decided = reviews.decide(Review.objects.all(), said, None)
    site.work(decided.runs[0])
    assert (f"jde:{number}" in site.companies()) is (said == Decision.CREATE)


def test_what_is_bound_to_another_is_asked_about(site: Site) -> None:
    rule(site, MatchMethod.TAX_NUMBER, "TAX", "city")
    site.remap(source_field="TAX", target_field="city")
    one, other = sorted(site.customers())[:2]
    site.edit(one, TAX="CHE-1")
    site.run()
    site.edit(other, TAX="CHE-1")
    Binding.objects.filter(left_id=other).delete()
    site.crm.edit(
        type="companies", action="delete", key=f"jde:{other}", key_property="erp_key"
    )
    site.run()
    review = Review.objects.get(record__source_id=other)
    assert review.candidates[0]["bound_to"] == one
    assert f"bound to {one}" in review.reason


def test_adopt_only_binds_what_matches_and_creates_nothing(site: Site) -> None:
    number = one_customer(site)
    by_name(site)
    company(site, name=NAME, zip="4051")
    run = site.run(RunKind.ADOPT)
    assert (run.updated, run.skipped, run.created) == (1, 29, 0)
    assert set(Binding.objects.values_list("left_id", flat=True)) == {number}
    assert len(site.crm.records("companies")) == 1
    missing = SyncRecord.objects.filter(outcome=Outcome.SKIPPED)
    assert all("Nothing matches" in one.error_message for one in missing)
    assert site.run(RunKind.BACKFILL).created == 29


def test_a_flow_that_creates_nothing(site: Site) -> None:
    site.flow.creates = False
    site.flow.save()
    company(site, name="By hand", erp_key=f"jde:{min(site.customers())}")
    run = site.run()
    assert (run.updated, run.skipped) == (1, 29)


# ---------------------------------------------------------------------------- guards


def guard(site: Site, kind: GuardKind, field: str, argument: str = "") -> None:
    Guard.objects.create(
        flow=site.flow, name="Guard", kind=kind, field=field, argument=argument
    )


def stopped() -> dict[str, str]:
    failed = SyncRecord.objects.filter(outcome=Outcome.FAILED, error_class="guard")
    return dict(failed.values_list("source_id", "error_message"))


def test_only_listed_customers_are_sent(site: Site) -> None:
    listed = sorted(site.customers())[:2]
    guard(site, GuardKind.OPTED_IN, "AN8", ", ".join(listed))
    assert site.run().created == 2
    assert set(site.companies()) == {f"jde:{number}" for number in listed}
    assert "is not switched on" in next(iter(stopped().values()))


def test_a_listed_key_may_stand_for_many_and_for_none(site: Site) -> None:
    kept, blank = sorted(site.customers())[:2]
    site.edit(kept, ALPH="Kept (1) Ltd")
    site.edit(blank, ALPH=" ")
    guard(site, GuardKind.ONLY, "ALPH", 'Kept (*, ""')
    run = site.run()
    assert run.skipped == 28
    assert set(site.companies()) == {f"jde:{kept}"}
    failed = SyncRecord.objects.get(outcome=Outcome.FAILED)
    assert failed.source_id == blank, "the guard let it pass, HubSpot did not"


def test_what_is_left_alone_need_not_be_mappable(site: Site) -> None:
    kept = min(site.customers())
    site.edit(kept, ALPH="Kept Ltd")
    site.remap(source_field="ALPH", target_field="erp_credit_limit")
    guard(site, GuardKind.ONLY, "ALPH", "Kept*")
    run = site.run()
    assert (run.created, run.skipped, run.failed) == (0, 29, 1)


def test_required_fields_and_limits_stop_a_record(site: Site) -> None:
    one, other = sorted(site.customers())[:2]
    site.edit(one, ALPH=" ")
    guard(site, GuardKind.REQUIRED, "ALPH")
    site.run()
    assert stopped() == {
        one: "Guard: ALPH must be filled. Correct the record, or the guard, then "
        "replay."
    }
    guard(site, GuardKind.CREDIT, "ACL", "AN8")
    limit = site.erp.records("F03012", [other])[0]
    site.erp.edit(
        table="F03012", key={"AN8": int(other), "CO": limit["CO"]},
        set={"ACL": 9_000_000},
    )  # fmt: skip
    site.run()
    assert "is more than the limit" in stopped()[other]


def test_the_same_value_is_not_sent_twice(site: Site) -> None:
    one, other = sorted(site.customers())[:2]
    site.run()
    guard(site, GuardKind.DUPLICATE, "ALPH", "30")
    name = SyncRecord.objects.get(source_id=one).payload["ALPH"]
    site.edit(other, ALPH=name)
    site.run()
    assert f"{one} was sent with the same ALPH" in stopped()[other]
    assert outcomes()["created"] == 30
