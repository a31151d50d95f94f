"""A view's file depends on its slice of the model and on nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pygen.client.models.ids import ViewId
from pygen.generation.python.generator import PythonGenerator
from pygen.ir.models import IRClass, IRModel
from tests.golden.cases import CASES, OPTIONS, model_of
from tests.unit.generation.ir_builders import direct, generate, model, value, vid, view


def reworded(cls: IRClass) -> IRClass:
    """The same view with other texts."""
    members = tuple(replace(member, name="Other name", description="Other words.") for member in cls.members)
    return replace(cls, members=members, name="Other name", description="Other words.")


def lineage(views: dict[ViewId, IRClass], view_id: ViewId) -> set[ViewId]:
    """A view and its ancestors."""
    found = {view_id}
    for parent in views[view_id].parents:
        found |= lineage(views, parent)
    return found


@pytest.mark.parametrize("case", CASES)
def test_texts_of_others_leave_no_trace(case: str) -> None:
    """When the texts of all views but a view's own and its ancestors' change, its file does not."""
    before = model_of(case)
    views = {cls.id: cls for cls in before.classes}
    generator = PythonGenerator(OPTIONS)
    whole = generator.generate(before, {})
    paths = generator.plan(before, {}).paths
    for cls in before.classes:
        kept = lineage(views, cls.id)
        others = tuple(each if each.id in kept else reworded(each) for each in before.classes)
        after = generator.generate(IRModel(before.id, others, before.name, before.description), whole.ledger)
        for path in ("_client.py", "__init__.py", paths[cls.id]):
            assert whole.files[path] == after.files[path]


def test_texts_change_their_own_file_alone() -> None:
    """A description changes the file of its view, not those of views that lead there."""
    target = view("Target", value("x"))
    source = view("Source", direct("to", vid("Target")))
    before = generate(source, target)
    after = generate(source, reworded(target))

    assert {"target.py"} == {path for path, text in after.files.items() if text != before.files[path]}


@pytest.mark.parametrize("case", ["inheritance", "edges_with_properties", "derived_names"])
def test_one_file_at_a_time_is_all_at_once(case: str) -> None:
    """Rendering the views one by one gives the bytes of rendering them together."""
    generator = PythonGenerator(OPTIONS)
    whole = generator.generate(model_of(case), {})
    single: dict[str, str] = {}
    for cls in model_of(case).classes:
        single |= generator.generate(model_of(case), whole.ledger, only=[cls.id]).files

    assert dict(whole.files) == single


def test_a_new_property_adds_lines_and_moves_none() -> None:
    """What stood in a file stands in it in the same order after a property came."""
    before = generate(view("V", value("a"), value("c"))).files["v.py"].split("\n")
    after = iter(generate(view("V", value("a"), value("b"), value("c"))).files["v.py"].split("\n"))

    assert all(line in after for line in before)


def test_an_empty_model_is_a_package() -> None:
    """A model without views has clients without APIs."""
    files = PythonGenerator(OPTIONS).generate(model(), {}).files

    assert {"__init__.py", "_client.py", "py.typed"} == set(files)
    for path, text in files.items():
        compile(text, path, "exec")
