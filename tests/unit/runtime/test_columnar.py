"""Values by column, in the forms that data frames are made from."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import pytest

from pygen.runtime import NodeId
from pygen.runtime.columnar import FrameColumn, ObjectRows, WireRows, kind_of
from pygen.runtime.stored import StoredRows, Unfit, stored_values, well_formed
from tests.behaviour.runtime.windsdk import Annotation, WindTurbine


@pytest.mark.parametrize(
    ("expected", "annotation"),
    [
        ("text", str | None),
        ("choice", Literal["a", "b"] | str | None),
        ("bool", bool),
        ("int64", int | None),
        ("float64", list[float] | None),
        ("timestamp", dt.datetime | None),
        ("date", list[dt.date]),
        ("json", dict[str, Any] | None),
        ("json", list[dict[str, Any]] | None),
        ("json", Any),
        ("node", list[NodeId] | None),
    ],
)
def test_the_kind_follows_from_the_annotation(expected: str, annotation: Any) -> None:
    """Of a list, it is the kind of its items."""
    assert expected == kind_of(annotation)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (0, "1970-01-01T00:00:00+00:00"),
        (170, "1970-01-01T00:00:00.17+00:00"),
        (1, "1970-01-01T00:00:00.001999Z"),
        (-1, "1969-12-31T23:59:59.999+00:00"),
        (-19_800_000, "1970-01-01T00:00:00+05:30"),
        (500, "1970-01-01T00:00:00.5"),
        (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_moments_are_cut_to_milliseconds(expected: int, text: str) -> None:
    """Whatever the length of the fraction; without a zone they are UTC."""
    column = FrameColumn("moment", "moment", "timestamp", annotation=dt.datetime | None)
    rows = WireRows(WindTurbine, [turbine(moment=text), turbine(moment=None), turbine()])
    assert [expected, None, None] == stored_values(column, rows, Unfit(WindTurbine, "strict"))


def turbine(**properties: Any) -> dict[str, Any]:
    """A turbine as the service sends it."""
    view = WindTurbine.__pygen__
    return {"space": "s", "externalId": "t", "properties": {view.view.space: {view.key: properties}}}


def test_lists_keep_their_lengths() -> None:
    """Empty and missing lists stay what they are, wherever they stand."""
    column = FrameColumn("days", "days", "date", is_list=True, annotation=list[dt.date] | None)
    given = [[], None, ["1970-01-02", "1970-01-01"], [], ["1970-01-03"]]
    rows = WireRows(WindTurbine, [turbine(days=each) for each in given])
    assert [[], None, [1, 0], [], [2]] == stored_values(column, rows, Unfit(WindTurbine, "strict"))


def test_a_misfit_in_a_list_makes_the_list_missing() -> None:
    """A list with a hole would be another list."""
    column = FrameColumn("larges", "larges", "int64", is_list=True, annotation=list[int] | None)
    rows = WireRows(WindTurbine, [turbine(larges=each) for each in ([1], [1, None], [2**63], ["x"], [3])])
    assert [[1], None, None, None, [3]] == stored_values(column, rows, Unfit(WindTurbine, "off"))


def test_python_values_are_taken_as_objects_have_them() -> None:
    """Moments without a zone are UTC; identifiers become pairs."""
    columns = (
        FrameColumn("commissioned", "c", "timestamp", annotation=dt.datetime | None),
        FrameColumn("nacelle_id", "n", "node", annotation=NodeId | None),
        FrameColumn("near", "near", "external_id", is_list=True, annotation=list[NodeId] | None),
    )
    naive = dt.datetime(1970, 1, 1, 0, 0, 1)  # noqa: DTZ001 -- what is tested
    full, empty = WindTurbine.model_construct(), WindTurbine.model_construct()
    full.__dict__.update(commissioned=naive, nacelle_id=NodeId("s", "n"), near=[NodeId("s", "a")])
    empty.__dict__.update(commissioned=None, nacelle_id=None)
    rows, unfit = ObjectRows([full, empty]), Unfit(WindTurbine, "strict")
    assert [[1000, None], [("s", "n"), None], [["a"], None]] == [stored_values(each, rows, unfit) for each in columns]


def test_rows_can_be_sliced() -> None:
    """Every column alike, however far the slice reaches."""
    rows = StoredRows({"a": [1, 2, 3], "b": [4, 5, 6]}, 3)
    assert (2, [2, 3], [5, 6]) == (len(rows[1:]), rows[1:].column("a"), rows[1:9].column("b"))
    assert (0, []) == (len(rows[5:]), rows[5:].column("a"))
    assert rows is rows[:3]


def test_an_edge_is_named_by_its_ends_also_without_metadata() -> None:
    """Type and ends belong to what an edge is."""
    from pygen.runtime.columnar import frame_columns

    names = [column.name for column in frame_columns(Annotation, metadata=False)]
    assert ["space", "external_id", "edge_type", "start_node", "end_node"] == names[:5]


def test_broken_texts_are_mended_at_any_depth() -> None:
    """Halves of surrogate pairs are replaced, whole pairs and other values stay."""
    given = ["\ud83d", "\ud83d\ude00", ["a\ude00", None], ("x", "\udfff"), {"k\ud83d": 1}]
    assert ["\ufffd", "\U0001f600", ["a\ufffd", None], ("x", "\ufffd"), {"k\ufffd": 1}] == well_formed(given)
