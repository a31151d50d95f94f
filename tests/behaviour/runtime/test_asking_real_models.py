"""On real data models: lookups, searches, figures and change feeds agree with lists, over HTTP, for every view."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.client import AsyncPygenClient, PygenClient
from pygen.runtime.base import instance_id
from pygen.runtime.meta import columns_of
from tests.support.real_sdks import Real, apis_of, real_sdk


@pytest.fixture(scope="module", params=["cognite_core", "omni", "power_ops", "wind_turbine"])
def real(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """One of the real models, filled with mock data."""
    folder = tmp_path_factory.mktemp("asking")
    with real_sdk(shared, folder, request.param, topic="asking", mock=25) as made:
        yield made


def _groupable(kind: Any) -> list[str]:
    """Fields whose values make groups: numbers, truth values, enums and direct relations; no lists."""
    found = []
    for field, column in columns_of(kind).items():
        annotation = str(kind.__pydantic_fields__[field].annotation)
        fits = any(word in annotation for word in ("int", "bool", "NodeId", "Literal"))
        if not column.is_metadata and not column.is_list and fits and "dict" not in annotation:
            found.append(field)
    return found


def test_what_is_asked_for_agrees_with_the_list(real: Real) -> None:
    """Lookups, searches without words, counts, groups and change feeds see what a list sees."""
    with PygenClient(base_url=real.sandbox.base_url, project=real.sandbox.project, credentials="t") as under:
        client = real.package.RealClient.from_client(under)
        seen = grouped = 0
        for api in apis_of(client):
            items = api.select().all()
            by_id = {instance_id(item): item for item in items}
            seen += len(items)
            found = api.retrieve(list(by_id))
            assert (items, ()) == (list(found), found.missing), api
            assert by_id == {instance_id(item): item for item in api.select().search("")}, api
            assert len(items) == api.aggregate(lambda t: t.external_id.count()) == api.select().search("").count(), api
            feed = api.sync()
            changes = list(feed)
            assert len(items) == len(changes), api
            assert by_id == {instance_id(change.item): change.item for change in changes}, api
            assert {"created"} >= {change.kind for change in changes}, api
            assert [] == list(feed), api
            for field in _groupable(api._resource)[:6]:
                groups = api.group_by(field).count()
                expected = Counter(getattr(item, field) for item in items)
                assert expected == dict(groups), (api, field)
                grouped += len(groups)
        assert seen > 0
        assert grouped > 0


def test_an_async_client_is_told_the_same(real: Real) -> None:
    """The other driver sees the same."""

    async def work() -> None:
        async with AsyncPygenClient(
            base_url=real.sandbox.base_url, project=real.sandbox.project, credentials="t"
        ) as under:
            client = real.package.AsyncRealClient.from_client(under)
            for api in apis_of(client):
                items = await api.select().all()
                by_id = {instance_id(item): item for item in items}
                assert items == list(await api.retrieve(list(by_id))), api
                assert by_id == {instance_id(item): item for item in await api.select().search("").all()}, api
                assert len(items) == await api.aggregate(lambda t: t.external_id.count()), api
                changes = [change async for change in api.sync()]
                assert by_id == {instance_id(change.item): change.item for change in changes}, api

    asyncio.run(work())
