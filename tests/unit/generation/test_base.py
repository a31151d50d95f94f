"""Targets and how they are found."""

from __future__ import annotations

import pytest

from pygen.errors import ConfigError
from pygen.generation.base import BaseGenerator, available_targets, get_generator
from pygen.generation.python.generator import PythonGenerator
from pygen.generation.python.revision import OUTPUT_REVISION
from tests.unit.generation.ir_builders import OPTIONS, model, value, vid, view


def test_python_is_a_target() -> None:
    """The built-in target is found without an entry point."""
    assert get_generator("python") is PythonGenerator
    assert "python" in available_targets()


def test_an_unknown_target_is_an_error() -> None:
    """A target that nobody offers is refused with the ones that are offered."""
    with pytest.raises(ConfigError, match=r"known targets: .*python"):
        get_generator("cobol")


def test_the_revision_is_the_generators() -> None:
    """The lock's recipe and the generator speak of one revision."""
    assert OUTPUT_REVISION == PythonGenerator.output_revision


def test_only_some_views_are_rendered() -> None:
    """With `only`, files of other views are left out of the texts and named among the paths."""
    generator = PythonGenerator(OPTIONS)
    whole = generator.generate(model(view("A", value("x")), view("B")), {})
    part = generator.generate(model(view("A", value("x")), view("B")), {}, only=[vid("B")])

    assert {"__init__.py", "_client.py", "py.typed", "b.py"} == set(part.files)
    assert whole.paths == part.paths
    assert all(whole.files[path] == text for path, text in part.files.items())


def test_rendering_tells_how_far_it_is() -> None:
    """After each view: how many are rendered, of those that will be."""
    told: list[tuple[int, int]] = []
    generator = PythonGenerator(OPTIONS)
    generator.generate(
        model(view("A"), view("B"), view("C")),
        {},
        only=[vid("A"), vid("C")],
        rendered=lambda done, total: told.append((done, total)),
    )
    assert [(1, 2), (2, 2)] == told


def test_a_target_need_not_tell_its_names() -> None:
    """`pygen explain` finds nothing of it, and generating works all the same."""
    generator = PythonGenerator(OPTIONS)
    assert () == BaseGenerator.symbols(generator, model(view("A")), {})
    assert None is BaseGenerator.find_line(generator, "class A: ...", "A")
