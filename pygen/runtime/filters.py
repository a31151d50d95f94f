"""
Filters: expressions of DMS, and the keyword filters of `list`.

Keywords follow one rule: `x` is a value (a list: any of them; None: has no value), `min_x` and `max_x` are inclusive
bounds, `x_prefix` is the beginning of a text, for every field and direct relation `x` of the class, and for `space` and
`external_id`. The exact name of a field wins over the rule; names that differ from it are listed in `ViewInfo.filters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

from pygen.client.models.ids import NodeId
from pygen.runtime._values import mentions, to_json
from pygen.runtime.base import FilterOp, PygenResource
from pygen.runtime.lazy import Direct
from pygen.runtime.references import OneOrMany, json_id, node_id

if TYPE_CHECKING:
    from pygen.runtime.references import NodeRef

__all__ = ["EdgeFilters", "Filter", "InstanceFilters", "keyword_filter"]


class InstanceFilters(TypedDict, total=False):
    """Keyword filters of every view."""

    space: OneOrMany[str]
    external_id: OneOrMany[str]
    external_id_prefix: str


class EdgeFilters(InstanceFilters, total=False):
    """Keyword filters of every view of edges."""

    edge_type: OneOrMany[NodeId]
    start_node: OneOrMany[NodeRef]
    end_node: OneOrMany[NodeRef]


class Filter:
    """
    A condition in the form of the wire (dms-api.md 5).

    Conditions are combined with `&`, `|` and `~`. Python's `and`, `or`, `not` and chained comparisons look at the truth
    of an operand and would lose the other one; asking for it is therefore an error.

    Args:
        json: The condition as a JSON object, e.g. `{"exists": {"property": [space, "Pump/v1", "site"]}}`.
    """

    __slots__ = ("_json",)

    def __init__(self, json: Mapping[str, Any]) -> None:
        self._json = dict(json)

    def dump(self) -> dict[str, Any]:
        """The condition as a JSON object."""
        return dict(self._json)

    def __and__(self, other: Filter) -> Filter:
        return self._joined("and", other)

    def __or__(self, other: Filter) -> Filter:
        return self._joined("or", other)

    def _joined(self, word: str, other: Filter) -> Filter:
        if not isinstance(other, Filter):
            return NotImplemented
        return Filter({word: [*self._parts(word), *other._parts(word)]})

    def _parts(self, word: str) -> list[Any]:
        return list(self._json[word]) if set(self._json) == {word} else [self._json]

    def __invert__(self) -> Filter:
        return Filter({"not": self._json})

    def __bool__(self) -> NoReturn:
        raise TypeError("a filter is neither true nor false: combine filters with & (and), | (or) and ~ (not)")

    def __eq__(self, other: object) -> bool:
        return self._json == other._json if isinstance(other, Filter) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # holds JSON

    def __repr__(self) -> str:
        return f"Filter({self._json!r})"


_NOTHING: Mapping[str, Any] = {"not": {"matchAll": {}}}


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
    parts: list[dict[str, Any]] = []
    ranges: dict[tuple[str, ...], dict[str, Any]] = {}
    for keyword, value in keywords.items():
        field, op = _resolve(kind, keyword)
        if op in {"min", "max"}:
            if value is None:
                raise TypeError(f"{keyword}=None is no bound; {field}=None asks for instances without a value")
            path = field.path
            if tuple(path) not in ranges:
                ranges[tuple(path)] = {"property": path}
                parts.append({"range": ranges[tuple(path)]})
            ranges[tuple(path)]["gte" if op == "min" else "lte"] = field.json(value, default_space)
        elif op == "prefix":
            if not isinstance(value, str):
                raise TypeError(f"{keyword} takes the beginning of a text, not {type(value).__name__}")
            parts.append({"prefix": {"property": field.path, "value": value}})
        else:
            parts.append(_is(field, value, default_space))
    if where is not None:
        parts = [*where._parts("and"), *parts]  # noqa: SLF001 -- of this module
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"and": parts}


class _Field:
    """What a keyword compares."""

    __slots__ = ("is_list", "name", "path", "refers")

    def __init__(self, name: str, path: list[str], *, is_list: bool = False, refers: bool = False) -> None:
        self.name = name
        self.path = path
        self.is_list = is_list
        self.refers = refers

    def json(self, value: Any, default_space: str | None) -> Any:
        """One value as the wire says it."""
        return json_id(node_id(value, default_space)) if self.refers else to_json(value)

    def __str__(self) -> str:
        return self.name


def _is(field: _Field, value: Any, default_space: str | None) -> dict[str, Any]:
    missing = {"not": {"exists": {"property": field.path}}}
    if value is None:
        return missing
    many = _values(value, refers=field.refers)
    if many is None:
        one = field.json(value, default_space)
        if field.is_list:
            return {"containsAny": {"property": field.path, "values": [one]}}
        return {"equals": {"property": field.path, "value": one}}
    given = [field.json(item, default_space) for item in many if item is not None]
    choices: list[Mapping[str, Any]] = []
    if given:
        choices.append({"containsAny" if field.is_list else "in": {"property": field.path, "values": given}})
    if len(given) < len(many):
        choices.append(missing)
    if not choices:
        return dict(_NOTHING)  # any of nothing; an empty list of values is refused by the service
    return dict(choices[0]) if len(choices) == 1 else {"or": choices}


def _values(value: Any, *, refers: bool) -> list[Any] | None:
    """The values of a keyword that gives several; None for a single one."""
    if isinstance(value, str | bytes | Mapping):
        return None
    if refers and isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return None  # (space, external_id) is one reference; several external ids are given as a list
    if isinstance(value, Sequence | AbstractSet | range):
        return list(value)
    return None


def _resolve(kind: type[PygenResource], keyword: str) -> tuple[_Field, FilterOp]:
    """The field and the operation of a keyword."""
    fields = _fields(kind)
    info = getattr(kind, "__pygen__", None)
    for base in kind.__mro__:  # exceptions are printed where the field is declared
        listed = base.__dict__.get("__pygen__")
        if listed is not None and keyword in listed.filters:
            name, op = listed.filters[keyword]  # the property's identifier in DMS
            return next(fields[field] for field, spec in kind.__pygen_props__.items() if spec.name == name), op
    if keyword in fields:
        return fields[keyword], "is"
    rules: tuple[tuple[str, FilterOp], ...] = (
        (keyword.removeprefix("min_"), "min"),
        (keyword.removeprefix("max_"), "max"),
        (keyword.removesuffix("_prefix"), "prefix"),
    )
    for name, op in rules:
        if name != keyword and name in fields and not fields[name].refers:
            return fields[name], op
    known = [*fields, *(info.filters if info else ())]
    known += [form.format(name) for name in fields for form in ("min_{}", "max_{}", "{}_prefix")]
    import difflib

    close = difflib.get_close_matches(keyword, known, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else f"; known are {', '.join(sorted(fields))}"
    raise TypeError(f"{kind.__name__} has no filter {keyword!r}{hint}")


def _fields(kind: type[PygenResource]) -> dict[str, _Field]:
    """Everything that keywords of a class can name; kept on the class."""
    found = kind.__dict__.get("__pygen_filters__")
    if found is None:
        found = _make_fields(kind)
        type.__setattr__(kind, "__pygen_filters__", found)
    fields: dict[str, _Field] = found
    return fields


def _make_fields(kind: type[PygenResource]) -> dict[str, _Field]:
    base = "edge" if kind.__pygen_edge__ else "node"
    fields = {
        "space": _Field("space", [base, "space"]),
        "external_id": _Field("external_id", [base, "externalId"]),
    }
    if kind.__pygen_edge__:
        fields["edge_type"] = _Field("edge_type", [base, "type"], refers=True)
        fields["start_node"] = _Field("start_node", [base, "startNode"], refers=True)
        fields["end_node"] = _Field("end_node", [base, "endNode"], refers=True)
    if not kind.__pygen_props__:
        return fields
    kind.model_rebuild()
    info = kind.__pygen__
    for name, spec in kind.__pygen_props__.items():
        annotation = kind.__pydantic_fields__[name].annotation
        fields[name] = _Field(
            name, info.path(spec.name), is_list=mentions(annotation, list), refers=mentions(annotation, NodeId)
        )
    for name, field in list(fields.items()):
        # A relation without a class of its own prints only its id field, but is filtered by its name all the same.
        short = name.removesuffix("_ids" if field.is_list else "_id")
        if field.refers and short not in fields:
            fields[short] = field
    for name, relation in kind.__pygen_relations__.items():
        if isinstance(relation.spec, Direct):
            fields[name] = fields[relation.spec.field]
    return fields
