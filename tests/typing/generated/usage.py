"""
What type checkers know about generated SDKs; never run.

Each `type: ignore` stands for a mistake that must be refused: checkers are told to complain about those that are not
needed.
"""

from __future__ import annotations

from typing import Literal, assert_type

import tests.golden.enums.expected.python as enums_sdk
from pygen.runtime import AsyncQuery, Link, NodeId, PygenRelation, Query
from tests.golden.direct_relations.expected.python import Author, AuthorWrite, Book, BookWrite
from tests.golden.direct_relations.expected.python import ExampleClient as Library
from tests.golden.edge_view_inheritance.expected.python import SeaRouteWrite
from tests.golden.edges_with_properties.expected.python import (
    AsyncExampleClient,
    ExampleClient,
    Hub,
    HubWrite,
    Office,
    OfficeWrite,
    Route,
    RouteWrite,
)
from tests.golden.enums.expected.python import Car, CarWrite
from tests.golden.enums.expected.python import ExampleClient as Garage
from tests.golden.inheritance.expected.python import Animal, AnimalWrite, Dog, Puppy, PuppyWrite, Thing
from tests.golden.inheritance.expected.python import ExampleClient as Zoo


def reading(book: Book, office: Office, car: Car) -> None:
    """Fields and relations have the types that the model gives them."""
    assert_type(book.title, str)
    assert_type(book.owner_id, NodeId)
    assert_type(book.owner, Author | None)
    assert_type(book.anything_id, NodeId | None)
    assert_type(book.authors_ids, list[NodeId] | None)
    assert_type(book.authors, PygenRelation[Author])
    assert_type(office.express, Link[Hub, Route] | None)
    assert_type(office.routes, PygenRelation[Link[Office, Route]])
    assert_type(car.mode, Literal["None", "_1", "class"] | str)
    assert_type(book.as_write(), BookWrite)
    _ = book.anything  # type: ignore[attr-defined]  # the model names no view for it


def importing() -> None:
    """A package has the names that it was generated with, although it loads them lazily."""
    assert_type(enums_sdk.Car, type[Car])
    _ = enums_sdk.Carr  # type: ignore[attr-defined]  # misspelt


def inheriting(puppy: Puppy) -> None:
    """Classes inherit, those that are written too."""
    animal: Animal = puppy
    thing: Thing = puppy
    written: AnimalWrite = puppy.as_write()
    assert_type(puppy.as_write(), PuppyWrite)
    assert_type(puppy.legs, int | None)
    dog: Dog = animal  # type: ignore[assignment]  # not every animal is a dog
    del thing, written, dog


def writing(author: Author) -> None:
    """Constructors know what is required, and what a relation takes."""
    CarWrite(external_id="c", mode="class", state="moving")
    CarWrite(external_id="c", mode="class", state="unknown")  # type: ignore[arg-type]  # can only be read
    CarWrite(external_id="c", state="moving")  # type: ignore[call-arg]  # mode is required
    PuppyWrite(external_id="p", name="Bo", legs=4, toy="ball")
    PuppyWrite(external_id="p", legs=4)  # type: ignore[call-arg]  # the inherited name is required
    BookWrite(external_id="b", title="B", owner=author, authors=[AuthorWrite(external_id="a", name="A"), ("sp", "a2")])
    BookWrite(external_id="b", title="B", owner="a", anything=AuthorWrite(external_id="a", name="A"))
    BookWrite(external_id="b", title="B", owner=3)  # type: ignore[arg-type]  # names no node
    BookWrite(external_id="b", title="B", owner=CarWrite(external_id="c", mode="class"))  # type: ignore[arg-type]
    OfficeWrite(external_id="o", name="O", express=HubWrite(external_id="h"))
    SeaRouteWrite(start_node="a", end_node="b")  # an edge names itself, also one whose view inherits from other views
    RouteWrite(distance=3.0, toll="high")  # type: ignore[arg-type]


def filtering(library: Library, garage: Garage, zoo: Zoo, client: ExampleClient) -> None:
    """Keyword filters are typed, inherited ones too."""
    assert_type(library.book.list(title_prefix="A", owner=("sp", "a")), Query[Book])
    assert_type(zoo.puppy.list(min_legs=3, breed=["a", "b"], name=None), Query[Puppy])
    assert_type(client.route.list(start_node="o", min_toll=1.5), Query[Route])
    garage.car.list(mode=["class", "None"], state="unknown")
    garage.car.list(mode="other")  # type: ignore[arg-type]
    library.book.list(titel="A")  # type: ignore[call-arg]
    zoo.puppy.list(min_legs="3")  # type: ignore[arg-type]
    _ = library.books  # type: ignore[attr-defined]  # attributes are called as their views
    for book in library.book.list():
        assert_type(book, Book)


async def waiting(client: AsyncExampleClient) -> None:
    """The asynchronous client has the same words."""
    assert_type(client.office.list(name="O"), AsyncQuery[Office])
    async for office in client.office.list():
        assert_type(office, Office)
        assert_type(await office.load(Office.routes), list[Link[Office, Route]])
