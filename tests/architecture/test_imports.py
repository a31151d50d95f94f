"""What an import costs, and what a package exposes."""

from __future__ import annotations

import ast
import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

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
# httpx itself loads rich and click where they happen to be installed.
OPTIONAL = ("opentelemetry", "pandas", "polars", "pyarrow", "pyspark")


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
    """The public names that a module defines, and those that it takes from our other modules; from its text."""
    defined: set[str] = set()
    taken: set[str] = set()

    def visit(body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.Assign):
                defined.update(target.id for target in node.targets if isinstance(target, ast.Name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                defined.add(node.target.id)
            elif isinstance(node, ast.ImportFrom):
                ours = node.level > 0 or (node.module or "").split(".")[0] in {"pygen", "hatch_pygen"}
                taken.update(alias.asname or alias.name for alias in node.names if ours)
            elif isinstance(node, ast.If):
                visit(node.body)
                visit(node.orelse)

    visit(ast.parse(path.read_text(encoding="utf-8")).body)
    return {name for name in defined if not name.startswith("_")}, {name for name in taken if not name.startswith("_")}


def import_file(path: Path) -> ModuleType:
    """The module of a file."""
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


@pytest.mark.parametrize(
    "path",
    [path for path in module_files() if path.name == "__init__.py"],
    ids=lambda path: path.parent.relative_to(ROOT).as_posix(),
)
def test_a_package_exposes_what_all_lists(path: Path) -> None:
    """What a package defines or re-exports is what its `__all__` lists: its API changes on purpose."""
    module = import_file(path)
    listed = {name for name in getattr(module, "__all__", []) if not name.startswith("__")}
    defined, taken = public_names(path)
    lazy = listed if hasattr(module, "__getattr__") else set()
    assert set() == (defined | taken) - listed, "public, but not listed"
    assert set() == listed - defined - taken - lazy, "listed, but not of this package"
    assert [] == sorted(name for name in listed if not hasattr(module, name))


@pytest.mark.parametrize(
    "path",
    [path for path in module_files() if not path.name.startswith("_")],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_all_lists_what_a_module_defines(path: Path) -> None:
    """A module's `__all__` exists, names each thing once, and nothing that another module defines."""
    module = import_file(path)
    listed: list[str] = module.__all__
    assert len(set(listed)) == len(listed)
    assert set() == set(listed) - public_names(path)[0]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example's configuration and model, without an SDK."""
    folder = tmp_path / "example"
    shutil.copytree(ROOT / "example_project" / "model", folder / "model")
    shutil.copy(ROOT / "example_project" / "pyproject.toml", folder)
    return folder


PIPELINE = "from pygen.project.config import load_config; from pygen.project.pipeline import check, generate\n"


def test_generating_from_a_file_loads_no_http(example: Path) -> None:
    """Whoever only generates never loads httpx, nor what an SDK needs at run time, nor a parser of YAML."""
    modules = modules_after(f"{PIPELINE}generate(load_config())", cwd=example)
    assert [] == loaded(modules, ("httpx", "pygen.client.core", "pygen.client.http", "pygen.runtime", "yaml"))
    assert "jinja2" in modules


def test_a_fresh_project_is_checked_with_the_standard_library(example: Path) -> None:
    """Looking at a fresh project, as most builds do, loads neither pydantic nor a template engine."""
    modules_after(f"{PIPELINE}generate(load_config())", cwd=example)
    modules = modules_after(f"{PIPELINE}assert check(load_config()).fresh", cwd=example)
    foreign = {name.split(".")[0] for name in modules} - sys.stdlib_module_names - {"pygen", "__main__"}
    outside = modules_after("pass")
    assert set() == foreign - {name.split(".")[0] for name in outside}
