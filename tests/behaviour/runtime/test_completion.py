"""Completion in terminals and notebooks: it lists what there is, and neither asks the service nor imports."""

from __future__ import annotations

import inspect
import pydoc
import rlcompleter
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from windfarm.sdk import WindfarmClient, WindTurbine

from tests.conftest import ROOT

SDK = ROOT / "example_project" / "src"
INSTANCE = {
    "instanceType": "node",
    "space": "windfarm_data",
    "externalId": "t",
    "version": 1,
    "createdTime": 1,
    "lastUpdatedTime": 1,
    "properties": {
        "sp_windfarm": {
            "WindTurbine/v1": {"name": "T", "nacelle": {"space": "windfarm_data", "externalId": "n"}},
        },
    },
}


@pytest.fixture
def client() -> Iterator[WindfarmClient]:
    """A client of a service that has one turbine."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"items": [INSTANCE]}))
    with WindfarmClient(base_url="http://localhost", project="p", credentials="t", transport=transport) as made:
        yield made


def completed(text: str, **names: object) -> list[str]:
    """What Python's own completer offers, without the expression in front."""
    completer = rlcompleter.Completer(names)
    found: list[str] = []
    while (match := completer.complete(text, len(found))) is not None:
        found.append(match.rpartition(".")[2])
    return found


def test_relations_are_completed_and_not_loaded(client: WindfarmClient) -> None:
    """The completer asks every attribute for its value, but leaves relations alone."""
    turbine = client.wind_turbine.list().first()
    assert turbine is not None
    before = client.request_count
    assert ["blades"] == completed("turbine.bl", turbine=turbine)
    assert ["nacelle", "nacelle_id", "name"] == completed("turbine.na", turbine=turbine)
    assert ["nacelle", "nacelle_id", "name"] == completed("WindTurbine.na", WindTurbine=WindTurbine)
    assert before == client.request_count
    assert "<WindTurbine.blades: not loaded>" == repr(turbine.blades)


def test_view_apis_are_completed_and_not_imported() -> None:
    """A client lists its view APIs without the import of one module of a view."""
    script = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(SDK)!r}]
import rlcompleter
from windfarm.sdk import WindfarmClient
client = WindfarmClient(base_url="http://localhost", project="p", credentials="t")
completer = rlcompleter.Completer({{"client": client}})
completer.complete("client.", 0)
print(*(match.rpartition(".")[2] for match in completer.matches))
print(*dir(client))
print(*sorted(module for module in sys.modules if module.startswith("windfarm.sdk.")))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    matches, names, modules = (set(line.split()) for line in done.stdout.splitlines())
    assert {"wind_turbine", "blade", "upsert(", "diagram("} <= matches
    assert {"wind_turbine", "blade", "upsert", "diagram"} <= names
    assert {"windfarm.sdk._client"} == modules


def test_dir_lists_what_there_is(client: WindfarmClient) -> None:
    """Fields, relations and methods of an object, a class and a view API."""
    turbine = client.wind_turbine.list().first()
    before = client.request_count
    names = {"name", "capacity", "nacelle", "nacelle_id", "blades", "save", "as_write"}
    assert names <= set(dir(turbine))
    assert names <= set(dir(WindTurbine))
    assert {"list", "search", "retrieve", "upsert", "delete"} <= set(dir(client.wind_turbine))
    assert before == client.request_count


def test_a_query_lists_its_methods_and_is_not_carried_out(client: WindfarmClient) -> None:
    """The completer asks for each of them; a branch that is included has one of its own."""
    query = client.wind_turbine.list().include("blades")
    assert {"where", "all", "first", "list_blades"} <= {name.rstrip("()") for name in completed("q.", q=query)}
    assert 0 == client.request_count


def test_looking_at_an_object_from_outside_asks_nothing(client: WindfarmClient) -> None:
    """`inspect` and `help` find relations and view APIs, and neither loads nor imports them."""
    turbine = client.wind_turbine.list().first()
    before = client.request_count
    assert {"nacelle", "blades", "name"} <= {name for name, _ in inspect.getmembers_static(turbine)}
    assert WindTurbine.blades is inspect.getattr_static(turbine, "blades")
    assert "blades" in pydoc.plain(pydoc.render_doc(WindTurbine))
    assert "wind_turbine" in pydoc.plain(pydoc.render_doc(WindfarmClient))
    assert before == client.request_count


def test_relations_and_view_apis_pass_for_properties() -> None:
    """That is what completers go by: they do not ask a property for its value."""
    assert isinstance(WindTurbine.blades, property)
    assert isinstance(vars(WindfarmClient)["wind_turbine"], property)


def test_a_view_api_is_made_once_per_client(client: WindfarmClient) -> None:
    """It is kept by the client, not by the class."""
    assert client.wind_turbine is client.wind_turbine
    other = WindfarmClient.from_client(client.client)
    assert client.wind_turbine is not other.wind_turbine
    with pytest.raises(AttributeError):
        client.wind_turbine = other.wind_turbine
