"""What an import costs, and what a package exposes."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD_TIME = (
    "hatch_pygen",
    "hatchling",
    "jinja2",
    "pygen.cli",
    "pygen.generation",
    "pygen.ir",
    "pygen.project",
    "pygen.sandbox",
    "pygen.sources",
    "pygen.watch",
    "watchfiles",
    "yaml",
)
OPTIONAL = ("pandas", "polars", "pyarrow", "pyspark", "rich", "opentelemetry")


def modules_after(statement: str, *, cwd: Path = ROOT) -> set[str]:
    """The modules that a fresh interpreter holds after *statement*."""
    script = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
{statement}
import json
print(json.dumps(sorted(sys.modules)))
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert 0 == done.returncode, done.stderr
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return set(modules)


def loaded(modules: set[str], packages: tuple[str, ...]) -> list[str]:
    """Those of *packages* that are among *modules*."""
    return sorted(package for package in packages if package in modules)


def test_the_runtime_ships_without_the_build() -> None:
    """`import pygen.runtime` loads nothing that only generation, the CLI or a data frame needs."""
    assert [] == loaded(modules_after("import pygen.runtime"), (*BUILD_TIME, *OPTIONAL))


def test_importing_pygen_loads_nothing() -> None:
    """`import pygen` costs an empty module."""
    mine = {name for name in modules_after("import pygen") if name.split(".")[0] in {"pygen", "httpx", "pydantic"}}
    assert mine <= {"pygen", "pygen._version"}


@pytest.mark.parametrize("module", ["pygen.client", "pygen.client.models", "pygen.client.models.ids", "pygen.errors"])
def test_identifiers_are_free(module: str) -> None:
    """The freshness path may import identifiers and errors: they load neither pydantic nor httpx."""
    assert [] == loaded(modules_after(f"import {module}"), ("pydantic", "httpx", "yaml", "jinja2"))


def test_the_hook_loads_nothing_before_it_is_called() -> None:
    """Loading the hatch plug-in costs neither pydantic, nor httpx, nor Jinja: most builds find a fresh SDK."""
    heavy = ("pydantic", "httpx", "jinja2", "yaml", "pygen.generation", "pygen.cli")
    assert [] == loaded(modules_after("import hatch_pygen.hooks, hatch_pygen.plugin"), heavy)


def module_files() -> list[Path]:
    """Every module of ours, in order."""
    files = [path for package in ("pygen", "hatch_pygen") for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in files if not {"static", "templates"} & set(path.parts))


def public_names(path: Path) -> tuple[set[str], set[str]]:
    """
    The public names of a module, from its text: those that `__all__` must list, and those that it may list.

    Functions and classes must be listed, and what a package re-exports; constants and aliases may.
    """
    must: set[str] = set()
    may: set[str] = set()
    is_package = path.name == "__init__.py"

    def visit(body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                must.add(node.name)
            elif isinstance(node, ast.Assign):
                may.update(target.id for target in node.targets if isinstance(target, ast.Name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                may.add(node.target.id)
            elif isinstance(node, ast.ImportFrom) and is_package:
                ours = node.level > 0 or (node.module or "").split(".")[0] in {"pygen", "hatch_pygen"}
                must.update(alias.asname or alias.name for alias in node.names if ours)
            elif isinstance(node, ast.If):
                visit(node.body)
                visit(node.orelse)

    visit(ast.parse(path.read_text(encoding="utf-8")).body)
    must = {name for name in must if not name.startswith("_")}
    return must, must | {name for name in may if not name.startswith("_")}


@pytest.mark.parametrize(
    "path",
    [path for path in module_files() if not path.name.startswith("_") or path.name == "__init__.py"],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_all_is_what_the_module_exposes(path: Path) -> None:
    """`__all__` lists the public functions and classes, and all of it can be imported: the API changes on purpose."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    module = importlib.import_module(name)
    listed = [item for item in getattr(module, "__all__", []) if not item.startswith("__")]
    must, may = public_names(path)
    lazy = {item for item in listed if hasattr(module, "__getattr__")}
    assert len(set(listed)) == len(listed), "listed twice"
    assert set() == must - set(listed), "public, but not listed"
    assert set() == set(listed) - may - lazy, "listed, but not of this module"
    assert [] == [item for item in listed if not hasattr(module, item)]
