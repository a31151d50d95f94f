"""
What needs attention in a wind farm.

Hand-written code on top of the generated SDK: the types of everything below come from the data model.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from windfarm.sdk import WindfarmClient, WindTurbine, WorkOrder

__all__ = ["TurbineReport", "WindfarmReport", "build_report", "main", "render"]

BAR_WIDTH = 12


@dataclass(frozen=True)
class TurbineReport:
    """
    One turbine, as the report shows it.

    Attributes:
        capacity: Rated capacity in megawatts; None when nobody knows.
        nacelle_weight: Weight of the nacelle in tonnes; None when there is none, or when it was never weighed.
        damaged_blades: Names of the blades that the last inspection found damaged.
        nearest_metmast: Name of the nearest met mast and its distance in metres; None without one.
        open_orders: Orders that are not completed, the most urgent first.
    """

    name: str
    state: str
    capacity: float | None
    nacelle_weight: float | None
    damaged_blades: tuple[str, ...]
    nearest_metmast: tuple[str, float] | None
    open_orders: tuple[str, ...]


@dataclass(frozen=True)
class WindfarmReport:
    """A wind farm and its turbines, the largest first."""

    name: str
    turbines: tuple[TurbineReport, ...]

    @property
    def capacity(self) -> float:
        """Rated capacity of the turbines in the report, in megawatts."""
        return sum(turbine.capacity or 0.0 for turbine in self.turbines)

    @property
    def running(self) -> float:
        """Rated capacity of the turbines that run, in megawatts."""
        return sum(turbine.capacity or 0.0 for turbine in self.turbines if turbine.state == "running")


def build_report(client: WindfarmClient, windfarm: str, *, min_capacity: float = 0.0) -> WindfarmReport:
    """
    Read a wind farm.

    Args:
        client: Where to read.
        windfarm: External id of the wind farm.
        min_capacity: Leave out turbines with a smaller rated capacity, in megawatts.
    """
    turbines = client.wind_turbine.list(windfarm=windfarm, min_capacity=min_capacity)
    reports = [_turbine(turbine) for turbine in turbines]
    reports.sort(key=lambda report: (-(report.capacity or 0.0), report.name))
    return WindfarmReport(name=windfarm, turbines=tuple(reports))


def _turbine(turbine: WindTurbine) -> TurbineReport:
    nacelle = turbine.nacelle
    masts = [(link.node.name, link.edge.distance) for link in turbine.metmasts]
    orders = sorted((order for order in turbine.work_orders if order.completed is None), key=_urgency)
    return TurbineReport(
        name=turbine.name,
        state=turbine.state or "unknown",
        capacity=turbine.capacity,
        nacelle_weight=nacelle.weight if nacelle else None,
        damaged_blades=tuple(sorted(blade.name for blade in turbine.blades if blade.is_damaged)),
        nearest_metmast=min(masts, key=lambda mast: mast[1], default=None),
        open_orders=tuple(f"{order.number} {order.title}" for order in orders),
    )


def _urgency(order: WorkOrder) -> tuple[int, str]:
    return order.priority or 5, order.number


def render(report: WindfarmReport) -> str:
    """Lay a report out for a terminal."""
    largest = max((turbine.capacity or 0.0 for turbine in report.turbines), default=1.0) or 1.0
    lines = [f"{report.name}: {report.running:.1f} of {report.capacity:.1f} MW running", ""]
    for turbine in report.turbines:
        bar = "█" * round(BAR_WIDTH * (turbine.capacity or 0.0) / largest)
        mast = (
            f"{turbine.nearest_metmast[1]:,.0f} m to {turbine.nearest_metmast[0]}" if turbine.nearest_metmast else "-"
        )
        weight = f"{turbine.nacelle_weight:.0f} t" if turbine.nacelle_weight is not None else "?"
        capacity = f"{turbine.capacity:4.1f} MW" if turbine.capacity is not None else "   ? MW"
        lines.append(
            f"  {turbine.name:<5} {capacity} {bar:<{BAR_WIDTH}}  {turbine.state:<12} nacelle {weight:>5}   {mast}"
        )
        lines.extend(f"        ! {blade} is damaged" for blade in turbine.damaged_blades)
        lines.extend(f"        > {order}" for order in turbine.open_orders)
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report of a wind farm in CDF; credentials come from the environment (CDF_PROJECT, CDF_CLUSTER, ...)."""
    parser = argparse.ArgumentParser(prog="windfarm-report", description=main.__doc__)
    parser.add_argument("windfarm", help="external id of the wind farm")
    parser.add_argument("--min-capacity", type=float, default=0.0, help="leave out smaller turbines (MW)")
    options = parser.parse_args(arguments)
    with WindfarmClient.from_env() as client:
        print(render(build_report(client, options.windfarm, min_capacity=options.min_capacity)))
    return 0
