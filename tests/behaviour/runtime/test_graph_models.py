"""On real data models, every relation of every class leads to the same whether it is included or touched."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.client import AsyncPygenClient, PygenClient
from pygen.runtime import Link
from pygen.runtime.lazy import Relation
from tests.support.real_sdks import Real, real_sdk


@pytest.fixture(scope="module", params=["apm_simple", "omni", "wind_turbine", "cognite_core", "power_ops"])
def real(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """One of the real models, filled with mock data."""
    folder = tmp_path_factory.mktemp("graph")
    with real_sdk(shared, folder, request.param, topic="graph", mock=20) as made:
        yield made


def _name(item: Any) -> tuple[Any, ...] | None:
    if item is None:
        return None
    edge = (item.edge.space, item.edge.external_id) if isinstance(item, Link) else ()
    target = item.node if isinstance(item, Link) else item
    return type(target).__name__, target.space, target.external_id, target.version, *edge


def _found(relation: Relation, owner: Any) -> Any:
    value = getattr(owner, relation.name)
    return sorted(map(_name, value), key=str) if relation.many else _name(value)


def _by_owner(owners: list[Any], relations: list[Relation]) -> dict[str, list[Any]]:
    return {owner.external_id: [_found(relation, owner) for relation in relations] for owner in owners}


def _apis(client: Any) -> list[Any]:
    """The view APIs of classes with relations."""
    found = [getattr(client, name) for name, value in vars(type(client)).items() if hasattr(value, "_module")]
    return [api for api in found if api._resource.__pygen_relations__]


def test_included_is_what_touching_loads(real: Real) -> None:
    """Everything that is included comes without a request when it is touched, and is what touching would load."""
    with PygenClient(
        base_url="http://localhost", project=real.sandbox.project, credentials="t", transport=real.sandbox.transport()
    ) as raw:
        client = real.package.RealClient.from_client(raw)
        compared = 0
        for api in _apis(client):
            relations = list(api._resource.__pygen_relations__.values())
            touched = _by_owner(api.select().all(), relations)
            included = api.select().include(*[relation.name for relation in relations]).chunk_size(7).all()
            before = client.request_count
            assert touched == _by_owner(included, relations), api
            assert before == client.request_count
            compared += sum(any(values) for values in touched.values())
        assert compared > 0


def test_an_async_client_includes_the_same(real: Real) -> None:
    """The other driver gives the same, with every relation at hand."""
    transports: dict[str, Any] = {"base_url": "http://localhost", "project": real.sandbox.project, "credentials": "t"}

    async def fetch() -> list[dict[str, list[Any]]]:
        async with AsyncPygenClient(**transports, transport=real.sandbox.async_transport()) as raw:
            found = []
            for api in _apis(real.package.AsyncRealClient.from_client(raw)):
                relations = list(api._resource.__pygen_relations__.values())
                owners = await api.select().include(*[relation.name for relation in relations]).chunk_size(9).all()
                found.append(_by_owner(owners, relations))
            return found

    with PygenClient(**transports, transport=real.sandbox.transport()) as raw:
        expected = [
            _by_owner(api.select().all(), list(api._resource.__pygen_relations__.values()))
            for api in _apis(real.package.RealClient.from_client(raw))
        ]
    assert expected == asyncio.run(fetch())


def test_recursion_is_what_touching_again_and_again_loads(real: Real) -> None:
    """Each relation of a class to itself, followed three times, leads to the same as touching it level by level."""
    with PygenClient(
        base_url="http://localhost", project=real.sandbox.project, credentials="t", transport=real.sandbox.transport()
    ) as raw:
        client = real.package.RealClient.from_client(raw)
        for api in _apis(client):
            for relation in api._resource.__pygen_relations__.values():
                if not issubclass(relation.target, relation.owner):
                    continue
                touched = [_levels(relation, owner, 3) for owner in api.select().all()]
                query = api.select().recurse(lambda _, found=relation: found, max_distance=3).chunk_size(8)
                owners = query.all()
                before = client.request_count
                assert sorted(touched) == sorted(_levels(relation, owner, 3) for owner in owners), relation
                assert before == client.request_count


def _levels(relation: Relation, owner: Any, depth: int) -> list[str]:
    """The names of an owner and of what a relation leads to, level by level."""
    level, lines = {str(_name(owner)): owner}, []
    for _ in range(depth):
        lines.append(" ".join(sorted(level)))
        following: dict[str, Any] = {}
        for each in level.values():
            value = getattr(each, relation.name)
            for item in value if relation.many else [] if value is None else [value]:
                target = item.node if isinstance(item, Link) else item
                following[str(_name(target))] = target
        level = following
    return [*lines, " ".join(sorted(level))]
