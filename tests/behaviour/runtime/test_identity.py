"""One object for each instance: among what came together, and among what was loaded from there."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from windfarm.sdk import AsyncWindfarmClient, WindfarmWrite, WindTurbine

from pygen.runtime import DetachedError, NotWritableError
from tests.behaviour.runtime.test_relation_loading import farm
from tests.support.wind_sandbox import WindSandbox, turbine, wind_sandbox


@pytest.fixture(scope="module")
def place() -> Iterator[WindSandbox]:
    """A farm with 2,500 turbines, which come in three pages."""
    with wind_sandbox([WindfarmWrite(external_id="farm", name="Farm", offshore=True)]) as found:
        found.write(*(turbine(f"t{n:04}", windfarm="farm") for n in range(2500)))
        yield found


def test_all_shares_neighbours_across_pages(place: WindSandbox) -> None:
    """The farm of the first turbine and of the last one is the same object, fetched once."""
    turbines = place.client.wind_turbine.list().all()
    started = place.client.request_count
    first = turbines[0].windfarm
    assert first is not None
    assert {id(first)} == {id(each.windfarm) for each in turbines}
    assert 1 == place.client.request_count - started


def test_pages_on_their_own_share_within_a_page(place: WindSandbox) -> None:
    """Without `all()`, each page has its own object of the farm, and asks for it once."""
    started = place.client.request_count
    pages = place.client.wind_turbine.list().pages()
    farms = [{id(farm): farm for each in page if (farm := each.windfarm)} for page in pages]
    assert [1, 1, 1] == [len(each) for each in farms]
    assert 3 == len({key for each in farms for key in each})
    assert 6 == place.client.request_count - started


def test_what_is_fetched_along_is_shared_across_pages(place: WindSandbox) -> None:
    """With `include`, too, `all()` gives one object of the farm, and pages on their own give one each."""
    query = place.client.wind_turbine.list().include("windfarm")
    started = place.client.request_count
    turbines = query.all()
    assert 2500 == len({id(each) for each in turbines})
    assert 1 == len({id(each.windfarm) for each in turbines})
    assert 3 == place.client.request_count - started
    farms = [each.windfarm for page in query.pages() for each in page]
    assert 3 == len({id(farm) for farm in farms})


def test_async_all_shares_neighbours_across_pages(place: WindSandbox) -> None:
    """So does the asynchronous client's."""

    async def look(client: AsyncWindfarmClient) -> tuple[int, int]:
        turbines = await client.wind_turbine.list().all()
        started = client.request_count
        found = {id(await each.load(WindTurbine.windfarm)) for each in turbines}
        return len(found), client.request_count - started

    assert (1, 1) == place.run(look)


def test_what_is_known_does_not_live_longer(place: WindSandbox) -> None:
    """Neighbours are held by the objects that lead to them, not by what is known around them."""
    turbines = place.client.wind_turbine.list().all()
    found = turbines[0].windfarm
    assert found is not None
    gone = weakref.ref(found)
    kept = turbines[-1]
    del found, turbines
    gc.collect()
    assert gone() is None
    started = place.client.request_count
    assert kept.windfarm is not None
    assert 1 == place.client.request_count - started


def test_objects_are_found_again_on_the_way_back() -> None:
    """What leads back to objects that are there gives these very objects, with their unsaved changes."""
    with wind_sandbox(farm(4)) as place:
        turbines = place.client.wind_turbine.list().order_by(lambda t: t.capacity).all()
        turbines[3].capacity = 99.0
        assert turbines[3].nacelle is not None
        back = turbines[3].nacelle.wind_turbine
        assert back is turbines[3]
        assert 99.0 == back.capacity
        masts = {link.node.external_id: link.node for each in turbines for link in each.metmasts}
        assert 2 == len(masts)
        assert all(link.node is masts[link.node.external_id] for each in turbines for link in each.metmasts)


def test_objects_in_other_units_or_of_other_classes_stay_apart() -> None:
    """An object whose values were converted is not what a relation leads to; nor is one of a parent class."""
    with wind_sandbox(farm(4)) as place:
        converted = place.client.wind_turbine.list().target_units(hub_height="length:ft").all()
        assert converted[0].nacelle is not None
        back = converted[0].nacelle.wind_turbine
        assert back is not converted[0]
        assert converted[0].external_id == getattr(back, "external_id", None)
        unit = place.client.generating_unit.retrieve("t1")
        assert unit is not None
        assert unit.windfarm is not None
        turbines = unit.windfarm.turbines.all()
        assert 4 == len(turbines)
        assert {WindTurbine} == {type(each) for each in turbines}


def test_copies_are_detached_and_equal() -> None:
    """Copies and what was pickled compare equal, keep ids, and say what to do when they should load."""
    with wind_sandbox(farm(4)) as place:
        one = place.client.wind_turbine.list().all()[3]
        assert one.nacelle is not None
        again: list[Any] = [copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))]
        for each in again:
            assert one == each
            assert each is not one
            assert one.nacelle_id == each.nacelle_id
            for use in (lambda each=each: each.nacelle, lambda each=each: each.blades.all(), each.save):
                with pytest.raises(DetachedError, match=r"was made or copied by hand .* fetch it with"):
                    use()
        assert 3 == len(pickle.loads(pickle.dumps(one.blades.all())))


def test_copies_keep_their_units_from_being_written() -> None:
    """Kilowatts are not written as megawatts, not even by a copy of a copy."""
    with wind_sandbox([turbine("t0", capacity=3.0)]) as place:
        one = place.client.wind_turbine.list().target_units(capacity="power:kilow").one()
        assert 3000.0 == pytest.approx(one.capacity)
        copies = [copy.copy(one), copy.deepcopy(one), one.model_copy(), pickle.loads(pickle.dumps(one))]
        for each in [*copies, copy.copy(copies[3])]:
            assert one == each
            with pytest.raises(NotWritableError, match="power:megaw"):
                each.as_write()
            with pytest.raises(DetachedError, match="copied by hand"):
                each.refresh()
