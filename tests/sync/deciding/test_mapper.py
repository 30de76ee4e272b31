"""Mapping rows applied to source values: types, blanks, defaults, tables, formulas."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.errors import DependencyMissingError, MappingError
from connectors.sdk.records import FieldInfo, Option
from connectors.sync.deciding.references import Found, refs_of
from connectors.sync.mapping.mapper import CompiledMapping, Reference
from connectors.sync.mapping.transforms import TRANSFORMS

OPTIONS = (Option(value="lead", label="Lead"), Option(value="cust", label="Customer"))
SOURCE = {
    name: FieldInfo(name=name, label=name.title(), type=kind)  # type: ignore[arg-type]
    for name, kind in {
        "a": "string",
        "b": "string",
        "n": "integer",
        "d": "decimal",
        "flag": "boolean",
        "day": "date",
        "at": "datetime",
    }.items()
}
SOURCE["who"] = FieldInfo(
    name="who", label="Who", type="reference", references="people"
)
TARGET = {
    "text": FieldInfo(name="text", label="Text", max_length=10),
    "free": FieldInfo(name="free", label="Free"),
    "whole": FieldInfo(name="whole", label="Whole", type="integer"),
    "exact": FieldInfo(name="exact", label="Exact", type="decimal"),
    "yes": FieldInfo(name="yes", label="Yes", type="boolean"),
    "day": FieldInfo(name="day", label="Day", type="date"),
    "at": FieldInfo(name="at", label="At", type="datetime"),
    "stage": FieldInfo(name="stage", label="Stage", type="enum", options=OPTIONS),
    "open": FieldInfo(name="open", label="Open", type="enum"),
    "owner": FieldInfo(
        name="owner", label="Owner", type="reference", references="users"
    ),
}
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def mapping(*rows: dict[str, Any], version: int = 1) -> CompiledMapping:
    return CompiledMapping(rows, SOURCE, TARGET, version)


def one(target: str, fields: dict[str, Any], **row: Any) -> Any:
    """What a single row writes; KeyError when it writes nothing."""
    row = {"source_field": "a", "target_field": target, **row}
    return mapping(row).apply(fields).values[target]


# ---------------------------------------------------------------- None, "" and default


@pytest.mark.parametrize("target", [name for name in TARGET if name != "owner"])
def test_what_is_not_said_is_not_written(target: str) -> None:
    for fields in ({}, {"a": None}):
        with pytest.raises(KeyError):
            one(target, fields)


@pytest.mark.parametrize("target", [name for name in TARGET if name != "owner"])
def test_what_is_said_to_be_empty_is_written_empty(target: str) -> None:
    assert one(target, {"a": ""}) == ""


@pytest.mark.parametrize("empty", [None, ""])
def test_a_default_fills_what_is_empty(empty: Any) -> None:
    assert one("free", {"a": empty}, default="none") == "none"
    assert one("whole", {"a": empty}, default="7") == 7


@pytest.mark.parametrize("value", [0, False, Decimal(0)])
def test_nought_and_no_are_not_empty(value: Any) -> None:
    assert one("free", {"a": value}, default="none") != "none"


# ---------------------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("target", "value", "result"),
    [
        ("free", 42, "42"),
        ("free", Decimal("10.50"), "10.50"),
        ("free", Decimal("1E+3"), "1000"),
        ("free", True, "yes"),
        ("free", date(2026, 3, 1), "2026-03-01"),
        ("whole", "42", 42),
        ("whole", Decimal("42.00"), 42),
        ("exact", "10.50", Decimal("10.50")),
        ("exact", 3, Decimal(3)),
        ("exact", " 12.5 ", Decimal("12.5")),
        ("yes", "Y", True),
        ("yes", "0", False),
        ("yes", 1, True),
        ("yes", False, False),
        ("day", NOON, date(2026, 3, 1)),
        ("day", "2026-03-01T23:00:00", date(2026, 3, 1)),
        ("at", date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)),
        ("at", "2026-03-01T12:00:00", NOON),
        ("at", "2026-03-01T13:00:00+01:00", NOON),
        ("stage", "cust", "cust"),
        ("stage", "customer", "cust"),
        ("stage", " LEAD ", "lead"),
        ("open", "anything", "anything"),
    ],
)
def test_a_value_takes_the_type_of_its_target(
    target: str, value: Any, result: Any
) -> None:
    found = one(target, {"a": value})
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("target", "value", "says"),
    [
        ("whole", "4.2", "whole numbers"),
        ("whole", "four", "not a number"),
        ("whole", True, "not a number"),
        ("exact", "1,5", "not a number"),
        ("exact", "NaN", "not a number"),
        ("exact", "Infinity", "not a number"),
        ("exact", NOON, "not a number"),
        ("yes", "perhaps", "yes or no"),
        ("day", "yesterday", "takes a date"),
        ("at", "13:00", "takes a date and time"),
        ("stage", "Prospect", "not one of the options"),
        ("text", "x" * 11, "11 characters"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_row(
    target: str, value: Any, says: str
) -> None:
    with pytest.raises(MappingError) as caught:
        one(target, {"a": value})
    error = caught.value
    assert says in error.message
    assert error.message.startswith(f"Mapping a → {TARGET[target].label}: ")
    assert (error.field, bool(error.advice)) == (target, True)


def test_a_text_as_long_as_allowed_passes_and_a_cut_one_too() -> None:
    assert one("text", {"a": "x" * 10}) == "x" * 10
    cut = {"transform": "truncate", "argument": "10"}
    assert one("text", {"a": "x" * 11}, **cut) == "x" * 10


# ------------------------------------------------------------------------ value maps


def table(otherwise: str) -> dict[str, Any]:
    return {"name": "Terms", "entries": {"N30": "30 days"}, "otherwise": otherwise}


def test_a_listed_value_is_looked_up() -> None:
    assert one("free", {"a": "N30"}, value_map=table("fail")) == "30 days"
    assert one("free", {"a": " N30 "}, value_map=table("fail")) == "30 days"


def test_a_value_that_is_not_listed_follows_the_tables_policy() -> None:
    assert one("free", {"a": "N60"}, value_map=table("keep")) == "N60"
    assert one("free", {"a": "N60"}, value_map=table("blank")) == ""
    with pytest.raises(MappingError, match="“Terms” does not list “N60”"):
        one("free", {"a": "N60"}, value_map=table("fail"))


@pytest.mark.parametrize("otherwise", ["keep", "blank", "fail"])
def test_nothing_is_looked_up_for_nothing(otherwise: str) -> None:
    assert one("free", {"a": ""}, value_map=table(otherwise)) == ""
    with pytest.raises(KeyError):
        one("free", {"a": None}, value_map=table(otherwise))


def test_transform_then_table_then_default() -> None:
    row = {"transform": "upper", "value_map": table("blank"), "default": "unknown"}
    assert one("free", {"a": "n30"}, **row) == "30 days"
    assert one("free", {"a": "n90"}, **row) == "unknown"


# ------------------------------------------------------------------------ transforms


@pytest.mark.parametrize(
    ("name", "argument", "value", "result"),
    [
        ("trim", "", "  a   b ", "a b"),
        ("upper", "", "straße", "STRASSE"),
        ("lower", "", "ÅB", "åb"),
        ("title", "", "example foods", "Example Foods"),
        ("template", "{value} of {b}", "one", "one of two"),
        ("template", "jde:{value}", "", ""),
        ("template", "{{{value}}}", "x", "{x}"),
        ("first_of", "b", "", "two"),
        ("first_of", "nope, b", None, "two"),
        ("first_of", "nope", None, ""),
        ("part", ",|1", "Basel, CH", "Basel"),
        ("part", ",|-1", "Basel, CH", "CH"),
        ("part", ",|5", "Basel, CH", ""),
        ("part", "||2", "a|b", "b"),
        ("replace", "-=>", "1-2-3", "123"),
        ("digits", "", "+41 (0)61 555", "41061555"),
        ("domain", "", "https://www.Example.com/a?b", "example.com"),
        ("domain", "", "Ann@Example.COM", "example.com"),
        ("round", "2", Decimal("1.005"), "1.01"),
        ("round", "", Decimal("2.5"), "3"),
        ("round", "-2", Decimal("1250"), "1300"),
        ("multiply", "0.1", Decimal("0.3"), "0.03"),
        ("boolean", "", "x", "yes"),
        ("boolean", "H, J", "j", "yes"),
        ("boolean", "H, J", "y", "no"),
        ("date_text", "%d.%m.%Y", date(2026, 3, 1), "01.03.2026"),
        ("constant", "fixed", None, "fixed"),
    ],
)
def test_transforms(name: str, argument: str, value: Any, result: str) -> None:
    row = {"transform": name, "argument": argument}
    assert one("free", {"a": value, "b": "two"}, **row) == result


@pytest.mark.parametrize("name", sorted(set(TRANSFORMS) - {"constant", "first_of"}))
def test_no_transform_makes_something_of_nothing(name: str) -> None:
    arguments = {
        "template": "jde:{value}", "part": ",|1", "replace": "a=>b", "truncate": "3",
        "multiply": "2", "formula": "value",
    }  # fmt: skip
    row = {"transform": name, "argument": arguments.get(name, "")}
    for empty in (None, ""):
        values = mapping({"source_field": "a", "target_field": "free", **row})
        written = values.apply({"a": empty}).values.get("free")
        assert written in (None, "", "no"), (name, empty)
        if empty is None:
            assert written in (None, ""), "what is not said must not become a no"


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("nonsense", ""),
        ("template", "no field"),
        ("template", "{a!r}"),
        ("template", "{a:>10}"),
        ("template", "{a"),
        ("part", "1"),
        ("part", ",|0"),
        ("replace", "no arrow"),
        ("truncate", "-1"),
        ("truncate", "0"),
        ("round", "two"),
        ("multiply", "twice"),
        ("first_of", " , "),
        ("formula", "1 +"),
    ],
)
def test_a_row_that_can_never_work_is_refused_before_any_record(
    name: str, argument: str
) -> None:
    row = {"source_field": "a", "target_field": "free"}
    with pytest.raises(MappingError):
        mapping({**row, "transform": name, "argument": argument})


def test_a_template_cannot_reach_into_values() -> None:
    row = {"transform": "template", "argument": "{a.__class__}"}
    assert one("free", {"a": "x"}, **row) == ""


# -------------------------------------------------------------------------- formulas


def formula(text: str, **fields: Any) -> Any:
    row = {"source_field": "d", "transform": "formula", "argument": text}
    target = {"target_field": "exact"}
    return mapping({**row, **target}).apply(fields).values.get("exact")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("d * 0.1", Decimal("0.03")),
        ("value + n", Decimal("5.3")),
        ("d / 3 * 3 == d", None),
        ("n if a == 'x' else -n", Decimal(5)),
        ("max(d, n, 2)", Decimal(5)),
        ("abs(-n) % 3", Decimal(2)),
        ("number(' 12 ') + len(a)", Decimal(13)),
        ("7 // 2", Decimal(3)),
        ("round(d, 1)", Decimal("0.3")),
    ],
)
def test_formulas_are_exact(text: str, result: Decimal | None) -> None:
    fields = {"d": Decimal("0.3"), "n": 5, "a": "x"}
    if result is None:
        with pytest.raises(MappingError):
            formula(text, **fields)  # a truth is no number
        return
    assert formula(text, **fields) == result


@pytest.mark.parametrize(
    ("text", "fields", "says"),
    [
        ("d / n", {"d": Decimal(1), "n": 0}, "divides by zero"),
        ("d % n", {"d": Decimal(1), "n": 0}, "divides by zero"),
        ("d // n", {"d": Decimal(1), "n": 0}, "divides by zero"),
        ("d + a", {"d": Decimal(1), "a": "x"}, "fails"),
        ("number(a)", {"a": "twelve"}, "fails"),
        ("nope + 1", {}, "fails"),
        ("9 ** 9 ** 9 ** 9", {}, "fails"),
        ("'x' * 99999999999", {}, "fails"),
    ],
)
def test_what_a_formula_cannot_compute_fails_the_record(
    text: str, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(MappingError, match=says):
        formula(text, **fields)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "a.__class__",
        "a.upper()",
        "(lambda: 1)()",
        "[x for x in a]",
        "f'{a}'",
        "open('/etc/passwd')",
        "a[0]",
        "{'a': 1}",
        "(a := 1)",
        "eval('1')",
        "max(a, key=len)",
        "n" * 501,
    ],
)
def test_a_formula_reaches_nothing_but_its_record(text: str) -> None:
    row = {"source_field": "a", "target_field": "free", "transform": "formula"}
    with pytest.raises(MappingError):
        mapping({**row, "argument": text})


# ------------------------------------------------------- references, modes, the whole


def test_a_reference_names_both_objects_and_the_sources_key() -> None:
    row = {"source_field": "who", "target_field": "owner"}
    mapped = mapping(row).apply({"who": 6001})
    found = mapped.references[0]
    assert mapped.values == {}
    assert (found.field, found.source_object, found.target_object) == (
        "owner", "people", "users",
    )  # fmt: skip
    assert found.source_key == "6001"
    assert mapping(row).apply({"who": None}).references == []


def test_a_reference_from_a_plain_field_is_refused() -> None:
    with pytest.raises(MappingError, match="points to a record"):
        mapping({"source_field": "a", "target_field": "owner"}).apply({"a": "x"})


def test_the_fields_to_read_are_those_that_any_row_uses() -> None:
    rows = (
        {"source_field": "a", "target_field": "free"},
        {"source_field": "", "target_field": "text", "transform": "template",
         "argument": "{b}-{value}"},
        {"source_field": "d", "target_field": "exact", "transform": "formula",
         "argument": "value * n"},
    )  # fmt: skip
    assert mapping(*rows).source_fields == ["a", "b", "d", "n"]


def test_a_new_version_makes_every_record_a_change() -> None:
    row = {"source_field": "a", "target_field": "free"}
    marks = {mapping(row, version=n).source_fingerprint({"a": "x"}) for n in (1, 2)}
    assert len(marks) == 2


def test_a_target_field_that_is_gone_is_refused_with_what_to_do() -> None:
    with pytest.raises(MappingError, match="no field “gone”") as caught:
        mapping({"source_field": "a", "target_field": "gone"})
    assert "Remove the mapping row" in caught.value.advice


def test_an_explanation_shows_every_row_with_its_error_beside_it() -> None:
    rows = (
        {"source_field": "a", "target_field": "whole"},
        {"source_field": "b", "target_field": "free", "transform": "upper"},
        {"source_field": "n", "target_field": "text"},
    )
    whole, free, text = mapping(*rows).explain({"a": "x", "b": "two"})
    assert "not a number" in whole.error
    assert (free.result, free.transform, free.error) == ("TWO", "Upper case", "")
    assert text.skipped
    assert (text.source_label, text.target_label) == ("N", "Text")


# ------------------------------------------------------------- what lines refer to


def test_what_a_line_refers_to_is_put_into_the_line() -> None:
    source = {
        "lines.item": FieldInfo(
            name="lines.item", label="Item", type="reference", references="items"
        ),
        "lines.qty": FieldInfo(name="lines.qty", label="Quantity", type="decimal"),
    }
    target = {
        "lines.product": FieldInfo(
            name="lines.product",
            label="Product",
            type="reference",
            references="products",
        ),
        "lines.quantity": FieldInfo(
            name="lines.quantity", label="Quantity", type="decimal"
        ),
    }
    rows = [
        {"source_field": "lines.item", "target_field": "lines.product"},
        {"source_field": "lines.qty", "target_field": "lines.quantity"},
    ]
    lines = [{"item": "60", "qty": "2"}, {"item": "", "qty": "1"}]
    whole: dict[str, Any] = {"lines": lines}
    mapped = CompiledMapping(rows, source, target).apply(whole)

    def missing(reference: Reference) -> DependencyMissingError:
        return DependencyMissingError(reference.source_key)

    with pytest.raises(DependencyMissingError, match="60"):
        refs_of(mapped, {}, missing)
    known = {("items", "products", "60"): Found("7001", gone=False)}
    assert refs_of(mapped, known, missing) == {}
    assert mapped.lines == [
        {"quantity": Decimal(2), "product": "7001"},
        {"quantity": Decimal(1)},
    ]
