"""Which operation answers which path (dms-api.md 2.1, 10, 11); each is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias

from pygen.sandbox.store import Store

__all__ = ["Operation", "Route", "find_route"]

Operation: TypeAlias = Callable[[Store, Any, Mapping[str, str]], Any]
"""Takes a project's store, the body and the parameters, and returns the JSON of the answer."""


class Route(NamedTuple):
    """
    An operation that a path leads to.

    Attributes:
        name: What it is called in logs: `instances.list`.
        function: Where it is: `module:function`, within this package.
        params: Values that the path itself gives.
    """

    name: str
    function: str
    params: Mapping[str, str] = {}

    def operation(self) -> Operation:
        """The function."""
        return _operation(self.function)


@cache
def _operation(place: str) -> Operation:
    module, _, name = place.partition(":")
    found: Operation = getattr(import_module(f"pygen.sandbox.{module}"), name)
    return found


def _schema(kind: str, path: str) -> dict[tuple[str, str], Route]:
    return {
        ("GET", path): Route(f"{kind}.list", f"{kind}:list_{kind}"),
        ("POST", path): Route(f"{kind}.upsert", f"{kind}:upsert_{kind}"),
        ("POST", f"{path}/byids"): Route(f"{kind}.byids", f"{kind}:retrieve_{kind}"),
        ("POST", f"{path}/delete"): Route(f"{kind}.delete", f"{kind}:delete_{kind}"),
    }


_ROUTES: dict[tuple[str, str], Route] = {
    **_schema("spaces", "/models/spaces"),
    **_schema("containers", "/models/containers"),
    **_schema("views", "/models/views"),
    **_schema("data_models", "/models/datamodels"),
    **{
        ("POST", f"/models/containers/{path}"): Route(f"containers.{name}", f"containers:{name}")
        for path, name in [
            ("constraints/delete", "delete_constraints"),
            ("indexes/delete", "delete_indexes"),
            ("constraints/retry", "retry_constraints"),
            ("indexes/retry", "retry_indexes"),
            ("properties/retry", "retry_properties"),
            ("inspect", "inspect_containers"),
        ]
    },
    **{
        ("POST", f"/models/instances{path}"): Route(f"instances.{name}", function)
        for path, name, function in [
            ("", "apply", "apply:apply_instances"),
            ("/list", "list", "listing:list_instances"),
            ("/byids", "byids", "listing:retrieve_instances"),
            ("/inspect", "inspect", "listing:inspect_instances"),
            ("/delete", "delete", "delete:delete_instances"),
            ("/search", "search", "search:search_instances"),
            ("/aggregate", "aggregate", "aggregate:aggregate_instances"),
            ("/query", "query", "query:query_instances"),
            ("/sync", "sync", "sync:sync_instances"),
        ]
    },
    ("GET", "/models/statistics"): Route("statistics.project", "statistics:project_statistics"),
    ("GET", "/models/statistics/spaces"): Route("statistics.spaces", "statistics:space_statistics"),
    ("POST", "/models/statistics/spaces/byids"): Route("statistics.spaces", "statistics:space_statistics_by_ids"),
}


def find_route(method: str, path: str) -> Route | None:
    """
    The operation for a path below a project.

    Returns:
        None where the sandbox has none.
    """
    return _ROUTES.get((method, path))
