"""The catalog: what references to properties, views and containers lead to."""

from typing import Any

import pytest

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import BaseProperty, ViewProp
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.problems import Refusal
from pygen.sandbox.views import apply_views
from tests.support.sandbox_schema import Project, container, container_reference, shown, view, view_reference


@pytest.fixture
def here() -> Project:
    """A project with the container `C` and the view `V` of it."""
    here = Project()
    to = {"type": {"type": "direct", "container": container_reference()}, "immutable": True}
    count = {"type": {"type": "int32"}, "nullable": False, "autoIncrement": True, "defaultValue": 1}
    size = {"type": {"type": "float64", "unit": {"externalId": "length:m"}}}
    apply_containers(here.store, [container(name="text", to=to, count=count, size=size)])
    edge = {"type": {"space": "s", "externalId": "t"}, "source": view_reference()}
    properties = {"title": shown("name"), "to": shown("to", source=view_reference()), "e": edge}
    apply_views(here.store, [view(properties=properties)])
    return here


@pytest.mark.parametrize(
    ("path", "column"),
    [
        (["node", "externalId"], "external_id"),
        (["node", "type"], "type_id"),
        (["edge", "startNode"], "start_id"),
        (["s", "C", "name"], "p1"),
        (["s", "V/v1", "title"], "p1"),
    ],
)
def test_a_reference_leads_to_a_column(here: Project, path: list[str], column: str) -> None:
    """A property is found as one of every instance, of a container, or of a view."""
    found = here.store.catalog.property(path)
    assert column == (found.column if isinstance(found, BaseProperty) else found.prop.column)


def test_a_property_is_the_same_through_view_and_container(here: Project) -> None:
    """A property that is reached through a view leads to the container's."""
    through_view, directly = (
        here.store.catalog.property(path) for path in (["s", "V/v1", "title"], ["s", "C", "name"])
    )
    assert isinstance(through_view, ViewProp)
    assert isinstance(directly, ViewProp)
    assert (through_view.container, through_view.prop) == (directly.container, directly.prop)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (["externalId"], "two or three names are needed"),
        (["a", "b", "c", "d"], "two or three names are needed"),
        (["node", "startNode"], "Unknown property"),
        (["edge", "nothing"], "Unknown property"),
        (["s", "C", "title"], "Unknown property"),
        (["s", "V/v1", "name"], "Unknown property"),
        (["s", "V/v1", "e"], "is a connection"),
        (["s", "V/v2", "title"], "One or more views do not exist: 's:V/v2'."),
        (["s", "X", "name"], "One or more containers do not exist: 's:X'."),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(here: Project, path: list[str], message: str) -> None:
    """What does not exist, and what is stored elsewhere, is refused by name."""
    with pytest.raises(Refusal) as refused:
        here.store.catalog.property(path)
    assert message in refused.value.message


def test_a_source_is_a_view_or_a_container(here: Project) -> None:
    """References to views and containers lead to them."""
    catalog = here.store.catalog
    assert catalog.views[ViewId("s", "V", "v1")] is catalog.source(view_reference())
    assert catalog.containers[ContainerId("s", "C")] is catalog.source(container_reference())
    with pytest.raises(Refusal, match="is not a reference to a view or a container"):
        catalog.source({"space": "s", "externalId": "C"})


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("name", {"nullable": True, "immutable": False, "auto_increment": False, "default": None, "unit": None}),
        ("to", {"immutable": True, "target": ContainerId("s", "C")}),
        ("count", {"nullable": False, "auto_increment": True, "default": 1, "target": None}),
        ("size", {"unit": "length:m"}),
    ],
)
def test_a_property_knows_its_rules(here: Project, name: str, attributes: dict[str, Any]) -> None:
    """What a property was written with is there as attributes."""
    prop = here.store.catalog.containers[ContainerId("s", "C")].props[name]
    assert attributes == {attribute: getattr(prop, attribute) for attribute in attributes}


def test_a_view_property_knows_what_it_is_read_through(here: Project) -> None:
    """A direct relation of a view has the view of its targets; a connection says how many there are."""
    found = here.store.catalog.views[ViewId("s", "V", "v1")]
    assert (None, ViewId("s", "V", "v1")) == (found.mapped["title"].source, found.mapped["to"].source)
    assert ("edge", False) == (found.connections["e"].kind, found.connections["e"].is_single)
