"""Searching for words through a generated SDK, against the sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from windfarm.sdk import AsyncWindfarmClient, Distance, DistanceWrite, MetmastWrite, WindTurbine

from pygen.runtime import DmsAuthError, LinkWrite
from pygen.runtime.columns import SortKey
from tests.support.wind_sandbox import WindSandbox, turbine, wind_sandbox

TURBINES = [
    turbine("a", name="North Star", description="Stands alone", capacity=3.0),
    turbine("b", name="North Light", description="Star of the row", capacity=6.0),
    turbine("c", name="South", description="north of nothing", capacity=9.0),
    turbine("d", name="Øst Ærø", description=None, capacity=None),
]


@pytest.fixture(scope="module")
def farm() -> Iterator[WindSandbox]:
    """Four turbines that nothing changes."""
    with wind_sandbox(TURBINES) as found:
        yield found


def ids(found: object) -> set[str]:
    """The external ids of what was found."""
    return {item.external_id for item in found}  # type: ignore[attr-defined]


def test_a_search_finds_instances_that_hold_all_words_in_whatever_field(farm: WindSandbox) -> None:
    """`north star` is found in one name, and in a name and a description together."""
    assert {"a", "b"} == ids(farm.client.wind_turbine.search("north star"))
    assert {"a", "b"} == ids(farm.client.wind_turbine.search(" NORTH  star ").all())


def test_match_any_finds_more(farm: WindSandbox) -> None:
    """With `any`, one of the words is enough."""
    assert {"a", "b", "c"} == ids(farm.client.wind_turbine.search("north star").match("any"))


def test_within_looks_in_some_fields_only(farm: WindSandbox) -> None:
    """Fields are named by columns or by texts, and looked in together."""
    search = farm.client.wind_turbine.search("north")
    assert {"a", "b"} == ids(search.within(lambda t: t.name))
    assert {"c"} == ids(search.within("description"))
    assert {"a", "b", "c"} == ids(search.within(lambda t: (t.name, t.description)))


def test_filters_and_conditions_go_with_words(farm: WindSandbox) -> None:
    """Keyword filters, a condition of the call and `where` all hold."""
    api = farm.client.wind_turbine
    assert {"b", "c"} == ids(api.search("north", min_capacity=5.0))
    assert {"c"} == ids(api.search("north", lambda t: t.capacity > 6))
    assert {"b"} == ids(api.search("north", min_capacity=5.0).where(lambda t: t.name != "South"))
    assert {"c"} == ids(api.list(min_capacity=7.0).search("north"))


def test_no_words_leave_it_to_the_filters(farm: WindSandbox) -> None:
    """An empty text searches for nothing in particular, and what has no value can be asked for."""
    assert {"a", "b", "c", "d"} == ids(farm.client.wind_turbine.search(""))
    assert {"d"} == ids(farm.client.wind_turbine.search("  ", capacity=None))
    assert {"d"} == ids(farm.client.wind_turbine.search("ærø"))


def test_order_limit_and_first(farm: WindSandbox) -> None:
    """Results are sorted by columns, cut, and one alone can be had; nothing found is None."""
    search = farm.client.wind_turbine.search("north").order_by(lambda t: t.capacity.desc())
    assert ["c", "b", "a"] == [item.external_id for item in search]
    assert ["c", "b"] == [item.external_id for item in search.limit(2)]
    assert "c" == search.first().external_id  # type: ignore[union-attr]  # it is there
    assert farm.client.wind_turbine.search("nowhere").first() is None


def test_a_limit_of_none_asks_nothing(farm: WindSandbox) -> None:
    """A search for no instances makes no request."""
    before = farm.client.request_count
    assert [] == farm.client.wind_turbine.search("north").limit(0).all()
    assert before == farm.client.request_count


def test_a_search_is_lazy_and_asks_again(farm: WindSandbox) -> None:
    """Building one sends nothing; each use is one request."""
    before = farm.client.request_count
    search = farm.client.wind_turbine.search("north").limit(3).match("any").within("name")
    assert "of WindTurbine, for any of 'north'" in repr(search)
    assert before == farm.client.request_count
    assert [search.all(), search.all()] == [search.all(), list(search)]
    assert before + 4 == farm.client.request_count


def test_units_are_converted_and_not_written_back(farm: WindSandbox) -> None:
    """Values come in the unit that was asked for."""
    found = farm.client.wind_turbine.search("south").target_units(capacity="power:kilow").first()
    assert found is not None
    assert 9000.0 == pytest.approx(found.capacity)


def test_results_load_their_relations(farm: WindSandbox) -> None:
    """What a search finds is as alive as what a list finds."""
    assert [[], []] == [list(item.blades) for item in farm.client.wind_turbine.search("north star")]


def test_figures_about_what_holds_words(farm: WindSandbox) -> None:
    """Counts, aggregates and groups are about the instances that hold the words."""
    search = farm.client.wind_turbine.search("north star")
    assert 2 == search.count()
    assert (3.0, 6.0) == search.aggregate(lambda t: (t.capacity.min(), t.capacity.max()))
    assert 3 == search.match("any").count()
    assert 1 == search.match("any").limit(1).count()


def test_edges_are_searched(farm: WindSandbox) -> None:
    """A view of edges gives edges."""
    with wind_sandbox() as other:
        mast = MetmastWrite(external_id="m", name="Mast")
        other.write(turbine("t", metmasts=[LinkWrite(mast, DistanceWrite(distance=12.0))]))
        (edge,) = other.client.distance.search("", min_distance=10.0)
        assert (Distance, "t", 12.0) == (type(edge), edge.start_node.external_id, edge.distance)


def test_a_search_survives_a_busy_service(farm: WindSandbox) -> None:
    """What the service refuses for the moment is asked again."""
    path = "/models/instances/search"
    farm.sandbox.faults.add(path=path, status=503, times=2)
    farm.sandbox.faults.add(path=path, kind="reset", times=1)
    assert {"a", "b"} == ids(farm.client.wind_turbine.search("north star"))


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda api: api.search(7), "looks for words in one text"),
        (lambda api: api.search("x").limit(1001), "0 to 1000"),
        (lambda api: api.search("x").limit(-1), "0 to 1000"),
        (lambda api: api.search("x").match("some"), "'all' words or 'any'"),
        (lambda api: api.search("x").within(), "at least one field"),
        (lambda api: api.search("x").within("nmae"), "did you mean name"),
        (lambda api: api.search("x").within(lambda t: t.external_id), "does not search in WindTurbine.external_id"),
        (lambda api: api.search("x").within(lambda t: t.nacelle), "WindTurbine.nacelle is a relation"),
        (lambda api: api.search("x").order_by(lambda t: t.name.asc(nulls_first=True)), "without a value first"),
        (lambda api: api.search("x").order_by(*[lambda t: t.name] * 6), "five keys"),
        (lambda api: api.list()[3:].search("x"), "best match"),
        (lambda api: api.list().start_at("c").search("x"), "best match"),
        (lambda api: api.list().include("blades").search("x"), "whole objects of one class"),
        (lambda api: len(api.search("x")), "not known"),
    ],
)
def test_what_a_search_cannot_do_is_said_before_it_is_sent(farm: WindSandbox, ask: object, said: str) -> None:
    """Mistakes are errors of the line that makes them, and nothing is asked."""
    before = farm.client.request_count
    with pytest.raises((TypeError, ValueError), match=said):
        ask(farm.client.wind_turbine)  # type: ignore[operator]
    assert before == farm.client.request_count


def test_a_limit_of_a_list_is_cut_to_what_a_search_can_find(farm: WindSandbox) -> None:
    """`list().limit(5000).search()` asks for 1,000, the most there is."""
    assert {"a", "b"} == ids(farm.client.wind_turbine.list().limit(5000).search("north star"))


def test_the_asynchronous_search(farm: WindSandbox) -> None:
    """An asynchronous client searches alike."""

    async def work(client: AsyncWindfarmClient) -> None:
        search = client.wind_turbine.search("north star")
        assert {"a", "b"} == {item.external_id async for item in search}
        assert {"a", "b"} == ids(await search.all())
        first = await client.wind_turbine.list().search("south").first()
        assert first is not None
        assert "c" == first.external_id
        assert await search.where(lambda t: t.name == "x").first() is None
        assert (2, 6.0) == (await search.count(), await search.aggregate(lambda t: t.capacity.max()))

    farm.run(work)


def test_sort_keys_are_taken_as_they_are(farm: WindSandbox) -> None:
    """A column and a key of the class do without a function."""
    key: SortKey = WindTurbine.capacity.desc()
    assert ["c", "b", "a"] == [item.external_id for item in farm.client.wind_turbine.search("north").order_by(key)]


def test_a_refusal_is_the_services_error() -> None:
    """What the service does not allow is the error of every request."""
    with wind_sandbox(TURBINES) as farm:
        farm.sandbox.faults.add(path="/models/instances/search", status=403, message="Not you")
        with pytest.raises(DmsAuthError, match="Not you"):
            farm.client.wind_turbine.search("north").all()
