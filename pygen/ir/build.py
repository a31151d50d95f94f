"""From wire models to a model that a generator can take, or to the whole list of what is in the way."""

from __future__ import annotations

from collections.abc import Sequence

from pygen.client.models.container import Container
from pygen.client.models.data_model import DataModel
from pygen.errors import ModelError, Problem, Severity
from pygen.ir.models import IRModel
from pygen.ir.parser import parse_model
from pygen.ir.problems import INHERITANCE_CYCLE, view_of
from pygen.ir.transformer import mirror, select
from pygen.ir.validator import model_problems, view_problems

__all__ = ["build_model"]


def build_model(
    wire: DataModel,
    *,
    containers: Sequence[Container] = (),
    include: Sequence[str] = ("*",),
    exclude: Sequence[str] = (),
    strict: bool = False,
) -> tuple[IRModel, tuple[Problem, ...]]:
    """
    Validate, parse, select and mirror a data model.

    Args:
        wire: The data model, with inline views.
        containers: Definitions of containers, where they are known.
        include: Patterns of views to keep; see `pygen.ir.transformer.select`.
        exclude: Patterns of views to leave out.
        strict: Whether warnings stop generation as errors do.

    Returns:
        The model, and the warnings and infos about what is in it. Problems of views that were not selected are left
        out.

    Raises:
        ModelError: There are errors (or warnings, when *strict*); carries all of both.
    """
    parsed, degraded = parse_model(wire, containers)
    selected, cut = select(parsed, include, exclude)
    gone = {str(cls.id) for cls in parsed.classes} - {str(cls.id) for cls in selected.classes}
    of_selected = [
        problem
        for problem in (*view_problems(wire), *degraded)
        if problem.code == INHERITANCE_CYCLE.code
        or view_of(problem) not in gone  # a circle may reach into the selection
    ]
    problems = tuple(sorted([*model_problems(wire), *of_selected, *cut]))
    stops = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(problem.severity in stops for problem in problems):
        raise ModelError([problem for problem in problems if problem.severity is not Severity.INFO])
    return mirror(selected), problems
