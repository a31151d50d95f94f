"""Which class inherits from which."""

from __future__ import annotations

from pygen.client.models.ids import ViewId
from pygen.generation.base import Ledger
from pygen.generation.python.planning import SdkPlan
from pygen.ir.models import IRClass
from pygen.ir.types import IntegerType
from tests.unit.generation.ir_builders import direct, edge, enum, plan, reverse, value, vid, view

PARENT, CHILD = vid("Parent"), vid("Child")


def bases(planned: SdkPlan, name: ViewId = CHILD) -> tuple[list[str], list[str]]:
    """Bases of the class that is read, and of the one that is written."""
    found = planned.slices[name]
    return [str(base.class_names.read) for base in found.bases], [
        str(base.class_names.write) for base in found.write_bases
    ]


def family(
    parent: IRClass, child: IRClass, *others: IRClass, ledger: Ledger | None = None
) -> tuple[list[str], list[str]]:
    """The bases of `Child`, which mirrors `Parent`."""
    return bases(plan(parent, child, *others, ledger=ledger))


INHERITS = (["Parent"], ["ParentWrite"])
ALONE: tuple[list[str], list[str]] = ([], [])


def test_a_mirrored_parent_is_inherited() -> None:
    """Equal properties of equal names: both classes inherit."""
    assert INHERITS == family(view(PARENT, value("x")), view(CHILD, value("x"), value("y"), parents=[PARENT]))


def test_names_that_differ_part_classes() -> None:
    """Where the ledger gives an inherited property another name, the class stands alone."""
    ledger = {str(CHILD): {"x": "ex"}}

    assert ALONE == family(view(PARENT, value("x")), view(CHILD, value("x"), parents=[PARENT]), ledger=ledger)


def test_a_name_that_is_taken_parts_classes() -> None:
    """Where an own property of old has the name of a property that the parent got later, the class stands alone."""
    ledger = plan(view(PARENT), view(CHILD, value("flowRate"), parents=[PARENT])).ledger
    parent = view(PARENT, value("flow_rate"))
    child = view(CHILD, value("flowRate"), value("flow_rate"), parents=[PARENT])

    assert ALONE == family(parent, child, ledger=ledger)


def test_a_default_parts_classes() -> None:
    """A value that the child may lack and the parent may not is of another type."""
    assert ALONE == family(
        view(PARENT, value("x", nullable=False)), view(CHILD, value("x", nullable=False, default="d"), parents=[PARENT])
    )


def test_what_must_be_written_parts_classes() -> None:
    """A field that is required in one write class only cannot be inherited, nor can the class with `as_write`."""
    number = IntegerType(32)

    assert ALONE == family(
        view(PARENT, value("x", number, nullable=False, auto_increment=True)),
        view(CHILD, value("x", number, nullable=False), parents=[PARENT]),
    )


def test_another_unknown_value_parts_classes() -> None:
    """Which values can be written is part of the type."""
    assert ALONE == family(
        view(PARENT, value("x", enum("a", "b", unknown="b"))), view(CHILD, value("x", enum("a", "b")), parents=[PARENT])
    )


def test_a_narrower_target_is_inherited() -> None:
    """A relation may lead to a child of what the parent's leads to."""
    part, small = view("Part"), view("SmallPart", parents=[vid("Part")])
    for relation in (direct, edge):
        parent = view(PARENT, relation("part", vid("Part")))
        child = view(CHILD, relation("part", vid("SmallPart")), parents=[PARENT])

        assert INHERITS == family(parent, child, part, small)


def test_a_target_of_another_kind_parts_classes() -> None:
    """A relation to what is no child of the parent's target is of another type."""
    parent = view(PARENT, reverse("parts", vid("Part"), "p"))
    child = view(CHILD, reverse("parts", vid("Other"), "p"), parents=[PARENT])

    assert ALONE == family(parent, child, view("Part"), view("Other"))


def test_targets_that_part_pull_others_apart() -> None:
    """Whether a relation agrees depends on whether its targets inherit in the end, not on what they mirror."""
    part = view("Part", value("x", nullable=False))
    small = view("SmallPart", value("x", nullable=False, default="d"), parents=[vid("Part")])
    parent = view(PARENT, direct("part", vid("Part")))
    child = view(CHILD, direct("part", vid("SmallPart")), parents=[PARENT])

    assert ALONE == family(parent, child, part, small)


def test_a_first_target_is_inherited() -> None:
    """A direct relation may get a target where the parent's has none."""
    parent = view(PARENT, direct("part"))
    child = view(CHILD, direct("part", vid("Part")), parents=[PARENT])

    assert INHERITS == family(parent, child, view("Part"))


def test_write_classes_look_through_what_is_not_written() -> None:
    """Between a writable view and its writable ancestor there may be one that is not."""
    planned = plan(
        view("Grand", value("x")),
        view(PARENT, value("x"), parents=[vid("Grand")], writable=False),
        view(CHILD, value("x"), parents=[PARENT]),
    )

    assert (["Parent"], ["GrandWrite"]) == bases(planned)
    assert (["Grand"], []) == bases(planned, PARENT)


def test_write_classes_name_no_base_twice() -> None:
    """An ancestor that another base has already is left out."""
    planned = plan(
        view("Grand", value("x")),
        view("Hidden", value("x"), parents=[vid("Grand")], writable=False),
        view(PARENT, value("x"), parents=[vid("Grand")]),
        view(CHILD, value("x"), parents=[vid("Hidden"), PARENT]),
    )

    assert (["Hidden", "Parent"], ["ParentWrite"]) == bases(planned)


def test_siblings_that_disagree_are_not_both_inherited() -> None:
    """Of two parents whose write classes type a relation differently, the first is kept."""
    x, y = view("X"), view("Y")
    both = view("Both", parents=[vid("X"), vid("Y")])
    left, right = view("Left", direct("part", vid("X"))), view("Right", direct("part", vid("Y")))
    child = view(CHILD, direct("part", vid("Both")), parents=[vid("Left"), vid("Right")])

    assert (["Left"], ["LeftWrite"]) == bases(plan(x, y, both, left, right, child))


class TestFilters:
    """Whose filters a view's filters extend."""

    @staticmethod
    def base(planned: SdkPlan) -> str | None:
        """The base of the filters of `Child`."""
        found = planned.slices[CHILD].filter_base
        return str(found.class_names.filters) if found else None

    def test_the_only_parent(self) -> None:
        """With one parent and equal names, filters are inherited."""
        assert "ParentFilters" == self.base(plan(view(PARENT, value("x")), view(CHILD, value("x"), parents=[PARENT])))

    def test_not_several_parents(self) -> None:
        """Typed dictionaries that share keys cannot be merged."""
        other = view("Other", value("x"))

        assert (
            self.base(plan(view(PARENT, value("x")), other, view(CHILD, value("x"), parents=[PARENT, vid("Other")])))
            is None
        )

    def test_not_other_names(self) -> None:
        """A filter that is called otherwise cannot be inherited."""
        number = IntegerType(32)
        parent = view(PARENT, value("x", number))
        ledger = plan(parent).ledger
        ledger = {**ledger, str(CHILD): {"x": "x"}, f"{CHILD} filters": {"min x": "least_x"}}

        assert self.base(plan(parent, view(CHILD, value("x", number), parents=[PARENT]), ledger=ledger)) is None

    def test_not_nodes_for_edges(self) -> None:
        """Edges have filters of their own."""
        parent = view(PARENT, value("x"), used_for="all")

        assert self.base(plan(parent, view(CHILD, value("x"), parents=[PARENT], used_for="edge"))) is None
