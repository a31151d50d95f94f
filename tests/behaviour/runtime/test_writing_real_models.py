"""On real data models: what was read is written into an empty sandbox, read back equal, changed and deleted."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest

from pygen.client import AsyncPygenClient, PygenClient
from pygen.runtime import EdgeId, Edges, LinkWrite, NodeId, PygenResource, PygenWrite, Reverse
from pygen.runtime.base import instance_id
from pygen.sandbox import Sandbox
from tests.support.real_sdks import Real, apis_of, real_sdk

World: TypeAlias = "dict[tuple[str, NodeId | EdgeId], dict[str, Any]]"
"""Instances by view and id, with what is to be the same after they were copied."""

_OF_THE_COPY = {"version", "created_time", "last_updated_time"}
"""Fields that the service sets."""


class Copied(NamedTuple):
    """
    What is copied.

    Attributes:
        real: Where it comes from.
        world: What is there, as far as it can be written.
        writes: The same as objects of write classes.
        nodes: Nodes of views through which nothing can be written, as far as relations need them.
    """

    real: Real
    world: World
    writes: list[PygenWrite]
    nodes: list[dict[str, Any]]

    @contextmanager
    def empty(self) -> Iterator[Sandbox]:
        """A sandbox with the model and the spaces, and no instances."""
        with Sandbox(self.real.path) as sandbox, _under(sandbox) as client:
            types = {key.space for seen in self.world.values() for key in (seen["node_type"],) if key is not None}
            spaces = {key.space for _, key in self.world} | types
            client.spaces.upsert([{"space": space} for space in sorted(spaces)])
            client.instances.apply(self.nodes)
            yield sandbox


@pytest.fixture(scope="module", params=["cognite_core", "omni", "power_ops", "wind_turbine"])
def copied(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """Everything that a real model filled with mock data shows."""
    folder = tmp_path_factory.mktemp("copying")
    with real_sdk(shared, folder, request.param, topic="copying", mock=12, seed=5) as made, client_of(made) as client:
        items = everything(client)
        writes = [written for item in items if (written := as_write(item)) is not None]
        nodes = [_bare(item) for item in items if item.__pygen__.write is None and not type(item).__pygen_props__]
        yield Copied(made, world_of(client), writes, nodes)


@contextmanager
def client_of(real: Real, sandbox: Sandbox | None = None, *, over_http: bool = False, **options: Any) -> Iterator[Any]:
    """A client of the real model's SDK."""
    with _under(sandbox or real.sandbox, over_http=over_http) as under:
        yield real.package.RealClient.from_client(under, **options)


def _under(sandbox: Sandbox, *, over_http: bool = False) -> PygenClient:
    return PygenClient(
        base_url=sandbox.base_url if over_http else "http://localhost",
        project=sandbox.project,
        credentials=sandbox.token,
        transport=None if over_http else sandbox.transport(),
    )


@asynccontextmanager
async def async_client_of(real: Real, sandbox: Sandbox) -> AsyncIterator[Any]:
    """The same, asynchronous."""
    async with AsyncPygenClient(
        base_url="http://localhost",
        project=sandbox.project,
        credentials=sandbox.token,
        transport=sandbox.async_transport(),
    ) as under:
        yield real.package.AsyncRealClient.from_client(under)


def everything(client: Any) -> list[PygenResource]:
    """All instances, once for each view that shows them."""
    return [item for api in apis_of(client) for item in api.select()]


def as_write(item: PygenResource) -> PygenWrite | None:
    """An instance as it is written, with the edges that lead from it; None where its view is read-only."""
    if item.__pygen__.write is None:
        return None
    written: PygenWrite = item.as_write()  # type: ignore[attr-defined]
    for field, spec in item.__pygen__.write.__pygen_props__.items():
        if spec.edges is None and field not in written.model_fields_set:
            setattr(written, field, None)  # said, so that no default of the model takes its place
    for name, relation in type(item).__pygen_relations__.items():
        if isinstance(relation.spec, Edges):
            found = getattr(item, name)
            several = found.all() if relation.many else [] if found is None else [found]
            values: list[Any] = [_end(value, linked=relation.linked) for value in several]
            setattr(written, name, values if relation.many else next(iter(values), None))
    return written


def _end(value: Any, *, linked: bool) -> Any:
    return LinkWrite(value.node.as_node_id(), value.edge.as_write()) if linked else value.as_node_id()


def _bare(item: PygenResource) -> dict[str, Any]:
    node = {"instanceType": "node", "space": item.space, "externalId": item.external_id}
    kind = item.node_type
    return node if kind is None else {**node, "type": {"space": kind.space, "externalId": kind.external_id}}


def world_of(client: Any) -> World:
    """What is there: every value of every instance that can be written, and the ids that relations lead to."""
    world: World = {}
    for item in everything(client):
        if item.__pygen__.write is None:
            continue
        seen = {name: value for name, value in dict(item).items() if name not in _OF_THE_COPY}
        for name, relation in type(item).__pygen_relations__.items():
            found = getattr(item, name)
            several = found.all() if relation.many else [] if found is None else [found]
            told = sorted(map(_told, several), key=str)
            # Where several point to it, the service may tell any of them; what points is compared at the other end.
            seen[f"{name}()"] = bool(told) if isinstance(relation.spec, Reverse) and not relation.many else told
        world[item.__pygen__.key, instance_id(item)] = seen
    return world


def _told(value: Any) -> Any:
    if isinstance(value, PygenResource):
        return instance_id(value)
    edge = {name: each for name, each in dict(value.edge).items() if name not in _OF_THE_COPY}
    return instance_id(value.node), edge


def changed(item: PygenResource) -> tuple[str, Any] | None:
    """A field that can be changed, and another value of it; None where there is none."""
    makers: dict[type[Any], Callable[[Any], Any]] = {
        bool: lambda value: not value,
        float: lambda value: value / 2 + 0.5 if value != 1 else 2.0,
        int: lambda value: value - 1 if value > 0 else value + 1,
        dict: lambda value: {**value, "another": [None, "value"]},
        dt.datetime: lambda value: value.replace(microsecond=(value.microsecond + 1000) % 1_000_000),
        list: lambda value: value[:-1] if value else None,
    }
    write = item.__pygen__.write
    if write is None:
        return None
    names = {spec.name for spec in write.__pygen_props__.values()}
    for field, spec in type(item).__pygen_props__.items():
        value = getattr(item, field)
        if spec.name in names and type(value) in makers and (new := makers[type(value)](value)) is not None:
            return field, new
    return None


def check_same(expected: World, actual: World) -> None:
    """See that all is there, instance by instance."""
    assert expected
    assert set() == expected.keys() - actual.keys()
    # What is written through a view gets rows in all of its containers, so other views may come to show it, too.
    assert {key for _, key in expected} == {key for _, key in actual}
    for key, seen in expected.items():
        assert seen == actual[key], key


def test_what_was_read_is_written_and_read_back(copied: Copied) -> None:
    """A copy by way of write objects shows the same instances, values and relations through every view."""
    with copied.empty() as empty, client_of(copied.real, empty) as client:
        assert {} == world_of(client)
        result = client.upsert(copied.writes)
        assert {"created"} == set(result.counts())
        check_same(copied.world, world_of(client))
        again = client.upsert(copied.writes)
        assert {"unchanged": len(result)} == again.counts()


def test_an_iterator_and_replacing_write_the_same(copied: Copied) -> None:
    """What is read as it is written, view by view, comes out the same; so does what replaces."""
    with copied.empty() as empty, client_of(copied.real, empty) as client:
        client.upsert((written for written in copied.writes), parallel=3)
        client.upsert(copied.writes, replace=True)
        check_same(copied.world, world_of(client))


def test_an_async_client_writes_the_same(copied: Copied) -> None:
    """The other driver writes the same, and a dry run of it shows what is sent."""

    async def work(sandbox: Sandbox) -> None:
        async with async_client_of(copied.real, sandbox) as client:
            preview = await client.upsert(copied.writes, dry_run=True)
            result = await client.upsert(copied.writes)
            assert [(item["space"], item["externalId"]) for item in preview] == [
                (item.id.space, item.id.external_id) for item in result
            ]
            for api in apis_of(client):
                item = await api.select().first()
                if item is not None and (change := changed(item)) is not None:
                    setattr(item, *change)
                    await item.asave()
                    fresh = await api.retrieve(item)
                    assert item == fresh, api

    with copied.empty() as empty:
        asyncio.run(work(empty))


@pytest.mark.parametrize("copied", ["omni"], indirect=True, scope="module")
def test_over_http_it_is_the_same(copied: Copied) -> None:
    """A real server takes and shows the same."""
    with copied.empty() as empty, client_of(copied.real, empty, over_http=True) as client:
        client.upsert(copied.writes)
        check_same(copied.world, world_of(client))
        client.delete(everything(client))
        assert [] == everything(client)


def test_one_field_is_changed_and_everything_is_deleted(copied: Copied) -> None:
    """`save` sends one field of an instance, the service then shows the object as it is; and all of it can go."""
    with copied.empty() as empty, client_of(copied.real, empty) as client:
        client.upsert(copied.writes)
        saved = 0
        for api in apis_of(client):
            for item in api.select().limit(4):
                change = changed(item)
                if change is None:
                    continue
                setattr(item, *change)
                before = client.request_count
                item.save()
                item.save()
                assert before + 1 == client.request_count, (api, change)
                fresh = api.retrieve(item)
                assert (item, item.version) == (fresh, fresh.version), (api, change)
                saved += 1
        assert saved > 5
        for api in apis_of(client):
            keys = [instance_id(item) for item in api.select()]
            assert sorted(keys, key=str) == sorted(api.select().delete(everything=True), key=str), api
            assert 0 == len(api.select().all()), api
        assert [] == everything(client)
