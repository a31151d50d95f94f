"""The wind farms of the demo. The places exist; masts, weights and damages are made up."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pygen.runtime import LinkWrite

from windfarm.sdk import (
    BladeWrite,
    DistanceWrite,
    MetmastWrite,
    NacelleWrite,
    TechnicianWrite,
    WindfarmWrite,
    WindTurbineWrite,
    WorkOrderWrite,
)

HORNSEA = WindfarmWrite(
    external_id="Hornsea 1",
    name="Hornsea 1",
    description="120 km off the coast of Yorkshire.",
    offshore=True,
    grid_code=4711,
    licensed_until=dt.date(2045, 12, 31),
)
SMOLA = WindfarmWrite(external_id="Smøla", name="Smøla", offshore=False, grid_code=1503)

MASTS = {
    "north": MetmastWrite(
        external_id="mast-north",
        name="Mast North",
        heights=[10.0, 50.0, 100.0],
        measuring_since=dt.date(2017, 4, 1),
        windfarm=HORNSEA,
    ),
    "south": MetmastWrite(external_id="mast-south", name="Mast South", heights=[10.0, 80.0], windfarm=HORNSEA),
}

ASTRID = TechnicianWrite(
    external_id="astrid", name="Astrid", certifications=["GWO Working at Heights", "GWO Sea Survival"]
)
BEN = TechnicianWrite(external_id="ben", name="Ben", mentor=ASTRID)


def _turbine(
    number: int,
    *,
    capacity: float,
    state: Literal["running", "stopped", "maintenance"],
    weight: float,
    masts: dict[str, float],
    damaged: str = "",
) -> WindTurbineWrite:
    """A turbine with its nacelle, its blades, and the distances to masts in metres: nested, and written as one."""
    name = f"H{number:02d}"
    return WindTurbineWrite(
        external_id=name,
        name=name,
        capacity=capacity,
        state=state,
        class_="I",
        hub_height=113.0,
        commissioned=dt.datetime(2019, 2, number, 8, 30, tzinfo=dt.UTC),
        windfarm=HORNSEA,
        nacelle=NacelleWrite(external_id=f"{name}-nacelle", name=f"Nacelle of {name}", weight=weight),
        blades=[
            BladeWrite(
                external_id=f"{name}-blade-{letter}",
                name=f"Blade {letter}",
                length=75.0,
                is_damaged=letter in damaged,
            )
            for letter in "ABC"
        ],
        metmasts=[LinkWrite(MASTS[mast], DistanceWrite(distance=distance)) for mast, distance in masts.items()],
    )


TURBINES = [
    _turbine(1, capacity=7.0, state="running", weight=381.0, masts={"north": 840.0, "south": 5210.0}),
    _turbine(2, capacity=7.0, state="running", weight=379.5, masts={"north": 1490.0}, damaged="B"),
    _turbine(3, capacity=8.4, state="maintenance", weight=402.0, masts={"south": 655.0, "north": 4875.0}),
    _turbine(4, capacity=3.6, state="running", weight=196.0, masts={"south": 2330.0}),
    _turbine(5, capacity=8.4, state="stopped", weight=402.0, masts={}),
]
ONSHORE = WindTurbineWrite(
    external_id="S01",
    name="S01",
    capacity=2.3,
    state="running",
    windfarm=SMOLA,
    nacelle=NacelleWrite(external_id="S01-nacelle", name="Nacelle of S01", weight=82.0),
)

WORK_ORDERS = [
    WorkOrderWrite(
        external_id="order-1",
        number="WO-1001",
        title="Repair the leading edge of blade B",
        priority=2,
        due=dt.date(2026, 3, 1),
        turbine="H02",
        lead=ASTRID,
        technicians=[ASTRID, BEN],
    ),
    WorkOrderWrite(
        external_id="order-2",
        number="WO-1002",
        title="Change the oil of the gearbox",
        kind="preventive",
        turbine="H03",
        lead=BEN,
        technicians=[BEN],
    ),
    WorkOrderWrite(
        external_id="order-3",
        number="WO-1003",
        title="Find out why it stands still",
        priority=1,
        turbine="H05",
        lead=ASTRID,
        technicians=[ASTRID],
    ),
    WorkOrderWrite(
        external_id="order-4",
        number="WO-0999",
        title="Yearly inspection",
        kind="inspection",
        completed=dt.datetime(2025, 11, 3, 15, 0, tzinfo=dt.UTC),
        turbine="H02",
        lead=BEN,
    ),
]

EVERYTHING = [HORNSEA, SMOLA, *MASTS.values(), ASTRID, BEN, *TURBINES, ONSHORE, *WORK_ORDERS]
