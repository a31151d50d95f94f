"""Selecting fields and values through a generated SDK, against the sandbox over HTTP."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from windfarm.sdk import (
    AsyncWindfarmClient,
    Blade,
    BladeWrite,
    Distance,
    DistanceWrite,
    GeneratingUnit,
    MetmastWrite,
    NacelleWrite,
    WindfarmClient,
    WindfarmWrite,
    WindTurbine,
    WorkOrderWrite,
)

from pygen.client import Hook, PygenClient, RequestEvent, RetryPolicy
from pygen.runtime import DecodeError, DmsTransportError, LinkWrite, NodeId, NotSelectedError, SdkError
from tests.support.wind_sandbox import SPACE, WindSandbox, turbine, wind_sandbox

BUILT = datetime(2019, 2, 1, 8, 30, 0, 120_000, tzinfo=UTC)
HORNSEA = WindfarmWrite(external_id="hornsea", name="Hornsea")
NACELLE = NacelleWrite(external_id="n-a", name="N-A", weight=381.0)
BLADES = [BladeWrite(external_id=f"b-{n}", name=f"B{n}", length=float(n), is_damaged=n == 1) for n in (1, 2, 3)]
TURBINES = [
    turbine(
        "a",
        capacity=7.0,
        commissioned=BUILT,
        state="running",
        serial_number=2**53 + 1,
        datasheets=["one", "two"],
        settings={"pitch": [1, None]},
        nacelle=NACELLE,
        windfarm=HORNSEA,
        blades=BLADES,
        metmasts=[LinkWrite(MetmastWrite(external_id="m-1", name="M1"), DistanceWrite(distance=0.0))],
    ),
    turbine("b", name="", capacity=0.0, datasheets=[], settings={}),
    turbine("c", name="Øst", capacity=None),
]
ORDER = WorkOrderWrite(external_id="w-1", number="1", title="Paint", turbine=TURBINES[0])


@pytest.fixture(scope="module")
def farm() -> Iterator[WindSandbox]:
    """Three turbines and what belongs to the first, which nothing changes."""
    with wind_sandbox([*TURBINES, ORDER]) as found:
        yield found


class Asked(Hook):
    """Notes the path and the body of each request."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def on_request(self, event: RequestEvent, /) -> None:
        """Note one."""
        self.calls.append((event.info.call.path, event.info.call.body))


@contextmanager
def asking(farm: WindSandbox, **options: Any) -> Iterator[tuple[WindfarmClient, Asked]]:
    """A client of its own, and what it asks."""
    asked = Asked()
    sandbox = farm.sandbox
    with PygenClient(
        base_url=sandbox.base_url,
        project=sandbox.project,
        credentials=sandbox.token,
        hooks=[asked],
        retry=RetryPolicy(sleep=lambda _: None, base_s=0.001),
    ) as client:
        yield WindfarmClient.from_client(client, **{"instance_space": SPACE, **options}), asked


# --- values ---


def test_values_are_tuples_of_exactly_what_was_chosen(farm: WindSandbox) -> None:
    """Each value has the type that the object's field has, in the order chosen; 0, "" and [] are values."""
    found = farm.client.wind_turbine.select().order_by(lambda t: t.external_id)
    rows = found.values(
        lambda t: (
            t.capacity,
            t.name,
            t.commissioned,
            t.serial_number,
            t.datasheets,
            t.settings,
            t.nacelle_id,
            t.state,
        )
    ).all()
    assert [
        (7.0, "A", BUILT, 2**53 + 1, ["one", "two"], {"pitch": [1, None]}, NodeId(SPACE, "n-a"), "running"),
        (0.0, "", None, None, [], {}, None, "stopped"),
        (None, "Øst", None, None, None, None, None, "stopped"),
    ] == rows
    objects = found.all()
    assert [(t.capacity, t.name, t.commissioned, t.serial_number) for t in objects] == [row[:4] for row in rows]


def test_values_of_metadata_need_no_properties(farm: WindSandbox) -> None:
    """What every instance has is given without asking for a property."""
    with asking(farm) as (client, asked):
        query = client.wind_turbine.select().order_by(lambda t: t.external_id)
        rows = query.values(lambda t: (t.external_id, t.space, t.version, t.node_type)).all()
        assert [(name, SPACE, 1, NodeId("sp_windfarm", "WindTurbine")) for name in "abc"] == rows
        assert {"root": {}} == asked.calls[0][1]["select"]
        created = query.values(lambda t: t.created_time).all()
        assert [turbine.created_time for turbine in query] == created


def test_values_of_a_single_column_are_bare(farm: WindSandbox) -> None:
    """One column gives its values, a tuple of one column tuples of one value."""
    found = farm.client.wind_turbine.select().order_by(lambda t: t.external_id)
    assert ["A", "", "Øst"] == found.values(lambda t: t.name).all()
    assert ["A", "", "Øst"] == found.values("name").all()
    assert [("A",), ("",), ("Øst",)] == found.values(lambda t: (t.name,)).all()
    assert [("A", "A"), ("", ""), ("Øst", "Øst")] == found.values(lambda t: (t.name, t.name)).all()
    assert "A" == found.values(lambda t: t.name).first()
    assert None is found.where(lambda t: t.name == "nobody").values(lambda t: t.name).first()


def test_only_the_chosen_properties_come_over_the_wire(farm: WindSandbox) -> None:
    """The request names them, by their identifiers in DMS, and leaves included relations out."""
    with asking(farm) as (client, asked):
        client.wind_turbine.select().include("blades").values("name", "hubHeight", "external_id").all()
    ((path, body),) = asked.calls
    assert "/models/instances/query" == path
    assert ["root"] == list(body["with"])
    (source,) = body["select"]["root"]["sources"]
    assert ["name", "hubHeight"] == source["properties"]


def test_values_are_sorted_filtered_limited_and_sliced_as_the_query_says(farm: WindSandbox) -> None:
    """What makes a query means the same for its values; slices of values are values."""
    query = farm.client.wind_turbine.list(min_capacity=0.0).order_by(lambda t: t.capacity.desc())
    assert [7.0, 0.0] == query.values(lambda t: t.capacity).all()
    assert [7.0] == query.limit(1).values(lambda t: t.capacity).all()
    assert [0.0] == query[1:].values(lambda t: t.capacity).all()
    assert [0.0] == query.values(lambda t: t.capacity)[1:].all()
    assert [7.0] == query.values(lambda t: t.capacity).limit(1).all()
    assert [] == query.values(lambda t: t.capacity)[5:].all()
    assert [] == query.values(lambda t: t.capacity).limit(0).all()


def test_values_in_other_units(farm: WindSandbox) -> None:
    """Values are converted where the query says so, and units of other fields are not asked for."""
    query = farm.client.wind_turbine.list(name="A")
    assert 7000.0 == query.target_units(capacity="power:kilow").values(lambda t: t.capacity).first()
    assert "A" == query.target_units(capacity="power:kilow").values(lambda t: t.name).first()


def test_values_of_edges(farm: WindSandbox) -> None:
    """An edge gives its ends and its own properties."""
    found = farm.client.distance.select().values(lambda d: (d.start_node, d.end_node, d.edge_type, d.distance)).all()
    assert [(NodeId(SPACE, "a"), NodeId(SPACE, "m-1"), NodeId("sp_windfarm", "Distance"), 0.0)] == found


def test_values_by_an_async_client_are_the_same(farm: WindSandbox) -> None:
    """Iterated, as a list, as the first one, and page by page."""

    async def work(client: AsyncWindfarmClient) -> list[Any]:
        query = client.wind_turbine.select().order_by(lambda t: t.external_id)
        values = query.values(lambda t: (t.external_id, t.capacity))
        pages = [list(page) async for page in query.chunk_size(2).values(lambda t: t.external_id).pages()]
        return [[row async for row in values], await values.all(), await values.first(), pages, await values[1:2].all()]

    rows = [("a", 7.0), ("b", 0.0), ("c", None)]
    assert [rows, rows, rows[0], [["a", "b"], ["c"]], rows[1:2]] == farm.run(work)


def test_values_of_many_instances_come_page_by_page_and_each_once() -> None:
    """2,345 rows take three requests; a page's cursor leads on, and faults in the middle lose and double nothing."""
    names = [f"t{number:04d}" for number in range(2345)]
    with wind_sandbox(turbine(name, capacity=float(n)) for n, name in enumerate(names)) as farm:
        with asking(farm) as (client, asked):
            query = client.wind_turbine.select().order_by(lambda t: t.external_id)
            values = query.values(lambda t: (t.external_id, t.capacity))
            assert [(name, float(n)) for n, name in enumerate(names)] == values.all()
            assert 3 == len(asked.calls)
            first = next(iter(values.pages()))
            rest = query.start_at(first.next_cursor).values(lambda t: t.external_id).all()
            assert (1000, names[1000:]) == (len(first), rest)
        for fault in ({"status": 503}, {"status": 429, "retry_after": 0.01}, {"kind": "reset"}, {"kind": "truncate"}):
            farm.sandbox.faults.add(path="/models/instances/query", after=1, times=1, **fault)
            ordered = farm.client.wind_turbine.select().order_by(lambda t: t.external_id)
            assert names == ordered.values(lambda t: t.external_id).all()
        farm.sandbox.faults.add(path="/models/instances/query", after=1, times=2, status=408)
        with asking(farm) as (client, asked):
            query = client.wind_turbine.select().order_by(lambda t: t.external_id)
            assert names == query.values(lambda t: t.external_id).all()
            assert [1000, 1000, 500, 250] == [body["with"]["root"]["limit"] for _, body in asked.calls][:4]


def test_names_that_are_no_fields_are_refused_with_a_suggestion(farm: WindSandbox) -> None:
    """A misspelt name, a relation, a column of another class, nothing at all."""
    query = farm.client.wind_turbine.select()
    with pytest.raises(TypeError, match=r"WindTurbine has no field 'capacty'; did you mean capacity"):
        query.values("capacty")
    with pytest.raises(
        TypeError, match=r"WindTurbine\.nacelle is a relation, not a field: its ids are WindTurbine\.nacelle_id"
    ):
        query.fields(lambda t: t.nacelle)  # type: ignore[arg-type,return-value]  # wrong on purpose
    with pytest.raises(TypeError, match=r"Blade\.length is no field of WindTurbine"):
        query.fields(Blade.length)
    with pytest.raises(TypeError, match=r"Blade\.name is no field of WindTurbine"):
        query.values(lambda t: (t.name, Blade.name))
    assert ["A"] == query.where(lambda t: t.name == "A").values(GeneratingUnit.name).all()
    with pytest.raises(TypeError, match="no field of WindTurbine is chosen"):
        query.values()
    with pytest.raises(TypeError, match="not as int"):
        query.fields(5)  # type: ignore[arg-type]  # wrong on purpose


def test_the_length_of_values_is_not_known(farm: WindSandbox) -> None:
    """Neither len() nor an index: both would have to fetch."""
    values = farm.client.wind_turbine.select().values(lambda t: t.name)
    with pytest.raises(TypeError, match=r"all\(\) fetches a list"):
        len(values)
    with pytest.raises(TypeError, match=r"first\(\) gives the first one"):
        values[0]  # type: ignore[index]  # wrong on purpose
    with pytest.raises(ValueError, match="a limit of -1 is negative"):
        values.limit(-1)
    assert "<Values of WindTurbine: name>" == repr(values)


def misfits(**options: Any) -> WindfarmClient:
    """A client of a service whose numbers are texts."""
    values = [{"name": "A", "capacity": "much"}, {"name": None, "capacity": 1}, {"capacity": 2.5, "new": [1]}]
    instance = {"instanceType": "node", "space": "s", "version": 1, "createdTime": 0, "lastUpdatedTime": 0}
    items = [
        {**instance, "externalId": str(n), "properties": {"sp_windfarm": {"WindTurbine/v1": each}}}
        for n, each in enumerate(values)
    ]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"items": {"root": items}, "nextCursor": {}}))
    return WindfarmClient(base_url="https://x", project="p", credentials="t", transport=transport, **options)


def test_values_that_do_not_fit_are_kept_or_refused(caplog: pytest.LogCaptureFixture) -> None:
    """Lenient clients keep what came and say so once, strict ones raise: as they do for objects."""
    with misfits() as client:
        values = client.wind_turbine.select().values(lambda t: (t.name, t.capacity))
        assert [("A", "much"), (None, 1.0), (None, 2.5)] == values.all()
        assert ["much", 1.0, 2.5] == client.wind_turbine.select().values("capacity").all()
        assert [("much",), (1.0,), (2.5,)] == client.wind_turbine.select().values(lambda t: (t.capacity,)).all()
        assert 1 == sum("WindTurbine.capacity" in line for line in caplog.messages)
    with misfits(validation="strict") as client, pytest.raises(DecodeError, match="WindTurbine"):
        client.wind_turbine.select().values(lambda t: (t.name, t.capacity)).all()


@pytest.mark.parametrize("answer", ["{}", "[]", '{"items": []}', '{"items": {"root": 5}}', "not json"])
def test_an_answer_that_is_none_is_refused(answer: str) -> None:
    """What has no result sets is no answer, and nobody gets an empty list for it."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=answer))
    under = PygenClient(
        base_url="https://x", project="p", credentials="t", transport=transport, retry=RetryPolicy(sleep=lambda _: None)
    )
    with under as client, pytest.raises(DmsTransportError):
        WindfarmClient.from_client(client).wind_turbine.select().values("name").all()


def test_values_become_data_frames_with_the_columns_chosen(farm: WindSandbox) -> None:
    """In the order chosen, metadata only where it was chosen."""
    pytest.importorskip("pandas")
    query = farm.client.wind_turbine.select().order_by(lambda t: t.external_id)
    frame = query.values(lambda t: (t.capacity, t.external_id)).to_pandas()
    assert ["capacity", "external_id"] == list(frame.columns)
    assert ["a", "b", "c"] == frame["external_id"].tolist()
    assert [7.0, 0.0] == frame["capacity"].dropna().tolist()


# --- fields ---


def test_an_object_has_the_selected_fields_and_the_metadata(farm: WindSandbox) -> None:
    """Nothing else is there, not even as None, and nothing else came over the wire."""
    with asking(farm) as (client, asked):
        found = client.wind_turbine.list(name="A").fields(lambda t: (t.name, t.capacity)).one()
        assert ["name", "capacity"] == asked.calls[0][1]["select"]["root"]["sources"][0]["properties"]
    assert ("A", 7.0, "a", 1) == (found.name, found.capacity, found.external_id, found.version)
    metadata = {"space", "external_id", "version", "created_time", "last_updated_time", "node_type"}
    assert metadata | {"name", "capacity"} == set(found.model_dump()) == found.__dict__.keys()
    assert isinstance(found, WindTurbine)


def test_touching_another_field_says_what_to_do(farm: WindSandbox) -> None:
    """The error names the field and the ways out, and is an AttributeError, so that hasattr is False."""
    found = farm.client.wind_turbine.list(name="A").fields("name").one()
    with pytest.raises(NotSelectedError) as raised:
        found.capacity  # noqa: B018 -- touched
    assert ("WindTurbine", "capacity") == (raised.value.kind, raised.value.field)
    expected = "WindTurbine.capacity was not selected: add it to fields(), or call refresh() to fetch the whole object"
    assert expected == str(raised.value)
    assert isinstance(raised.value, AttributeError)
    assert isinstance(raised.value, SdkError)
    assert str(raised.value) == str(pickle.loads(pickle.dumps(raised.value)))
    assert not hasattr(found, "capacity")
    assert "none" == getattr(found, "capacity", "none")
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        found.nonsense  # type: ignore[attr-defined]  # noqa: B018 -- wrong on purpose


def test_a_relation_whose_id_was_not_selected_names_the_id(farm: WindSandbox) -> None:
    """Direct relations live in a field; other relations need none and load as ever."""
    found = farm.client.wind_turbine.list(name="A").fields("name").one()
    with pytest.raises(NotSelectedError, match=r"WindTurbine\.nacelle_id was not selected"):
        found.nacelle  # noqa: B018 -- touched
    assert not hasattr(found, "nacelle")
    assert ["w-1"] == [order.external_id for order in found.work_orders]


def test_refresh_gives_the_whole_object(farm: WindSandbox) -> None:
    """In place, with every field and relation."""
    found = farm.client.wind_turbine.list(name="A").fields("name").one()
    found.refresh()
    assert (7.0, "running", 381.0) == (found.capacity, found.state, found.nacelle and found.nacelle.weight)
    assert found == farm.client.wind_turbine.retrieve("a")

    async def work(client: AsyncWindfarmClient) -> float | None:
        one = await client.wind_turbine.list(name="A").fields("name").one()
        await one.arefresh()
        return one.capacity

    assert 7.0 == farm.run(work)


def test_fields_are_chosen_in_several_ways_and_add_up(farm: WindSandbox) -> None:
    """By name, by the property's identifier, by column, by function; metadata is there anyway."""
    query = farm.client.wind_turbine.list(name="A")
    for chosen in (
        query.fields("name", "hubHeight"),
        query.fields("name").fields(WindTurbine.hub_height),
        query.fields(lambda t: t.name, lambda t: (t.hub_height, t.external_id)),
        query.fields(lambda t: [t.name, t.hub_height, t.name]),
    ):
        found = chosen.one()
        assert found.__pydantic_fields_set__ - {"name", "node_type"} <= found.__dict__.keys()
        assert {"name", "hub_height"} == found.__dict__.keys() & WindTurbine.__pygen_props__.keys()
    only = query.fields(lambda t: t.external_id).one()
    assert not only.__dict__.keys() & WindTurbine.__pygen_props__.keys()


def test_included_relations_bring_the_fields_that_they_need(farm: WindSandbox) -> None:
    """The id of a direct relation comes along; the nodes at the other end are whole unless said otherwise."""
    with asking(farm) as (client, _):
        query = (
            client.wind_turbine.list(name="A").fields("name").include("nacelle", "blades", "work_orders", "metmasts")
        )
        found = query.branch(
            lambda t: t.blades, lambda b: b.fields(lambda b: (b.name, b.length)).order_by(lambda b: b.length)
        ).one()
        before = client._session.requests
        assert 381.0 == (found.nacelle and found.nacelle.weight)
        assert [("B1", 1.0), ("B2", 2.0), ("B3", 3.0)] == [(blade.name, blade.length) for blade in found.blades]
        assert ["Paint"] == [order.title for order in found.work_orders]
        assert [0.0] == [link.edge.distance for link in found.metmasts]
        with pytest.raises(NotSelectedError, match=r"Blade\.is_damaged was not selected"):
            found.blades[0].is_damaged  # noqa: B018 -- touched
        assert before == client._session.requests


def test_a_child_along_a_reverse_relation_brings_the_field_that_points_back(farm: WindSandbox) -> None:
    """Without it nobody could tell whose it is."""
    query = farm.client.wind_turbine.select().order_by(lambda t: t.external_id)
    found = query.branch(lambda t: t.work_orders, lambda w: w.fields("title")).all()
    assert [["Paint"], [], []] == [[order.title for order in each.work_orders] for each in found]


def test_save_sends_what_was_changed_of_what_was_selected() -> None:
    """A selected field, and one that was not read but set, None included; nothing else is touched."""
    with wind_sandbox(TURBINES) as farm, asking(farm) as (client, asked):
        found = client.wind_turbine.list(name="A").fields(lambda t: (t.capacity, t.datasheets)).one()
        found.save()
        assert 1 == len(asked.calls)
        found.capacity = 8.0
        found.state = None
        found.datasheets = [*(found.datasheets or ()), "three"]
        found.save()
        (source,) = asked.calls[-1][1]["items"][0]["sources"]
        assert {"capacity": 8.0, "state": None, "datasheets": ["one", "two", "three"]} == source["properties"]
        assert None is found.state
        again = client.wind_turbine.retrieve("a")
        assert again is not None
        assert (8.0, None, "A", 2**53 + 1) == (again.capacity, again.state, again.name, again.serial_number)


def test_as_write_holds_only_what_was_selected() -> None:
    """Required fields may be missing, since the instance exists: written, the object changes what it holds."""
    with wind_sandbox(TURBINES) as farm, asking(farm) as (client, asked):
        found = client.wind_turbine.list(name="A").fields(lambda t: (t.capacity,)).one()
        written = found.as_write()
        assert {"capacity"} == written.model_fields_set & WindTurbine.__pygen_props__.keys()
        written.capacity = 9.0
        client.upsert([written])
        items = asked.calls[-1][1]["items"]
        assert {"capacity": 9.0} == items[0]["sources"][0]["properties"]
        found.refresh()
        assert ("A", 9.0) == (found.name, found.capacity)


def test_selected_objects_copy_compare_and_pickle(farm: WindSandbox) -> None:
    """A copy lacks what the object lacks; one with more fields is another."""
    query = farm.client.wind_turbine.list(name="A")
    found = query.fields("name").one()
    for twin in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found)), found.model_copy()):
        assert found == twin
        with pytest.raises(NotSelectedError):
            twin.capacity  # noqa: B018 -- touched
    assert found != query.one()
    assert "name='A'" in repr(found)


def test_fields_by_an_async_client_are_the_same(farm: WindSandbox) -> None:
    """Objects with these fields, page by page."""

    async def work(client: AsyncWindfarmClient) -> list[tuple[str, bool]]:
        query = client.wind_turbine.select().order_by(lambda t: t.external_id).fields("name").chunk_size(2)
        return [(each.name, hasattr(each, "capacity")) async for each in query]

    assert [("A", False), ("", False), ("Øst", False)] == farm.run(work)


def test_fields_of_edges(farm: WindSandbox) -> None:
    """An edge always has its ends."""
    found = farm.client.distance.select().fields(lambda d: d.external_id).one()
    assert (NodeId(SPACE, "a"), NodeId(SPACE, "m-1")) == (found.start_node, found.end_node)
    with pytest.raises(NotSelectedError, match=r"Distance\.distance"):
        found.distance  # noqa: B018 -- touched
    assert isinstance(found, Distance)


def test_fields_do_not_go_with_narrow(farm: WindSandbox) -> None:
    """Each class has fields of its own, so one of the two is refused, whichever comes second."""
    query = farm.client.generating_unit.select()
    with pytest.raises(ValueError, match=r"narrow\(\) reads each instance whole"):
        query.narrow().fields("name")
    with pytest.raises(ValueError, match=r"it does not go with fields\(\)"):
        query.fields("name").narrow()


def test_building_a_query_fetches_nothing(farm: WindSandbox) -> None:
    """Not a request is made before the result is looked at."""
    with asking(farm) as (client, asked):
        query = client.wind_turbine.select().where(lambda t: t.capacity > 6).order_by(lambda t: t.name)
        query.fields(lambda t: t.name).include("blades").limit(5)
        query.values(lambda t: (t.name, t.capacity))[2:4]
        assert [] == asked.calls
