"""The syntax tree of a GraphQL schema, as far as data models need it; graphql-core is loaded when it parses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from graphql import ConstDirectiveNode, DocumentNode, TypeNode, ValueNode

__all__ = [
    "FieldType",
    "argument_of",
    "directive_of",
    "field_type",
    "labels_of",
    "object_of",
    "parse_schema",
    "place_of",
    "text_of",
]

_NAME_TAG = re.compile(r"^[ \t]*@name[ \t]+(.*\S)[ \t]*$", re.MULTILINE)


class FieldType(NamedTuple):
    """
    The type of a field.

    Attributes:
        name: The named type.
        is_list: Whether it is a list.
        is_required: Whether it must not be null.
        depth: Lists of how many lists it is; data models have one at most.
    """

    name: str
    is_list: bool
    is_required: bool
    depth: int = 0


def parse_schema(text: str, place: str) -> DocumentNode:
    """
    Parse a schema.

    Raises:
        ConfigError: It is not GraphQL; with line and column.
        MissingExtraError: graphql-core is not installed.
    """
    try:
        from graphql import GraphQLSyntaxError, parse
    except ImportError as error:
        raise MissingExtraError(f"reading {place}", extra="graphql", module="graphql") from error
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        where = "".join(f" (line {at.line}, column {at.column})" for at in (error.locations or ())[:1])
        raise ConfigError(f"not valid GraphQL: {error.message}{where}", key=place) from error
    except RecursionError as error:
        raise ConfigError("not readable: nested too deeply", key=place) from error
    _refuse_huge_numbers(document, place)
    return document


def _refuse_huge_numbers(document: DocumentNode, place: str) -> None:
    token = None if document.loc is None else document.loc.start_token
    while token is not None:
        if token.kind.value in {"Int", "Float"} and math.isinf(float(token.value or 0)):
            raise ConfigError(f"too large a number (line {token.line}, column {token.column})", key=place)
        token = token.next


def field_type(node: TypeNode) -> FieldType:
    """The type of a field."""
    from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode

    is_required = isinstance(node, NonNullTypeNode)
    depth = 0
    while not isinstance(node, NamedTypeNode):
        assert isinstance(node, ListTypeNode | NonNullTypeNode)
        depth += isinstance(node, ListTypeNode)
        node = node.type
    return FieldType(node.name.value, depth > 0, is_required, depth)


def place_of(node: Any) -> str:
    """Where something stands in its file: `line 3, column 5`."""
    start = None if node.loc is None else node.loc.start_token
    return "line 1" if start is None else f"line {start.line}, column {start.column}"


def directive_of(node: Any, name: str) -> ConstDirectiveNode | None:
    """The directive of that name; None: there is none."""
    found: Iterator[ConstDirectiveNode] = (each for each in node.directives or () if each.name.value == name)
    return next(found, None)


def argument_of(directive: ConstDirectiveNode | None, name: str) -> Any:
    """The value of an argument as JSON; None: there is none."""
    for argument in () if directive is None else directive.arguments or ():
        if argument.name.value == name:
            return _value(argument.value)
    return None


def text_of(directive: ConstDirectiveNode | None, name: str) -> str | None:
    """The value of an argument that is text; None: there is none, or it is something else."""
    found = argument_of(directive, name)
    return found if isinstance(found, str) else None


def object_of(directive: ConstDirectiveNode | None, name: str) -> dict[str, Any] | None:
    """The value of an argument that is an object; None: there is none, or it is something else."""
    found = argument_of(directive, name)
    return found if isinstance(found, dict) else None


def _value(node: ValueNode) -> Any:
    from graphql import ListValueNode, NullValueNode, ObjectValueNode

    match node:
        case ListValueNode():
            return [_value(each) for each in node.values]
        case ObjectValueNode():
            return {each.name.value: _value(each.value) for each in node.fields}
        case NullValueNode():
            return None
    written: Any = getattr(node, "value", None)  # text, whatever it is, but for true and false
    if node.kind == "int_value":
        return int(written)
    return float(written) if node.kind == "float_value" else written


def labels_of(node: Any, name: str | None) -> dict[str, str]:
    """The name and the description of what a comment stands before; a line `@name ...` in it is the name."""
    text = "" if node.description is None else node.description.value
    tag = _NAME_TAG.search(text)
    described = _NAME_TAG.sub("", text).strip()
    labels = {"name": tag[1] if tag is not None else name, "description": described}
    return {key: value for key, value in labels.items() if value}
