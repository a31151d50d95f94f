"""Upserts against the sandbox: what is sent, what is there afterwards, and what became of each item."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from windfarm.sdk import (
    Blade,
    BladeWrite,
    DistanceWrite,
    MetmastWrite,
    NacelleWrite,
    TechnicianWrite,
    WindfarmClient,
    WindfarmWrite,
    WindTurbineWrite,
)

from pygen.client.exceptions import DmsRequestError
from pygen.runtime import (
    EdgeId,
    LinkWrite,
    NodeId,
    NotWritableError,
    SdkError,
    UpsertError,
    UpsertPreview,
    UpsertResult,
    sha256_ids,
    uuid_ids,
)
from tests.behaviour.runtime.written_farm import SPACE, Farm, open_farm


@pytest.fixture
def farm() -> Iterator[Farm]:
    """A farm without instances."""
    with open_farm() as opened:
        yield opened


@pytest.fixture
def client(farm: Farm) -> Iterator[WindfarmClient]:
    """A client of it."""
    with farm.client() as opened:
        yield opened


# --- what is there afterwards ---


@pytest.mark.parametrize("over_http", [False, True])
def test_nested_objects_come_back_as_they_were(farm: Farm, over_http: bool) -> None:
    """A turbine with nacelle, blades and masts is one upsert, and is read as it was written."""
    turbine = WindTurbineWrite(
        external_id="t",
        name="T",
        capacity=6.5,
        commissioned=dt.datetime(2020, 5, 17, 12, 0, 0, 123000, tzinfo=dt.UTC),
        class_="II",
        settings={"pitch": {"degrees": [1, None, "x"]}},
        nacelle=NacelleWrite(external_id="n", name="N", weight=0.0),
        blades=[BladeWrite(external_id=f"b{number}", name="", is_damaged=False) for number in range(3)],
        metmasts=[LinkWrite(MetmastWrite(external_id="m", name="M", heights=[]), DistanceWrite(distance=7.5))],
        windfarm=WindfarmWrite(external_id="w", name="W"),
    )
    with farm.client(over_http=over_http) as client:
        result = client.upsert(turbine)
        read = client.wind_turbine.list().one()
        assert {"created": 11} == result.counts()
        assert (7, 4) == (len(result.nodes), len(result.edges))
        assert ("T", 6.5, turbine.commissioned, "II") == (read.name, read.capacity, read.commissioned, read.class_)
        assert turbine.settings == read.settings
        assert read.nacelle is not None
        assert (0.0, "N") == (read.nacelle.weight, read.nacelle.name)
        assert [("b0", "", False), ("b1", "", False), ("b2", "", False)] == sorted(
            (blade.external_id, blade.name, blade.is_damaged) for blade in read.blades
        )
        ((mast, distance),) = read.metmasts
        assert ("m", [], 7.5) == (mast.external_id, mast.heights, distance.distance)
        assert {"unchanged": 11} == client.upsert(turbine).counts()


def test_shared_and_cyclic_references(client: WindfarmClient) -> None:
    """One object in two places is written once; objects that refer to each other are written, too."""
    nacelle = NacelleWrite(external_id="n", name="N")
    first = WindTurbineWrite(external_id="t1", name="T1", nacelle=nacelle)
    second = WindTurbineWrite(external_id="t2", name="T2", nacelle=nacelle)
    one, other = TechnicianWrite(external_id="a", name="A"), TechnicianWrite(external_id="b", name="B")
    one.mentor, other.mentor = other, one
    assert {"created": 5} == client.upsert([first, second, one]).counts()
    assert {"a": "b", "b": "a"} == {
        each.external_id: each.mentor_id.external_id for each in client.technician.list() if each.mentor_id
    }


def test_an_object_is_visible_in_its_view_whatever_is_set(farm: Farm, client: WindfarmClient) -> None:
    """A view over several containers shows an object of which only one container's properties are set."""
    client.upsert(WindTurbineWrite(external_id="t", name="only in Describable"))
    assert ["t"] == [turbine.external_id for turbine in client.wind_turbine.list()]
    assert ["t"] == [unit.external_id for unit in client.generating_unit.list()]
    (item,) = farm.sent.items()
    kinds = [(source["source"]["type"], source["source"]["externalId"]) for source in item["sources"]]
    containers = ["Describable", "GeneratingUnit", "WindTurbine"]
    assert [("view", "WindTurbine"), *(("container", name) for name in containers)] == kinds
    assert [{"name": "only in Describable"}, {}, {}, {}] == [source["properties"] for source in item["sources"]]


def test_rows_that_are_there_keep_their_values(client: WindfarmClient) -> None:
    """Making rows where there are none changes no row that is there."""
    client.upsert(WindTurbineWrite(external_id="t", name="T", capacity=3.0, class_="I", serial_number=7))
    (item,) = client.upsert(WindTurbineWrite(external_id="t", name="T"))
    assert ("unchanged", 1) == (item.state, item.version)
    read = client.wind_turbine.list().one()
    assert (3.0, "I", 7) == (read.capacity, read.class_, read.serial_number)


def test_patch_replace_and_null_are_told_apart(client: WindfarmClient) -> None:
    """Left out keeps, None clears, `replace` resets what is left out to its default."""

    def state() -> tuple[Any, ...]:
        read = client.wind_turbine.list().one()
        return read.capacity, read.hub_height, read.state, read.description

    client.upsert(WindTurbineWrite(external_id="t", name="T", capacity=3.0, hub_height=80.0, state="running"))
    client.upsert(WindTurbineWrite(external_id="t", name="T", description=""))
    assert (3.0, 80.0, "running", "") == state()
    client.upsert(WindTurbineWrite(external_id="t", name="T", capacity=None))
    assert (None, 80.0, "running", "") == state()
    client.upsert(WindTurbineWrite(external_id="t", name="T", hub_height=1.0), replace=True)
    assert (None, 1.0, "stopped", None) == state()


# --- how it is meant ---


def test_existing_version(client: WindfarmClient) -> None:
    """0 only creates; an older version is refused, or skipped if that is asked for."""
    blade = BladeWrite(external_id="b", name="B", existing_version=0)
    assert {"created": 1} == client.upsert(blade).counts()
    client.upsert(BladeWrite(external_id="b", name="B2"))
    with pytest.raises(UpsertError, match="version conflict") as caught:
        client.upsert([blade, BladeWrite(external_id="c", name="C")])
    assert {"created": 1, "failed": 1} == caught.value.results.counts()
    assert [NodeId(SPACE, "b")] == [item.id for item in caught.value.results.failed]
    result = client.upsert(blade, skip_on_version_conflict=True)
    assert ({"skipped": 1}, ()) == (result.counts(), result.failed)
    assert "B2" == client.blade.list(external_id="b").one().name


def test_flags_for_what_is_missing(farm: Farm, client: WindfarmClient) -> None:
    """Missing ends of edges are refused unless they are to be created; targets of relations the other way round."""
    edge = WindTurbineWrite(external_id="t", name="T", blades=["missing"])
    with pytest.raises(UpsertError, match="does not exist"):
        client.upsert(edge)
    assert {"unchanged": 1, "created": 1} == client.upsert(edge, auto_create_end_nodes=True).counts()
    turned = BladeWrite(external_id="b", name="B", wind_turbine="gone")
    with pytest.raises(UpsertError, match="does not exist"):
        client.upsert(turned, auto_create_end_nodes=True)
    client.upsert(turned, auto_create_start_nodes=True)
    relation = WindTurbineWrite(external_id="u", name="U", nacelle="nobody")
    with pytest.raises(UpsertError, match="does not exist"):
        client.upsert(relation, auto_create_direct_relations=False)
    assert {"created": 1} == client.upsert(relation).counts()
    flags = [
        {name: body[name] for name in body if name != "items"} for path, body in farm.sent.bodies if "items" in body
    ]
    assert {"autoCreateEndNodes": True} in flags
    assert {"autoCreateStartNodes": True} in flags
    assert {"autoCreateDirectRelations": False} in flags


def test_options_nobody_knows_are_refused(client: WindfarmClient) -> None:
    """A flag that is misspelled would be left out without a word."""
    with pytest.raises(TypeError, match=r"auto_create_end_nods.*did you mean 'auto_create_end_nodes'"):
        client.upsert([], auto_create_end_nods=True)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="not WindTurbineAPI"):
        client.upsert([client.wind_turbine])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="upsert takes objects of write classes, not str"):
        client.upsert("t")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="parallel is 0"):
        client.upsert([], parallel=0)


def test_what_is_no_input_is_refused(farm: Farm, client: WindfarmClient) -> None:
    """An object that was read is not taken apart, and says how it can be written."""
    client.upsert(NacelleWrite(external_id="n", name="N"))
    farm.sent.bodies.clear()
    read: Any = client.nacelle.list().one()
    farm.sent.bodies.clear()
    for given in (read, [read]):
        with pytest.raises(TypeError, match=r"not Nacelle; as_write\(\) makes an object that can be written"):
            client.upsert(given)
    nothing: Any
    for nothing in (None, 3, NodeId(SPACE, "n")):
        with pytest.raises(TypeError, match=f"upsert takes objects of write classes, not {type(nothing).__name__}"):
            client.upsert(nothing)
    assert [] == farm.sent.bodies


@pytest.mark.parametrize("value", [{"a": {1, 2}}, {"a": [b"x"]}])
def test_json_that_cannot_be_written_is_named(farm: Farm, client: WindfarmClient, value: dict[str, Any]) -> None:
    """Which field of which object holds it; nothing is sent, neither by upsert nor by save."""
    with pytest.raises(NotWritableError, match=r"WindTurbineWrite.settings cannot be written: .* is no value.*'t2'"):
        client.upsert(
            [WindTurbineWrite(external_id="t1", name="T"), WindTurbineWrite(external_id="t2", name="T", settings=value)]
        )
    assert [] == farm.sent.items()
    client.upsert(WindTurbineWrite(external_id="t1", name="T"))
    turbine = client.wind_turbine.list().one()
    turbine.settings = value
    with pytest.raises(NotWritableError, match=r"WindTurbine.settings cannot be written: .* is no value"):
        turbine.save()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("uuid", "external_ids is a function .* not 'uuid'"),
        ({"BladeWrite": uuid_ids}, "external_ids is by write classes .* not by 'BladeWrite'"),
        ({Blade: uuid_ids}, "external_ids is by write classes .* not by Blade"),
        ({BladeWrite: "uuid"}, "external_ids of BladeWrite is a function, not 'uuid'"),
    ],
)
def test_what_makes_no_external_ids_is_refused(farm: Farm, client: WindfarmClient, given: Any, said: str) -> None:
    """When it is given to a client or an upsert, rather than when the first id is needed."""
    with pytest.raises(TypeError, match=said):
        client.upsert([], external_ids=given)
    with pytest.raises(TypeError, match=said):
        farm.client(external_ids=given)


def test_contradictions_say_what_to_do(client: WindfarmClient) -> None:
    """Two values of one property, an edge without ends, and ends that are not those of the relation."""
    with pytest.raises(SdkError, match=r"two objects give windfarm_data:b different values of name.*let them agree"):
        client.upsert([BladeWrite(external_id="b", name="B"), BladeWrite(external_id="b", name="other")])
    distance = DistanceWrite(external_id="d", distance=1.0)
    with pytest.raises(SdkError, match=r"'d' has no edge_type, start_node, end_node: set them, or .* LinkWrite"):
        client.upsert(distance)
    turbine = WindTurbineWrite(external_id="t", name="T", metmasts=[LinkWrite("m", distance)])
    distance.end_node = "other"
    with pytest.raises(SdkError, match=r"'d' names windfarm_data:other where the relation has windfarm_data:m"):
        client.upsert(turbine)


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime(1880, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(minutes=53, seconds=28))),
        dt.datetime(2020, 1, 1, tzinfo=dt.timezone(-dt.timedelta(hours=1, seconds=1))),
        dt.datetime(1, 1, 1, tzinfo=dt.UTC),
        dt.datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=dt.UTC),
    ],
)
def test_moments_of_every_zone_and_year(client: WindfarmClient, moment: dt.datetime) -> None:
    """Also those whose offset is no whole minutes, which the service does not read; a filter finds them again."""
    client.upsert(WindTurbineWrite(external_id="t", name="T", commissioned=moment))
    read = client.wind_turbine.list(lambda t: t.commissioned == moment).one()
    assert moment == read.commissioned
    read.commissioned = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    read.save()
    read.commissioned = moment
    read.save()
    assert moment == client.wind_turbine.list().one().commissioned


def test_progress_is_told(client: WindfarmClient) -> None:
    """After each request, how many items are done."""
    done: list[int] = []
    client.blade.upsert(
        (BladeWrite(external_id=f"b{number}", name="B") for number in range(2500)),
        on_progress=lambda progress: done.append(progress.done),
        parallel=1,
    )
    assert [1000, 2000, 2500] == done


# --- dry runs ---


def test_a_dry_run_sends_nothing(farm: Farm, client: WindfarmClient) -> None:
    """It returns what would be sent, which is then what is sent; printed, it is a list to read."""
    turbine = WindTurbineWrite(
        external_id="t",
        name="T",
        nacelle=NacelleWrite(external_id="n", name="N"),
        blades=["b"],
        settings={"a": "x" * 99},
    )
    preview = client.upsert(turbine, dry_run=True)
    assert isinstance(preview, UpsertPreview)
    assert [] == farm.sent.bodies
    assert ({"node": 2, "edge": 1}, 3) == (preview.counts(), len(preview))
    assert (["n", "t"], 1) == ([item["externalId"] for item in preview.nodes], len(preview.edges))
    assert [
        "<UpsertPreview of 2 nodes and 1 edge>",
        f"  node {SPACE}:n, Nacelle(name='N')",
        (
            f"  node {SPACE}:t, of type sp_windfarm:WindTurbine, WindTurbine(name='T', nacelle={SPACE}:n, "
            f"settings={{'a': '{'x' * 33}...)"
        ),
        (
            f"  edge {SPACE}:sp_windfarm/WindTurbine.blades:{SPACE}/t:{SPACE}/b: {SPACE}:t -> {SPACE}:b, "
            "of type sp_windfarm:WindTurbine.blades"
        ),
    ] == repr(preview).splitlines()
    client.upsert(turbine, auto_create_end_nodes=True)
    assert list(preview) == farm.sent.items()
    many = client.upsert([BladeWrite(external_id=f"b{number}", name="B") for number in range(30)], dry_run=True)
    assert "  ... and 10 more" == repr(many).splitlines()[-1]
    assert "<UpsertPreview of nothing>" == repr(client.upsert([], dry_run=True))


# --- external ids ---


def test_without_an_external_id_nothing_is_sent(farm: Farm, client: WindfarmClient) -> None:
    """The error names the class and the ways out."""
    given = [BladeWrite(external_id=f"b{number}", name="B") for number in range(9000)]
    for objects in (
        [*given, BladeWrite(name="B")],
        WindTurbineWrite(external_id="t", name="T", blades=[BladeWrite(name="B")]),
    ):
        with pytest.raises(SdkError, match=r"a BladeWrite has no external_id.*external_ids=uuid_ids or sha256_ids"):
            client.upsert(objects)
    assert [] == farm.sent.bodies


def test_made_ids_are_kept_in_the_objects(farm: Farm, client: WindfarmClient) -> None:
    """Whatever refers to an object agrees on its id, and so does another upsert; edges keep their rule."""
    nacelle = NacelleWrite(name="N")
    turbines = [
        WindTurbineWrite(name=f"T{number}", nacelle=nacelle, blades=[BladeWrite(name="B")]) for number in range(2)
    ]
    assert {"created": 7} == client.upsert(turbines, external_ids=uuid_ids).counts()
    assert {"unchanged": 7} == client.upsert(turbines).counts()
    assert {nacelle.external_id} == {
        read.nacelle_id.external_id for read in client.wind_turbine.list() if read.nacelle_id
    }
    assert 5 == len(
        {nacelle.external_id, *(read.external_id for read in [*client.wind_turbine.list(), *client.blade.list()])}
    )


def test_cycles_with_made_ids(client: WindfarmClient) -> None:
    """Random ids go with cycles; ids of the data cannot, and the error says so."""
    one, other = TechnicianWrite(name="A"), TechnicianWrite(name="B")
    one.mentor, other.mentor = other, one
    with pytest.raises(SdkError, match="refer to each other in a circle"):
        client.upsert(one, external_ids=sha256_ids)
    assert {"created": 2} == client.upsert(one, external_ids=uuid_ids).counts()


def test_the_same_data_are_one_instance(client: WindfarmClient) -> None:
    """With ids of the data, equal objects are written as one, nested ones as well."""
    blades = [BladeWrite(name="B", description=None), BladeWrite(name="B"), BladeWrite(name="C")]
    assert {"created": 2} == client.upsert(blades, external_ids=sha256_ids).counts()
    assert blades[0].external_id == blades[1].external_id


def test_ids_per_client_and_class(farm: Farm) -> None:
    """A client's rule holds where an upsert has none; in a mapping the most special class wins."""
    rules = {BladeWrite: lambda blade: f"blade-{blade.name}", WindfarmWrite: sha256_ids}
    with farm.client(external_ids=rules) as client:
        client.upsert(BladeWrite(name="X"))
        with pytest.raises(SdkError, match="a NacelleWrite has no external_id"):
            client.upsert(NacelleWrite(name="N"))
        client.upsert(NacelleWrite(name="N"), external_ids=lambda written: type(written).__name__)
        with pytest.raises(SdkError, match="a BladeWrite has no external_id"):
            client.upsert(BladeWrite(name="Y"), external_ids=None)
        assert ["NacelleWrite", "blade-X"] == sorted(
            each.external_id for api in (client.blade, client.nacelle) for each in api.list()
        )


# --- much, and trouble ---


def test_an_iterator_is_read_as_it_is_written(farm: Farm, client: WindfarmClient) -> None:
    """Of an endless input only so much is taken as is being written; nothing is lost at the seams."""
    taken = 0
    ahead: list[int] = []

    def blades() -> Iterator[BladeWrite]:
        nonlocal taken
        for number in range(17_500):
            taken += 1
            ahead.append(taken - len(farm.sent.items()) if number % 5000 == 4999 else 0)
            yield BladeWrite(external_id=f"b{number}", name="B")

    result = client.upsert(blades())
    assert {"created": 17_500} == result.counts()
    assert max(ahead) <= 8000
    assert [f"b{number}" for number in range(17_500)] == [item.id.external_id for item in result]
    assert 17_500 == len({item["externalId"] for item in farm.sent.items()})


def test_an_object_that_an_iterator_changes_is_not_lost(client: WindfarmClient) -> None:
    """The same object, yielded again with other values, is written again."""

    def blades() -> Iterator[BladeWrite]:
        blade = BladeWrite(external_id="b", name="B")
        for number in range(3):
            blade.external_id = f"b{number}"
            yield blade

    assert {"created": 3} == client.upsert(blades()).counts()


def test_an_input_that_fails_tells_what_was_done(client: WindfarmClient) -> None:
    """What was written by then is told, what had been gathered is not sent; early failures are raised as they are."""

    def blades(good: int) -> Iterator[BladeWrite]:
        yield from (BladeWrite(external_id=f"b{number}", name="B") for number in range(good))
        raise OSError("the file ends here")

    with pytest.raises(OSError, match="the file ends here"):
        client.upsert(blades(10))
    assert 0 == len(client.blade.list().all())
    with pytest.raises(UpsertError, match="the input ended early: the file ends here") as caught:
        client.upsert(blades(8003))
    assert {"created": 8000, "not_sent": 3} == caught.value.results.counts()
    assert isinstance(caught.value.__cause__, OSError)
    assert 8000 == len(client.blade.list().all())


@pytest.mark.parametrize("seed", range(2))
def test_faults_in_the_middle_lose_nothing(seed: int) -> None:
    """5,000 nested objects, and a service that fails: each item is told, and what is told is true."""
    turbines = [
        WindTurbineWrite(
            external_id=f"t{number}",
            name="T",
            nacelle=NacelleWrite(external_id=f"n{number}", name="N"),
            blades=[BladeWrite(external_id=f"b{number}", name="B" if number != 777 else "B" * 200_000)],
        )
        for number in range(1250)
    ]
    with open_farm(seed=seed) as farm, farm.client() as client:
        faults = farm.sandbox.faults
        faults.add(path="/models/instances", status=503, probability=0.3)
        faults.add(path="/models/instances", kind="reset", probability=0.2, carried_out=True)
        try:
            result = client.upsert(turbines)
        except UpsertError as error:
            result = error.results
        faults.clear()
        assert 5000 == len(result) == len({item.id for item in result})
        states = {item.id: item.state for item in result}
        assert "failed" == states[NodeId(SPACE, "b777")]
        there: set[NodeId | EdgeId] = {
            item.as_node_id() for api in (client.blade, client.nacelle, client.wind_turbine) for item in api.list()
        }
        assert all((item.id in there) for item in result.nodes if item.state in {"created", "updated", "unchanged"})
        assert not [item for item in result.nodes if item.state in {"failed", "not_sent"} and item.id in there]
        assert all(item.error is not None for item in result.failed)


def test_one_bad_item_of_many(client: WindfarmClient) -> None:
    """The item at fault alone is not written, wherever it stands."""
    blades = [BladeWrite(external_id=f"b{number}", name="B") for number in range(2300)]
    blades[1234].name = "B" * 200_000
    with pytest.raises(UpsertError) as caught:
        client.upsert(blades)
    (failed,) = caught.value.results.failed
    assert NodeId(SPACE, "b1234") == failed.id
    assert isinstance(failed.error, DmsRequestError)
    assert 2299 == len(client.blade.list().all())


# --- both worlds ---


def test_async_clients_write_the_same(farm: Farm) -> None:
    """Plain coroutines with the same options and results; a preview takes an await as well."""

    async def work() -> tuple[UpsertResult, UpsertPreview]:
        async with farm.aclient(external_ids=uuid_ids) as client:
            result = await client.upsert(BladeWrite(name=f"B{number}") for number in range(1001))
            preview = await client.blade.upsert(BladeWrite(name="P"), dry_run=True)
            return result, preview

    result, preview = asyncio.run(work())
    assert {"created": 1001} == result.counts()
    assert {"node": 1} == preview.counts()
