"""spec.toml: what is read, and what is refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.canonical.model import attribute
from connectors.sdk.errors import SpecError
from connectors.sdk.spec import SystemSpec, load_spec
from connectors.systems.registry import SYSTEMS, specs

GOOD = """
[system]
slug = "demo"
label = "Demo"
rate = { requests = 10, seconds = 1 }

[settings.base_url]
label = "Address"
type = "url"
required = true

[settings.password]
label = "Password"
secret = true

[settings.mode]
label = "Mode"
type = "choice"
default = "a"
choices = { a = "First", b = "Second" }

[objects.customer]
label = "Customers"
canonical = "customer"
key = "id"
match_field = "id"
capabilities = ["read", "write"]

[objects.customer.fields]
id = { label = "Id", canonical = "key", required = true, unique = true }
limit = { label = "Limit", type = "decimal", canonical = "credit_limit" }
state = { label = "State", type = "enum", options = { o = "Open", c = "Closed" } }
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        folder = tmp_path / "demo"
        folder.mkdir()
        path = folder / "spec.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_whole_spec_is_read(write: Write) -> None:
    spec = load_spec(write(GOOD))
    assert (spec.slug, spec.rate.requests if spec.rate else 0) == ("demo", 10)
    assert spec.secrets == {"password"}
    assert [choice.label for choice in spec.settings["mode"].choices] == [
        "First",
        "Second",
    ]
    customer = spec.object("customer")
    assert customer.can("write")
    assert not customer.can("find")
    assert customer.fields["limit"].canonical == "customer.credit_limit"
    assert [option.value for option in customer.fields["state"].options] == ["o", "c"]


def test_a_spec_is_parsed_once(write: Write) -> None:
    path = write(GOOD)
    assert load_spec(path) is load_spec(path)


def test_an_unknown_object_names_those_there_are(write: Write) -> None:
    with pytest.raises(SpecError, match="customer"):
        load_spec(write(GOOD)).object("vendor")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('slug = "demo"', 'slugg = "demo"', "slugg"),
        ('slug = "demo"', "", "slug"),
        ('type = "url"', 'type = "uri"', "settings.base_url.type"),
        ("secret = true", "secrt = true", "settings.password"),
        ('"read", "write"', '"read", "wrote"', "objects.customer.capabilities"),
        ('type = "decimal"', 'type = "float"', "objects.customer.fields.limit.type"),
        ('label = "Limit", ', "", "objects.customer.fields.limit"),
        ('key = "id"', "", "objects.customer"),
        ("[system]", "[system", "spec.toml"),
    ],
)
def test_a_mistake_is_refused_with_its_place(
    write: Write, old: str, new: str, named: str
) -> None:
    with pytest.raises(SpecError, match=named.replace(".", r"\.")):
        load_spec(write(GOOD.replace(old, new, 1)))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        load_spec(tmp_path / "spec.toml")


# ----------------------------------------------------------- the specs that are shipped


@pytest.fixture(params=sorted(SYSTEMS))
def shipped(request: pytest.FixtureRequest) -> SystemSpec:
    return specs()[request.param]


def test_every_canonical_name_exists(shipped: SystemSpec) -> None:
    unknown = [
        f"{target.name}.{field.name}: {field.canonical}"
        for target in shipped.objects.values()
        for field in target.fields.values()
        if field.canonical and attribute(field.canonical) is None
    ]
    assert unknown == []


def test_a_canonical_name_is_given_once_per_object(shipped: SystemSpec) -> None:
    for target in shipped.objects.values():
        names = [f.canonical for f in target.fields.values() if f.canonical]
        assert sorted(names) == sorted(set(names)), target.name


def test_what_an_object_refers_to_exists(shipped: SystemSpec) -> None:
    for target in shipped.objects.values():
        named = {f.references for f in target.fields.values() if f.references}
        assert named | set(target.read_after) <= set(shipped.objects)


def test_what_can_be_written_has_a_unique_match_field(shipped: SystemSpec) -> None:
    for target in shipped.objects.values():
        if target.can("write"):
            assert target.fields[target.match_field].unique, target.name


def test_key_and_name_fields_are_fields(shipped: SystemSpec) -> None:
    for target in shipped.objects.values():
        assert target.key in target.fields, target.name
        assert not target.name_field or target.name_field in target.fields


def test_a_choice_has_its_default_among_its_choices(shipped: SystemSpec) -> None:
    for setting in shipped.settings.values():
        if setting.type == "choice":
            assert setting.default in {choice.value for choice in setting.choices}
