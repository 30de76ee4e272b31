"""Who may import whom, and how large things may grow: ARCHITECTURE.md, "Layout"."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from connectors.sandbox.registry import STAND_INS
from connectors.systems.registry import SYSTEMS

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "connectors"
MODULES = sorted(
    path
    for path in APP.rglob("*.py")
    if "migrations" not in path.relative_to(APP).parts
)
# What a layer may import of ours, besides itself. Everything else is refused.
MAY_IMPORT = {
    "canonical": set(),
    "sdk": {"canonical"},
    "systems": {"canonical", "sdk"},
    "sandbox": set(),
    "models": {"canonical", "sdk", "systems.registry"},
    "sync": {"canonical", "sdk", "models", "systems.registry"},
    "admin": {"canonical", "sdk", "models", "sync", "systems.registry", "console"},
    "api": {"canonical", "sdk", "models", "sync", "systems.registry"},
    "views": {"canonical", "sdk", "models", "sync"},
    "tasks": {"sync"},
    "permissions": set(),
    "checks": {"sdk", "models", "sync", "systems.registry"},
    "console": set(),
    "logs": {"sdk"},
    "urls": {"views"},
    "apps": {"checks", "permissions", "sync"},
    "management": {
        "canonical", "sdk", "models", "sync", "systems.registry", "sandbox", "checks",
        "admin",
    },
}  # fmt: skip
# The limits of the style guide. A folder may hold a dozen modules besides __init__: the
# ten of the guide, and two more before it is worth a new folder.
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
MOST_MODULES = 12
SLUGS = set(SYSTEMS) | set(STAND_INS)


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in a file."""
    return [*ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def layer_of(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The dotted modules that a file imports, wherever in it."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> Iterator[str]:
    """What it imports of the app, without the app's name."""
    for name in imports(path):
        if name.startswith("connectors."):
            yield name.removeprefix("connectors.")


def allowed(path: Path, imported: str) -> bool:
    layer = layer_of(path)
    if imported == layer or imported.startswith(f"{layer}."):
        return True
    # `from connectors.systems import registry` names the package first.
    if imported == "systems":
        return "systems.registry" in MAY_IMPORT[layer]
    return any(
        imported == may or imported.startswith(f"{may}.") for may in MAY_IMPORT[layer]
    )


def test_modules_import_only_the_layers_below_them() -> None:
    assert list(ours(APP / "__init__.py")) == []
    wrong = {
        name_of(path): sorted({name for name in ours(path) if not allowed(path, name)})
        for path in MODULES
        if path != APP / "__init__.py"
    }
    assert {name: found for name, found in wrong.items() if found} == {}


def test_every_layer_says_what_it_may_import() -> None:
    layers = {layer_of(path) for path in MODULES if path != APP / "__init__.py"}
    assert layers <= set(MAY_IMPORT), "a new layer: say what it may import"


@pytest.mark.parametrize("slug", sorted(SYSTEMS))
def test_systems_never_import_each_other(slug: str) -> None:
    for path in (APP / "systems" / slug).rglob("*.py"):
        for name in ours(path):
            if name.startswith("systems."):
                assert name.split(".")[1] == slug, name_of(path)


@pytest.mark.parametrize("slug", sorted(STAND_INS))
def test_stand_ins_never_import_each_other(slug: str) -> None:
    for path in (APP / "sandbox" / slug).rglob("*.py"):
        for name in ours(path):
            if name.startswith("sandbox."):
                assert name.split(".")[1] in {slug, "core"}, name_of(path)


@pytest.mark.parametrize("layer", ["canonical", "sdk", "systems", "sandbox"])
def test_what_speaks_to_systems_knows_no_django(layer: str) -> None:
    foreign = {"django", "django_q", "simple_history", "unfold", "fernet_fields"}
    for path in (APP / layer).rglob("*.py"):
        used = {name.split(".")[0] for name in imports(path)}
        assert used.isdisjoint(foreign), name_of(path)


def shared() -> list[Path]:
    """Code for all systems alike."""
    layers = ("sdk", "models", "sync", "admin", "api", "canonical")
    single = [p for p in MODULES if p.parent == APP]
    registries = {APP / "systems" / "registry.py", APP / "sandbox" / "registry.py"}
    return [p for p in MODULES if layer_of(p) in layers] + [
        p for p in single if p not in registries
    ]


def slugs_compared(node: ast.AST) -> set[str]:
    """The slugs named as constants in a comparison, a match or a `startswith`."""
    found: set[str] = set()
    if isinstance(node, (ast.Compare, ast.MatchValue)):
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                found.add(part.value.lower())
    return found & SLUGS


def test_shared_code_never_asks_which_system_it_is() -> None:
    found = [
        f"{name_of(path)}:{getattr(node, 'lineno', '?')}"
        for path in shared()
        for node in nodes(path)
        if slugs_compared(node)
    ]
    assert found == []


def test_a_system_is_one_folder_with_a_spec_and_one_stand_in() -> None:
    folders = {p.name for p in (APP / "systems").iterdir() if p.is_dir()}
    assert {name for name in folders if not name.startswith("__")} == set(SYSTEMS)
    for slug in SYSTEMS:
        assert (APP / "systems" / slug / "spec.toml").is_file()
        assert slug in STAND_INS


# --------------------------------------------------------------------------- sizes


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """The names of a file's functions and their lengths."""
    for node in nodes(path):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_modules_stay_short() -> None:
    lines = {name_of(p): p.read_text(encoding="utf-8").count("\n") for p in MODULES}
    assert {name: n for name, n in lines.items() if n > LONGEST_MODULE} == {}


def test_functions_stay_short() -> None:
    long = [
        f"{name_of(path)}: {name}"
        for path in MODULES
        for name, length in functions(path)
        if length > LONGEST_FUNCTION
    ]
    assert long == []


def test_folders_stay_small() -> None:
    for folder in {path.parent for path in MODULES}:
        modules = [p.name for p in folder.glob("*.py") if p.name != "__init__.py"]
        # Django finds commands by their file, one each, in one folder.
        most = 20 if folder.name == "commands" else MOST_MODULES
        assert len(modules) <= most, (name_of(folder), sorted(modules))


def test_median_of_functions_is_a_screenful_at_most() -> None:
    lengths = sorted(length for path in MODULES for _, length in functions(path))
    assert lengths[len(lengths) // 2] <= 12
