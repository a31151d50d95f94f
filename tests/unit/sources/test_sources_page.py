"""docs/sources.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pygen.ir import build_model
from pygen.sources import read_containers, read_data_model
from pygen.sources.graphql_directives import OF_FIELDS, OF_TYPES
from pygen.sources.graphql_dml import load_graphql
from pygen.sources.toolkit_files import VARIABLES, kind_of
from pygen.sources.variables import Variables


@pytest.fixture
def page(repository: Path) -> str:
    """The page."""
    return (repository / "docs" / "sources.md").read_text(encoding="utf-8")


def test_every_directive_is_told_with_its_arguments(page: str) -> None:
    """And none that there is not."""
    rows = re.findall(r"^\| `@(\w+)` \|[^|]*\|([^|]*)\|", page, flags=re.MULTILINE)
    told = {name: set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", arguments))) for name, arguments in rows}
    assert {name: set(arguments) for name, arguments in {**OF_TYPES, **OF_FIELDS}.items()} == told


def test_the_example_of_a_schema_is_a_model(page: str, tmp_path: Path) -> None:
    """Nothing in it is wrong, and the SDK lacks nothing."""
    path = tmp_path / "windfarm.graphql"
    path.write_text(page.partition("```graphql\n")[2].partition("```")[0], encoding="utf-8")
    raw, containers = load_graphql(path).resolve()
    model, problems = build_model(read_data_model(raw), containers=read_containers(containers))
    assert ("sp_windfarm:Windfarm(v1)", []) == (str(model.id), list(problems))
    assert 6 == len(model.classes)


def test_the_example_of_an_environment_has_values(page: str, tmp_path: Path) -> None:
    """For the folders that it names."""
    config = tmp_path / "config.dev.yaml"
    config.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    file = tmp_path / "modules" / "windfarm" / "my.view.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("space: {{ schema_space }}\nversion: {{ version }}\n", encoding="utf-8")
    assert VARIABLES == kind_of(config)
    assert {"space": "sp_windfarm", "version": "1"} == Variables.of(tmp_path, [config]).read(file)
