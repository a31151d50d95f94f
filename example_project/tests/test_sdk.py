"""The generated SDK on the demo: what the rest of the model is good for."""

from __future__ import annotations

from demo.data import EVERYTHING
from demo.wind_farm import Requests
from windfarm.sdk import WindfarmClient, WindTurbineWrite


def test_writing_the_same_again_changes_nothing(client: WindfarmClient) -> None:
    """An upsert is idempotent: versions stay."""
    before = {turbine.external_id: turbine.version for turbine in client.wind_turbine.list()}
    client.upsert(EVERYTHING)
    assert before == {turbine.external_id: turbine.version for turbine in client.wind_turbine.list()}


def test_a_parent_view_holds_every_kind_of_unit(client: WindfarmClient) -> None:
    """`GeneratingUnit` is what a wind turbine is, too."""
    assert client.generating_unit.list().count() == 6
    assert {"H01", "S01"} <= {unit.name for unit in client.generating_unit.list(min_capacity=2.0)}


def test_a_filtered_view_shows_open_orders_only(client: WindfarmClient) -> None:
    """`OpenWorkOrder` leaves out what is completed, and cannot be written."""
    assert client.work_order.list().count() == 4
    assert [order.title for order in client.open_work_order.list(max_priority=1)] == ["Find out why it stands still"]


def test_relations_lead_back(client: WindfarmClient) -> None:
    """A nacelle knows its turbine, a blade its rotor, and a wind farm its turbines and masts."""
    farm = client.windfarm.list(name="Hornsea 1")[0]
    assert len(farm.turbines.all()) == 5
    assert {"Mast North", "Mast South"} == {mast.name for mast in farm.metmasts}
    nacelle = client.nacelle.list(external_id="H01-nacelle")[0]
    assert nacelle.wind_turbine is not None
    assert nacelle.wind_turbine.name == "H01"
    blade = client.blade.list(external_id="H02-blade-B")[0]
    assert blade.wind_turbine is not None
    assert blade.wind_turbine.name == "H02"


def test_a_relation_through_a_list_and_through_a_container(client: WindfarmClient) -> None:
    """Orders that list a technician, and orders that a technician leads."""
    astrid = client.technician.list(name="Astrid")[0]
    ben = client.technician.list(name="Ben")[0]
    assert {"WO-1001", "WO-1003"} == {order.number for order in astrid.work_orders}
    assert {"WO-1001", "WO-1002"} == {order.number for order in ben.work_orders}
    assert {"WO-1002", "WO-0999"} == {order.number for order in ben.led_orders}
    assert ben.mentor is not None
    assert ben.mentor.name == "Astrid"


def test_an_object_is_changed_and_saved(client: WindfarmClient) -> None:
    """Assign, save, look again."""
    turbine = client.wind_turbine.list(external_id="H05")[0]
    turbine.state = "running"
    turbine.save()
    assert client.wind_turbine.list(external_id="H05")[0].state == "running"


def test_a_deleted_turbine_takes_its_edges_along(client: WindfarmClient, requests: Requests) -> None:
    """The demo answers as the service: edges of a deleted node are gone, its blades are not."""
    client.wind_turbine.list(external_id="H01")[0].delete()
    assert client.wind_turbine.list(external_id="H01").all() == []
    blade = client.blade.list(external_id="H01-blade-A")[0]
    assert None is blade.wind_turbine
    assert "/models/instances/delete" in requests.paths


def test_defaults_come_from_the_service(client: WindfarmClient) -> None:
    """What was not written has the model's default afterwards."""
    client.upsert([WindTurbineWrite(external_id="new", name="New", capacity=1.0, hub_height=80.0)])
    assert client.wind_turbine.list(external_id="new")[0].state == "stopped"
