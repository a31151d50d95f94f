"""Who may import whom: the rooms of docs/architecture.md, read from the source text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

OPEN_TO_ALL = ("pygen.errors", "pygen._version", "pygen.diagram")
IDS = "pygen.client.models.ids"
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "pygen.client": (),
    "pygen.runtime": ("pygen.client",),
    "pygen.sources": ("pygen.client.models",),
    "pygen.ir": ("pygen.client.models",),
    "pygen.generation": ("pygen.ir", IDS),
    "pygen.project": ("pygen.client", "pygen.sources", "pygen.ir", "pygen.generation"),
    "pygen.sandbox": ("pygen.client.models", "pygen.sources"),
    "pygen.watch": ("pygen.project",),
    "pygen.cli": ("pygen.project", "pygen.watch", "pygen.sandbox", "pygen.sources"),
    "hatch_pygen": ("pygen.project",),
}
"""Room -> rooms it may import; itself and OPEN_TO_ALL always. `python -m pygen` belongs to the CLI."""


@dataclass(frozen=True)
class Import:
    """One imported module, and where the import stands."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def module_name(path: Path) -> str:
    """The dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str) -> bool:
    """Whether a dotted name is a module or package of this repository."""
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imported_modules(tree: ast.AST, importer: str, *, is_package: bool) -> Iterator[Import]:
    """Every import in *tree*, those inside functions and under TYPE_CHECKING included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(importer, alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = importer.split(".")[: None if is_package and node.level == 1 else -node.level + is_package]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                deeper = f"{base}.{alias.name}"
                yield Import(importer, deeper if is_module(deeper) else base, node.lineno)


def imports() -> list[Import]:
    """Every import of our own modules by our own modules."""
    found: list[Import] = []
    for package in ("pygen", "hatch_pygen"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "static" in path.parts or "templates" in path.parts:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            found += imported_modules(tree, module_name(path), is_package=path.name == "__init__.py")
    return [item for item in found if item.imported.split(".")[0] in {"pygen", "hatch_pygen"}]


def within(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a module is, or lies in, one of *packages*."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def room_of(name: str) -> str | None:
    """The room that a module lies in."""
    return next((room for room in MAY_IMPORT if within(name, (room,))), None)


def violations(found: list[Import]) -> list[str]:
    """The imports that the table does not allow."""
    wrong: list[str] = []
    for item in found:
        room = "pygen.cli" if item.importer == "pygen.__main__" else room_of(item.importer)
        allowed = (room, *MAY_IMPORT[room]) if room else ()
        if not within(item.imported, (*allowed, *OPEN_TO_ALL)):
            wrong.append(str(item))
    return wrong


def test_every_import_stays_within_the_table() -> None:
    """A room imports itself, `errors`, and the rooms on its line; nothing else, not even inside a function."""
    assert [] == violations(imports())


def test_every_package_is_a_room() -> None:
    """A new package in `pygen` has to find its place in the table first."""
    packages = {f"pygen.{path.parent.name}" for path in (ROOT / "pygen").glob("*/__init__.py")}
    assert set() == packages - set(MAY_IMPORT)


def test_no_language_imports_another() -> None:
    """What two target languages share lives in `pygen.generation`, not in one of them."""
    languages = {path.parent.name for path in (ROOT / "pygen" / "generation").glob("*/__init__.py")}
    wrong = [
        str(item)
        for item in imports()
        for mine in languages
        if within(item.importer, (f"pygen.generation.{mine}",))
        and within(item.imported, tuple(f"pygen.generation.{other}" for other in languages - {mine}))
    ]
    assert [] == wrong


def test_the_core_of_generation_knows_no_language() -> None:
    """Only a language's own package imports it; the registry finds it by name."""
    languages = tuple(
        f"pygen.generation.{path.parent.name}" for path in (ROOT / "pygen" / "generation").glob("*/__init__.py")
    )
    wrong = [
        str(item) for item in imports() if within(item.imported, languages) and not within(item.importer, languages)
    ]
    assert [] == wrong


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("pygen.runtime.query", "def f():\n    import pygen.cli"),
        ("pygen.runtime.query", "from pygen import generation"),
        ("pygen.runtime.query", "from ..generation.base import Plan"),
        ("pygen.ir.parser", "from pygen.client.core import PygenClient"),
        ("pygen.client.core", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pygen.ir import models"),
        ("hatch_pygen.plugin", "from pygen.cli import main"),
    ],
)
def test_a_forbidden_import_is_found(importer: str, text: str) -> None:
    """The test itself sees imports in functions, relative ones, and those for type checkers only."""
    found = [item for item in imported_modules(ast.parse(text), importer, is_package=False) if "pygen" in item.imported]
    assert 1 == len(violations(found))


@pytest.mark.parametrize(
    ("importer", "is_package", "text", "imported"),
    [
        ("pygen.ir", True, "from .models import IRModel", "pygen.ir.models"),
        ("pygen.ir", True, "from . import models", "pygen.ir.models"),
        ("pygen.ir.types", False, "from .models import IRModel", "pygen.ir.models"),
        ("pygen.generation.python", True, "from ..base import Plan", "pygen.generation.base"),
        ("pygen.generation.python.x", False, "from ..base import Plan", "pygen.generation.base"),
    ],
)
def test_relative_imports_are_resolved(importer: str, is_package: bool, text: str, imported: str) -> None:
    """A relative import means the same module here as it does in Python."""
    assert [imported] == [item.imported for item in imported_modules(ast.parse(text), importer, is_package=is_package)]
