"""What a project holds, in numbers: for people who look into a database file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.sandbox.filters import view_condition
from pygen.sandbox.sql import Scope

if TYPE_CHECKING:
    from pygen.sandbox.catalog import ViewDef
    from pygen.sandbox.store import Store

__all__ = ["Contents", "contents"]


class Contents(NamedTuple):
    """
    What a project holds.

    Attributes:
        spaces: Nodes and edges of each space.
        data_models: How many views each data model has.
        views: How many instances belong to each view.
        deleted: Instances that are deleted, and that sync still tells of.
    """

    spaces: dict[str, tuple[int, int]]
    data_models: dict[str, int]
    views: dict[str, int]
    deleted: int

    def lines(self) -> Iterator[str]:
        """As text, a line for each thing."""
        yield from _table(
            "spaces", [(space, f"{nodes} nodes, {edges} edges") for space, (nodes, edges) in self.spaces.items()]
        )
        yield from _table("data models", [(model, f"{count} views") for model, count in self.data_models.items()])
        yield from _table("views", [(view, f"{count} instances") for view, count in self.views.items()])
        if self.deleted:
            yield f"deleted, known to sync: {self.deleted}"

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "spaces": {space: {"nodes": nodes, "edges": edges} for space, (nodes, edges) in self.spaces.items()},
            "dataModels": {model: {"views": count} for model, count in self.data_models.items()},
            "views": {view: {"instances": count} for view, count in self.views.items()},
            "deleted": self.deleted,
        }


def contents(store: Store) -> Contents:
    """Count what there is."""
    with store.reading() as db:
        spaces = {
            space: (nodes, edges)
            for space, nodes, edges in db.execute(
                "SELECT s.space, count(i.id) FILTER (WHERE i.kind = 0), count(i.id) FILTER (WHERE i.kind = 1) "
                "FROM space AS s LEFT JOIN instance AS i ON i.space = s.space AND i.deleted IS NULL "
                "GROUP BY s.space ORDER BY s.space"
            )
        }
        models = {
            f"{space}:{name}({version})": count
            for space, name, version, count in db.execute(
                "SELECT space, external_id, version, json_array_length(body, '$.views') FROM data_model "
                "ORDER BY space, external_id, version"
            )
        }
        views = {str(identifier): _count(store, view) for identifier, view in sorted(store.catalog.views.items())}
        (deleted,) = db.execute("SELECT count(*) FROM instance WHERE deleted IS NOT NULL").fetchone()
    return Contents(spaces, models, views, deleted)


def _count(store: Store, view: ViewDef) -> int:
    kind = "edge" if view.used_for == "edge" else "node"
    scope = Scope("i", "edge" if kind == "edge" else "node")
    condition = view_condition(store, view, scope, required=True)
    (count,) = store.db.execute(
        f"SELECT count(*) FROM {scope.tables()} WHERE i.deleted IS NULL AND {condition.text}", condition.params
    ).fetchone()
    return int(count)


def _table(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    yield f"{title}:" if rows else f"{title}: none"
    width = max((len(name) for name, _ in rows), default=0)
    for name, text in rows:
        yield f"  {name:<{width}}  {text}"
