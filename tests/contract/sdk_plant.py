"""
A small plant in the classes of cognite-sdk: the model of dms-api.md 9, with a property of every type.

| instances                | what they are                                                                       |
|--------------------------|-------------------------------------------------------------------------------------|
| `site:0` to `site:2`     | sites                                                                               |
| `pump:0` to `pump:11`    | pumps; `pump:<n>` is at `site:<n % 3>` and follows `pump:<n - 1>`                   |
| `pump:11`                | has no values but the required ones, and no site                                    |
| `tech:0` to `tech:2`     | technicians; `tech:2` is taught by both others                                      |
| `maint:<n>`              | edges from `pump:<n>` to `tech:<n % 3>`, for the pumps 0 to 5; 0 is a lead          |
| `feed:<n>`               | edges from `pump:<n>` to `pump:<n + 1>` without data, for the pumps 0 to 3          |
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from cognite.client.data_classes import data_modeling as dm
from cognite.client.data_classes.data_modeling.cdm.v1 import CogniteFile, CogniteTimeSeries
from cognite.client.data_classes.data_modeling.data_types import Enum, EnumValue, UnitReference
from cognite.client.data_classes.data_modeling.views import SingleEdgeConnectionApply, SingleReverseDirectRelationApply

from pygen.sandbox.containers import apply_containers
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.store import Store
from pygen.sandbox.views import apply_views

__all__ = [
    "CONTAINERS",
    "DATA",
    "EDGES",
    "FEEDS",
    "FILE",
    "FIRST_SERIAL",
    "LINK",
    "MAINTAINED_BY",
    "MODEL",
    "NODES",
    "PUMP",
    "SCHEMA",
    "SERIES",
    "SITE",
    "TECHNICIAN",
    "VIEWS",
    "Maintenance",
    "MaintenanceWrite",
    "Pump",
    "PumpWrite",
    "direct",
    "node_id",
    "prop",
    "put_system_model",
]

SCHEMA, DATA = "plant_model", "plant_data"
PUMP, SITE, TECHNICIAN, LINK = (
    dm.ViewId(SCHEMA, name, "v1") for name in ("Pump", "Site", "Technician", "MaintenanceLink")
)
MODEL = dm.DataModelId(SCHEMA, "Plant", "v1")
MAINTAINED_BY = dm.DirectRelationReference(SCHEMA, "Pump.maintainedBy")
FEEDS = dm.DirectRelationReference(SCHEMA, "Pump.feeds")
FIRST_SERIAL = 9_007_199_254_740_993
"""The first integer that a float cannot hold."""
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def direct(external_id: str) -> dm.DirectRelationReference:
    """A reference to a node of the plant."""
    return dm.DirectRelationReference(DATA, external_id)


def node_id(external_id: str) -> dm.NodeId:
    """The identifier of a node of the plant."""
    return dm.NodeId(DATA, external_id)


def prop(name: str, view: dm.ViewId = PUMP) -> tuple[str, str, str]:
    """A property of a view, as filters and sorts name it."""
    return view.as_property_ref(name)


# --- the model ---


def _container(name: str, properties: dict[str, dm.PropertyType], *required: str, **more: Any) -> dm.ContainerApply:
    return dm.ContainerApply(
        SCHEMA,
        name,
        properties={
            key: dm.ContainerPropertyApply(each, nullable=key not in required) for key, each in properties.items()
        },
        **more,
    )


_BAR = UnitReference("pressure:bar", source_unit="BAR")

CONTAINERS = [
    _container("Site", {"name": dm.Text(), "opened": dm.Date()}, "name", used_for="node"),
    _container(
        "Pump",
        {
            "tag": dm.Text(max_text_size=64),
            "status": Enum(
                {"running": EnumValue("Running"), "stopped": EnumValue(), "lost": EnumValue()}, unknown_value="lost"
            ),
            "maxPressure": dm.Float64(unit=_BAR),
            "weight": dm.Float32(),
            "stages": dm.Int32(),
            "serial": dm.Int64(),
            "critical": dm.Boolean(),
            "started": dm.Timestamp(),
            "stopped": dm.Timestamp(),
            "inspected": dm.Date(),
            "details": dm.Json(),
            "aliases": dm.Text(is_list=True, max_list_size=10),
            "site": dm.DirectRelation(container=dm.ContainerId(SCHEMA, "Site")),
            "follows": dm.DirectRelation(),
            "pressure": dm.TimeSeriesReference(),
            "manual": dm.FileReference(),
            "log": dm.SequenceReference(),
        },
        "tag",
        used_for="node",
        constraints={"tagUnique": dm.UniquenessConstraintApply(["tag"])},
        indexes={
            "stagesIdx": dm.BTreeIndexApply(["stages"], cursorable=True),
            "aliasesIdx": dm.InvertedIndexApply(["aliases"]),
        },
    ),
    _container(
        "Technician",
        {"name": dm.Text(), "mentors": dm.DirectRelation(is_list=True)},
        "name",
        used_for="node",
    ),
    _container("MaintenanceLink", {"role": dm.Text(), "since": dm.Date()}, used_for="edge"),
]

_SOURCES = {"site": SITE, "follows": PUMP, "mentors": TECHNICIAN}


def _mapped(container: dm.ContainerApply) -> dict[str, Any]:
    return {
        name: dm.MappedPropertyApply(container.as_id(), name, source=_SOURCES.get(name))
        for name in container.properties
    }


def _view(container: dm.ContainerApply, **connections: Any) -> dm.ViewApply:
    return dm.ViewApply(SCHEMA, container.external_id, "v1", properties=_mapped(container) | connections)


VIEWS = [
    _view(CONTAINERS[0], pumps=dm.MultiReverseDirectRelationApply(PUMP, dm.PropertyId(PUMP, "site"))),
    _view(
        CONTAINERS[1],
        maintainedBy=dm.MultiEdgeConnectionApply(MAINTAINED_BY, TECHNICIAN, edge_source=LINK),
        feeds=SingleEdgeConnectionApply(FEEDS, PUMP),
        follower=SingleReverseDirectRelationApply(PUMP, dm.PropertyId(CONTAINERS[1].as_id(), "follows")),
    ),
    _view(
        CONTAINERS[2],
        mentees=dm.MultiReverseDirectRelationApply(TECHNICIAN, dm.PropertyId(TECHNICIAN, "mentors")),
        pumps=dm.MultiEdgeConnectionApply(MAINTAINED_BY, PUMP, edge_source=LINK, direction="inwards"),
    ),
    _view(CONTAINERS[3]),
]


# --- instances ---


class PumpWrite(dm.TypedNodeApply):
    """A pump to write, with a name of its own for a property."""

    max_pressure = dm.PropertyOptions("maxPressure")

    def __init__(self, space: str, external_id: str, tag: str, max_pressure: float | None = None) -> None:
        super().__init__(space, external_id, type=dm.DirectRelationReference(SCHEMA, "Pump"))
        self.tag = tag
        self.max_pressure = max_pressure

    @classmethod
    def get_source(cls) -> dm.ViewId:
        return PUMP


class Pump(dm.TypedNode):
    """A pump that was read."""

    max_pressure = dm.PropertyOptions("maxPressure")

    def __init__(
        self,
        space: str,
        external_id: str,
        *,
        version: int,
        last_updated_time: int,
        created_time: int,
        tag: str,
        max_pressure: float | None = None,
        started: datetime | None = None,
        site: dm.DirectRelationReference | None = None,
        deleted_time: int | None = None,
        type: dm.DirectRelationReference | None = None,  # noqa: A002 -- the SDK passes it by this name
    ) -> None:
        super().__init__(space, external_id, version, last_updated_time, created_time, deleted_time, type)
        self.tag = tag
        self.max_pressure = max_pressure
        self.started = started
        self.site = site

    @classmethod
    def get_source(cls) -> dm.ViewId:
        return PUMP


class MaintenanceWrite(dm.TypedEdgeApply):
    """Who maintains a pump, to write."""

    def __init__(self, space: str, external_id: str, start_node: str, end_node: str, role: str) -> None:
        super().__init__(space, external_id, MAINTAINED_BY, direct(start_node), direct(end_node))
        self.role = role

    @classmethod
    def get_source(cls) -> dm.ViewId:
        return LINK


class Maintenance(dm.TypedEdge):
    """Who maintains a pump."""

    def __init__(
        self,
        space: str,
        external_id: str,
        *,
        version: int,
        type: dm.DirectRelationReference,  # noqa: A002 -- the SDK passes it by this name
        last_updated_time: int,
        created_time: int,
        start_node: dm.DirectRelationReference,
        end_node: dm.DirectRelationReference,
        deleted_time: int | None = None,
        role: str | None = None,
    ) -> None:
        super().__init__(
            space, external_id, version, type, last_updated_time, created_time, start_node, end_node, deleted_time
        )
        self.role = role

    @classmethod
    def get_source(cls) -> dm.ViewId:
        return LINK


def _node(external_id: str, view: dm.ViewId, properties: dict[str, Any]) -> dm.NodeApply:
    return dm.NodeApply(
        DATA,
        external_id,
        type=dm.DirectRelationReference(SCHEMA, view.external_id),
        sources=[dm.NodeOrEdgeData(view, properties)],
    )


def _pump(number: int) -> dm.NodeApply:
    required = {"tag": f"P-{number:03}"}
    if number == 11:
        return _node("pump:11", PUMP, required)
    begin = BEGIN + timedelta(days=10 * number)
    values = {
        "status": "running" if number % 3 else "stopped",
        "maxPressure": 10.0 + number / 2,
        "weight": 0.1234567891 + number,
        "stages": number,
        "serial": FIRST_SERIAL + number,
        "critical": number % 2 == 0,
        "started": begin,
        "stopped": begin + timedelta(days=5, milliseconds=250),
        "inspected": date(2024, 1, 1 + number),
        "details": {"maker": "Acme", "year": 2000 + number},
        "aliases": [f"alias {number}", "even" if number % 2 == 0 else "odd"],
        "site": node_id(f"site:{number % 3}"),
        "follows": node_id(f"pump:{number - 1}") if number else None,
        "pressure": f"ts:{number}",
        "manual": f"file:{number}",
        "log": f"rows:{number}",
    }
    return _node(f"pump:{number}", PUMP, required | values)


NODES = [
    *(_node(f"site:{n}", SITE, {"name": f"Site {n}", "opened": date(1990 + n, 5, 1)}) for n in range(3)),
    *(
        _node(
            f"tech:{n}",
            TECHNICIAN,
            {"name": f"Technician {n}", "mentors": [direct("tech:0"), direct("tech:1")] if n == 2 else []},
        )
        for n in range(3)
    ),
    *(_pump(n) for n in range(12)),
]
EDGES: list[dm.EdgeApply] = [
    *(
        MaintenanceWrite(DATA, f"maint:{n}", f"pump:{n}", f"tech:{n % 3}", role="lead" if n == 0 else "helper")
        for n in range(6)
    ),
    *(
        dm.EdgeApply(DATA, f"feed:{n}", type=FEEDS, start_node=direct(f"pump:{n}"), end_node=direct(f"pump:{n + 1}"))
        for n in range(4)
    ),
]


# --- the system model ---

SERIES, FILE = CogniteTimeSeries.get_source(), CogniteFile.get_source()
_SYSTEM: dict[str, dict[str, dm.PropertyType]] = {
    "CogniteDescribable": {"name": dm.Text(), "description": dm.Text()},
    "CogniteTimeSeries": {
        "type": Enum({"numeric": EnumValue(), "string": EnumValue()}),
        "isStep": dm.Boolean(),
        "sourceUnit": dm.Text(),
        "unit": dm.DirectRelation(),
    },
    "CogniteFile": {"mimeType": dm.Text(), "isUploaded": dm.Boolean(), "uploadedTime": dm.Timestamp()},
}


def put_system_model(store: Store) -> None:
    """Give a sandbox the part of the system model that the SDK asks for by name."""
    space = SERIES.space
    containers = [
        dm.ContainerApply(
            space, name, properties={key: dm.ContainerPropertyApply(each) for key, each in properties.items()}
        )
        for name, properties in _SYSTEM.items()
    ]
    described, *others = containers
    views = [
        dm.ViewApply(
            space,
            container.external_id,
            SERIES.version or "",
            properties={
                name: dm.MappedPropertyApply(each.as_id(), name)
                for each in (described, container)
                for name in each.properties
            },
        )
        for container in others
    ]
    apply_spaces(store, [{"space": space}], is_global=True)
    apply_containers(store, [each.dump() for each in containers], is_global=True)
    apply_views(store, [each.dump() for each in views], is_global=True)
