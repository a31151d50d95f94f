"""
Filters as SQL expressions: one expression with bound values, true, false or NULL as the filter is.

What filters mean: dms-api.md 5.1-5.3. A missing value is NULL, and what is said of it is neither true nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pygen.sandbox.catalog import BaseProperty, ContainerDef, Prop, ViewDef
from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape
from pygen.sandbox.sql import FALSE, TRUE, UNKNOWN, Scope, Sql, all_of, any_of
from pygen.sandbox.store import EDGE, NODE, compact
from pygen.sandbox.values import Link, encode_operand

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["compile_filter", "global_spaces_hidden", "has_data", "view_condition"]

Json: TypeAlias = dict[str, Any]

NO_ID = -1
"""Stands for an instance that does not exist: equal to none, yet not NULL."""

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_FAMILIES = {
    **dict.fromkeys(("int32", "int64", "float32", "float64"), "number"),
    **dict.fromkeys(("text", "enum", "timeseries", "file", "sequence"), "text"),
}
"""Types whose values compare with each other; the others compare with themselves."""
_ORDERED = frozenset({"number", "text", "timestamp", "date"})

KIND = "kind"
_KINDS = {"node": NODE, "edge": EDGE}
_BASE_TYPES: Mapping[str, str] = {
    "instanceType": KIND,
    "version": "int64",
    "space": "text",
    "externalId": "text",
    "type": "direct",
    "createdTime": "int64",
    "lastUpdatedTime": "int64",
    "deletedTime": "int64",
    "startNode": "direct",
    "endNode": "direct",
}


def compile_filter(
    store: Store,
    filter: Json,  # noqa: A002 -- as DMS calls it
    scope: Scope,
    *,
    parameters: Mapping[str, Any] | None = None,
    required: bool = False,
    where: str = "filter",
) -> Sql:
    """
    Make an expression that is true, false or NULL as the filter is.

    Args:
        store: The project; within `reading`, as identifiers are looked up.
        filter: As on the wire.
        scope: The instance; gains the tables that are needed.
        parameters: What `{"parameter": name}` stands for; None: there are no parameters here.
        required: Whether the caller leaves out what the filter is not true of, by `AND` within `WHERE`. Then the
            joins may do so already, and false and NULL are not told apart; it is faster.
        where: What to call its place in a refusal.

    Raises:
        Refusal: It is no filter, or speaks of what there is not.
    """
    return _Compiler(store, parameters).compile(filter, _At(scope, where, required))


def view_condition(store: Store, view: ViewDef, scope: Scope, *, required: bool = False) -> Sql:
    """
    Which instances belong to a view: those that its filter is true of, else those with data in all its containers.

    Args:
        store: The project; within `reading`.
        view: The view.
        scope: The instance; gains the tables that are needed.
        required: As for `compile_filter`.
    """
    if view.filter is None:
        return has_data(view, scope, required=required)
    return _Compiler(store, None, is_stored=True).compile(view.filter, _At(scope, "filter", required))


def has_data(source: ViewDef | ContainerDef, scope: Scope, *, required: bool = False) -> Sql:
    """
    Which instances have data in a container, or in all containers of a view; never NULL.

    Args:
        source: The view or container; a view without containers has no data.
        scope: The instance; gains the tables that are needed.
        required: As for `compile_filter`.
    """
    containers = source.containers if isinstance(source, ViewDef) else (source,)
    if required:
        for container in containers:
            scope.require(container)
    return all_of(Sql(f"{scope.container(each)} IS NOT NULL", []) for each in containers) if containers else FALSE


def global_spaces_hidden(store: Store, filter: Json | None, scope: Scope) -> Sql:  # noqa: A002 -- as DMS calls it
    """
    Leave out instances of the system's spaces, unless the filter speaks of spaces (dms-api.md 4.3).

    Args:
        store: The project.
        filter: The filter of the request.
        scope: The instance.
    """
    hidden = store.catalog.global_spaces
    if not hidden or (filter is not None and _speaks_of_spaces(filter)):
        return TRUE
    return Sql(f"+{scope.alias}.space NOT IN (SELECT value FROM json_each(?))", [compact(sorted(hidden))])


def _speaks_of_spaces(filter: Any) -> bool:  # noqa: A002 -- as DMS calls it
    match filter:
        case {"and": list(parts)} | {"or": list(parts)}:
            return any(map(_speaks_of_spaces, parts))
        case {"not": part}:
            return _speaks_of_spaces(part)
        case {"instanceReferences": _}:
            return True
    comparisons = ("equals", "in", "prefix", "range")
    return isinstance(filter, dict) and any(_is_of_space(filter.get(operator)) for operator in comparisons)


def _is_of_space(body: Any) -> bool:
    return isinstance(body, dict) and body.get("property") in (["node", "space"], ["edge", "space"])


# --- forms ---


class _OfProperty(Shape):
    property: list[str]


class _Equals(_OfProperty):
    value: Any


class _Values(_OfProperty):
    values: Any


class _Bounds(Shape):
    gt: Any = None
    gte: Any = None
    lt: Any = None
    lte: Any = None


class _Range(_Bounds):
    property: list[str]


class _Overlaps(_Bounds):
    start_property: list[str]
    end_property: list[str]


class _Nested(Shape):
    scope: list[str]
    filter: Json


class _Reference(Shape):
    space: str
    external_id: str


class _References(Shape):
    instance_references: list[_Reference]


class _At(NamedTuple):
    """
    Where in a filter, and of which instance it speaks.

    Attributes:
        scope: The instance.
        where: The place, for refusals.
        required: Whether what is not true here is left out of the result.
    """

    scope: Scope
    where: str
    required: bool

    def within(self, part: str, *, required: bool = False) -> _At:
        return _At(self.scope, f"{self.where}{part}", required)


class _Column(NamedTuple):
    """
    A property as SQL.

    Attributes:
        text: The expression.
        prop: What it holds.
        is_base: Whether every instance has it.
    """

    text: str
    prop: Prop
    is_base: bool = False

    @property
    def family(self) -> str:
        return _FAMILIES.get(self.prop.type, self.prop.type)

    @property
    def is_space(self) -> bool:
        return self.is_base and self.prop.name == "space"

    @property
    def is_external_id(self) -> bool:
        return self.is_base and self.prop.name == "externalId"


class _Compiler:
    """
    Turns filters of one request into SQL.

    Args:
        store: The project.
        parameters: Values of `{"parameter": name}`.
        is_stored: Whether it is the filter of a view: what it speaks of may have vanished since, and is NULL then.
    """

    def __init__(self, store: Store, parameters: Mapping[str, Any] | None, *, is_stored: bool = False) -> None:
        self._store = store
        self._parameters = parameters
        self._is_stored = is_stored

    def compile(self, filter: object, at: _At) -> Sql:  # noqa: A002 -- as DMS calls it
        """The filter as an expression."""
        given = {name: body for name, body in filter.items() if body is not None} if isinstance(filter, dict) else {}
        if len(given) != 1:
            raise Refusal(f"{at.where} must be an object with one operator")
        ((name, body),) = given.items()
        at = at.within(f".{name}", required=at.required)
        match name:
            case "and":
                return all_of(self._parts(body, at, required=at.required))
            case "or":
                return any_of(self._parts(body, at, required=False))
            case "not":
                return self._not(body, at)
        operator = _OPERATORS.get(name)
        if operator is None:
            raise Refusal(f"Unknown filter '{name}' in {at.where}")
        try:
            return operator(self, body, at)
        except Refusal:
            if self._is_stored:
                return UNKNOWN
            raise

    # --- combinations ---

    def _parts(self, body: object, at: _At, *, required: bool) -> Iterator[Sql]:
        if not isinstance(body, list) or not body:
            raise Refusal(f"{at.where} must be a list of filters, and not empty")
        for number, part in enumerate(body):
            yield self.compile(part, at.within(f"[{number}]", required=required))

    def _not(self, body: object, at: _At) -> Sql:
        if isinstance(body, list):
            raise Refusal(f"{at.where} must be a single filter, not a list")
        inner = self.compile(body, at.within(""))
        if self._store.settings.nulls_match_not:
            return Sql(f"({inner.text}) IS NOT TRUE", inner.params)
        return Sql(f"NOT ({inner.text})", inner.params)

    def nested(self, body: object, at: _At) -> Sql:
        """What is true of the target; of a list of targets, one is enough."""
        nested = _Nested.read(body, where=at.where)
        column = self._column(nested.scope, at, f"{at.where}.scope")
        if column.prop.type != "direct":
            raise Refusal(f"{at.where}.scope: {nested.scope} is not a direct relation")
        target = at.scope.child()
        inner = self.compile(nested.filter, _At(target, f"{at.where}.filter", at.required))
        there = f"likely({target.alias}.deleted IS NULL)"
        if not column.prop.is_list:
            if at.required:
                found = f"SELECT {target.id} FROM {target.tables()} WHERE {there} AND {inner.text}"
                return Sql(f"{column.text} IN ({found})", inner.params)
            found = f"SELECT {inner.text} FROM {target.tables()} WHERE {target.alias}.id = {column.text} AND {there}"
            return Sql(f"({found})", inner.params)
        elements = f"json_each({column.text}) AS {target.alias}_e"
        targets = f"{elements} JOIN {target.tables()} WHERE {target.alias}.id = {target.alias}_e.value AND {there}"
        if at.required:
            return Sql(f"EXISTS (SELECT 1 FROM {targets} AND {inner.text})", inner.params)
        return Sql(f"(SELECT max({inner.text}) FROM {targets})", inner.params)

    # --- operators ---

    def equals(self, body: object, at: _At) -> Sql:
        given = _Equals.read(body, where=at.where)
        column = self._column(given.property, at)
        value = self._given(given.value, f"{at.where}.value")
        if (path := _path_of(value)) is not None:
            return Sql(f"{column.text} = {self._other(column, path, at, '.value').text}", [])
        if column.prop.is_list:
            if not isinstance(value, list):
                raise Refusal(f"{at.where}.value must be a list, as {given.property} is")
            operands = self._operands(column.prop, value, f"{at.where}.value")
            return Sql(f"{column.text} = ?", [_as_list(column.prop, operands)])
        return self._located(column, Sql(" = ?", self._operands(column.prop, [value], f"{at.where}.value")), at)

    def is_in(self, body: object, at: _At) -> Sql:
        given = _Values.read(body, where=at.where)
        column = self._column(given.property, at)
        values = self._values(column, given.values, at)
        if column.prop.is_list:
            return _contains_any(column, values)
        if values.params:
            return self._located(column, Sql(f" IN (SELECT value FROM {values.text})", values.params), at)
        other = values.text
        return Sql(f"CASE WHEN {other} IS NOT NULL THEN {column.text} IN (SELECT value FROM {other}) END", [])

    def in_range(self, body: object, at: _At) -> Sql:
        given = _Range.read(body, where=at.where)
        column = self._ordered(given.property, at)
        conditions = [
            self._located(column, Sql(f" {operator} {operand.text}", operand.params), at)
            for operator, operand in self._bounds(given, column, at)
        ]
        return all_of(conditions)

    def overlaps(self, body: object, at: _At) -> Sql:
        """An interval that ends before it begins holds nothing; one with an open end is not known."""
        given = _Overlaps.read(body, where=at.where)
        start = self._ordered(given.start_property, at, "startProperty")
        end = self._ordered(given.end_property, at, "endProperty")
        if start.family != end.family:
            raise Refusal(f"{at.where}: {given.start_property} and {given.end_property} cannot be compared")
        conditions = [Sql(f"{start.text} <= {end.text}", [])]
        for operator, operand in self._bounds(given, start, at):
            column = end if operator.startswith(">") else start
            conditions.append(Sql(f"{column.text} {operator} {operand.text}", operand.params))
        return all_of(conditions)

    def has_prefix(self, body: object, at: _At) -> Sql:
        given = _Equals.read(body, where=at.where)
        column = self._column(given.property, at)
        if column.prop.type != "text" or column.prop.is_list:
            raise Refusal(f"{at.where}: {given.property} is not a single text")
        (prefix,) = self._operands(column.prop, [self._given(given.value, f"{at.where}.value")], f"{at.where}.value")
        conditions = [self._located(column, Sql(" >= ?", [prefix]), at)]
        if (beyond := _beyond(prefix)) is not None:
            conditions.append(Sql(f"{column.text} < ?", [beyond]))
        return all_of(conditions)

    def exists(self, body: object, at: _At) -> Sql:
        column = self._column(_OfProperty.read(body, where=at.where).property, at)
        return Sql(f"{column.text} IS NOT NULL", [])

    def contains_any(self, body: object, at: _At) -> Sql:
        return _contains_any(*self._list_and_values(body, at))

    def contains_all(self, body: object, at: _At) -> Sql:
        column, values = self._list_and_values(body, at)
        missing = (
            f"SELECT 1 FROM {values.text} AS wanted"
            f" WHERE wanted.value NOT IN (SELECT value FROM json_each({column.text}))"
        )
        return _if_known(column, values, Sql(f"NOT EXISTS ({missing})", values.params))

    def _list_and_values(self, body: object, at: _At) -> tuple[_Column, Sql]:
        given = _Values.read(body, where=at.where)
        column = self._column(given.property, at)
        if not column.prop.is_list:
            raise Refusal(f"{at.where}: {given.property} is not a list")
        return column, self._values(column, given.values, at)

    def has_data(self, body: object, at: _At) -> Sql:
        if not isinstance(body, list):
            raise Refusal(f"{at.where} must be a list of views and containers")
        conditions: list[Sql] = []
        for number, reference in enumerate(body):
            if not isinstance(reference, dict):
                raise Refusal(f"{at.where}[{number}] must be a reference to a view or a container")
            source = self._store.catalog.source(reference)
            conditions.append(has_data(source, at.scope, required=at.required))
        return all_of(conditions)

    def match_all(self, body: object, at: _At) -> Sql:
        if body != {}:
            raise Refusal(f"{at.where} must be an empty object")
        return TRUE

    def instance_references(self, body: object, at: _At) -> Sql:
        place = at.where.removesuffix(".instanceReferences")
        references = _References.read({"instanceReferences": body}, where=place).instance_references
        self._check_number(references, at.where)
        ids = self._ids([Link(each.space, each.external_id) for each in references])
        return Sql(f"{at.scope.alias}.id IN (SELECT value FROM json_each(?))", [compact(ids)])

    def invalid(self, _body: object, at: _At) -> Sql:
        """How the filter of a view reads after what it speaks of has vanished (dms-api.md 2.3)."""
        raise Refusal(f"Filter 'invalid' in {at.where} can be read only")

    # --- properties ---

    def _column(self, path: Sequence[str], at: _At, where: str | None = None) -> _Column:
        """A property; what is said of a missing one is not true, so an instance without data can be left out."""
        found = self._store.catalog.property(path, where=where or f"{at.where}.property")
        if isinstance(found, BaseProperty):
            kind = _BASE_TYPES[found.name]
            prop = Prop(found.name, found.column, kind, is_list=False, definition={"type": {"type": kind}})
            return _Column(at.scope.column(found), prop, is_base=True)
        if at.required:
            at.scope.require(found.container)
        return _Column(at.scope.column(found), found.prop)

    def _ordered(self, path: Sequence[str], at: _At, name: str = "property") -> _Column:
        column = self._column(path, at, f"{at.where}.{name}")
        if column.prop.is_list or column.family not in _ORDERED:
            raise Refusal(f"{at.where}: {list(path)} has no order")
        return column

    def _other(self, column: _Column, path: Sequence[str], at: _At, part: str) -> Sql:
        """Another property of the same instance."""
        other = self._column(path, at, f"{at.where}{part}.property")
        if (other.family, other.prop.is_list) != (column.family, column.prop.is_list):
            raise Refusal(f"{at.where}{part}: {list(path)} cannot be compared with '{column.prop.name}'")
        return Sql(other.text, [])

    def _located(self, column: _Column, comparison: Sql, at: _At) -> Sql:
        """
        A comparison, in the words that let SQLite choose the right index.

        The index on instances begins with the space. A space alone is shared by too many to start from; an external
        id is worth looking for in each space.
        """
        if at.required and column.is_external_id and not comparison.text.startswith(" <"):
            spaces = f"{at.scope.alias}.space IN (SELECT space FROM space)"
            return Sql(f"({spaces} AND {column.text}{comparison.text})", comparison.params)
        sign = "+" if column.is_space else ""
        return Sql(f"{sign}{column.text}{comparison.text}", comparison.params)

    # --- values ---

    def _given(self, value: Any, where: str) -> Any:
        """A value, or what a parameter stands for."""
        if isinstance(value, dict) and value.keys() == {"parameter"} and isinstance(value["parameter"], str):
            name = value["parameter"]
            if self._parameters is None:
                raise Refusal(f"{where}: parameters are for query and sync only")
            if name not in self._parameters:
                raise Refusal(f"Unknown parameter '{name}' in {where}")
            value = self._parameters[name]
        if value is None:
            raise Refusal(f"{where} must not be null")
        return value

    def _operands(self, prop: Prop, values: Sequence[Any], where: str) -> list[Any]:
        """Values as columns hold them; of a list, its elements."""
        given = [self._given(value, where) for value in values]
        if prop.type == KIND:
            return [_kind(value, where) for value in given]
        operands: list[Any] = [encode_operand(prop, value, where) for value in given]
        return list(self._ids(operands)) if prop.type == "direct" else operands

    def _values(self, column: _Column, given: Any, at: _At) -> Sql:
        """A table-valued function with the column `value`: what is listed, or the elements of another property."""
        where = f"{at.where}.values"
        values = self._given(given, where)
        if (path := _path_of(values)) is not None:
            other = self._column(path, at, f"{where}.property")
            if not other.prop.is_list or other.family != column.family:
                raise Refusal(f"{where}: {path} is not a list of values like those of '{column.prop.name}'")
            return Sql(f"json_each({other.text})", [])
        if not isinstance(values, list):
            raise Refusal(f"{where} must be a list")
        self._check_number(values, where)
        return Sql("json_each(?)", [_as_list(column.prop, self._operands(column.prop, values, where))])

    def _check_number(self, values: Sequence[object], where: str) -> None:
        most = self._store.settings.most_in_values
        if len(values) > most:
            raise Refusal(f"{where} must hold at most {most} values, not {len(values)}")

    def _bounds(self, given: _Bounds, column: _Column, at: _At) -> Iterator[tuple[str, Sql]]:
        bounds = {name: value for name in _COMPARISONS if (value := getattr(given, name)) is not None}
        for pair in (("gt", "gte"), ("lt", "lte")):
            if bounds.keys() >= set(pair):
                raise Refusal(f"{at.where}: {pair[0]} and {pair[1]} exclude each other")
        if not bounds:
            raise Refusal(f"{at.where} needs one of {', '.join(_COMPARISONS)}")
        for name, bound in bounds.items():
            value = self._given(bound, f"{at.where}.{name}")
            if (path := _path_of(value)) is not None:
                yield _COMPARISONS[name], self._other(column, path, at, f".{name}")
            else:
                yield _COMPARISONS[name], Sql("?", self._operands(column.prop, [value], f"{at.where}.{name}"))

    def _ids(self, links: Sequence[Link]) -> list[int]:
        """Numbers of instances, deleted ones too: relations to them dangle, and still match (dms-api.md 4.6)."""
        found = self._store.db.execute(
            "SELECT i.id FROM json_each(?) AS e LEFT JOIN instance AS i ON i.space = json_extract(e.value, '$[0]')"
            " AND i.external_id = json_extract(e.value, '$[1]') ORDER BY e.key",
            [compact(links)],
        )
        return [NO_ID if number is None else number for (number,) in found]


_OPERATORS: Mapping[str, Callable[[_Compiler, object, _At], Sql]] = {
    "equals": _Compiler.equals,
    "in": _Compiler.is_in,
    "range": _Compiler.in_range,
    "prefix": _Compiler.has_prefix,
    "exists": _Compiler.exists,
    "containsAny": _Compiler.contains_any,
    "containsAll": _Compiler.contains_all,
    "nested": _Compiler.nested,
    "overlaps": _Compiler.overlaps,
    "hasData": _Compiler.has_data,
    "matchAll": _Compiler.match_all,
    "instanceReferences": _Compiler.instance_references,
    "invalid": _Compiler.invalid,
}


def _kind(value: object, where: str) -> int:
    if not isinstance(value, str) or value not in _KINDS:
        raise Refusal(f"{where} must be one of {', '.join(_KINDS)}")
    return _KINDS[value]


def _path_of(value: Any) -> list[str] | None:
    """The property that a value is taken from; None: it is a value itself."""
    match value:
        case {"property": list(path)} if len(value) == 1 and all(isinstance(part, str) for part in path):
            return path
    return None


def _as_list(prop: Prop, operands: Sequence[Any]) -> str:
    """Values as the columns of lists hold them."""
    if prop.type == "json" and prop.is_list:
        return f"[{','.join(operands)}]"
    return compact(list(operands))


def _contains_any(column: _Column, values: Sql) -> Sql:
    found = (
        f"SELECT 1 FROM json_each({column.text}) AS element WHERE element.value IN (SELECT value FROM {values.text})"
    )
    return _if_known(column, values, Sql(f"EXISTS ({found})", values.params))


def _if_known(column: _Column, values: Sql, condition: Sql) -> Sql:
    """NULL where a list is missing; else the condition."""
    lists = [column.text] if values.params else [column.text, values.text]
    known = " AND ".join(f"{each} IS NOT NULL" for each in lists)
    return Sql(f"CASE WHEN {known} THEN {condition.text} END", condition.params)


def _beyond(prefix: str) -> str | None:
    """The least text that is greater than all that begin with a prefix; None: there is none."""
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    # Surrogates are no characters of their own.
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)
