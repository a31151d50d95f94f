"""What the report says of the demo's wind farms."""

from __future__ import annotations

from demo.wind_farm import Requests
from windfarm.report import build_report, render
from windfarm.sdk import WindfarmClient


def test_turbines_come_with_the_largest_first(client: WindfarmClient) -> None:
    """Every turbine of the wind farm is there, over more than one page, and no turbine of another."""
    report = build_report(client, "Hornsea 1")
    assert [turbine.name for turbine in report.turbines] == ["H03", "H05", "H01", "H02", "H04"]


def test_capacity_is_that_of_running_turbines(client: WindfarmClient) -> None:
    """A stopped turbine counts for the wind farm's capacity, not for what runs."""
    report = build_report(client, "Hornsea 1")
    assert (round(report.capacity, 1), round(report.running, 1)) == (34.4, 17.6)


def test_small_turbines_can_be_left_out(client: WindfarmClient) -> None:
    """The limit is inclusive."""
    report = build_report(client, "Hornsea 1", min_capacity=7.0)
    assert [turbine.name for turbine in report.turbines] == ["H03", "H05", "H01", "H02"]


def test_a_turbine_is_shown_with_what_belongs_to_it(client: WindfarmClient) -> None:
    """Nacelle, blades, met masts and open orders are read through four kinds of relations."""
    by_name = {turbine.name: turbine for turbine in build_report(client, "Hornsea 1").turbines}
    assert by_name["H02"].nacelle_weight == 379.5
    assert by_name["H02"].damaged_blades == ("Blade B",)
    assert by_name["H03"].nearest_metmast == ("Mast South", 655.0)
    assert None is by_name["H05"].nearest_metmast
    assert by_name["H02"].open_orders == ("WO-1001 Repair the leading edge of blade B",)


def test_requests_do_not_grow_with_turbines(client: WindfarmClient, requests: Requests) -> None:
    """A relation is loaded for a page of turbines at once: two pages of turbines, not five times everything."""
    for turbine in client.wind_turbine.list(windfarm="Hornsea 1").chunk_size(3):
        assert turbine.nacelle is not None
    pages, nacelles = 2, 2
    assert len(requests.paths) <= pages + nacelles


def test_the_report_can_be_read(client: WindfarmClient) -> None:
    """A line per turbine, and below it what needs attention."""
    text = render(build_report(client, "Hornsea 1"))
    assert "17.6 of 34.4 MW running" in text
    assert "! Blade B is damaged" in text
    assert "> WO-1003 Find out why it stands still" in text


def test_an_unknown_wind_farm_has_an_empty_report(client: WindfarmClient) -> None:
    """No turbine is no error."""
    assert "0.0 of 0.0 MW" in render(build_report(client, "Atlantis"))
