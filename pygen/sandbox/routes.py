"""Which operation answers which path (dms-api.md 2.1, 10, 11); each is imported when it is first asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias

from pygen.sandbox.store import Store

__all__ = ["LAG_PARAM", "LINKS", "LINKS_PARAM", "Operation", "Route", "find_route"]

Operation: TypeAlias = Callable[[Store, Any, Mapping[str, str]], Any]
"""Takes a project's store, the body and the parameters, and returns the JSON of the answer."""

LINKS = "/_sandbox/files/"
"""Where links to the contents of files lead; the project follows."""
LINKS_PARAM = ":links"
"""The parameter that tells an operation what such links start with; none of a query is called so."""
LAG_PARAM = ":lag"
"""The parameter that tells search and aggregate how many milliseconds they are behind."""


class Route(NamedTuple):
    """
    An operation that a path leads to.

    Attributes:
        name: What it is called in logs: `instances.list`.
        function: Where it is: `module:function`, within this package.
        params: Values that the path itself gives.
        gives_links: Whether it answers with links to the sandbox itself, and is told what these start with.
        gives_points: Whether it answers with data points, as protocol buffers if the client wants them so.
    """

    name: str
    function: str
    params: Mapping[str, str] = {}
    gives_links: bool = False
    gives_points: bool = False

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
    **{
        ("POST", path): Route(
            name, function, gives_links=name.startswith("files."), gives_points=name == "timeseries.data.list"
        )
        for path, name, function in [
            ("/timeseries", "timeseries.create", "timeseries:create_time_series"),
            ("/timeseries/byids", "timeseries.byids", "timeseries:retrieve_time_series"),
            ("/timeseries/data", "timeseries.data.insert", "timeseries:insert_datapoints"),
            ("/timeseries/data/list", "timeseries.data.list", "timeseries:list_datapoints"),
            ("/timeseries/data/latest", "timeseries.data.latest", "timeseries:latest_datapoints"),
            ("/timeseries/data/delete", "timeseries.data.delete", "timeseries:delete_datapoints"),
            ("/files", "files.create", "files:create_files"),
            ("/files/byids", "files.byids", "files:retrieve_files"),
            ("/files/uploadlink", "files.uploadlink", "files:upload_link"),
            ("/files/multiuploadlink", "files.multiuploadlink", "files:multipart_upload_links"),
            ("/files/completemultipartupload", "files.complete", "files:complete_multipart_upload"),
            ("/files/downloadlink", "files.downloadlink", "files:download_links"),
            ("/sequences", "sequences.create", "sequences:create_sequences"),
            ("/sequences/byids", "sequences.byids", "sequences:retrieve_sequences"),
            ("/sequences/data", "sequences.data.insert", "sequences:insert_rows"),
            ("/sequences/data/list", "sequences.data.list", "sequences:list_rows"),
            ("/sequences/data/latest", "sequences.data.latest", "sequences:latest_row"),
            ("/dml/graphql", "graphql.dml", "dml:answer_dml"),
        ]
    },
}

_PATTERNS = [
    (
        "POST",
        re.compile(
            "/userapis/spaces/(?P<space>[^/]+)/datamodels/(?P<externalId>[^/]+)/versions/(?P<version>[^/]+)/graphql"
        ),
        Route("graphql.query", "graphql_api:answer_graphql"),
    ),
]
"""The same for paths with parts that vary; their names are those of parameters."""


def find_route(method: str, path: str) -> Route | None:
    """
    The operation for a path below a project.

    Returns:
        None where the sandbox has none.
    """
    found = _ROUTES.get((method, path))
    if found is not None:
        return found
    for verb, pattern, route in _PATTERNS:
        if verb == method and (parts := pattern.fullmatch(path)) is not None:
            return route._replace(params=parts.groupdict())
    return None
