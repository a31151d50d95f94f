"""On real data models, what is selected is what whole objects hold, for every field of every class, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.client import AsyncPygenClient, PygenClient
from pygen.runtime import NotSelectedError
from tests.support.real_sdks import Real, real_sdk


@pytest.fixture(scope="module", params=["cognite_core", "omni"])
def real(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """One of the real models, filled with mock data."""
    folder = tmp_path_factory.mktemp("selecting")
    with real_sdk(shared, folder, request.param, topic="selecting", mock=15) as made:
        yield made


def apis(client: Any) -> list[Any]:
    """The view APIs of classes with fields."""
    found = [getattr(client, name) for name, value in vars(type(client)).items() if hasattr(value, "_module")]
    return [api for api in found if api._resource.__pygen_props__]


def test_values_of_every_field_are_those_of_objects(real: Real) -> None:
    """All fields and the metadata together, and each alone."""
    compared = 0
    with PygenClient(**real.connection()) as raw:
        client = real.package.RealClient.from_client(raw)
        for api in apis(client):
            query = api.select().chunk_size(7)
            objects = query.all()
            names = [*api._resource.__pydantic_fields__]
            if api._resource.__pygen_edge__:
                names.remove("node_type")  # an edge has none
            expected = [tuple(getattr(each, name) for name in names) for each in objects]
            assert expected == query.values(*names).all(), api
            for name in api._resource.__pygen_props__:
                values = [getattr(each, name) for each in objects]
                assert values == query.values(name).all(), (api, name)
                compared += sum(value is not None for value in values)
    assert compared > 100


def test_objects_with_selected_fields_hold_what_whole_objects_hold(real: Real) -> None:
    """Each field alone: its value is there, no other is, and refresh() gives the rest."""
    with PygenClient(**real.connection()) as raw:
        client = real.package.RealClient.from_client(raw)
        for api in apis(client):
            whole = api.select().limit(5).all()
            others = list(api._resource.__pygen_props__)
            for name in others:
                part = api.select().fields(name).limit(5).all()
                assert [getattr(each, name) for each in whole] == [getattr(each, name) for each in part], (api, name)
                for other in others:
                    if part and other != name:
                        with pytest.raises(NotSelectedError):
                            getattr(part[0], other)
            if whole:
                part[0].refresh()
                assert whole[0] == part[0]


def test_an_async_client_selects_the_same(real: Real) -> None:
    """Values and objects alike."""

    async def fetch() -> list[tuple[list[Any], list[Any]]]:
        async with AsyncPygenClient(**real.connection()) as raw:
            client = real.package.AsyncRealClient.from_client(raw)
            found = []
            for api in apis(client):
                names = [*api._resource.__pygen_props__][:3]
                rows = await api.select().values(*names).all()
                objects = await api.select().fields(*names).all()
                found.append(
                    (
                        rows if len(names) > 1 else [(row,) for row in rows],
                        [tuple(getattr(each, name) for name in names) for each in objects],
                    )
                )
            return found

    found = asyncio.run(fetch())
    assert any(rows for rows, _ in found)
    assert all(rows == objects for rows, objects in found)


def test_every_relation_and_condition_of_every_class_is_explained(real: Real) -> None:
    """Views and containers tell for all of them that these models have no indexes."""
    verdicts = set()
    with PygenClient(**real.connection()) as raw:
        client = real.package.RealClient.from_client(raw)
        for api in apis(client):
            kind = api._resource
            query = api.select()
            for name in kind.__pygen_props__:
                query = query.where(lambda t, name=name: getattr(t, name).in_([]) | getattr(t, name).is_null())
            if not kind.__pygen_edge__:
                query = query.include(*kind.__pygen_relations__)
            explained = query.explain()
            assert explained.unknown is None
            assert len(kind.__pygen_props__) <= len(explained.backed)
            assert all(str(each) in str(explained) for each in explained.backed)
            verdicts |= {each.verdict for each in explained.backed}
    assert {"none"} == verdicts
