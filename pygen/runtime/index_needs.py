"""What of a query could use an index: its conditions, its sorting, and relations that are followed backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from pygen.client.models.ids import ViewId
from pygen.runtime.base import PygenResource
from pygen.runtime.columns import SortKey
from pygen.runtime.lazy import Relation, Reverse
from pygen.runtime.spec import Branch, QuerySpec
from pygen.runtime.wording import condition_words

__all__ = ["Need", "Path", "needs_of"]

Path: TypeAlias = tuple[str, ...]
"""A property as filters name it."""


class Need(NamedTuple):
    """
    What could use an index.

    Attributes:
        what: It, in words.
        operator: The operator of a condition, or `sort`.
        paths: The properties that it looks at.
        hindrance: Why no index helps; empty where one may.
        note: What else there is to say.
        spaces_known: Whether another condition says in which spaces to look.
    """

    what: str
    operator: str
    paths: tuple[Path, ...]
    hindrance: str = ""
    note: str = ""
    spaces_known: bool = False


def needs_of(spec: QuerySpec[Any]) -> list[Need]:
    """Everything in a query that could use an index, in the order in which the query says it."""
    found: list[Need] = []
    if spec.sets is not None:
        found += [*needs_of(spec.sets.left), *needs_of(spec.sets.right)]
    found += _set_needs(spec.kind, spec.where, spec.sort, "")
    for branch in spec.branches:
        found += _branch_needs(branch, "")
    return found


def _set_needs(
    kind: type[PygenResource], where: Mapping[str, Any] | None, sort: Sequence[SortKey], place: str
) -> Iterator[Need]:
    spaces_known = where is not None and any("space" in _fixed(part) for part in _parts(where))
    if where is not None:
        for need in _condition_needs(kind, where, place):
            yield need._replace(spaces_known=spaces_known)
    if sort:
        yield _sort_need(kind, sort, place)._replace(spaces_known=spaces_known)


def _sort_need(kind: type[PygenResource], sort: Sequence[SortKey], place: str) -> Need:
    names = (_name(kind, key.property) + (" (descending)" if key.descending else "") for key in sort)
    mixed = len({key.descending for key in sort}) > 1
    hindrance = "an index is read in one direction, and the keys have both" if mixed else ""
    what = f"sort {place.rstrip('.') or 'the results'} by {', '.join(names)}"
    return Need(what, "sort", tuple(key.property for key in sort), hindrance)


def _branch_needs(branch: Branch, place: str) -> Iterator[Need]:
    relation = branch.relation
    inner = f"{place}{relation.name}."
    if isinstance(relation.spec, Reverse):
        yield _reverse_need(relation, relation.spec, place)
    yield from _set_needs(relation.target, branch.where, branch.sort, inner)
    for each in branch.branches:
        yield from _branch_needs(each, inner)


def _reverse_need(relation: Relation, spec: Reverse, place: str) -> Need:
    source = spec.source
    first = f"{source.external_id}/{source.version}" if isinstance(source, ViewId) else source.external_id
    operator = "containsAny" if spec.targets_list else "in"
    what = f"follow {place}{relation.name}, back along {source.external_id}.{spec.property}"
    return Need(what, operator, ((source.space, first, spec.property),))


# --- conditions ---


def _condition_needs(kind: type[PygenResource], json: Mapping[str, Any], place: str) -> Iterator[Need]:
    for operator, operand in json.items():
        if operator in _COMBINED:
            yield from _COMBINED[operator](kind, operand, place)
        elif operator not in {"hasData", "matchAll"}:
            yield Need(f"{place}{condition_words(kind, {operator: operand})}", operator, tuple(_paths(operand)))


def _all(kind: type[PygenResource], parts: Iterable[Mapping[str, Any]], place: str) -> Iterator[Need]:
    for part in parts:
        yield from _condition_needs(kind, part, place)


def _any(kind: type[PygenResource], parts: Sequence[Mapping[str, Any]], place: str) -> Iterator[Need]:
    note = "an alternative: each of them needs an index" if len(parts) > 1 else ""
    for need in _all(kind, parts, place):
        yield need._replace(note=need.note or note)


def _negated(kind: type[PygenResource], part: Mapping[str, Any], place: str) -> Iterator[Need]:
    paths = tuple(path for need in _condition_needs(kind, part, place) for path in need.paths)
    if paths:
        what = f"{place}{condition_words(kind, {'not': part})}"
        yield Need(what, "not", paths, hindrance="what is negated narrows nothing down")


def _nested(kind: type[PygenResource], operand: Mapping[str, Any], place: str) -> Iterator[Need]:
    scope = tuple(operand["scope"])
    name = _name(kind, scope)
    yield Need(f"{place}{name} leads to those", "in", (scope,))
    yield from _condition_needs(PygenResource, operand["filter"], f"{place}{name}.")


_COMBINED: dict[str, Callable[[type[PygenResource], Any, str], Iterator[Need]]] = {
    "and": _all,
    "or": _any,
    "not": _negated,
    "nested": _nested,
}


def _paths(operand: Any) -> Iterator[Path]:
    """The properties that a comparison looks at; those that it compares them with are left out."""
    if isinstance(operand, Mapping):
        for key in ("property", "startProperty", "endProperty"):
            if key in operand:
                yield tuple(operand[key])


def _parts(json: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The conditions that must all hold."""
    for operator, operand in json.items():
        if operator == "and":
            for part in operand:
                yield from _parts(part)
        else:
            yield {operator: operand}


def _fixed(part: Mapping[str, Any]) -> set[str]:
    """What a comparison fixes of what every instance has."""
    paths = (path for operator in ("equals", "in") for path in _paths(part.get(operator)))
    return {path[1] for path in paths if len(path) == 2}


def _name(kind: type[PygenResource], path: Path) -> str:
    """What people call a property."""
    return condition_words(kind, {"exists": {"property": list(path)}}).removesuffix(" has a value")
