"""Instances in read form, and the sources that say what to read (dms-api.md 4.2, 4.5, 5.5)."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.client.models.ids import ViewId
from pygen.sandbox.problems import Refusal
from pygen.sandbox.reading import Selection, read_instances, read_selections, target_units, typing_of
from pygen.sandbox.settings import Settings
from pygen.sandbox.store import Store
from pygen.sandbox.views import apply_views
from tests.contract.exchange import Json
from tests.support.sandbox_reading import CHANGED, CREATED, container_ref, pump_station, view_ref
from tests.support.sandbox_things import TWO_LABELS, VALUES, things

THING = view_ref("Thing", "schema")


@pytest.fixture(scope="module")
def store() -> Store:
    """Things of every type."""
    return things()


def ids(store: Store, *names: str) -> list[int]:
    """Numbers of instances."""
    found = dict(store.db.execute("SELECT external_id, id FROM instance"))
    return [found[name] for name in names]


def select(store: Store, external_id: str = "Thing", properties: Any = None, **units: str) -> Selection:
    """What to read through a view."""
    return Selection(store.catalog.view(ViewId("schema", external_id, "v1")), properties, units)


def read(store: Store, names: str, *selections: Selection, **options: Any) -> list[Json]:
    """Instances by their external ids."""
    with store.reading():
        return read_instances(store, ids(store, *names.split()), selections, **options)


@pytest.mark.parametrize("name", ["one", "two", "empty"])
def test_values_of_every_type_are_read_as_they_were_written(store: Store, name: str) -> None:
    """Missing values are left out, empty lists are not, and relations to deleted nodes still show."""
    (instance,) = read(store, name, select(store))
    assert {"schema": {"Thing/v1": VALUES[name]}} == instance["properties"]
    assert repr(VALUES[name]) == repr({key: instance["properties"]["schema"]["Thing/v1"][key] for key in VALUES[name]})


def test_a_node_has_what_every_instance_has(store: Store) -> None:
    """A type only where it has one."""
    envelope = {"instanceType": "node", "version": 1, "space": "data", "createdTime": CREATED}
    envelope |= {"lastUpdatedTime": CREATED, "properties": {}}
    two = {"space": "data", "externalId": "two"}
    assert [{**envelope, "externalId": "bare"}, {**envelope, **two, "type": two}] == read(store, "bare two")


def test_an_edge_has_ends_and_a_type(store: Store) -> None:
    """And no more than nodes have beside them."""
    two = {"space": "data", "externalId": "two"}
    (edge,) = read(store, "link")
    assert {
        "instanceType": "edge",
        "version": 1,
        "space": "data",
        "externalId": "link",
        "createdTime": CREATED,
        "lastUpdatedTime": CREATED,
        "type": two,
        "startNode": {"space": "data", "externalId": "one"},
        "endNode": two,
        "properties": {},
    } == edge


def test_instances_come_in_the_order_that_is_asked_for(store: Store) -> None:
    """As often as they are asked for; what there is not is passed over."""
    with store.reading():
        found = read_instances(store, [*ids(store, "two", "one", "two"), 10_000], [select(store)])
    assert ["two", "one", "two"] == [instance["externalId"] for instance in found]
    assert [] == read(store, "")


def test_deleted_instances_are_read_on_demand(store: Store) -> None:
    """With their last values, and the time of deletion."""
    assert [] == read(store, "gone", select(store))
    (instance,) = read(store, "gone", select(store), with_deleted=True)
    assert {"deletedTime": CHANGED, "lastUpdatedTime": CHANGED, "version": 2}.items() <= instance.items()
    assert {"schema": {"Thing/v1": VALUES["one"]}} == instance["properties"]


def test_some_properties_are_read(store: Store) -> None:
    """Those that are named, in that order; none is an answer too."""
    (one, bare) = read(store, "one bare", select(store, properties=("small", "name")))
    assert [("small", 1), ("name", "alpha")] == list(one["properties"]["schema"]["Thing/v1"].items())
    assert {} == bare["properties"]
    (one,) = read(store, "one", select(store, properties=()))
    assert {"schema": {"Thing/v1": {}}} == one["properties"]


def test_views_are_shown_where_there_is_data(store: Store) -> None:
    """Data in one of the containers of a view is enough to show what there is (dms-api.md 9.6)."""
    found = read(store, "one two bare", select(store, "Both"), select(store, properties=("small",)))
    assert [
        {"schema": {"Both/v1": {"title": "alpha"}, "Thing/v1": {"small": 1}}},
        {"schema": {"Both/v1": {**TWO_LABELS, "title": "alphabet"}, "Thing/v1": {"small": -2}}},
        {},
    ] == [instance["properties"] for instance in found]


def test_views_without_data_can_be_shown_empty() -> None:
    """A setting decides."""
    store = things(Settings(select_needs_data=False))
    (bare,) = read(store, "bare", select(store))
    assert {"schema": {"Thing/v1": {}}} == bare["properties"]


def test_views_of_very_many_containers_are_read_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than SQLite joins at once."""
    monkeypatch.setattr("pygen.sandbox.reading.MOST_JOINS", 1)
    (one, two) = read(store, "one two", select(store, "Both"))
    assert {"title": "alpha"} == one["properties"]["schema"]["Both/v1"]
    assert {**TWO_LABELS, "title": "alphabet"} == two["properties"]["schema"]["Both/v1"]


def test_values_are_converted_to_wanted_units(store: Store) -> None:
    """Single values and lists; others stay."""
    selection = select(
        store, properties=("double", "doubles", "small"), double="pressure:pa", doubles="pressure:millibar"
    )
    (one, empty) = read(store, "one empty", selection)
    assert {"double": 110_000.0, "doubles": [1000.0, 2500.0], "small": 1} == one["properties"]["schema"]["Thing/v1"]
    assert {} == empty["properties"]["schema"]["Thing/v1"]


# --- sources ---


def test_sources_name_views() -> None:
    """List and byids take all properties; query and sync name them, or all by an asterisk."""
    store = pump_station()
    (listed,) = read_selections(store, [{"source": view_ref("Pump"), "targetUnits": None}], selecting=False)
    assert ("Pump", None, {}) == (listed.view.id.external_id, listed.properties, dict(listed.units))
    units = [{"property": "maxPressure", "unit": {"externalId": "pressure:pa"}}]
    some = {"source": view_ref("Pump"), "properties": ["tag", "site", "tag"], "targetUnits": units}
    every = {"source": view_ref("Pump"), "properties": ["*"]}
    selections = read_selections(store, [some, every], selecting=True)
    assert [("tag", "site"), None] == [selection.properties for selection in selections]
    assert {"maxPressure": "pressure:pa"} == selections[0].units
    assert [] == read_selections(store, None, selecting=True)
    assert [] == read_selections(store, [], selecting=False)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"source": view_ref("Pump")}, r"sources\[0\].properties must not be null"),
        ({"source": view_ref("Nope"), "properties": []}, "One or more views do not exist: 'ops_model:Nope/v1'"),
        ({"source": container_ref("Pump"), "properties": []}, r"Invalid value for sources\[0\].source.type"),
        ({"source": view_ref("Pump"), "properties": ["never"]}, r"Unknown property 'never' in sources\[0\].properties"),
        ({"source": view_ref("Pump"), "properties": ["maintainedBy"]}, "is a connection"),
        ({"source": view_ref("Pump"), "properties": [], "limit": 1}, r"Unexpected field - sources\[0\].limit"),
        ({"properties": []}, r"sources\[0\].source must not be null"),
    ],
)
def test_wrong_sources_are_refused(source: Json, message: str) -> None:
    """Each by name."""
    with pytest.raises(Refusal, match=message):
        read_selections(pump_station(), [source], selecting=True)


def test_properties_are_not_named_in_lists(store: Store) -> None:
    """`properties` belongs to query and sync."""
    with pytest.raises(Refusal, match=r"Unexpected field - sources\[0\].properties"):
        read_selections(store, [{"source": THING, "properties": ["*"]}], selecting=False)


def test_there_are_ten_sources_at_most(store: Store) -> None:
    """More are refused in the words of DMS."""
    with pytest.raises(Refusal, match=r"\[sources size must be between 0 and 10\]"):
        read_selections(store, [{"source": THING}] * 11, selecting=False)


def test_properties_that_have_vanished_are_passed_over() -> None:
    """A view may name properties of containers that are gone (dms-api.md 2.3)."""
    store = things()
    gone = {"container": container_ref("Gone", "schema"), "containerPropertyIdentifier": "x"}
    there = {"container": container_ref("Thing", "schema"), "containerPropertyIdentifier": "name"}
    view = {"space": "schema", "externalId": "Broken", "version": "v1", "properties": {"gone": gone, "name": there}}
    apply_views(store, [view], dangling=True)
    source = {"source": view_ref("Broken", "schema"), "properties": ["gone", "name"]}
    selections = read_selections(store, [source], selecting=True)
    (one,) = read(store, "one", *selections)
    assert {"schema": {"Broken/v1": {"name": "alpha"}}} == one["properties"]
    assert ["name"] == list(typing_of(selections)["schema"]["Broken/v1"])


# --- units ---


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ({"externalId": "pressure:psi"}, "pressure:psi"),
        ({"unitSystemName": "SI"}, "pressure:pa"),
        ({"unitSystemName": "Imperial"}, "pressure:psi"),
        ({"unitSystemName": "Default"}, "pressure:bar"),
    ],
)
def test_target_units_are_named_by_themselves_or_by_a_system(store: Store, unit: Json, expected: str) -> None:
    """A system has one unit for each quantity."""
    view = select(store).view
    assert {"double": expected} == target_units(view, [{"property": "double", "unit": unit}])
    assert {} == target_units(view, None)


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ([], "targetUnits size must be at least 1"),
        (
            [{"property": "double", "unit": {"externalId": "pressure:pa"}}] * 11,
            "targetUnits size must be between 0 and 10",
        ),
        ([{"property": "small", "unit": {"externalId": "pressure:pa"}}], "'small' in targetUnits.0. has no unit"),
        ([{"property": "never", "unit": {"externalId": "pressure:pa"}}], "Unknown property 'never' in targetUnits.0."),
        ([{"property": "double", "unit": {"externalId": "length:m"}}], "cannot be converted to 'length:m'"),
        ([{"property": "double", "unit": {"externalId": "pressure:x"}}], "Unknown unit 'pressure:x'"),
        ([{"property": "double", "unit": {"unitSystemName": "Metric"}}], "Unknown unit system 'Metric'"),
        ([{"property": "double", "unit": {}}], "targetUnits.0..unit needs one of externalId, unitSystemName"),
        ([{"property": "double", "unit": "pa"}], "Invalid value for targetUnits.0..unit"),
    ],
)
def test_wrong_target_units_are_refused(store: Store, units: list[Json], message: str) -> None:
    """Only values with a unit are converted, to units of the same quantity."""
    with pytest.raises(Refusal, match=message):
        target_units(select(store).view, units)


# --- typing ---


def test_typing_describes_properties_as_the_container_has_them() -> None:
    """Names and descriptions are those of the view; sources and connections are not told."""
    store = pump_station()
    mapped = {"container": container_ref("Pump"), "containerPropertyIdentifier": "tag"}
    site = {"container": container_ref("Pump"), "containerPropertyIdentifier": "site", "source": view_ref("Site")}
    edges = {
        "connectionType": "multi_edge_connection",
        "source": view_ref("Site"),
        "type": {"space": "s", "externalId": "e"},
    }
    properties = {"label": mapped, "named": {**mapped, "name": "N", "description": "D"}, "site": site, "edges": edges}
    apply_views(store, [{"space": "ops_model", "externalId": "Few", "version": "v1", "properties": properties}])
    typing = typing_of(read_selections(store, [{"source": view_ref("Few")}], selecting=False))["ops_model"]["Few/v1"]
    assert ["label", "named", "site"] == list(typing)
    tag = {
        "constraintState": {"nullability": "current", "maxTextSize": "current"},
        "type": {"type": "text", "list": False, "maxTextSize": 256, "collation": "ucs_basic"},
        "immutable": False,
        "nullable": False,
        "autoIncrement": False,
    }
    assert tag == typing["label"]
    assert {**tag, "name": "N", "description": "D"} == typing["named"]
    assert {"type": "direct", "container": container_ref("Site"), "list": False} == typing["site"]["type"]


def test_typing_names_the_target_unit_and_all_properties(store: Store) -> None:
    """However few are selected; the unit that is stored stays as it is."""
    typing = typing_of([select(store, properties=("name",), double="pressure:pa"), select(store, "Both")])
    assert ["Thing/v1", "Both/v1"] == list(typing["schema"])
    assert {"externalId": "pressure:pa"} == typing["schema"]["Thing/v1"]["double"]["type"]["unit"]
    assert {"externalId": "pressure:bar"} == typing["schema"]["Thing/v1"]["doubles"]["type"]["unit"]
    assert "pressure:bar" == select(store).view.mapped["double"].prop.unit
    assert {} == typing_of([])
