"""Options, templates and the state of the generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pygen.errors import ConfigError
from pygen.project import recipe
from pygen.project.config import SdkConfig, TargetConfig
from pygen.project.recipe import Comparison, Recipe, compare, current_recipe

TARGET = TargetConfig("python", "src/sdk", "sdk")
SDK = SdkConfig("default", "m.json", targets=(TARGET,))


def options(tmp_path: Path, sdk: dict[str, Any] | None = None, target: dict[str, Any] | None = None) -> str:
    """The digest of the options, after changes to the SDK or to its target."""
    return current_recipe(SDK._replace(**sdk or {}), TARGET._replace(**target or {}), tmp_path).options


@pytest.mark.parametrize(
    "changed",
    [
        {"target": {"package": "other"}},
        {"target": {"client_name": "X"}},
        {"target": {"instance_space": "x"}},
        {"target": {"format": True}},
        {"sdk": {"include": ("A*",)}},
        {"sdk": {"exclude": ("A*",)}},
        {"sdk": {"strict": True}},
    ],
)
def test_every_effective_option_counts(tmp_path: Path, changed: dict[str, Any]) -> None:
    """A changed option makes generated code stale."""
    assert options(tmp_path) != options(tmp_path, **changed)


@pytest.mark.parametrize("changed", [{"sdk": {"model": "x.json"}}, {"sdk": {"name": "x"}}, {"target": {"output": "x"}}])
def test_where_things_lie_does_not_count(tmp_path: Path, changed: dict[str, Any]) -> None:
    """Moving the model changes no generated line; the output has its own place in the lock."""
    assert options(tmp_path) == options(tmp_path, **changed)


class TestTemplates:
    """Templates of the user."""

    def test_their_texts_count(self, tmp_path: Path) -> None:
        """A changed or added template makes generated code stale; line endings and the folder's name do not."""
        folder = tmp_path / "t"
        folder.mkdir()
        (folder / "view.py.jinja").write_bytes(b"a\n")
        one = options(tmp_path, target={"templates": "t"})
        (folder / "view.py.jinja").write_bytes(b"a\r\n")
        assert one == options(tmp_path, target={"templates": "t"})
        folder.rename(tmp_path / "u")
        assert one == options(tmp_path, target={"templates": "u"})
        (tmp_path / "u" / "view.py.jinja").write_bytes(b"b\n")
        two = options(tmp_path, target={"templates": "u"})
        (tmp_path / "u" / "more.jinja").write_bytes(b"b\n")
        assert 4 == len({one, two, options(tmp_path, target={"templates": "u"}), options(tmp_path)})

    def test_a_missing_folder_is_said(self, tmp_path: Path) -> None:
        """A misspelt folder is not the same as no templates."""
        with pytest.raises(ConfigError, match="there is no folder t"):
            options(tmp_path, target={"templates": "t"})


@pytest.mark.parametrize(
    ("locked", "current", "expected"),
    [
        ("3.ab", Recipe(3, None, "ab"), Comparison.SAME),
        ("3.ab", Recipe(3, None, "cd"), Comparison.OPTIONS),
        ("2.ab", Recipe(3, None, "ab"), Comparison.GENERATOR),
        ("4.ab", Recipe(3, None, "ab"), Comparison.NEWER),
        ("4+99.ab", Recipe(3, "77", "ab"), Comparison.NEWER),
        # Made in a checkout, read by a release of the same revision: a golden test vouches for the revision.
        ("3+99.ab", Recipe(3, None, "ab"), Comparison.SAME),
        # In a checkout the sources stand in for the revision.
        ("3+99.ab", Recipe(3, "99", "ab"), Comparison.SAME),
        ("3+99.ab", Recipe(3, "77", "ab"), Comparison.GENERATOR),
        ("3.ab", Recipe(3, "77", "ab"), Comparison.GENERATOR),
        ("", Recipe(3, None, "ab"), Comparison.GENERATOR),
        ("nonsense", Recipe(3, None, "ab"), Comparison.GENERATOR),
    ],
)
def test_recipes_are_compared_by_revision(locked: str, current: Recipe, expected: Comparison) -> None:
    """An older revision is stale, a later one asks for an upgrade, and versions do not matter."""
    assert expected == compare(locked, current)


def test_a_checkout_is_told_from_an_installation(tmp_path: Path, repository: Path) -> None:
    """The repository of pygen has its pyproject.toml beside the package; an installed or vendored copy has not."""
    assert recipe._is_checkout(repository / "pygen")
    assert not recipe._is_checkout(tmp_path / "site-packages" / "pygen")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "windfarm"\n', encoding="utf-8")
    assert not recipe._is_checkout(tmp_path / "pygen")


def test_in_a_checkout_the_sources_count() -> None:
    """The digest of the generator's sources is there, and stays what it is while nobody edits."""
    recipe._source_digest.cache_clear()
    digest = recipe._source_digest("python")
    recipe._source_digest.cache_clear()
    assert digest == recipe._source_digest("python")
    assert digest is None or 16 == len(digest)


def test_the_revision_is_that_of_the_generator() -> None:
    """The cheap module says what the generator says."""
    from pygen.generation.base import get_generator

    recipe._revision.cache_clear()
    assert get_generator("python").output_revision == recipe._revision("python")
