"""An SDK of yesterday's data model on today's service: what is tolerated, kept, written and refused."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from windfarm.sdk import AsyncWindfarmClient, WindfarmClient, WindTurbine

from pygen.client import PygenClient
from pygen.client.models.ids import NodeId
from pygen.runtime import DecodeError, DetachedError, NotWritableError, ResultCache, Results
from pygen.runtime.session import Validation
from pygen.sandbox import Sandbox
from tests.support.wind_sandbox import MODEL, SPACE, turbine, wind_sandbox

VIEW = {"type": "view", "space": "sp_windfarm", "externalId": "WindTurbine", "version": "v1"}


@pytest.fixture(scope="module")
def newer_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's data model, changed: types, a list, a new enum value, and a property more."""
    text = MODEL.read_text(encoding="utf-8")
    model = json.loads(text)
    for view in model["items"][0]["views"]:
        properties = view["properties"]
        for name, type_ in [
            ("capacity", {"type": "text", "list": False, "collation": "ucs_basic"}),
            ("serialNumber", {"type": "json", "list": False}),
            ("datasheets", {"type": "text", "list": False, "collation": "ucs_basic"}),
        ]:
            if name in properties:
                properties[name]["type"] = type_
        if "name" in properties:
            properties["name"]["nullable"] = True
        if "capacity" in properties:
            properties["colour"] = {**properties["capacity"], "containerPropertyIdentifier": "colour", "name": "Colour"}
        if "state" in properties:
            values = properties["state"]["type"]["values"]
            values["melting"] = next(iter(values.values()))
    path = tmp_path_factory.mktemp("models") / "windfarm.json"
    path.write_text(json.dumps(model), encoding="utf-8")
    return path


def item(external_id: str, /, **properties: Any) -> dict[str, Any]:
    """A turbine of today, as it is written."""
    return {
        "instanceType": "node",
        "space": SPACE,
        "externalId": external_id,
        "type": {"space": "sp_windfarm", "externalId": "WindTurbine"},
        "sources": [{"source": VIEW, "properties": properties}],
    }


MANY = 1_500
"""More turbines than fit on a page; every hundredth one is of today."""


@pytest.fixture(scope="module")
def newer(newer_model: Path) -> Iterator[Sandbox]:
    """A sandbox whose model is newer than the SDK."""
    with Sandbox(newer_model) as sandbox:
        with PygenClient(base_url=sandbox.base_url, project=sandbox.project, credentials=sandbox.token) as client:
            client.spaces.upsert({"space": SPACE})
            applied = client.instances.apply(
                item(
                    f"t{number:04}",
                    **(
                        {"capacity": "plenty", "datasheets": "a.pdf", "serialNumber": {"a": 1}, "state": "melting"}
                        if number % 100 == 0
                        else {"name": f"T{number}"}
                    ),
                    hubHeight=number / 2,
                    colour="red",
                    description="of today",
                )
                for number in range(MANY)
            )
            assert MANY == len(applied.items)
        yield sandbox


def client_of(sandbox: Sandbox, **options: Any) -> WindfarmClient:
    """A client of the older SDK."""
    return WindfarmClient(
        base_url=sandbox.base_url,
        project=sandbox.project,
        credentials=sandbox.token,
        instance_space=SPACE,
        **options,
    )


def check(found: list[WindTurbine]) -> None:
    """Everything is there, in order, and nothing but what does not fit is as it came."""
    assert [f"t{number:04}" for number in range(MANY)] == [each.external_id for each in found]
    assert [number / 2 for number in range(MANY)] == [each.hub_height for each in found]
    for number, each in enumerate(found):
        given: Any = (each.name, each.capacity, each.datasheets, each.serial_number, each.state)
        kept = (None, "plenty", "a.pdf", {"a": 1}, "melting")
        assert given == (kept if number % 100 == 0 else (f"T{number}", None, None, None, "stopped"))


@pytest.mark.parametrize("validation", ["lenient", "off"])
def test_an_older_sdk_reads_all_of_a_newer_model(
    newer: Sandbox, validation: Validation, caplog: pytest.LogCaptureFixture
) -> None:
    """Over several pages nothing is lost or moved; each misfit is told once."""
    with client_of(newer, validation=validation) as client:
        query = client.wind_turbine.list().order_by(lambda t: t.external_id)
        check(query.all())
        check([each for page in query.chunk_size(400).pages() for each in page])

    async def read() -> list[WindTurbine]:
        async with AsyncWindfarmClient(
            base_url=newer.base_url,
            project=newer.project,
            credentials=newer.token,
            validation=validation,
            instance_space=SPACE,
        ) as other:
            return await other.wind_turbine.list().order_by(lambda t: t.external_id).all()

    told = [record for record in caplog.records if record.name == "pygen.runtime"]
    assert (4 if validation == "lenient" else 0) == len(told)
    assert all(record.levelno == logging.WARNING for record in told)
    assert "plenty" not in caplog.text
    check(asyncio.run(read()))


def test_strict_refuses_the_newer_model(newer: Sandbox) -> None:
    """The error says where it does not fit and what to do; what fits is read."""
    with client_of(newer, validation="strict") as client:
        with pytest.raises(DecodeError, match=r"does not fit WindTurbine .*generate the SDK again"):
            client.wind_turbine.list().all()
        fitting = client.wind_turbine.retrieve("t0001")
        assert fitting is not None
        assert "T1" == fitting.name


def test_saving_sends_only_what_was_changed(newer: Sandbox) -> None:
    """What does not fit stays as the service has it."""
    with client_of(newer) as client:
        found = client.wind_turbine.retrieve("t0100")
        assert found is not None
        before = client.request_count
        found.save()
        assert before == client.request_count
        found.description = "changed"
        found.save()
        [stored] = client.client.instances.retrieve([NodeId(SPACE, "t0100")], sources=[WindTurbine.__pygen__.view])
        properties = stored["properties"]["sp_windfarm"]["WindTurbine/v1"]
        assert ("changed", "plenty", {"a": 1}, "a.pdf") == tuple(
            properties[name] for name in ("description", "capacity", "serialNumber", "datasheets")
        )


def test_what_does_not_fit_cannot_be_written(newer: Sandbox) -> None:
    """`as_write` names the field; the caller decides what should be there."""
    with client_of(newer) as client:
        found = client.wind_turbine.retrieve("t0200")
        assert found is not None
        with pytest.raises(NotWritableError, match=r"WindTurbineWrite\.\w+ cannot be written"):
            found.as_write()


@pytest.mark.parametrize("kind", ["json", "list", "bool"])
def test_a_relation_whose_id_does_not_fit_leads_nowhere(kind: str) -> None:
    """It is no reason for the others of the page to fail."""
    value: Any = {"json": {"x": 1}, "list": [1], "bool": True}[kind]
    with wind_sandbox([turbine("t1"), turbine("t2")]) as wind:
        first, second = wind.client.wind_turbine.list().order_by(lambda t: t.external_id).all()
        first.__dict__["nacelle_id"] = value
        assert first.nacelle is None
        assert second.nacelle is None


# --- the cache ---


def test_a_client_with_a_cache_asks_once() -> None:
    """Reading again takes no request and gives other objects; writing, changing and deleting are seen."""
    cache = ResultCache()
    with wind_sandbox((turbine(f"t{number}") for number in range(30)), cache=cache) as wind:
        client = wind.client
        query = client.wind_turbine.list(name_prefix="T").order_by(lambda t: t.external_id).chunk_size(10)
        first = query.all()
        asked = client.request_count
        second = query.all()
        assert first == second
        assert not {id(each) for each in first} & {id(each) for each in second}
        second[0].name = "mine alone"
        assert "T0" == query.all()[0].name
        assert 30 == len(list(query))
        assert asked == client.request_count

        second[0].save()
        assert "mine alone" not in [each.name for each in query]  # it does not begin with T any more
        client.upsert(turbine("t99"))
        assert "t99" in [each.external_id for each in query]
        client.delete("t99")
        assert "t99" not in [each.external_id for each in query]
        asked = client.request_count
        query.all()
        assert asked == client.request_count
        client.clear_cache()
        assert 0 == len(cache)
        query.all()
        assert asked < client.request_count


def test_an_async_client_with_a_cache_asks_once() -> None:
    """The same with asyncio, many readers at once included."""
    with wind_sandbox([turbine(f"t{number}") for number in range(25)], cache=ResultCache()) as wind:

        async def work(client: AsyncWindfarmClient) -> tuple[int, int, list[int]]:
            query = client.wind_turbine.list().chunk_size(10)
            await query.all()
            first = client.request_count
            sizes = [len(found) for found in await asyncio.gather(*(query.all() for _ in range(5)))]
            return first, client.request_count, sizes

        first, then, sizes = wind.run(work)
        assert first == then
        assert [25] * 5 == sizes


def test_faults_are_not_kept() -> None:
    """A refusal is asked again."""
    with wind_sandbox([turbine("t1")], cache=ResultCache()) as wind:
        wind.sandbox.faults.add(path="/models/instances/list", status=400, times=1)
        query = wind.client.wind_turbine.list()
        with pytest.raises(Exception, match="400"):
            query.all()
        assert 1 == len(query.all()) == len(query.all())


# --- copies ---


def test_objects_copy_compare_and_pickle() -> None:
    """A copy is equal and detached; it does not carry the client along."""
    with wind_sandbox([turbine("t1", datasheets=["a"], settings={"a": [1]}), turbine("t2")]) as wind:
        found = wind.client.wind_turbine.list().order_by(lambda t: t.external_id).all()
        page = wind.client.wind_turbine.list().order_by(lambda t: t.external_id).chunk_size(1).page()
        for copied in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
            assert found == copied
            assert (Results, WindTurbine) == (type(copied), copied.kind)
        one = found[0]
        for same in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one)), one.model_copy()):
            assert one == same
            assert type(same) is WindTurbine
            assert same.model_fields_set == one.model_fields_set
            assert "t1" == same.external_id
            with pytest.raises(DetachedError, match="belongs to no client"):
                same.save()
            with pytest.raises(DetachedError, match="belongs to no client"):
                same.blades.all()
        assert copy.deepcopy(one).settings is not one.settings
        assert one != found[1]
        for other in (copy.copy(page), copy.deepcopy(page), pickle.loads(pickle.dumps(page))):
            assert list(page) == list(other)
            assert page == other
            assert page.next_cursor == other.next_cursor is not None


def test_objects_of_chosen_fields_and_of_misfits_copy_and_pickle(newer: Sandbox) -> None:
    """They are of the class itself, so everything else knows them."""
    with client_of(newer) as client:
        misfit = client.wind_turbine.retrieve("t0000")
        assert misfit is not None
        for same in (copy.deepcopy(misfit), pickle.loads(pickle.dumps(misfit))):
            assert misfit == same
            assert "plenty" == same.capacity
        chosen = client.wind_turbine.select().fields(lambda t: (t.hub_height,)).limit(1).all()[0]
        for same in (copy.deepcopy(chosen), pickle.loads(pickle.dumps(chosen))):
            assert chosen == same
            assert "name" not in same.__dict__
        assert type(chosen) is WindTurbine
