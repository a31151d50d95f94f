"""
Filters as SQL expressions: one expression with bound values, true, false or NULL as the filter is.

What filters mean: dms-api.md 5.1-5.3. A missing value is NULL, and what is said of it is neither true nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from pygen.sandbox.catalog import ContainerDef, ViewDef
from pygen.sandbox.operands import At, Column, Operands
from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape
from pygen.sandbox.sql import FALSE, TRUE, UNKNOWN, Scope, Sql, all_of, any_of
from pygen.sandbox.store import compact

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["compile_filter", "global_spaces_hidden", "has_data", "view_condition"]

Json: TypeAlias = dict[str, Any]

FEW_TARGETS = 1000

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_LOWER = frozenset({"gt", "gte"})


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
    return _Compiler(store, parameters).compile(filter, At(scope, where, required))


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
    return _Compiler(store, None, is_stored=True).compile(view.filter, At(scope, "filter", required))


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


class _Compiler:
    """
    Turns filters of one request into SQL.

    Args:
        store: The project.
        parameters: Values of `{"parameter": name}`; None: there are no parameters here.
        is_stored: Whether it is the filter of a view: what it speaks of may have vanished since, and is NULL then.
    """

    def __init__(self, store: Store, parameters: Mapping[str, Any] | None, *, is_stored: bool = False) -> None:
        self._store = store
        self._operands = Operands(store, parameters)
        self._is_stored = is_stored

    def compile(self, filter: object, at: At) -> Sql:  # noqa: A002 -- as DMS calls it
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

    def _parts(self, body: object, at: At, *, required: bool) -> Iterator[Sql]:
        if not isinstance(body, list) or not body:
            raise Refusal(f"{at.where} must be a list of filters, and not empty")
        for number, part in enumerate(body):
            yield self.compile(part, at.within(f"[{number}]", required=required))

    def _not(self, body: object, at: At) -> Sql:
        if isinstance(body, list):
            raise Refusal(f"{at.where} must be a single filter, not a list")
        inner = self.compile(body, at.within(""))
        if self._store.settings.nulls_match_not:
            return Sql(f"({inner.text}) IS NOT TRUE", inner.params)
        return Sql(f"NOT ({inner.text})", inner.params)

    def nested(self, body: object, at: At) -> Sql:
        """What is true of the target; of a list of targets, one is enough."""
        nested = _Nested.read(body, where=at.where)
        column = self._operands.column(nested.scope, at, ".scope")
        if column.prop.type != "direct":
            raise Refusal(f"{at.where}.scope: {nested.scope} is not a direct relation")
        target = at.scope.child()
        inner = self.compile(nested.filter, At(target, f"{at.where}.filter", at.required))
        of_target = f"{target.alias}.id = {column.text}"
        tables = target.tables()
        if column.prop.is_list:
            of_target = f"{target.alias}.id = {target.alias}_e.value"
            tables = f"json_each({column.text}) AS {target.alias}_e JOIN {tables}"
        there = f"likely({target.alias}.deleted IS NULL)"
        if not at.required:
            truth = f"max({inner.text})" if column.prop.is_list else inner.text
            return Sql(f"(SELECT {truth} FROM {tables} WHERE {of_target} AND {there})", inner.params)
        if not column.prop.is_list and (few := self._few(target, there, inner)) is not None:
            return Sql(f"{column.text} IN (SELECT value FROM json_each(?))", [compact(few)])
        return Sql(f"EXISTS (SELECT 1 FROM {tables} WHERE {of_target} AND {there} AND {inner.text})", inner.params)

    def _few(self, target: Scope, there: str, inner: Sql) -> list[int] | None:
        """
        The targets, if they are few: then an index leads from them to the instances.

        Of many, each instance had better be asked whether its own is among them.
        """
        found = self._store.db.execute(
            f"SELECT {target.id} FROM {target.tables()} WHERE {there} AND {inner.text} LIMIT ?",
            [*inner.params, FEW_TARGETS + 1],
        ).fetchall()
        return [number for (number,) in found] if len(found) <= FEW_TARGETS else None

    # --- comparisons ---

    def equals(self, body: object, at: At) -> Sql:
        """Lists are equal as a whole."""
        given = _Equals.read(body, where=at.where)
        column = self._operands.column(given.property, at)
        operand = self._operands.operand(column, given.value, at, ".value")
        return column.compared(Sql(f" = {operand.text}", operand.params), at)

    def is_in(self, body: object, at: At) -> Sql:
        """Of a list, one element is enough."""
        given = _Values.read(body, where=at.where)
        column = self._operands.column(given.property, at)
        values = self._operands.values(column, given.values, at)
        if column.prop.is_list:
            return _contains_any(column, values)
        condition = column.compared(Sql(f" IN (SELECT value FROM json_each({values.text}))", values.params), at)
        return condition if values.params else _where_known([values.text], condition)

    def in_range(self, body: object, at: At) -> Sql:
        """Between bounds."""
        given = _Range.read(body, where=at.where)
        column = self._operands.ordered(given.property, at)
        return all_of(column.compared(bound, at) for _, bound in self._bounds(given, column, at))

    def overlaps(self, body: object, at: At) -> Sql:
        """An interval that ends before it begins holds nothing; one with an open end is not known."""
        given = _Overlaps.read(body, where=at.where)
        start = self._operands.ordered(given.start_property, at, ".startProperty")
        end = self._operands.ordered(given.end_property, at, ".endProperty")
        if start.family != end.family:
            raise Refusal(f"{at.where}: {given.start_property} and {given.end_property} cannot be compared")
        bounds = [
            (end if name in _LOWER else start).compared(bound, at) for name, bound in self._bounds(given, start, at)
        ]
        return all_of([Sql(f"{start.text} <= {end.text}", []), *bounds])

    def _bounds(self, given: _Bounds, column: Column, at: At) -> Iterator[tuple[str, Sql]]:
        bounds = {name: value for name in _COMPARISONS if (value := getattr(given, name)) is not None}
        for pair in (("gt", "gte"), ("lt", "lte")):
            if bounds.keys() >= set(pair):
                raise Refusal(f"{at.where}: {pair[0]} and {pair[1]} exclude each other")
        if not bounds:
            raise Refusal(f"{at.where} needs one of {', '.join(_COMPARISONS)}")
        for name, bound in bounds.items():
            operand = self._operands.operand(column, bound, at, f".{name}")
            yield name, Sql(f" {_COMPARISONS[name]} {operand.text}", operand.params)

    def has_prefix(self, body: object, at: At) -> Sql:
        """As a range, which an index can find."""
        given = _Equals.read(body, where=at.where)
        column = self._operands.column(given.property, at)
        if column.prop.type != "text" or column.prop.is_list:
            raise Refusal(f"{at.where}: {given.property} is not a single text")
        value = self._operands.given(given.value, f"{at.where}.value")
        if not isinstance(value, str):
            raise Refusal(f"{at.where}.value must be a text")
        conditions = [column.compared(Sql(" >= ?", [value]), at)]
        if (beyond := _beyond(value)) is not None:
            conditions.append(column.compared(Sql(" < ?", [beyond]), at))
        return all_of(conditions)

    def exists(self, body: object, at: At) -> Sql:
        """An empty list exists."""
        column = self._operands.column(_OfProperty.read(body, where=at.where).property, at)
        return Sql(f"{column.text} IS NOT NULL", [])

    # --- lists ---

    def contains_any(self, body: object, at: At) -> Sql:
        """One element of the list is among the values."""
        return _contains_any(*self._list_and_values(body, at))

    def contains_all(self, body: object, at: At) -> Sql:
        """Each value is an element of the list."""
        column, values = self._list_and_values(body, at)
        missing = f"SELECT 1 FROM json_each({values.text}) AS wanted WHERE wanted.value NOT IN ({column.elements})"
        return _where_known([column.text, values.text], Sql(f"NOT EXISTS ({missing})", values.params))

    def _list_and_values(self, body: object, at: At) -> tuple[Column, Sql]:
        given = _Values.read(body, where=at.where)
        column = self._operands.column(given.property, at)
        if not column.prop.is_list:
            raise Refusal(f"{at.where}: {given.property} is not a list")
        return column, self._operands.values(column, given.values, at)

    # --- instances ---

    def has_data(self, body: object, at: At) -> Sql:
        """Data in all of the views and containers."""
        if not isinstance(body, list):
            raise Refusal(f"{at.where} must be a list of views and containers")
        conditions: list[Sql] = []
        for number, reference in enumerate(body):
            if not isinstance(reference, dict):
                raise Refusal(f"{at.where}[{number}] must be a reference to a view or a container")
            source = self._store.catalog.source(reference, where=f"{at.where}[{number}]")
            conditions.append(has_data(source, at.scope, required=at.required))
        return all_of(conditions)

    def match_all(self, body: object, at: At) -> Sql:
        """Everything."""
        if body != {}:
            raise Refusal(f"{at.where} must be an empty object")
        return TRUE

    def instance_references(self, body: object, at: At) -> Sql:
        """Instances by name."""
        ids = self._operands.instances(body, at.where)
        return Sql(f"{at.scope.alias}.id IN (SELECT value FROM json_each(?))", [compact(ids)])

    def invalid(self, _body: object, at: At) -> Sql:
        """How the filter of a view reads after what it speaks of has vanished (dms-api.md 2.3)."""
        raise Refusal(f"Filter 'invalid' in {at.where} can be read only")


_OPERATORS: Mapping[str, Callable[[_Compiler, object, At], Sql]] = {
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


def _contains_any(column: Column, values: Sql) -> Sql:
    wanted = f"SELECT value FROM json_each({values.text})"
    found = f"SELECT 1 FROM json_each({column.text}) AS element WHERE element.value IN ({wanted})"
    return _where_known([column.text, values.text], Sql(f"EXISTS ({found})", values.params))


def _where_known(lists: Sequence[str], condition: Sql) -> Sql:
    """NULL where a list is missing; else the condition. A list that is bound is there."""
    known = " AND ".join(f"{each} IS NOT NULL" for each in lists if each != "?")
    return Sql(f"CASE WHEN {known} THEN {condition.text} END", condition.params)


def _beyond(prefix: str) -> str | None:
    """The least text that is greater than all that begin with a prefix; None: there is none."""
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    # Surrogates are no characters of their own.
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)
