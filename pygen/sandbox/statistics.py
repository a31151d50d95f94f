"""Counts and limits of a project (dms-api.md 2.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pygen.sandbox.schema_rows import Json, Many, Space
from pygen.sandbox.shapes import Shape

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["project_statistics", "space_statistics", "space_statistics_by_ids"]

CONCURRENT_READS, CONCURRENT_WRITES, CONCURRENT_DELETES = 8, 4, 2


class _Key(Shape):
    space: Space


class _Keys(Shape):
    items: Many[_Key]


_PROJECT = """
SELECT (SELECT count(*) FROM space WHERE NOT is_global), (SELECT count(*) FROM container WHERE NOT is_global),
    (SELECT count(*) FROM view WHERE NOT is_global), (SELECT count(*) FROM data_model WHERE NOT is_global),
    (SELECT count(*) FROM container, json_each(container.columns) WHERE NOT is_global)
"""
_INSTANCES = """
SELECT count(*) FILTER (WHERE kind = 1 AND deleted IS NULL), count(*) FILTER (WHERE kind = 1 AND deleted IS NOT NULL),
    count(*) FILTER (WHERE kind = 0 AND deleted IS NULL), count(*) FILTER (WHERE kind = 0 AND deleted IS NOT NULL)
FROM instance
"""
_SPACES = """
SELECT s.space, (SELECT count(*) FROM container AS t WHERE t.space = s.space),
    (SELECT count(*) FROM view AS t WHERE t.space = s.space),
    (SELECT count(*) FROM data_model AS t WHERE t.space = s.space)
FROM space AS s WHERE {} ORDER BY s.number
"""


def project_statistics(store: Store, _body: Json, _params: Mapping[str, str]) -> Json:
    """`GET /models/statistics`; what is the system's does not count."""
    settings = store.settings
    with store.reading() as db:
        counts = db.execute(_PROJECT).fetchone()
        instances = _instances(db.execute(_INSTANCES).fetchone())
    limits = {
        "spaces": settings.most_spaces,
        "containers": settings.most_containers,
        "views": settings.most_views,
        "dataModels": settings.most_data_models,
        "containerProperties": settings.most_container_properties,
    }
    return {
        **{what: {"count": count, "limit": limit} for (what, limit), count in zip(limits.items(), counts, strict=True)},
        "instances": {
            **instances,
            "instances": instances["edges"] + instances["nodes"],
            "instancesLimit": settings.most_instances,
            "softDeletedInstances": instances["softDeletedEdges"] + instances["softDeletedNodes"],
            "softDeletedInstancesLimit": settings.most_deleted_instances,
        },
        "concurrentReadLimit": CONCURRENT_READS,
        "concurrentWriteLimit": CONCURRENT_WRITES,
        "concurrentDeleteLimit": CONCURRENT_DELETES,
    }


def space_statistics(store: Store, _body: Json, _params: Mapping[str, str]) -> Json:
    """`GET /models/statistics/spaces`: the project's own spaces."""
    return _of_spaces(store, "NOT s.is_global", [])


def space_statistics_by_ids(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/statistics/spaces/byids`: spaces that do not exist are passed over."""
    spaces = [key.space for key in _Keys.read(body).items]
    return _of_spaces(store, f"s.space IN ({', '.join('?' * len(spaces))})", spaces)


def _of_spaces(store: Store, condition: str, values: Sequence[Any]) -> Json:
    with store.reading() as db:
        items = [
            {
                "space": space,
                "containers": containers,
                "views": views,
                "dataModels": data_models,
                **_instances(db.execute(f"{_INSTANCES} WHERE space = ?", [space]).fetchone()),
            }
            for space, containers, views, data_models in db.execute(_SPACES.format(condition), values).fetchall()
        ]
    return {"items": items}


def _instances(row: Sequence[int]) -> dict[str, int]:
    return dict(zip(("edges", "softDeletedEdges", "nodes", "softDeletedNodes"), row, strict=True))
