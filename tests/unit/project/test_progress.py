"""Long work tells how far it is."""

from __future__ import annotations

from pygen.project.pipeline import generate
from pygen.project.progress import no_progress
from tests.unit.project.conftest import Project


def test_a_generation_tells_its_steps(project: Project) -> None:
    """Reading, each view, writing; what is fresh tells nothing."""
    told: list[tuple[str, int, int | None]] = []
    generate(project.config, progress=lambda *step: told.append(step))
    assert [
        ("reading the model", 0, None),
        ("rendering views", 1, 3),
        ("rendering views", 2, 3),
        ("rendering views", 3, 3),
        ("writing files", 0, None),
    ] == told
    told.clear()
    generate(project.config, progress=lambda *step: told.append(step))
    assert [] == told


def test_a_change_tells_what_it_renders(project: Project) -> None:
    """Only the views that differ count."""
    generate(project.config)
    project.change(lambda model: model["views"][2].update(description="Another one."))
    told: list[tuple[str, int, int | None]] = []
    generate(project.config, progress=lambda *step: told.append(step))
    assert ("rendering views", 1, 1) in told


def test_nobody_need_listen() -> None:
    """Progress to nobody is a call that does nothing."""
    no_progress("step", 1, None)
