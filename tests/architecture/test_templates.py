"""Templates arrange, and print no text of a model without an escaping filter: read from their syntax trees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import jinja2
import pytest
from jinja2 import nodes

from pygen.generation.escaping import ESCAPING_FILTERS, Code
from pygen.generation.naming import Identifier
from pygen.generation.python import contexts

TEMPLATES = Path(contexts.__file__).parent / "templates"
PRINTED_AS_IT_IS = (Identifier, Code)
NAMES = sorted(path.name for path in TEMPLATES.iterdir())


def context_of(name: str) -> type[Any]:
    """The dataclass that a template is named after: `view.py.jinja` takes `ViewFile`."""
    found: type[Any] = getattr(contexts, f"{name.partition('.')[0].capitalize()}File")
    return found


def parse(text: str) -> nodes.Template:
    """The syntax tree of a template."""
    environment = jinja2.Environment(autoescape=False)
    environment.filters.update(ESCAPING_FILTERS)
    return environment.parse(text)


class Scope:
    """The types of a template's variables."""

    def __init__(self, types: dict[str, Any]) -> None:
        self.types = types

    def type_of(self, node: nodes.Node | None) -> Any:
        """The type of a name or of a chain of attributes."""
        if isinstance(node, nodes.Name):
            return self.types[node.name]
        assert isinstance(node, nodes.Getattr), f"only names and attributes are printed, not {node}"
        owner = without_none(self.type_of(node.node))
        assert is_dataclass(owner), f"line {node.lineno}: {owner} is no context"
        return get_type_hints(owner)[node.attr]


def without_none(kind: Any) -> Any:
    """The type that a value has where it is there."""
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    return kind


def unescaped(body: list[nodes.Node], scope: Scope) -> Iterator[str]:
    """The expressions that print plain text without a filter."""
    for node in body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                if isinstance(part, nodes.TemplateData):
                    continue
                if isinstance(part, nodes.Filter):
                    assert part.name in ESCAPING_FILTERS, f"line {part.lineno}: {part.name} escapes nothing"
                    assert str is without_none(scope.type_of(part.node)), f"line {part.lineno}: escaped twice"
                elif without_none(scope.type_of(part)) not in PRINTED_AS_IT_IS:
                    yield f"line {part.lineno}"
        elif isinstance(node, nodes.For):
            assert isinstance(node.target, nodes.Name)
            item, dots = get_args(scope.type_of(node.iter))
            assert dots is ...
            yield from unescaped(node.body, Scope({**scope.types, node.target.name: item}))
        elif isinstance(node, nodes.If):
            yield from unescaped(node.body, scope)
            yield from unescaped(node.else_, scope)
        else:
            pytest.fail(f"line {node.lineno}: a template may print, loop and test, but {type(node).__name__}")


@pytest.mark.parametrize("name", NAMES)
def test_text_passes_a_filter(name: str) -> None:
    """Every printed field is an identifier, code, or plain text behind a filter named for where it lands."""
    tree = parse((TEMPLATES / name).read_text(encoding="utf-8"))

    assert [] == list(unescaped(tree.body, Scope({"file": context_of(name)})))


@pytest.mark.parametrize("name", NAMES)
def test_templates_are_free_of_logic(name: str) -> None:
    """Templates loop, test a ready-made value and print; they compare, call, join and set nothing."""
    tree = parse((TEMPLATES / name).read_text(encoding="utf-8"))
    allowed = (
        *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Name, nodes.Getattr),
        *(nodes.Filter, nodes.Const, nodes.And, nodes.Not),
    )

    assert [] == [type(node).__name__ for node in tree.find_all(nodes.Node) if not isinstance(node, allowed)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ file.model }}",
        "{% for field in file.fields %}{{ field.text }}{% endfor %}",
        "{% if file.write %}{{ file.text }}{% endif %}",
        "{% if file.write %}{% else %}{{ file.text }}{% endif %}",
    ],
)
def test_unescaped_text_is_found(text: str) -> None:
    """The check finds what it is there to find."""
    assert ["line 1"] == list(unescaped(parse(text).body, Scope({"file": contexts.ViewFile})))


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_a_context_is_printed(name: str) -> None:
    """A context has no field that its template does not use."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")

    assert [] == [field.name for field in fields(context_of(name)) if f"file.{field.name}" not in text]
