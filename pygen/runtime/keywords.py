"""
The keyword filters of `list` and `search`.

Keywords follow one rule: `x` is a value (a list: any of them; None: has no value), `min_x` and `max_x` are inclusive
bounds, `x_prefix` is the beginning of a text, for every field and direct relation `x` of the class, and for `space` and
`external_id`. The exact name of a field wins over the rule; names that differ from it are listed in `ViewInfo.filters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, TypedDict

from pygen.client.models.ids import NodeId
from pygen.runtime.base import PygenResource
from pygen.runtime.columns import Column
from pygen.runtime.declared import FilterOp
from pygen.runtime.filters import Filter
from pygen.runtime.lazy import Direct
from pygen.runtime.meta import columns_of
from pygen.runtime.references import OneOrMany

if TYPE_CHECKING:
    from pygen.runtime.references import NodeRef

__all__ = ["EdgeFilters", "InstanceFilters", "filter_columns", "keyword_filter"]


class InstanceFilters(TypedDict, total=False):
    """
    Keyword filters of every view.

    Attributes:
        narrow: No filter: whether each instance is given as its own class, where the SDK has one that inherits from
            the one asked for.
    """

    narrow: bool
    space: OneOrMany[str]
    external_id: OneOrMany[str]
    external_id_prefix: str


class EdgeFilters(InstanceFilters, total=False):
    """Keyword filters of every view of edges."""

    edge_type: OneOrMany[NodeId]
    start_node: OneOrMany[NodeRef]
    end_node: OneOrMany[NodeRef]


def keyword_filter(
    kind: type[PygenResource], where: Filter | None, keywords: Mapping[str, Any], default_space: str | None
) -> dict[str, Any] | None:
    """
    The condition of a `list` call.

    Args:
        kind: The class whose fields the keywords name.
        where: A condition that must hold, too.
        keywords: Keyword filters.
        default_space: The space of external ids that stand for nodes.

    Returns:
        One condition, or None when there is none.

    Raises:
        TypeError: A keyword is unknown, or a bound is None.
    """
    parts: list[Filter] = [] if where is None else [where]
    bounds: dict[str, dict[str, Any]] = {}
    for keyword, value in keywords.items():
        column, op = _resolve(kind, keyword)
        if op in {"min", "max"}:
            if value is None:
                raise TypeError(f"{keyword}=None is no bound; {column.field}=None asks for instances without a value")
            if column.field not in bounds:
                bounds[column.field] = {"property": column.path}
                parts.append(Filter({"range": bounds[column.field]}))
            bounds[column.field]["gte" if op == "min" else "lte"] = column.json_of_one(value)
        elif op == "prefix":
            if not isinstance(value, str):
                raise TypeError(f"{keyword} takes the beginning of a text, not {type(value).__name__}")
            parts.append(column.prefix(value))
        else:
            parts.append(_is(column, value))
    return Filter.all(parts).dump(default_space) if parts else None


def _is(column: Column[Any, Any], value: Any) -> Filter:
    if value is None:
        return column.is_null()
    many = _values(value, refers=column.refers)
    if not column.is_list:
        return column == value if many is None else column.in_(many)
    given = [value] if many is None else [item for item in many if item is not None]
    choices = [column.contains_any(given)] if given else []
    if many is not None and len(given) < len(many):
        choices.append(column.is_null())
    return Filter.any(choices)


def _values(value: Any, *, refers: bool) -> list[Any] | None:
    """The values of a keyword that gives several; None for a single one."""
    if isinstance(value, str | bytes | Mapping):
        return None
    if refers and isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return None  # (space, external_id) is one reference; several external ids are given as a list
    if isinstance(value, Sequence | AbstractSet | range):
        return list(value)
    return None


def _resolve(kind: type[PygenResource], keyword: str) -> tuple[Column[Any, Any], FilterOp]:
    """The column and the operation of a keyword."""
    columns = filter_columns(kind)
    info = getattr(kind, "__pygen__", None)
    for base in kind.__mro__:  # exceptions are printed where the field is declared
        listed = base.__dict__.get("__pygen__")
        if listed is not None and keyword in listed.filters:
            name, op = listed.filters[keyword]  # the property's identifier in DMS
            return next(columns[field] for field, spec in kind.__pygen_props__.items() if spec.name == name), op
    if keyword in columns:
        return columns[keyword], "is"
    rules: tuple[tuple[str, FilterOp], ...] = (
        (keyword.removeprefix("min_"), "min"),
        (keyword.removeprefix("max_"), "max"),
        (keyword.removesuffix("_prefix"), "prefix"),
    )
    for name, op in rules:
        if name != keyword and name in columns and not columns[name].refers:
            return columns[name], op
    known = [*columns, *(info.filters if info else ())]
    known += [form.format(name) for name in columns for form in ("min_{}", "max_{}", "{}_prefix")]
    import difflib

    close = difflib.get_close_matches(keyword, known, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else f"; known are {', '.join(sorted(columns))}"
    raise TypeError(f"{kind.__name__} has no filter {keyword!r}{hint}")


def filter_columns(kind: type[PygenResource]) -> dict[str, Column[Any, Any]]:
    """Everything that keywords of a class can name; kept on the class."""
    found = kind.__dict__.get("__pygen_filters__")
    if found is None:
        found = _make_columns(kind)
        type.__setattr__(kind, "__pygen_filters__", found)
    columns: dict[str, Column[Any, Any]] = found
    return columns


_METADATA = ("space", "external_id", "edge_type", "start_node", "end_node")


def _make_columns(kind: type[PygenResource]) -> dict[str, Column[Any, Any]]:
    columns = {name: column for name, column in columns_of(kind).items() if not column.is_metadata or name in _METADATA}
    for name, column in list(columns.items()):
        # A relation without a class of its own prints only its id field, but is filtered by its name all the same.
        short = name.removesuffix("_ids" if column.is_list else "_id")
        if column.refers and short not in columns:
            columns[short] = column
    for name, relation in kind.__pygen_relations__.items():
        if isinstance(relation.spec, Direct):
            columns[name] = columns[relation.spec.field]
    return columns
