"""Whatever the client is asked, the OpenAPI document takes the bodies that it sends."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pygen.client import DmsError, PygenClient, RetryPolicy
from pygen.client.models.ids import ContainerId, DataModelId, EdgeId, NodeId, ViewId
from pygen.client.resources.containers import SubObject
from tests.property.test_client_checks import (
    REQUESTS,
    external_ids,
    filters,
    instance_ids,
    property_names,
    sorts,
    spaces,
    versions,
)
from tests.support.openapi import request_validator

Json = dict[str, Any]
Ask = Callable[[PygenClient], object]

PREFIX = "/api/v1/projects/plant"
AGAIN = settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))

view_ids = st.builds(ViewId, spaces, external_ids, versions)
container_ids = st.builds(ContainerId, spaces, external_ids)
model_ids = st.builds(DataModelId, spaces, external_ids, versions)
keys = st.builds(NodeId, spaces, instance_ids) | st.builds(EdgeId, spaces, instance_ids)
sub_objects = st.lists(st.builds(SubObject, container_ids, external_ids.map(lambda name: name[:43])), min_size=1)
flags = st.fixed_dictionaries(
    {},
    optional={
        "replace": st.booleans() | st.none(),
        "auto_create_start_nodes": st.booleans(),
        "auto_create_end_nodes": st.booleans(),
        "auto_create_direct_relations": st.booleans(),
        "skip_on_version_conflict": st.booleans(),
    },
)
NAMES = {"instanceType": "instance_type", "groupBy": "group_by", "includeTyping": "include_typing"}


def arguments(body: Mapping[str, Any], *left_out: str) -> Json:
    """The parts of a body as keyword arguments."""
    return {NAMES.get(name, name): value for name, value in body.items() if name not in left_out}


def proper(item: Json) -> Json:
    """An instance with the keys of its kind: nodes have no ends."""
    ends = () if item["instanceType"] == "edge" else ("startNode", "endNode")
    return {name: value for name, value in item.items() if name not in ends}


def through_view(method: str, body: Json) -> Ask:
    """Search or aggregate."""
    found = body["view"]
    view = ViewId(found["space"], found["externalId"], found["version"])
    return lambda client: getattr(client.instances, method)(view, **arguments(body, "view"))


def sets(method: str, body: Json) -> Ask:
    """A query or a sync."""
    return lambda client: getattr(client.instances, method)(body["with"], body["select"])


ASKS: dict[str, st.SearchStrategy[Ask]] = {
    "search": REQUESTS["/models/instances/search"].map(lambda body: through_view("search", body)),
    "aggregate": REQUESTS["/models/instances/aggregate"].map(lambda body: through_view("aggregate", body)),
    "query": REQUESTS["/models/instances/query"].map(lambda body: sets("query", body)),
    "sync": REQUESTS["/models/instances/query"].map(lambda body: sets("sync", body)),
    "apply": st.builds(
        lambda items, delete, how: (
            lambda client: client.instances.apply(
                [proper(item) for item in items["items"]], delete=delete, on_failure="return", **how
            )
        ),
        REQUESTS["/models/instances"],
        st.lists(keys, max_size=3),
        flags,
    ),
    "list": st.builds(
        lambda views, where, order, limit: (
            lambda client: client.instances.list(sources=views, filter=where, sort=order, limit=limit).all()
        ),
        st.lists(view_ids, max_size=3),
        st.none() | filters,
        sorts,
        st.none() | st.integers(1, 5000),
    ),
    "retrieve": st.builds(
        lambda ids, views: lambda client: client.instances.retrieve(ids, sources=views, include_typing=True),
        st.lists(keys, min_size=1, max_size=5),
        st.lists(view_ids, max_size=3, unique=True),
    ),
    "delete": st.lists(keys, min_size=1).map(lambda ids: lambda client: client.instances.delete(ids)),
    "inspect": st.lists(keys, min_size=1).map(lambda ids: lambda client: client.instances.inspect(ids)),
    "spaces.retrieve": st.lists(spaces, min_size=1).map(lambda names: lambda client: client.spaces.retrieve(names)),
    "spaces.delete": st.lists(spaces, min_size=1).map(lambda names: lambda client: client.spaces.delete(names)),
    "statistics.spaces": st.lists(spaces, min_size=1).map(lambda names: lambda client: client.statistics.spaces(names)),
    "containers.retrieve": st.lists(container_ids, min_size=1).map(
        lambda ids: lambda client: client.containers.retrieve(ids)
    ),
    "containers.delete": st.lists(container_ids, min_size=1).map(
        lambda ids: lambda client: client.containers.delete(ids)
    ),
    "containers.inspect": st.lists(container_ids, min_size=1).map(
        lambda ids: lambda client: client.containers.inspect(ids)
    ),
    "containers.delete_constraints": sub_objects.map(
        lambda found: lambda client: client.containers.delete_constraints(found)
    ),
    "containers.delete_indexes": sub_objects.map(lambda found: lambda client: client.containers.delete_indexes(found)),
    "views.retrieve": st.lists(view_ids, min_size=1).map(lambda ids: lambda client: client.views.retrieve(ids)),
    "views.delete": st.lists(view_ids, min_size=1).map(lambda ids: lambda client: client.views.delete(ids)),
    "data_models.retrieve": st.lists(model_ids, min_size=1).map(
        lambda ids: lambda client: client.data_models.retrieve(ids)
    ),
    "data_models.delete": st.lists(model_ids, min_size=1).map(
        lambda ids: lambda client: client.data_models.delete(ids)
    ),
    "containers.upsert": st.builds(
        lambda space, name, prop: (
            lambda client: client.containers.upsert(
                {"space": space, "externalId": name, "properties": {prop: {"type": {"type": "text"}}}}
            )
        ),
        spaces,
        external_ids,
        property_names,
    ),
}


class Recorder:
    """
    Refuses everything, and keeps what was sent.

    Attributes:
        sent: Method, path and body of each request.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Note a request."""
        content = request.read()
        if request.headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        body = json.loads(content) if content else None
        self.sent.append((request.method.lower(), request.url.path.removeprefix(PREFIX), body))
        return httpx.Response(403, json={"error": {"code": 403, "message": "no"}})


@pytest.mark.parametrize("name", ASKS)
@AGAIN
@given(st.data())
def test_every_body_is_taken(name: str, shared: Path, data: st.DataObject) -> None:
    """A request is sent as the document describes it, or held back with a reason."""
    assert shared.is_dir()
    ask, recorder = data.draw(ASKS[name]), Recorder()
    with (
        PygenClient(
            base_url="https://cluster.example",
            project="plant",
            credentials="token",
            transport=httpx.MockTransport(recorder),
            retry=RetryPolicy(retries=0),
        ) as client,
        contextlib.suppress(DmsError),
    ):  # refused by the recorder, or held back
        ask(client)
    for method, path, body in recorder.sent:
        problems = [f"{list(each.path)}: {each.message}" for each in request_validator(method, path).iter_errors(body)]
        assert [] == problems, (path, body)
