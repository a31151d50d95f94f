"""
Parts of SQL statements, and which tables they need.

Texts hold no values of requests; those are bound, in the order in which they occur.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from pygen.sandbox.catalog import BaseProperty, ContainerDef, Property
from pygen.sandbox.problems import Refusal

__all__ = ["FALSE", "TRUE", "UNKNOWN", "Scope", "Sql", "all_of", "any_of"]

MOST_JOINS = 48
"""SQLite joins at most 64 tables; containers beyond these are read by a query each."""


class Sql(NamedTuple):
    """
    A part of a statement.

    Attributes:
        text: With a `?` for each value.
        params: The values.
    """

    text: str
    params: list[Any]


TRUE = Sql("1", [])
FALSE = Sql("0", [])
UNKNOWN = Sql("NULL", [])


def all_of(conditions: Iterable[Sql]) -> Sql:
    """Conditions that must all hold; true where there are none."""
    given = list(conditions)
    return _chain(" AND ", given) if given else TRUE


def any_of(conditions: Iterable[Sql]) -> Sql:
    """Conditions of which one must hold; false where there are none."""
    given = list(conditions)
    return _chain(" OR ", given) if given else FALSE


def _chain(operator: str, conditions: Sequence[Sql]) -> Sql:
    """Halves of halves: SQLite takes expressions of a limited depth, and a plain chain is as deep as it is long."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    left, right = _chain(operator, conditions[:middle]), _chain(operator, conditions[middle:])
    return Sql(f"({left.text}{operator}{right.text})", left.params + right.params)


class Scope:
    """
    One instance in a statement: a row of `instance`, and its rows in the containers that expressions speak of.

    Attributes:
        alias: The name of the row of `instance`.
        kind: What instances are looked at.
    """

    def __init__(self, alias: str = "i", kind: Literal["node", "edge"] = "node") -> None:
        """
        Start with the instance alone.

        Args:
            alias: The name of the row of `instance`.
            kind: What instances are looked at.
        """
        self.alias = alias
        self.kind = kind
        self._containers: dict[int, bool] = {}
        self._targets: dict[str, str] = {}
        self._children = 0

    @property
    def id(self) -> str:
        """
        The instance's number.

        Where a container is required it is that of the container's row, whose order SQLite can follow; ask after the
        conditions are made.
        """
        required = next((number for number, is_required in self._containers.items() if is_required), None)
        return f"{self.alias if required is None else self._alias(required)}.id"

    def column(self, prop: Property) -> str:
        """
        The value of a property; NULL where the instance has no data in its container.

        Raises:
            Refusal: It is one of nodes, and these are edges; or the other way round.
        """
        if isinstance(prop, BaseProperty):
            if prop.scope != self.kind:
                raise Refusal(f'["{prop.scope}", "{prop.name}"] is no property of {self.kind}s')
            return f"{self.alias}.{prop.column}"
        return self._of_container(prop.container, prop.prop.column)

    def container(self, container: ContainerDef) -> str:
        """The instance's number if it has data in a container, else NULL."""
        return self._of_container(container, "id")

    def require(self, container: ContainerDef) -> None:
        """Leave out instances without data in a container."""
        if len(self._containers) < MOST_JOINS or container.number in self._containers:
            self._containers[container.number] = True

    def requires(self, container: ContainerDef) -> bool:
        """Whether instances without data in a container are left out."""
        return self._containers.get(container.number, False)

    def target(self, column: str) -> str:
        """The name of the row of `instance` that a column refers to; NULLs where there is none."""
        return self._targets.setdefault(column, f"{self.alias}_t{len(self._targets)}")

    def child(self) -> Scope:
        """A node that an expression leads to; its row is joined by whoever asks."""
        self._children += 1
        return Scope(f"{self.alias}_n{self._children}", "node")

    def joins(self) -> str:
        """What follows `instance AS alias` in a statement; ask last."""
        parts = [
            f" {'' if is_required else 'LEFT '}JOIN c{number} AS {self._alias(number)}"
            f" ON {self._alias(number)}.id = {self.alias}.id"
            for number, is_required in self._containers.items()
        ]
        parts += [f" LEFT JOIN instance AS {name} ON {name}.id = {column}" for column, name in self._targets.items()]
        return "".join(parts)

    def tables(self) -> str:
        """What follows `FROM` in a statement; ask last."""
        return f"instance AS {self.alias}{self.joins()}"

    def _of_container(self, container: ContainerDef, column: str) -> str:
        if len(self._containers) >= MOST_JOINS and container.number not in self._containers:
            return f"(SELECT {column} FROM {container.table} WHERE id = {self.alias}.id)"
        self._containers.setdefault(container.number, False)
        return f"{self._alias(container.number)}.{column}"

    def _alias(self, number: int) -> str:
        return f"{self.alias}_c{number}"
