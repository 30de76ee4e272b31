"""What differs between two readings of an object's fields; asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.models import CatalogueField, DriftKind

Fields = Mapping[str, CatalogueField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One difference; see `CatalogueChange`."""

    kind: DriftKind
    field: str
    label: str
    before: str = ""
    after: str = ""
    hint: str = ""


def there(row: CatalogueField | None) -> bool:
    """Whether the system has the field: ours are in the catalogue before they are."""
    return row is not None and not row.missing and (row.custom or not row.managed)


def differences(old: Fields, new: Fields) -> Iterator[Found]:
    """By field, in the order of the names; the first reading of all has none."""
    if not old:
        return
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        if was and there(was) and not there(now):
            yield Found(
                kind=DriftKind.REMOVED, field=name, label=was.label, before=was.type,
                hint=_renamed(was, old, new),
            )  # fmt: skip
        elif now and there(now) and not there(was):
            yield Found(kind=DriftKind.ADDED, field=name, label=now.label)
        elif was and now and there(was):
            yield from _changed(was, now)


def _renamed(was: CatalogueField, old: Fields, new: Fields) -> str:
    """A field that is new and is called the same by people."""
    for name, row in new.items():
        same = row.label.casefold() == was.label.casefold()
        if same and there(row) and not there(old.get(name)):
            return f"perhaps renamed to “{name}”"
    return ""


def _changed(was: CatalogueField, now: CatalogueField) -> Iterator[Found]:
    name, label = now.name, now.label
    if was.label != label:
        yield Found(
            kind=DriftKind.RELABELLED, field=name, label=label,
            before=was.label, after=label,
        )  # fmt: skip
    if was.type != now.type:
        yield Found(
            kind=DriftKind.RETYPED, field=name, label=label,
            before=was.type, after=now.type,
        )  # fmt: skip
    elif was.options:
        yield from _options(was, now)
    if now.read_only and not was.read_only:
        yield Found(kind=DriftKind.READ_ONLY, field=name, label=label)
    if was.unique and not now.unique:
        yield Found(kind=DriftKind.NOT_UNIQUE, field=name, label=label)


def _options(was: CatalogueField, now: CatalogueField) -> Iterator[Found]:
    before = {one["value"]: one["label"] for one in was.options}
    after = {one["value"]: one["label"] for one in now.options}
    fresh = {label: value for value, label in after.items() if value not in before}
    name, label = now.name, now.label
    for value, said in before.items():
        if value not in after:
            hint = f"perhaps now “{fresh[said]}”" if said in fresh else ""
            yield Found(
                kind=DriftKind.OPTION_REMOVED, field=name, label=label,
                before=value, after=said, hint=hint,
            )  # fmt: skip
        elif after[value] != said:
            yield Found(
                kind=DriftKind.OPTION_RELABELLED, field=name, label=label,
                before=said, after=after[value],
            )  # fmt: skip
    for said, value in fresh.items():
        yield Found(
            kind=DriftKind.OPTION_ADDED, field=name, label=label,
            before=value, after=said,
        )  # fmt: skip
