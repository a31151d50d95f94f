"""Shapes: what a body must be, and what is said of one that is something else."""

from typing import Annotated, Any

import pytest
from pydantic import Field

from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape

Key = Annotated[str, Field(max_length=3)]


class Item(Shape):
    """An item with a name that is limited, and a count."""

    short_name: Annotated[str, Field(max_length=3)] | None = None
    count: int | None = None
    parts: dict[Key, int] | None = None


class Body(Shape):
    """A body with one or two items."""

    items: Annotated[list[Item], Field(min_length=1, max_length=2)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "Invalid value for the body: "),
        ([], "Invalid value for the body: "),
        ({}, "items must not be null"),
        ({"items": None}, "Invalid value for items: "),
        ({"items": [{"other": 1}]}, "Unexpected field - items[0].other"),
        ({"items": [{"short_name": "a"}]}, "Unexpected field - items[0].short_name"),
        ({"items": [{}, {"count": "1"}]}, "Invalid value for items[1].count: "),
        ({"items": [{"count": True}]}, "Invalid value for items[0].count: "),
        ({"items": [{"count": 1.0}]}, "Invalid value for items[0].count: "),
        (
            {"items": []},
            "Request had 1 constraint violations. Please fix the request and try again. [items size must be",
        ),
        ({"items": [{}] * 3}, "[items size must be between 0 and 2]"),
        ({"items": [{"shortName": "long"}] * 2}, "had 2 constraint violations."),
        ({"items": [{"shortName": "long"}]}, "[shortName size must be between 0 and 3]"),
        ({"items": [{"parts": {"long": 1}}]}, "[long size must be between 0 and 3]"),
        ({"items": [{"shortName": "long", "count": "1"}]}, "Invalid value for items[0].count: "),
    ],
)
def test_another_shape_is_refused_by_name(body: Any, message: str) -> None:
    """What is unknown, missing, of another type or size is named as DMS names it."""
    with pytest.raises(Refusal) as refused:
        Body.read(body)
    assert (400, True) == (refused.value.status, message in refused.value.message)


def test_parts_of_bodies_are_named_by_their_place() -> None:
    """A part that is read on its own is named as a part of the whole."""
    with pytest.raises(Refusal, match=r"^Unexpected field - items\[3\]\.other$"):
        Item.read({"other": 1}, where="items[3]")


def test_an_explicit_null_equals_absence() -> None:
    """An optional field that is null reads like one that is not there, and is not given."""
    item = Item.read({"shortName": None, "count": 1})
    assert (Item.read({"count": 1}), {"count": 1}) == (item, item.given())
