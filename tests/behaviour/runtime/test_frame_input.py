"""Data frames as input: columns become fields, rows become objects, and what was read can be written again."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it says nothing about its types
import pytest
from windfarm.sdk import BladeWrite, NacelleWrite, WindTurbine, WindTurbineWrite

from pygen.runtime import NodeId
from pygen.runtime.frame_input import from_frame, is_frame
from tests.behaviour.runtime.orchard import LISTS, SCALARS, Orchard, open_orchard
from tests.behaviour.runtime.written_farm import Farm, open_farm

Make = Callable[[dict[str, list[Any]]], Any]
MAKERS: dict[str, Make] = {
    "pandas": pd.DataFrame,
    "pandas nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "polars": lambda columns: pl.DataFrame(columns, strict=False),
    "pyarrow table": pa.table,
    "pyarrow batch": pa.RecordBatch.from_pydict,
}


@pytest.fixture
def farm() -> Iterator[Farm]:
    """A wind farm without instances."""
    with open_farm() as farm:
        yield farm


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a frame of columns."""
    return MAKERS[request.param]


def test_frames_are_recognised(make: Make) -> None:
    """Frames of three libraries are, objects and arrays are not."""
    assert is_frame(make({"name": ["a"]}))
    assert not is_frame(WindTurbineWrite(external_id="t", name="T"))
    assert not any(is_frame(each) for each in (None, object(), np.zeros(3), pd.Series([1]), pa.array([1])))


def test_rows_become_objects(make: Make) -> None:
    """Columns are named by fields or DMS names; Python's own values come out."""
    frame = make(
        {
            "external_id": ["t1", "t2"],
            "name": ["T1", "T2"],
            "hubHeight": [80.5, 90.0],
            "serial_number": [2**53 + 1, 0],
            "class": ["I", "S"],
            "datasheets": [["a", "b"], []],
            "commissioned": [dt.datetime(2024, 1, 2, 3, 4, 5, 6000), dt.datetime(2024, 1, 1)],  # noqa: DTZ001 -- UTC then
            "nacelle_id": ["n1", "n2"],
        }
    )
    assert [
        WindTurbineWrite(
            external_id="t1",
            name="T1",
            hub_height=80.5,
            serial_number=2**53 + 1,
            class_="I",
            datasheets=["a", "b"],
            commissioned=dt.datetime(2024, 1, 2, 3, 4, 5, 6000),  # noqa: DTZ001 -- UTC then
            nacelle="n1",
        ),
        WindTurbineWrite(
            external_id="t2",
            name="T2",
            hub_height=90.0,
            serial_number=0,
            class_="S",
            datasheets=[],
            commissioned=dt.datetime(2024, 1, 1),  # noqa: DTZ001 -- UTC then
            nacelle="n2",
        ),
    ] == list(from_frame(WindTurbineWrite, frame))


@pytest.mark.parametrize("nulls", ["keep", "clear"])
def test_missing_values_are_left_out_or_cleared(make: Make, nulls: Any) -> None:
    """None, NaN, NA and NaT are missing; what names an instance is never cleared; 0, False and "" are values."""
    frame = make(
        {
            "external_id": ["t1", "t2"],
            "space": [None, "s"],
            "name": ["T1", ""],
            "hub_height": [math.nan, 0.0],
            "serial_number": [None, 0],
            "commissioned": [None, dt.datetime(2024, 1, 1, tzinfo=dt.UTC)],
            "nacelle": [None, "n"],
            "datasheets": [None, ["a"]],
        }
    )
    first, second = from_frame(WindTurbineWrite, frame, nulls=nulls)
    named = {"external_id", "name"}
    cleared = {"hub_height", "serial_number", "commissioned", "nacelle", "datasheets"}
    assert (named if nulls == "keep" else named | cleared) == first.model_fields_set
    assert ("", 0.0, 0, "n", "s") == (
        second.name,
        second.hub_height,
        second.serial_number,
        second.nacelle,
        second.space,
    )


def test_nodes_are_named_in_every_way() -> None:
    """External id, pair, identifier, struct; also in lists."""
    frame = pd.DataFrame(
        {
            "external_id": list("abcdef"),
            "name": "T",
            "nacelle": ["n", ("s", "n"), NodeId("s", "n"), {"space": "s", "external_id": "n"}, None, {"space": None}],
            "blades": [["b"], [("s", "b")], [NodeId("s", "b")], np.array(["b1", "b2"]), None, []],
        }
    )
    found = [(each.nacelle, each.blades) for each in from_frame(WindTurbineWrite, frame)]
    node, blade = NodeId("s", "n"), NodeId("s", "b")
    assert [("n", ["b"]), (node, [blade]), (node, [blade]), (node, ["b1", "b2"]), (None, None), (None, [])] == found


def test_structs_name_nodes() -> None:
    """In polars and pyarrow, a struct of missing values names none."""
    columns: dict[str, list[Any]] = {
        "external_id": ["a", "b", "c"],
        "name": ["A", "B", "C"],
        "nacelle_id": [{"space": "s", "external_id": "n"}, None, {"space": None, "external_id": None}],
    }
    for frame in (pl.DataFrame(columns), pa.table(columns)):
        found = [each.nacelle for each in from_frame(WindTurbineWrite, frame)]
        assert [NodeId("s", "n"), None, None] == found


def test_values_of_numpy_are_pythons() -> None:
    """Scalars of numpy in columns of objects, and arrays in lists."""
    frame = pd.DataFrame(
        {
            "external_id": ["a"],
            "name": ["T"],
            "serial_number": np.array([np.int64(2**62)], object),
            "hub_height": np.array([np.float32(0.5)], object),
            "datasheets": [np.array(["x"])],
            "settings": ['{"a": {"b": null}}'],
        }
    )
    (found,) = from_frame(WindTurbineWrite, frame)
    assert (2**62, 0.5, ["x"], {"a": {"b": None}}) == (
        found.serial_number,
        found.hub_height,
        found.datasheets,
        found.settings,
    )
    assert (int, float) == (type(found.serial_number), type(found.hub_height))


def test_an_index_of_that_name_is_the_external_id() -> None:
    """Alone or among others; one without a name is passed over, and the caller's frame stays as it is."""
    frame = pd.DataFrame({"external_id": ["a", "b"], "space": ["s", "s"], "place": [1, 2], "name": ["A", "B"]})
    for names in (["external_id"], ["space", "external_id"], ["place", "external_id"]):
        indexed = frame.drop(columns=[] if "place" in names else "place").set_index(names)
        assert ["a", "b"] == [each.external_id for each in from_frame(WindTurbineWrite, indexed)]
        assert names == list(indexed.index.names)
    assert ["A", "B"] == [each.name for each in from_frame(WindTurbineWrite, frame[["external_id", "name"]])]


def test_unknown_columns_are_refused_at_once(make: Make) -> None:
    """With what was probably meant."""
    with pytest.raises(
        TypeError, match=r"'hub_hight' belongs to no field of WindTurbineWrite; did you mean hub_height"
    ):
        from_frame(WindTurbineWrite, make({"external_id": ["t"], "hub_hight": [1.0]}))
    with pytest.raises(TypeError, match="list is no data frame"):
        from_frame(WindTurbineWrite, [])
    with pytest.raises(ValueError, match="'keep' or 'clear', not 'drop'"):
        from_frame(WindTurbineWrite, make({"external_id": ["t"]}), nulls="drop")  # type: ignore[arg-type]  # on purpose


def test_two_columns_for_one_field_are_refused(make: Make) -> None:
    """One could silently win."""
    with pytest.raises(ValueError, match=r"'nacelle' and 'nacelle_id' are columns for one field"):
        from_frame(WindTurbineWrite, make({"external_id": ["t"], "nacelle": ["n"], "nacelle_id": ["n"]}))


def test_a_row_that_does_not_fit_is_told_without_its_values(make: Make) -> None:
    """By its number and its external id; rows before it have been given."""
    frame = make({"external_id": ["t1", "t2"], "name": ["T1", "T2"], "class": ["I", "secret"]})
    rows = from_frame(WindTurbineWrite, frame)
    assert "t1" == next(rows).external_id
    with pytest.raises(ValueError, match=r"row 1 of the frame \(t2\) makes no WindTurbineWrite: class_: ") as caught:
        next(rows)
    assert "secret" not in str(caught.value)


def test_categories_are_texts() -> None:
    """Of pandas, polars and pyarrow."""
    columns = {"external_id": ["a", "b"], "name": ["A", "B"], "class": ["I", None]}
    frames = [
        pd.DataFrame(columns).astype({"class": "category"}),
        pl.DataFrame(columns).with_columns(pl.col("class").cast(pl.Categorical)),
        pa.table({**columns, "class": pa.array(columns["class"]).dictionary_encode()}),
    ]
    for frame in frames:
        assert ["I", None] == [each.class_ for each in from_frame(WindTurbineWrite, frame)]


def test_more_rows_than_are_read_at_once(make: Make) -> None:
    """Nothing is lost or doubled where one part ends and the next begins."""
    expected = [f"t{number}" for number in range(20_001)]
    found = from_frame(BladeWrite, make({"external_id": expected, "name": expected}))
    assert expected == [each.external_id for each in found]


@pytest.mark.parametrize("method", ["to_pandas", "to_arrow", "to_polars"])
@pytest.mark.parametrize("case", ["every_type", "every_type_list"])
def test_what_was_read_can_be_written(tmp_path_factory: pytest.TempPathFactory, method: str, case: str) -> None:
    """A frame that is upserted as it was read changes nothing: no instance gets a new version."""
    values = SCALARS if case == "every_type" else LISTS
    with open_orchard(case, tmp_path_factory.mktemp("sdk"), values, 12) as orchard, orchard.client() as client:
        query = client.tree.list()
        expected, frame = query.all(), getattr(query, method)()
        client.tree.upsert(frame)
        assert expected == query.all()
        assert {1} == {tree.version for tree in query}
        check_cleared(orchard, client, frame if method == "to_pandas" else None)


def check_cleared(orchard: Orchard, client: Any, frame: Any) -> None:
    """Check that cleared values are missing afterwards."""
    if frame is None or "small" not in frame:
        return
    frame["small"] = pd.NA
    client.tree.upsert(frame, nulls="clear")
    assert {None} == {tree.small for tree in client.tree.list()}
    assert {2**53 + 1, 2**63 - 1, -(2**63), None} == {tree.large for tree in client.tree.list()}


def test_a_changed_frame_is_written(farm: Farm) -> None:
    """Read, changed and upserted: with relations, through a view over several containers."""
    with farm.client() as client:
        client.upsert(
            [
                WindTurbineWrite(
                    external_id=f"t{each}", name=f"T{each}", nacelle=NacelleWrite(external_id=f"n{each}", name="N")
                )
                for each in range(3)
            ]
        )
        frame = client.wind_turbine.list().to_pandas()
        frame["hub_height"] = [80.0, math.nan, 82.0]
        frame["nacelle_id"] = pd.Series([NodeId("windfarm_data", "n0")] * 3, dtype=object)
        client.wind_turbine.upsert(frame)
        found: list[WindTurbine] = sorted(client.wind_turbine.list(), key=lambda each: each.external_id)
        assert [80.0, None, 82.0] == [each.hub_height for each in found]
        assert {NodeId("windfarm_data", "n0")} == {each.nacelle_id for each in found}
