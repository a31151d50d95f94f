"""Clients of a generated SDK: how they are made, what they hold, when they close."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from pygen.client import AsyncPygenClient, PygenClient, RetryPolicy
from tests.behaviour.runtime.fake import BASE_URL, farm
from tests.behaviour.runtime.windsdk import AsyncWindClient, WindClient, WindTurbineAPI

SETTINGS = {"CDF_URL": BASE_URL, "CDF_PROJECT": "wind", "CDF_TOKEN": "secret"}


def test_clients_are_made_from_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment and a TOML file make either client; the SDK's instance space can be replaced."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LOGIN_FLOW", raising=False)
    file = tmp_path / "config.toml"
    file.write_text(f'[cognite]\nurl = "{BASE_URL}"\nproject = "wind"\ntoken = "secret"\n', encoding="utf-8")
    for client in (WindClient.from_env(instance_space="own"), WindClient.from_toml(file)):
        with client:
            assert f"WindClient(base_url='{BASE_URL}', project='wind')" == repr(client)

    async def make() -> list[str | None]:
        spaces = []
        for client in (AsyncWindClient.from_env(instance_space="own"), AsyncWindClient.from_toml(file)):
            async with client:
                spaces.append(client.instance_space)
        return spaces

    assert ["own", "wind_data"] == asyncio.run(make())


def test_a_client_that_is_there_can_be_used() -> None:
    """`from_client` shares a client, e.g. one with a retry policy of one's own."""
    transport = httpx.MockTransport(farm(2).answer)
    retry = RetryPolicy(retries=0)
    with PygenClient(base_url=BASE_URL, project="wind", credentials="t", transport=transport, retry=retry) as client:
        wind = WindClient.from_client(client)
        assert client is wind.client
        assert 2 == len(wind.wind_turbine.list().all())

    async def use() -> int:
        async with AsyncPygenClient(base_url=BASE_URL, project="wind", credentials="t", transport=transport) as other:
            wind = AsyncWindClient.from_client(other)
            assert other is wind.client
            return len(await wind.wind_turbine.list().all())

    assert 2 == asyncio.run(use())


def test_view_apis_are_made_once_per_client() -> None:
    """An API is an attribute of its client, and a descriptor on the class."""
    one, other = farm(1).client(), farm(1).client()
    assert isinstance(one.wind_turbine, WindTurbineAPI)
    assert one.wind_turbine is one.wind_turbine
    assert one.wind_turbine is not other.wind_turbine
    assert "wind_turbine" == WindClient.wind_turbine.name
    assert "<WindTurbineAPI of sp:WindTurbine(v1)>" == repr(one.wind_turbine)


def test_a_closed_client_sends_nothing() -> None:
    """After the `with` block the connections are closed."""
    service = farm(1)
    with service.client() as client:
        turbines = client.wind_turbine.list()
    with pytest.raises(RuntimeError, match="closed"):
        turbines.all()
    assert [] == service.requests
