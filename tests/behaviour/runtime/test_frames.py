"""Data frames of queries: exact types, equal to the objects, on any page, in every library."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it says nothing about its types
import pytest

from pygen.client import PygenClient
from pygen.client.retry import RetryPolicy
from pygen.errors import MissingExtraError
from pygen.runtime import DecodeError, DmsTransportError, NodeId
from tests.behaviour.runtime.orchard import LISTS, SCALARS, Orchard, open_orchard, sdk_of
from tests.behaviour.runtime.written_farm import Farm, open_farm

Library = Literal["pandas", "pyarrow", "polars"]
METHODS: dict[Library, str] = {"pandas": "to_pandas", "pyarrow": "to_arrow", "polars": "to_polars"}
LIBRARIES: list[Library] = ["pandas", "pyarrow", "polars"]


@pytest.fixture(scope="module", params=[True, False], ids=["json", "no json"])
def with_json(request: pytest.FixtureRequest) -> bool:
    """Whether there are JSON properties; without, frames are read by pyarrow."""
    found: bool = request.param
    return found


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory, with_json: bool) -> Iterator[Orchard]:
    """25 trees with a property of every type."""
    with open_orchard("every_type", tmp_path_factory.mktemp("sdk"), SCALARS, 25, with_json=with_json) as orchard:
        yield orchard


@pytest.fixture(scope="module")
def listed_trees(tmp_path_factory: pytest.TempPathFactory, with_json: bool) -> Iterator[Orchard]:
    """25 trees with a list of every type."""
    with open_orchard("every_type_list", tmp_path_factory.mktemp("sdk"), LISTS, 25, with_json=with_json) as orchard:
        yield orchard


@pytest.fixture
def farm() -> Iterator[Farm]:
    """A wind farm without instances."""
    with open_farm() as farm:
        yield farm


def frame_of(source: Any, library: Library, **options: Any) -> Any:
    """The data frame of a source."""
    return getattr(source, METHODS[library])(**options)


def columns_of(frame: Any) -> dict[str, list[Any]]:
    """The columns of a frame as Python values, missing ones as None."""
    if isinstance(frame, pd.DataFrame):
        return {
            str(name): [None if gone else value for value, gone in zip(column.tolist(), column.isna(), strict=True)]
            for name, column in frame.items()
        }
    columns: dict[str, list[Any]] = frame.to_pydict() if isinstance(frame, pa.Table) else frame.to_dict(as_series=False)
    return columns


def as_frames_say(value: Any, library: Library, *, single: bool) -> Any:
    """A value of an object's field as the frames of a library say it."""
    if isinstance(value, list):  # those of pandas are lists of Python's own values
        return value if library == "pandas" else [as_frames_say(item, library, single=single) for item in value]
    if library != "pandas" and isinstance(value, NodeId):
        return {"space": value.space, "external_id": value.external_id}
    if library != "pandas" and isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if library == "pandas" and type(value) is dt.date:
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- days have no zone
    return float(np.float32(value)) if single and isinstance(value, float) else value


def check_equal_objects(frame: Any, objects: list[Any], library: Library, singles: set[str]) -> None:
    """Check that a frame says what the objects say."""
    found = columns_of(frame)
    kind = type(objects[0])
    assert set(kind.__pydantic_fields__) == set(found)
    for name, values in found.items():
        expected = [as_frames_say(getattr(each, name), library, single=name in singles) for each in objects]
        assert expected == values, name


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_says_what_the_objects_say(trees: Orchard, library: Library) -> None:
    """Over three pages and HTTP, every value of every type is that of the object, to the last digit."""
    with trees.client(over_http=True) as client:
        query = client.tree.list().chunk_size(10)
        frame = frame_of(query, library)
        assert 25 == len(frame)
        check_equal_objects(frame, query.all(), library, {"rough"})


@pytest.mark.parametrize("library", LIBRARIES)
def test_lists_of_a_frame_are_those_of_the_objects(listed_trees: Orchard, library: Library) -> None:
    """Lists of every type come whole, and empty ones are not missing ones."""
    with listed_trees.client(over_http=True) as client:
        query = client.tree.list().chunk_size(10)
        check_equal_objects(frame_of(query, library), query.all(), library, {"roughs"})


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_of_results_equals_that_of_the_query(trees: Orchard, listed_trees: Orchard, library: Library) -> None:
    """Made of objects that are there already, a frame is the same: columns, types and values."""
    for orchard in (trees, listed_trees):
        with orchard.client() as client:
            query = client.tree.list()
            expected, results = frame_of(query, library), query.all()
            found = frame_of(results, library)
            page = frame_of(query.page(), library)
        check_equal_frames(expected, found)
        check_equal_frames(expected, page)


def check_equal_frames(expected: Any, found: Any) -> None:
    """Check that two frames are the same."""
    match expected:
        case pd.DataFrame():
            pd.testing.assert_frame_equal(expected, found)
        case pa.Table():
            assert expected.schema == found.schema
            assert expected.equals(found)
        case _:
            assert expected.schema == found.schema
            assert expected.to_dict(as_series=False) == found.to_dict(as_series=False)


def test_types_of_pandas_are_exact(trees: Orchard) -> None:
    """Every property type has its own dtype."""
    expected = {
        "space": "string",
        "external_id": "string",
        "version": "Int64",
        "created_time": "datetime64[ms, UTC]",
        "last_updated_time": "datetime64[ms, UTC]",
        "node_type": "object",
        "bark": "category",
        "curve": "string",
        "day": "datetime64[s]",
        "document": "string",
        "exact": "float64",
        "extra": "object",
        "flag": "boolean",
        "large": "Int64",
        "moment": "datetime64[ms, UTC]",
        "rough": "float32",
        "signal": "string",
        "small": "Int32",
        "text": "string",
    }
    with trees.client() as client:
        if "extra" not in client.tree.list().limit(0).to_pandas():
            del expected["extra"]
        assert expected == {name: str(dtype) for name, dtype in client.tree.list().to_pandas().dtypes.items()}


def test_types_of_arrow_are_exact(trees: Orchard, listed_trees: Orchard) -> None:
    """Every property type has its own type, and lists have lists of it."""
    node = pa.struct([("space", pa.string()), ("external_id", pa.string())])
    scalars = {
        "node_type": node,
        "bark": pa.dictionary(pa.int32(), pa.string()),
        "day": pa.date32(),
        "exact": pa.float64(),
        "extra": pa.string(),
        "flag": pa.bool_(),
        "large": pa.int64(),
        "moment": pa.timestamp("ms", tz="UTC"),
        "rough": pa.float32(),
        "small": pa.int32(),
        "text": pa.string(),
    }
    lists = {
        "barks": pa.string(),
        "days": pa.date32(),
        "extras": pa.string(),
        "flags": pa.bool_(),
        "grafted_onto_ids": node,
        "larges": pa.int64(),
        "moments": pa.timestamp("ms", tz="UTC"),
        "roughs": pa.float32(),
        "smalls": pa.int32(),
    }
    with trees.client() as client:
        schema = client.tree.list().to_arrow().schema
    assert {name: scalars[name] for name in scalars if name in schema.names} == {
        name: schema.field(name).type for name in scalars if name in schema.names
    }
    with listed_trees.client() as client:
        schema = client.tree.list().to_arrow().schema
    assert {name: pa.list_(item) for name, item in lists.items() if name in schema.names} == {
        name: schema.field(name).type for name in lists if name in schema.names
    }


def test_types_of_polars_are_exact(trees: Orchard, listed_trees: Orchard) -> None:
    """Every property type has its own type, and lists have lists of it."""
    with trees.client() as client:
        schema = client.tree.list().to_polars().schema
    expected = {
        "node_type": pl.Struct({"space": pl.String(), "external_id": pl.String()}),
        "bark": pl.Categorical(),
        "day": pl.Date(),
        "extra": pl.String(),
        "flag": pl.Boolean(),
        "large": pl.Int64(),
        "moment": pl.Datetime("ms", "UTC"),
        "rough": pl.Float32(),
        "small": pl.Int32(),
    }
    assert {name: dtype for name, dtype in expected.items() if name in schema} == {
        name: schema[name] for name in expected if name in schema
    }
    with listed_trees.client() as client:
        schema = client.tree.list().to_polars().schema
    assert pl.List(pl.Datetime("ms", "UTC")) == schema["moments"]
    assert pl.List(pl.Struct({"space": pl.String(), "external_id": pl.String()})) == schema["grafted_onto_ids"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_empty_result_has_the_same_types(trees: Orchard, listed_trees: Orchard, library: Library) -> None:
    """A query without matches, one that asks for nothing, and empty results have every column, with its type."""
    for orchard in (trees, listed_trees):
        with orchard.client() as client:
            query = client.tree.list()
            full = frame_of(query, library)
            for empty in (query.where(lambda t: t.external_id == "none"), query.limit(0), query.limit(0).all()):
                check_equal_frames(full[:0] if library != "pyarrow" else full.slice(0, 0), frame_of(empty, library))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_column_without_values_keeps_its_type(trees: Orchard, library: Library) -> None:
    """Where every value is missing, the type is that of the field."""
    with trees.client() as client:
        full = frame_of(client.tree.list(), library)
        nothing = frame_of(client.tree.list().where(lambda t: t.small.is_null() & t.bark.is_null()), library)
    assert len(nothing) == 6
    assert {None} == set(columns_of(nothing)["large"])
    assert types_of(full) == types_of(nothing)


def types_of(frame: Any) -> Any:
    """The types of a frame's columns."""
    return dict(frame.dtypes) if isinstance(frame, pd.DataFrame) else frame.schema


@pytest.mark.parametrize("library", LIBRARIES)
def test_filters_order_limits_and_slices_are_kept(trees: Orchard, library: Library) -> None:
    """A frame holds what the query asks for, in its order, also where a slice begins within a page."""
    with trees.client() as client:
        query = client.tree.list().where(lambda t: t.small > 0).order_by(lambda t: t.external_id.desc())
        expected = [tree.external_id for tree in query]
        assert expected == columns_of(frame_of(query.chunk_size(2), library))["external_id"]
        part = query.chunk_size(2)[1:4].limit(2)
        assert expected[1:3] == columns_of(frame_of(part, library))["external_id"]
        later = query.chunk_size(2)[3:6]  # beyond the first page
        assert expected[3:6] == columns_of(frame_of(later, library))["external_id"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_only_chosen_fields_are_columns(trees: Orchard, library: Library) -> None:
    """After `fields` there are the metadata and these; of `values`, only these, in the order given."""
    with trees.client() as client:
        query = client.tree.list().chunk_size(10)
        whole = columns_of(frame_of(query, library, metadata=False))
        chosen = frame_of(query.fields(lambda t: (t.text, t.bark)), library, metadata=False)
        assert {name: whole[name] for name in ("space", "external_id", "bark", "text")} == columns_of(chosen)
        values = columns_of(frame_of(query.values(lambda t: (t.text, t.large, t.external_id)), library))
        assert ["text", "large", "external_id"] == list(values)
        assert {name: whole[name] for name in values} == values
        found = query.fields(lambda t: (t.text, t.bark)).all()
        check_equal_frames(chosen, frame_of(found, library, metadata=False))


def test_combined_queries_make_frames(trees: Orchard) -> None:
    """What two queries have in common, or one lacks, is read by column, too."""
    with trees.client() as client:
        every = client.tree.list()
        red, small = every.where(lambda t: t.bark == "red"), every.where(lambda t: t.small == 0)
        assert sorted(tree.external_id for tree in red & small) == sorted((red & small).to_pandas()["external_id"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_async_query_gives_the_same_frame(trees: Orchard, library: Library) -> None:
    """With await, and over HTTP."""
    with trees.client() as client:
        expected = frame_of(client.tree.list(), library)

    async def fetch() -> Any:
        async with trees.aclient() as client:
            query = client.tree.list().chunk_size(10)
            batches = [batch async for batch in query.iter_arrow()]
            found = [await frame_of(query, library), frame_of(await query.all(), library)]
            return [*found, await frame_of(query.values(lambda t: t.text), library)], batches

    (found, results, texts), batches = asyncio.run(fetch())
    check_equal_frames(expected, found)
    check_equal_frames(expected, results)
    assert columns_of(expected)["text"] == columns_of(texts)["text"]
    assert [10, 10, 5] == [batch.num_rows for batch in batches]


def test_batches_come_page_by_page(trees: Orchard) -> None:
    """Each page is a batch, all have one schema, and nothing is fetched before it is asked for."""
    with trees.client() as client:
        before = client._session.requests
        batches = client.tree.list().chunk_size(10).iter_arrow()
        assert before == client._session.requests
        first = next(batches)
        assert client._session.requests <= before + 2
        rest = list(batches)
        table = client.tree.list().to_arrow()
    assert [10, 10, 5] == [batch.num_rows for batch in (first, *rest)]
    assert pa.Table.from_batches([first, *rest]).to_pydict() == table.to_pydict()


def test_metadata_can_be_left_out(trees: Orchard) -> None:
    """What names an instance stays."""
    with trees.client() as client:
        names = list(client.tree.list().to_pandas(metadata=False))
    assert ["space", "external_id", "bark"] == names[:3]
    assert not {"version", "created_time", "last_updated_time", "node_type"} & set(names)


@pytest.mark.parametrize("library", LIBRARIES)
def test_relations_can_be_external_ids(listed_trees: Orchard, library: Library) -> None:
    """Then they are texts, which join with the external ids of another frame."""
    with listed_trees.client() as client:
        frame = columns_of(frame_of(client.tree.list(), library, relations="external_id"))
    by_id = dict(zip(frame["external_id"], frame["grafted_onto_ids"], strict=True))
    assert ["l1", "l2"] == by_id["l0"]
    assert [] == by_id["l1"]
    assert by_id["l2"] is None
    with listed_trees.client() as client, pytest.raises(ValueError, match="'id' or 'external_id', not 'text'"):
        client.tree.list().to_pandas(relations="text")


def test_equal_node_ids_are_one_object(listed_trees: Orchard) -> None:
    """In pandas, so that a million rows that name ten nodes hold ten identifiers."""
    with listed_trees.client() as client:
        found = client.tree.list().to_pandas()["grafted_onto_ids"]
    assert 2 == len({id(node) for nodes in found if nodes for node in nodes})


def test_a_frame_shares_nothing_with_the_objects(listed_trees: Orchard) -> None:
    """Changing a list or a JSON object in a frame changes no object."""
    with listed_trees.client() as client:
        results = client.tree.list().all()
    tree = next(each for each in results if each.external_id == "l0")
    frame = results.to_pandas().set_index("external_id")
    frame.loc["l0", "texts"].append("more")
    assert ["a", "", "a"] == tree.texts
    if "extras" in frame:
        frame.loc["l0", "extras"][0]["a"] = 2
        assert [{"a": 1}, {}] == tree.extras


@pytest.mark.parametrize("library", LIBRARIES)
def test_pyarrow_reads_what_python_reads(
    trees: Orchard, listed_trees: Orchard, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frame is the same whichever way answers are read, also of queries with properties chosen, and sliced."""
    for orchard in (trees, listed_trees):
        with orchard.client() as client:
            query = client.tree.list().chunk_size(10)
            fields = [name for name in orchard.sdk.Tree.__pygen_props__ if not name.startswith("extra")]
            queries = [query, query.fields(*fields), query.fields(*fields)[3:17]]
            found = [frame_of(each, library, relations=way) for each in queries for way in ("id", "external_id")]
            monkeypatch.setattr("pygen.runtime.frames._has_pyarrow", lambda: False)
            expected = [frame_of(each, library, relations=way) for each in queries for way in ("id", "external_id")]
            monkeypatch.undo()
        for one, other in zip(expected, found, strict=True):
            check_equal_frames(one, other)


def test_usual_answers_are_read_by_pyarrow(
    trees: Orchard, listed_trees: Orchard, with_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without JSON properties, no object of Python is made of an instance."""
    if with_json:
        return

    def fail(*_: object) -> Any:
        raise AssertionError("read by Python")

    monkeypatch.setattr("pygen.runtime.frames.WireRows", fail)
    for orchard in (trees, listed_trees):
        with orchard.client() as client:
            assert 25 == len(client.tree.list().chunk_size(10).to_pandas())
            assert 25 == len(client.tree.list().fields(lambda t: t.external_id).to_arrow())


# --- answers that nobody expected ---


def canned(sdk: Any, change: Callable[[dict[str, Any]], Any], size: int = 3, **options: Any) -> Any:
    """A client whose service has trees, the second of which has changed properties."""

    def answer(_request: httpx.Request) -> httpx.Response:
        items = []
        for number in range(size):
            properties: dict[str, Any] = {"small": number, "text": f"t{number}", "bark": "red"}
            item: dict[str, Any] = {
                "instanceType": "node",
                "version": 1,
                "space": "s",
                "externalId": f"x{number}",
                "createdTime": 1767225700000,
                "lastUpdatedTime": 1767225700001,
                "properties": {"sp_orchard": {"Tree/v1": properties}},
            }
            if number == 1:
                change(item if "whole" in change.__code__.co_varnames else properties)
            items.append(item)
        return httpx.Response(200, content=json.dumps({"items": items}))

    client = PygenClient(
        base_url="http://localhost", project="p", credentials="t", transport=httpx.MockTransport(answer)
    )
    return sdk.ExampleClient.from_client(client, **options)


@pytest.fixture(scope="module")
def tree_sdk(tmp_path_factory: pytest.TempPathFactory, with_json: bool) -> Any:
    """The SDK of trees."""
    return sdk_of("every_type", tmp_path_factory.mktemp("sdk"), with_json=with_json)[0]


@pytest.mark.parametrize("library", LIBRARIES)
def test_unknown_values_of_an_enum_are_added(tree_sdk: Any, library: Library) -> None:
    """A newer model's value is there; declared values stay, in the model's order."""
    with canned(tree_sdk, lambda properties: properties.update(bark="mauve")) as client:
        frame = frame_of(client.tree.list(), library)
    assert ["red", "mauve", "red"] == columns_of(frame)["bark"]
    if library == "pandas":
        assert ["blue", "green", "red", "mauve"] == list(frame["bark"].cat.categories)
    elif library == "pyarrow":
        assert ["blue", "green", "red", "mauve"] == frame.column("bark").chunk(0).dictionary.to_pylist()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("small", "many"),
        ("small", 2**31),
        ("large", 2**63),
        ("large", 1.5),
        ("text", 5),
        ("exact", "much"),
        ("flag", "perhaps"),
        ("moment", "yesterday"),
        ("day", "2024-02-30"),
        ("bark", {"a": 1}),
    ],
)
def test_a_value_that_does_not_fit_is_missing(
    tree_sdk: Any, library: Library, name: str, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told once, without the value; the others of its column are there, and strict validation raises."""
    with (
        caplog.at_level(logging.WARNING, "pygen.runtime"),
        canned(tree_sdk, lambda properties: properties.update({name: value})) as client,
    ):
        found = columns_of(frame_of(client.tree.list(), library))
    assert found[name][1] is None
    assert ["x0", "x1", "x2"] == found["external_id"]
    if name in {"small", "text", "bark"}:
        assert None not in {found[name][0], found[name][2]}
    assert [f"Tree.{name}: 1 value(s) do not fit the column and are missing from the frame"] == [
        record.message.partition(";")[0] for record in caplog.records
    ]
    with (
        canned(tree_sdk, lambda properties: properties.update({name: value}), validation="strict") as client,
        pytest.raises(DecodeError, match=f"Tree.{name} does not fit its column"),
    ):
        frame_of(client.tree.list(), library)


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_forms_are_read_as_objects_read_them(tree_sdk: Any, library: Library) -> None:
    """A whole number as float, numbers as texts, and moments of other forms are what the object has."""
    odd = {"large": 7.0, "small": "8", "exact": "2.5", "moment": "2024-01-01T00:00:00.1Z", "flag": "true"}
    with canned(tree_sdk, lambda properties: properties.update(odd)) as client:
        found = columns_of(frame_of(client.tree.list(), library))
        tree = client.tree.list().all()[1]
    assert (7, 8, 2.5, True) == (tree.large, tree.small, tree.exact, tree.flag)
    for name in odd:
        assert getattr(tree, name) == found[name][1]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole.pop("properties"),
        lambda whole: whole.update(properties=None),
        lambda whole: whole["properties"].pop("sp_orchard"),
        lambda whole: whole["properties"].update(sp_orchard={"Tree/v1": None}),
        lambda whole: whole["properties"].update(sp_orchard=[]),
    ],
)
def test_an_instance_without_properties_is_a_row(tree_sdk: Any, library: Library, change: Any) -> None:
    """It has its names, and no values."""
    with canned(tree_sdk, change) as client:
        found = columns_of(frame_of(client.tree.list(), library))
    assert ["x0", "x1", "x2"] == found["external_id"]
    assert [0, None, 2] == found["small"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_half_a_surrogate_pair_is_replaced(tree_sdk: Any, library: Library) -> None:
    """It has no bytes in UTF-8, which the libraries keep texts in."""
    with canned(tree_sdk, lambda properties: properties.update(text="a\ud83dz", bark="\ud83d")) as client:
        found = columns_of(frame_of(client.tree.list(), library))
    assert "t0" == found["text"][0]
    if library != "pandas":
        assert "a\ufffdz" == found["text"][1]
    assert "\ufffd" == found["bark"][1]


@pytest.mark.parametrize("library", LIBRARIES)
def test_infinity_stays(tree_sdk: Any, library: Library) -> None:
    """Numbers beyond a type's range are infinite, as with the service's own rounding."""
    with canned(tree_sdk, lambda properties: properties.update(exact=math.inf, rough=1e300)) as client:
        found = columns_of(frame_of(client.tree.list(), library))
    assert (math.inf, math.inf) == (found["exact"][1], found["rough"][1])


# --- the example model ---


def test_a_failing_service_loses_no_row(trees: Orchard) -> None:
    """Errors in the middle of the pages end in the same frame."""
    with trees.client(over_http=True) as client:
        query = client.tree.list().chunk_size(20)
        expected = query.to_pandas()
        trees.sandbox.faults.add(path="/models/instances/list", status=503, times=2)
        trees.sandbox.faults.add(path="/models/instances/list", status=408, times=1)
        found = query.to_pandas()
    pd.testing.assert_frame_equal(expected, found)


def test_edges_have_their_ends(farm: Farm) -> None:
    """A frame of edges holds type and ends, with and without other metadata."""
    with farm.client() as client:
        frame = client.distance.list().to_pandas(metadata=False)
    assert ["space", "external_id", "edge_type", "start_node", "end_node"] == list(frame)[:5]


def test_a_search_gives_a_frame(trees: Orchard) -> None:
    """In the order of the search, also of an async one."""
    with trees.client() as client:
        search = client.tree.search("snow")
        expected = [tree.external_id for tree in search]
        assert 6 == len(expected)
        assert expected == search.to_arrow().column("external_id").to_pylist()

    async def fetch() -> Any:
        async with trees.aclient() as client:
            return await client.tree.search("snow").to_pandas()

    assert expected == list(asyncio.run(fetch())["external_id"])


# --- libraries that are not there ---


@pytest.mark.parametrize(("library", "extra"), [("pandas", "pandas"), ("pyarrow", "arrow"), ("polars", "polars")])
def test_a_missing_library_is_named(
    trees: Orchard, monkeypatch: pytest.MonkeyPatch, library: Library, extra: str
) -> None:
    """With the line that installs it, before anything is fetched."""
    monkeypatch.setitem(sys.modules, library, None)
    with trees.client() as client:
        before = client._session.requests
        with pytest.raises(MissingExtraError) as caught:
            frame_of(client.tree.list(), library)
        assert f'{METHODS[library]}() needs {library}: pip install "pygen-cdf[{extra}]"' == str(caught.value)
        if library == "pyarrow":
            with pytest.raises(MissingExtraError, match="iter_arrow"):
                client.tree.list().iter_arrow()
        assert before == client._session.requests


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_works_without_the_others(repository: Path, library: Library) -> None:
    """For pandas no pyarrow is needed, nor for polars, and none is imported with the runtime."""
    others = [each for each in LIBRARIES if each != library]
    script = f"""
import sys
import pygen.runtime
assert not {set(LIBRARIES)!r} & set(sys.modules)
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {others!r}:
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Missing())
sys.path.insert(0, "example_project/src")
from pygen.client import PygenClient
from pygen.sandbox import Sandbox
from windfarm.sdk import WindfarmClient
with Sandbox("example_project/model/windfarm.json", mock=5) as sandbox:
    client = PygenClient(base_url="http://localhost", project=sandbox.project, credentials="t",
                         transport=sandbox.transport())
    with WindfarmClient.from_client(client) as client:
        for query in (client.wind_turbine.list(), client.blade.list().limit(0)):
            print(len(query.{METHODS[library]}()))
"""
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert ("5\n0\n", "") == (done.stdout, done.stderr)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"items": null}',
        b'{"items": [null]}',
        b'{"items": [5]}',
        b'{"items": [',
        b"",
        b'{"items":[]}{"items":[]}',
    ],
)
def test_what_is_no_page_is_refused(tree_sdk: Any, library: Library, content: bytes) -> None:
    """Rather than taken for a page without instances."""
    client = PygenClient(
        base_url="http://localhost",
        project="p",
        credentials="t",
        transport=httpx.MockTransport(lambda _request: httpx.Response(200, content=content)),
        retry=RetryPolicy(base_s=0.0, cap_s=0.0),
    )
    with tree_sdk.ExampleClient.from_client(client) as sdk, pytest.raises(DmsTransportError):
        frame_of(sdk.tree.list(), library)


@pytest.mark.parametrize("library", LIBRARIES)
def test_texts_that_are_no_utf8_are_refused(tree_sdk: Any, library: Library) -> None:
    """They would make frames that fail when they are looked at."""
    item = b'{"space":"s","externalId":"\xff","version":1,"createdTime":1,"lastUpdatedTime":1,"properties":{}}'
    client = PygenClient(
        base_url="http://localhost",
        project="p",
        credentials="t",
        transport=httpx.MockTransport(lambda _request: httpx.Response(200, content=b'{"items":[%b]}' % item)),
        retry=RetryPolicy(base_s=0.0, cap_s=0.0),
    )
    with tree_sdk.ExampleClient.from_client(client) as sdk, pytest.raises(DmsTransportError):
        frame_of(sdk.tree.list(), library)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("field", "holes"),
    [
        ("larges", {"larges": [1, None]}),
        ("moments", {"moments": ["2024-01-01T00:00:00Z", None]}),
        ("grafted_onto_ids", {"graftedOnto": [{"space": "s"}]}),
        ("grafted_onto_ids", {"graftedOnto": [None]}),
    ],
)
def test_a_list_with_a_hole_is_missing(
    tmp_path_factory: pytest.TempPathFactory, library: Library, with_json: bool, field: str, holes: dict[str, Any]
) -> None:
    """And half a name is none, whichever way the answer is read."""
    sdk = sdk_of("every_type_list", tmp_path_factory.mktemp("sdk"), with_json=with_json)[0]
    with canned(sdk, lambda properties: properties.update(holes)) as client:
        found = columns_of(frame_of(client.tree.list(), library))
    assert found[field][1] is None
