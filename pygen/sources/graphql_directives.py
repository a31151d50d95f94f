"""
The directives of CDF's data modeling language, and what is wrong with those of a schema.

What the language has is known from its documentation and from the definitions that its editors load: a directive or an
argument that is not listed here is refused, because passing over it would lose what somebody said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pygen.sources.graphql_syntax import argument_of

if TYPE_CHECKING:
    from graphql import ConstDirectiveNode, Node

__all__ = ["OF_FIELDS", "OF_TYPES", "check_directives"]

_Finding: TypeAlias = "tuple[Node, str]"
_Arguments: TypeAlias = Mapping[str, str]

_TEXT = "text"
_NUMBER = "a whole number"
_OBJECT = "an object"
_OBJECTS = "a list of objects"
_VALUE = "a value"
_REFERENCE = "{space, externalId}"
_MODEL = "{space, externalId, version}"
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    _TEXT: str,
    _NUMBER: int,
    _OBJECT: dict,
    _OBJECTS: list,
    _REFERENCE: dict,
    _MODEL: dict,
    _VALUE: (str, int, float, list, dict),
}

OF_TYPES: Mapping[str, _Arguments] = {
    "container": {"constraints": _OBJECTS, "indexes": _OBJECTS},
    "edge": {},
    "import": {"dataModel": _MODEL},
    "readonly": {},
    "view": {"space": _TEXT, "version": _TEXT, "name": _TEXT, "rawFilter": _OBJECT},
}
"""The directives of types and interfaces, with their arguments."""

OF_FIELDS: Mapping[str, _Arguments] = {
    "default": {"value": _VALUE},
    "deprecated": {"reason": _TEXT},
    "directRelation": {"container": _REFERENCE},
    "limits": {"maxListSize": _NUMBER, "maxTextSize": _NUMBER},
    "mapping": {"space": _TEXT, "container": _TEXT, "property": _TEXT},
    "relation": {"type": _REFERENCE, "name": _TEXT, "edgeSource": _TEXT, "direction": _TEXT},
    "reverseDirectRelation": {"throughProperty": _TEXT},
    "unit": {"externalId": _TEXT, "sourceUnit": _TEXT, "space": _TEXT},
}
"""The directives of fields, with their arguments."""

_NEEDED = {"default": "value", "reverseDirectRelation": "throughProperty", "unit": "externalId"}
_CHOICES = {("relation", "direction"): ("INWARDS", "OUTWARDS")}
_PARTS = {
    "constraints": {"identifier", "constraintType", "fields", "require"},
    "indexes": {"identifier", "indexType", "fields", "cursorable"},
}
_PART_NAMES = {"constraints": "constraint", "indexes": "index"}
_PART_CHOICES = {"constraintType": ("UNIQUENESS", "REQUIRES"), "indexType": ("BTREE", "INVERTED")}


def check_directives(node: Any, known: Mapping[str, _Arguments]) -> Iterator[_Finding]:
    """
    What is wrong with the directives of a type or a field.

    Args:
        node: The type or the field.
        known: The directives that belong there.

    Yields:
        The place, and what is wrong with it.
    """
    seen: set[str] = set()
    for directive in node.directives or ():
        name = directive.name.value
        if name not in known:
            listed = ", ".join(f"@{each}" for each in known) or "nothing"
            yield directive, f"@{name} does not belong here, or is not known (known here: {listed})"
            continue
        if name in seen:
            yield directive, f"@{name} stands twice"
        seen.add(name)
        yield from _arguments(directive, known[name])


def _arguments(directive: ConstDirectiveNode, known: _Arguments) -> Iterator[_Finding]:
    name = directive.name.value
    seen: set[str] = set()
    for argument in directive.arguments or ():
        key = argument.name.value
        if key not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            yield argument, f"@{name} has no argument {key}: {has}"
            continue
        if key in seen:
            yield argument, f"the argument {key} of @{name} stands twice"
        seen.add(key)
        value = argument_of(directive, key)
        if value is not None:
            yield from ((argument, message) for message in _value(f"the argument {key} of @{name}", known[key], value))
            choices = _CHOICES.get((name, key), ())
            if choices and value not in choices:
                yield argument, f"the argument {key} of @{name} should be {' or '.join(choices)}"
            if key in _PARTS and isinstance(value, list):
                yield from ((argument, message) for each in value for message in _part(key, each))
                yield from ((argument, message) for message in _repeated(key, value))
    needed = _NEEDED.get(name)
    if needed is not None and argument_of(directive, needed) is None:
        yield directive, f"@{name} needs the argument {needed}"


def _value(what: str, kind: str, value: Any) -> Iterator[str]:
    is_right = isinstance(value, _TYPES[kind]) and (not isinstance(value, bool) or kind == _VALUE)
    if kind in {_REFERENCE, _MODEL} and is_right:
        parts = kind.strip("{}").split(", ")
        is_right = value.keys() == set(parts) and all(isinstance(each, str) for each in value.values())
    if kind == _OBJECTS and is_right:
        is_right = all(isinstance(each, dict) for each in value)
    if not is_right:
        yield f"{what} should be {kind}"


def _repeated(key: str, parts: list[Any]) -> Iterator[str]:
    """Which constraints or indexes have a name that another one has."""
    counts = Counter(str(each["identifier"]) for each in parts if isinstance(each, dict) and "identifier" in each)
    yield from (f"{_PART_NAMES[key]} {name} stands twice" for name, count in counts.items() if count > 1)


def _part(key: str, part: Any) -> Iterator[str]:
    """What is wrong with a constraint or an index."""
    if not isinstance(part, dict):
        return  # told already
    kind = _PART_NAMES[key]
    if not isinstance(part.get("identifier"), str):
        yield f"each {kind} of @container needs an identifier"
        return
    what = f"{kind} {part['identifier']}"
    for name in sorted(part.keys() - _PARTS[key]):
        yield f"{what} has no {name}: there are {', '.join(sorted(_PARTS[key]))}"
    for name, choices in _PART_CHOICES.items():
        if part.get(name) is not None and part[name] not in choices:
            yield f"the {name} of {what} should be {' or '.join(choices)}"
    fields = part.get("fields")
    if fields is not None and not (isinstance(fields, list) and all(isinstance(each, str) for each in fields)):
        yield f"the fields of {what} should be a list of names"
    require = part.get("require")
    if require is not None:
        yield from _value(f"require of {what}", _REFERENCE, require)
    if part.get("cursorable") not in {None, True, False}:
        yield f"cursorable of {what} should be true or false"
    if not fields and require is None:
        yield f"{what} names no fields"
