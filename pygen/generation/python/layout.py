"""
Where lines end: what is printed is laid out as `ruff format --line-length 120` leaves it.

No formatter runs with the built-in templates, since its version would become part of the output. So every statement
of variable length is measured here: flat where it fits, otherwise one item per line with a trailing comma, which
formatters respect. Names beyond some 90 characters, which leave no room for anything else on their line, are laid out
as well as can be; `# fmt: off` in the header keeps other formatters from disagreeing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from pygen.generation.escaping import Code

__all__ = ["LINE_LENGTH", "Expression", "Group", "assignment", "declaration", "from_import", "natural", "statement"]

LINE_LENGTH = 120
_STEP = "    "


class Group(NamedTuple):
    """
    Items in brackets: a call, a tuple, a dict or a subscript.

    Attributes:
        head: What stands before the opening bracket, keyword and `=` included; may be empty.
        items: The items; keyword arguments and dict entries carry their key themselves.
        brackets: The pair.
        subscript: The items of a subscript between head and brackets, e.g. of `ToMany["Blade"](...)`.
    """

    head: str
    items: tuple[Expression, ...]
    brackets: str = "()"
    subscript: tuple[str, ...] = ()

    @property
    def is_tuple(self) -> bool:
        """Whether the brackets stand for themselves and call nothing."""
        return self.brackets == "()" and (not self.head or self.head.endswith("="))

    def flat(self) -> str:
        """On one line."""
        opening, closing = self.brackets[0], self.brackets[1]
        inner = ", ".join(item if isinstance(item, str) else item.flat() for item in self.items)
        comma = "," if self.is_tuple and len(self.items) == 1 else ""
        return f"{self.before()}{opening}{inner}{comma}{closing}"

    def before(self) -> str:
        """All before the opening bracket, on one line."""
        return f"{self.head}[{', '.join(self.subscript)}]" if self.subscript else self.head


Expression: TypeAlias = str | Group
"""A flat piece of code, or something that can be broken."""


def statement(before: str, value: Expression, after: str = "", *, indent: int = 0) -> Code:
    """*before*, *value* and *after*, from the column *indent* on; the first line is not indented."""
    return Code(before + _lay_out(value, column=indent + len(before), indent=indent, after=len(after)) + after)


def assignment(name: str, value: Group, *, indent: int = 4) -> Code:
    """`name = value`."""
    before = f"{name} = "
    flat = f"{before}{value.flat()}"
    if indent + len(flat) <= LINE_LENGTH:
        return Code(flat)
    header = f"{before}{value.before()}{value.brackets[0]}"
    if not value.subscript or indent + len(header) <= LINE_LENGTH:
        return statement(before, value, indent=indent)
    margin = "\n" + " " * indent
    comma = "," if len(value.subscript) > 1 else ""
    head = f"{before}{value.head}[" + "".join(f"{margin}{_STEP}{item}{comma}" for item in value.subscript)
    rest = Group("]", value.items, value.brackets)
    return Code(f"{head}{margin}{_lay_out(rest, column=indent, indent=indent, after=0)}")


def declaration(name: str, annotation: str, value: Group | None = None, *, indent: int = 4) -> Code:
    """`name: annotation = value`; with no value, `name: annotation`."""
    before = f"{name}: {annotation}" if value is None else f"{name}: {annotation} = "
    flat = before if value is None else before + value.flat()
    if indent + len(flat) <= LINE_LENGTH:
        return Code(flat)
    margin = "\n" + " " * indent
    if value is not None:
        opening = f"{value.before()}{value.brackets[0]}"
        if indent + len(before) + len(opening) <= LINE_LENGTH:
            return Code(before + _exploded(value, indent))
        if indent + len(before) + 1 <= LINE_LENGTH and (" | " in annotation or annotation.endswith("]")):
            inner = _lay_out(value, column=indent + 4, indent=indent + 4, after=0)
            return Code(f"{before}({margin}{_STEP}{inner}{margin})")
    if "[" in annotation or " | " in annotation:
        if indent + len(_STEP) + len(annotation) > LINE_LENGTH and annotation.endswith(" | None"):
            annotation = f"{annotation.removesuffix(' | None')}{margin}{_STEP}| None"
        if annotation.endswith("]"):
            head, _, inner = annotation[:-1].partition("[")
            before = f"{name}: {head}[{margin}{_STEP}{inner}{margin}]"
        else:
            before = f"{name}: ({margin}{_STEP}{annotation}{margin})"
        if value is not None:
            return Code(f"{before} = {_lay_out(value, column=indent + 4, indent=indent, after=0)}")
        return Code(before)
    return Code(before if value is None else before + _exploded(value, indent))


def from_import(module: str, names: Iterable[str], *, indent: int = 0) -> Code:
    """`from module import names`, sorted as isort sorts them."""
    ordered = tuple(sorted(set(names), key=_import_order))
    before = f"from {module} import "
    flat = before + ", ".join(ordered)
    if indent + len(flat) <= LINE_LENGTH:
        return Code(flat)
    return Code(before + _exploded(Group("", ordered), indent))


def natural(name: str) -> tuple[tuple[str, int], ...]:
    """The key that sorts modules as isort does: numbers by their value."""
    return tuple((text, int(number or 0)) for text, number in _NUMBERED.findall(name))


def _import_order(name: str) -> tuple[int, tuple[tuple[str, int], ...], str]:
    original = name.partition(" as ")[0]
    kind = 0 if original.isupper() and len(original) > 1 else 1 if original[:1].isupper() else 2
    return kind, natural(original.lower()), original


_NUMBERED = re.compile(r"([^0-9]*)([0-9]*)")


def _lay_out(value: Expression, *, column: int, indent: int, after: int) -> str:
    if isinstance(value, str):
        return value
    flat = value.flat()
    if column + len(flat) + after <= LINE_LENGTH:
        return flat
    return _exploded(value, indent)


def _exploded(group: Group, indent: int) -> str:
    opening, closing = group.brackets[0], group.brackets[1]
    if not group.items:
        return group.flat()
    margin = "\n" + " " * indent
    comma = "" if opening == "[" and group.head and len(group.items) == 1 else ","
    items = "".join(
        f"{margin}{_STEP}{_lay_out(item, column=indent + 4, indent=indent + 4, after=1)}{comma}" for item in group.items
    )
    return f"{group.before()}{opening}{items}{margin}{closing}"
