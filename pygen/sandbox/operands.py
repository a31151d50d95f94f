"""What filters compare: properties as expressions, and values as columns hold them (dms-api.md 5.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.sandbox.catalog import BaseProperty, Prop
from pygen.sandbox.problems import Refusal
from pygen.sandbox.sql import Scope, Sql
from pygen.sandbox.store import EDGE, NODE, compact
from pygen.sandbox.values import encode_operand, stored_list

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["At", "Column", "Operands"]

NO_ID = -1
"""Stands for an instance that does not exist: equal to none, yet not NULL."""

_FAMILIES = {
    **dict.fromkeys(("int32", "int64", "float32", "float64"), "number"),
    **dict.fromkeys(("text", "enum", "timeseries", "file", "sequence"), "text"),
}
"""Types whose values compare with each other; the others compare with themselves."""
_ORDERED = frozenset({"number", "text", "timestamp", "date"})

_KIND = "kind"
_KINDS = {"node": NODE, "edge": EDGE}
_BASE_TYPES: Mapping[str, str] = {
    "instanceType": _KIND,
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


_LINK = Prop("", "", "direct", is_list=False, definition={"type": {"type": "direct"}})


class At(NamedTuple):
    """
    Where in a filter, and of which instance it speaks.

    Attributes:
        scope: The instance.
        where: The place, for refusals.
        required: Whether what is not true here is left out of the result.
    """

    scope: Scope
    where: str
    required: bool = False

    def within(self, part: str, *, required: bool = False) -> At:
        """A part of the filter."""
        return At(self.scope, f"{self.where}{part}", required)


class Column(NamedTuple):
    """
    A property.

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
        """What its values compare with."""
        return _FAMILIES.get(self.prop.type, self.prop.type)

    @property
    def elements(self) -> str:
        """A query for the values of a list."""
        return f"SELECT value FROM json_each({self.text})"

    def compared(self, comparison: Sql, at: At) -> Sql:
        """
        A comparison, in the words that let SQLite choose the right index.

        The index on instances begins with the space. A space alone is shared by too many to start from; an external
        id is worth looking for in each space.
        """
        condition = Sql(f"{self.text}{comparison.text}", comparison.params)
        if self.is_base and self.prop.name == "space":
            return Sql(f"+{condition.text}", condition.params)
        if at.required and self.is_base and self.prop.name == "externalId":
            spaces = f"{at.scope.alias}.space IN (SELECT space FROM space)"
            return Sql(f"({spaces} AND {condition.text})", condition.params)
        return condition


class Operands:
    """
    Finds what the filters of one request speak of.

    Args:
        store: The project.
        parameters: Values of `{"parameter": name}`; None: there are no parameters here.
    """

    def __init__(self, store: Store, parameters: Mapping[str, Any] | None) -> None:
        self._store = store
        self._parameters = parameters

    # --- properties ---

    def column(self, path: Sequence[str], at: At, part: str = ".property") -> Column:
        """
        A property; what is said of a missing one is not true, so an instance without data can be left out.

        Raises:
            Refusal: There is no such property.
        """
        found = self._store.catalog.property(path, where=f"{at.where}{part}")
        if isinstance(found, BaseProperty):
            kind = _BASE_TYPES[found.name]
            prop = Prop(found.name, found.column, kind, is_list=False, definition={"type": {"type": kind}})
            return Column(at.scope.column(found), prop, is_base=True)
        if at.required:
            at.scope.require(found.container)
        return Column(at.scope.column(found), found.prop)

    def ordered(self, path: Sequence[str], at: At, part: str = ".property") -> Column:
        """
        A property whose values are greater and less than each other.

        Raises:
            Refusal: There is no such property, or its values are not.
        """
        column = self.column(path, at, part)
        if column.prop.is_list or column.family not in _ORDERED:
            raise Refusal(f"{at.where}{part}: {list(path)} has no order")
        return column

    # --- values ---

    def given(self, value: Any, where: str) -> Any:
        """
        A value, or what a parameter stands for.

        Raises:
            Refusal: There is no such parameter, or it is null.
        """
        match value:
            case {"parameter": str(name)} if len(value) == 1:
                if self._parameters is None:
                    raise Refusal(f"{where}: parameters are for query and sync only")
                if name not in self._parameters:
                    raise Refusal(f"Unknown parameter '{name}' in {where}")
                value = self._parameters[name]
        if value is None:
            raise Refusal(f"{where} must not be null")
        return value

    def operand(self, column: Column, value: Any, at: At, part: str) -> Sql:
        """
        What a property is compared with: a value of its type, or another property of the same instance.

        Raises:
            Refusal: It cannot be compared with that.
        """
        where = f"{at.where}{part}"
        value = self.given(value, where)
        if (path := _path_of(value)) is not None:
            other = self.column(path, at, f"{part}.property")
            if (other.family, other.prop.is_list) != (column.family, column.prop.is_list):
                raise Refusal(f"{where}: {path} cannot be compared with '{column.prop.name}'")
            return Sql(other.text, [])
        if not column.prop.is_list:
            return Sql("?", self._stored(column.prop, [value], where))
        if not isinstance(value, list):
            raise Refusal(f"{where} must be a list, as '{column.prop.name}' is")
        return Sql("?", [self._stored_list(column.prop, value, where)])

    def values(self, column: Column, values: Any, at: At) -> Sql:
        """
        Values that a property, or an element of it, is compared with: a JSON list, or another property that is one.

        Raises:
            Refusal: It cannot be compared with these.
        """
        where = f"{at.where}.values"
        values = self.given(values, where)
        if (path := _path_of(values)) is not None:
            other = self.column(path, at, ".values.property")
            if not other.prop.is_list or other.family != column.family:
                raise Refusal(f"{where}: {path} is not a list of values like those of '{column.prop.name}'")
            return Sql(other.text, [])
        if not isinstance(values, list):
            raise Refusal(f"{where} must be a list")
        self._check_number(values, where)
        return Sql("?", [self._stored_list(column.prop, values, where)])

    def _check_number(self, values: Sequence[object], where: str) -> None:
        """
        Keep to the limit of values to compare with.

        Raises:
            Refusal: There are more.
        """
        most = self._store.settings.most_in_values
        if len(values) > most:
            raise Refusal(f"{where} must hold at most {most} values, not {len(values)}")

    def instances(self, references: object, where: str) -> list[int]:
        """
        Numbers of the instances that are referred to.

        Raises:
            Refusal: They are no references, or too many.
        """
        if not isinstance(references, list):
            raise Refusal(f"{where} must be a list")
        self._check_number(references, where)
        return self._ids([encode_operand(_LINK, each, f"{where}[{number}]") for number, each in enumerate(references)])

    def _ids(self, links: Sequence[Any]) -> list[int]:
        """Numbers of instances, deleted ones too: relations to them dangle, and still match (dms-api.md 4.6)."""
        found = self._store.db.execute(
            "SELECT i.id FROM json_each(?) AS e LEFT JOIN instance AS i ON i.space = json_extract(e.value, '$[0]')"
            " AND i.external_id = json_extract(e.value, '$[1]') ORDER BY e.key",
            [compact(links)],
        )
        return [NO_ID if number is None else number for (number,) in found]

    def _stored(self, prop: Prop, values: Sequence[Any], where: str) -> list[Any]:
        """Values as columns hold them; of a list, its elements."""
        given = [self.given(value, where) for value in values]
        if prop.type == _KIND:
            return [_kind(value, where) for value in given]
        stored: list[Any] = [encode_operand(prop, value, where) for value in given]
        if any(isinstance(value, str) and "\0" in value for value in stored):
            raise Refusal(f"Invalid value for {where}: text must not contain the NUL character")
        return list(self._ids(stored)) if prop.type == "direct" else stored

    def _stored_list(self, prop: Prop, values: Sequence[Any], where: str) -> str:
        """Values in a list, as columns hold lists; JSON is parsed within lists, and text elsewhere."""
        stored = self._stored(prop, values, where)
        return f"[{','.join(stored)}]" if prop.type == "json" and prop.is_list else stored_list(stored)


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
