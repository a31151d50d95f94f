"""What requirements say."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pygen.project.setup.requirements import (
    OLDEST_PYTHON,
    allows_older_python,
    find_requirement,
    read_requirement,
)


@pytest.mark.parametrize(
    ("text", "name", "extras", "rest"),
    [
        ("pygen-cdf", "pygen-cdf", set(), ""),
        ("Pygen_CDF[Build]", "pygen-cdf", {"build"}, ""),
        ("pygen.cdf [build, graphql] >=0.1; os_name=='nt'", "pygen-cdf", {"build", "graphql"}, ">=0.1; os_name=='nt'"),
        ("pygen-cdf @ file:///x", "pygen-cdf", set(), "@ file:///x"),
        ("pygen", "pygen", set(), ""),
    ],
)
def test_a_requirement_is_read(text: str, name: str, extras: set[str], rest: str) -> None:
    """Name and extras in one spelling; the rest as it was."""
    found = read_requirement(text)
    assert found is not None
    assert (name, extras, rest.strip()) == (found.name, found.extras, found.rest.strip())


def test_extras_are_added() -> None:
    """The rest of a requirement stays."""
    found = find_requirement(["hatchling", "pygen-cdf>=0.1"], "pygen-cdf")
    assert found is not None
    assert "pygen-cdf[build]>=0.1" == found.with_extras({"build"})


@pytest.mark.parametrize(("listed", "name"), [(None, "a"), ("a", "a"), ([1, "", "b"], "a"), (["ab"], "a")])
def test_what_is_no_list_of_requirements_has_none(listed: object, name: str) -> None:
    """Whatever somebody wrote there."""
    assert find_requirement(listed, name) is None


@pytest.mark.parametrize(
    ("specifier", "older"),
    [
        (">=3.11", False),
        (">=3.12,<4", False),
        ("^3.11", False),
        ("~=3.12.1", False),
        ("==3.13.*", False),
        (">=4", False),
        (">=3.8", True),
        ("^3.9", True),
        (">=3", True),
        ("<4", True),
        (None, True),
        ({"version": ">=3.12"}, True),
    ],
)
def test_older_pythons(specifier: object, older: bool) -> None:
    """The lower bound counts; without one every Python is admitted."""
    assert older == allows_older_python(specifier)


def test_the_oldest_python_is_that_of_the_distribution(repository: Path) -> None:
    """It is stated twice, since an installed pygen has no pyproject.toml to look into."""
    document = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    assert f">={OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]}" == document["project"]["requires-python"]
