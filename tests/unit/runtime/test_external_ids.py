"""External ids that are made."""

from __future__ import annotations

import datetime as dt
import pickle
import uuid
from typing import Any

import pydantic
import pytest
from windfarm.sdk import (
    BladeWrite,
    DescribableWrite,
    DistanceWrite,
    GeneratingUnitWrite,
    MetmastWrite,
    NacelleWrite,
    WindTurbineWrite,
)

from pygen.runtime import (
    LinkWrite,
    NodeId,
    PygenEdgeWrite,
    PygenWrite,
    SdkError,
    ViewId,
    ViewInfo,
    sha256_ids,
    uuid_ids,
)
from pygen.runtime.external_ids import identify


def test_random_ids_are_uuids() -> None:
    """Each call makes another one."""
    made = {uuid_ids(BladeWrite(name="B")) for _ in range(100)}
    assert 100 == len({uuid.UUID(each) for each in made})


def test_the_same_data_have_the_same_id() -> None:
    """Neither the order of arguments, nor None, nor space, version and id count."""
    moment = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    first = WindTurbineWrite(name="T", capacity=1, commissioned=moment, settings={"b": 1, "a": [None]})
    second = WindTurbineWrite(
        settings={"a": [None], "b": 1},
        description=None,
        commissioned=moment.astimezone(dt.timezone(dt.timedelta(hours=2))),
        capacity=1.0,
        name="T",
        external_id="x",
        space="other",
        existing_version=3,
    )
    assert sha256_ids(first) == sha256_ids(second)
    assert 64 == len(sha256_ids(first))


def test_ids_of_data_are_the_same_in_every_process() -> None:
    """The id is written down here: another one would double what is there already."""
    turbine = WindTurbineWrite(
        name="Ø", capacity=1.5, nacelle="n", blades=[NodeId("s", "b")], settings={"a": [1, True, None]}
    )
    assert "27cc85ac09c8b98a7ee779a5a07903f4ea655ed6afd9fbeadf103950b6eae53b" == sha256_ids(turbine)


@pytest.mark.parametrize("year", [1, 9999])
def test_moments_at_the_ends_of_time_have_an_id(year: int) -> None:
    """Also where the same moment in UTC is in a year that Python does not have."""
    hours = 1 if year == 1 else -1
    moment = dt.datetime(
        year,
        1 if year == 1 else 12,
        1 if year == 1 else 31,
        hours % 24,
        tzinfo=dt.timezone(dt.timedelta(hours=2 * hours)),
    )
    assert 64 == len(sha256_ids(WindTurbineWrite(name="T", commissioned=moment)))


def test_other_data_have_another_id() -> None:
    """Every field counts, and so do the class, the type of the node, and what edges lead to."""
    objects: list[PygenWrite] = [
        DescribableWrite(name="T"),
        GeneratingUnitWrite(name="T"),
        WindTurbineWrite(name="T"),
        WindTurbineWrite(name="T", node_type=NodeId("s", "t")),
        WindTurbineWrite(name="T", description=""),
        WindTurbineWrite(name="T", aliases=[]),
        WindTurbineWrite(name="T", aliases=["a", "b"]),
        WindTurbineWrite(name="T", aliases=["a,b"]),
        WindTurbineWrite(name="T", capacity=0.0),
        WindTurbineWrite(name="T", nacelle="n"),
        WindTurbineWrite(name="T", nacelle=NodeId("s", "n")),
        WindTurbineWrite(name="T", blades=["n"]),
        WindTurbineWrite(name="T", metmasts=["n"]),
        WindTurbineWrite(name="T", metmasts=[LinkWrite("n", DistanceWrite(distance=1.0))]),
        WindTurbineWrite(name="T", metmasts=[LinkWrite("n", DistanceWrite(distance=2.0))]),
        WindTurbineWrite(name="T", metmasts=[LinkWrite("o", DistanceWrite(distance=2.0))]),
    ]
    assert len(objects) == len({sha256_ids(each) for each in objects})


def test_nested_objects_count_by_their_ids() -> None:
    """However a node is named, it is the same data; one that has no id yet is refused."""
    nacelle = NacelleWrite(external_id="n", name="N", weight=1.0)
    by_object = WindTurbineWrite(name="T", nacelle=nacelle)
    assert sha256_ids(by_object) == sha256_ids(WindTurbineWrite(name="T", nacelle="n"))
    nacelle.space = "s"
    assert sha256_ids(by_object) == sha256_ids(WindTurbineWrite(name="T", nacelle=("s", "n")))
    with pytest.raises(SdkError, match="WindTurbineWrite refers to a NacelleWrite that has no external id yet"):
        sha256_ids(WindTurbineWrite(name="T", nacelle=NacelleWrite(name="N")))


def test_an_id_that_is_given_stays() -> None:
    """Nothing is asked for another one."""
    blade = BladeWrite(external_id="given", name="B")
    assert "given" == identify(blade, lambda _: pytest.fail("asked"))


def test_the_most_special_class_wins() -> None:
    """Of a mapping; a base class serves all that have none of their own."""
    rules: dict[type[PygenWrite], Any] = {
        PygenWrite: lambda _: "any",
        DescribableWrite: lambda _: "describable",
        GeneratingUnitWrite: lambda unit: f"unit {unit.capacity}",
    }
    assert "unit 1.0" == identify(WindTurbineWrite(name="T", capacity=1.0), rules)
    assert "describable" == identify(MetmastWrite(name="M"), rules)
    assert "any" == identify(PlainWrite(), rules)


class PlainWrite(PygenWrite):
    """A class of its own."""

    __pygen__ = ViewInfo(ViewId("s", "Plain", "v1"))


def test_edges_keep_their_rule() -> None:
    """Functions for nodes, or for everything, do not name edges; one for their class does, and is kept."""
    edge = DistanceWrite(distance=1.0)
    assert "" == identify(edge, None)
    assert "" == identify(edge, uuid_ids)
    assert "" == identify(edge, {PygenWrite: uuid_ids})
    assert "e" == identify(edge, {PygenEdgeWrite: lambda _: "e"})
    assert "e" == edge.external_id


@pytest.mark.parametrize("made", ["", None, 3, "x" * 257])
def test_what_is_no_external_id_is_refused(made: Any) -> None:
    """Named with the class, before anything is sent."""
    blade = BladeWrite(name="B")
    with pytest.raises(SdkError, match=r"external_ids made .* for a BladeWrite"):
        identify(blade, lambda _: made)
    assert "" == blade.external_id


def test_an_empty_id_cannot_be_given() -> None:
    """Leaving it out is not the same as saying that it is empty."""
    with pytest.raises(pydantic.ValidationError):
        BladeWrite(external_id="", name="B")
    blade = BladeWrite(name="B")
    assert ("", {"name"}) == (blade.external_id, blade.model_fields_set)
    assert blade == pickle.loads(pickle.dumps(blade))
