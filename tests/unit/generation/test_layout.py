"""Where lines end: as ruff leaves them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pygen.generation.python.layout import Group, assignment, declaration, from_import, statement

LENGTHS = [1, 8, 20, 35, 50, 60, 70, 80, 90]


def test_layouts_are_those_of_ruff() -> None:
    """Whatever the lengths of names, types and arguments, ruff changes nothing."""
    lines = ["class A(B):"]
    number = 0
    for name in LENGTHS:
        for target in LENGTHS:
            for argument in (3, 20, 60):
                number += 1
                field, cls, text = f"{'f' * name}{number}", "C" * target, f'"{"t" * argument}"'
                prop = Group("Prop", (text, "default=None"))
                edges = Group("Edges", (Group("", (text, '"x"')), 'direction="inwards"'))
                lines += [
                    declaration(field, "str", Group("Prop", (text,))),
                    declaration(field, "str | None", prop),
                    declaration(field, f'list[NodeInput["{cls}"]] | None', prop),
                    declaration(field, f"OneOrMany[{'NodeRef' if target % 2 else 'str'}]"),
                    assignment(field, Group("ToMany", (edges,), subscript=(f'"{cls}"',))),
                    assignment(field, Group("ToManyLinks", (edges,), subscript=(f'"{cls}"', '"Edge"'))),
                ]
    source = "\n    ".join(lines) + "\n"
    for target in LENGTHS:
        cls = "C" * target
        source += f"\n\n{statement('', Group(f'class {cls}', (f'Parent{cls}', 'PygenEdge')), ':')}\n    pass\n"

    compile(source, "layout.py", "exec")
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    )
    assert source == result.stdout


def test_what_fits_stays_on_one_line() -> None:
    """A statement of up to 120 columns is not broken."""
    assert 'x: int = Prop("x")' == declaration("x", "int", Group("Prop", ('"x"',)))


def test_what_does_not_fit_has_one_item_per_line() -> None:
    """A broken call ends with a comma, which formatters respect."""
    items = tuple(f'"{letter * 55}"' for letter in "ab")

    assert f"x = f(\n        {items[0]},\n        {items[1]},\n    )" == assignment("x", Group("f", items))


def test_a_tuple_of_one_has_a_comma() -> None:
    """Only brackets that call nothing make a tuple."""
    assert "(a,)" == Group("", ("a",)).flat()
    assert "parents=(a,)" == Group("parents=", ("a",)).flat()
    assert "f(a)" == Group("f", ("a",)).flat()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["b", "A", "TYPE", "a10", "a9"], "from m import TYPE, A, a9, a10, b"),
        (["AWrite", "AAPI", "A", "AsyncAAPI"], "from m import AAPI, A, AsyncAAPI, AWrite"),
        (["X as _X", "W"], "from m import W, X as _X"),
    ],
)
def test_imports_are_sorted(names: list[str], expected: str) -> None:
    """Constants, classes, the rest; without regard to case, numbers by their value."""
    assert expected == from_import("m", names)
