"""The nodes that the canned server tells of, and that the benchmark writes."""

from __future__ import annotations

from typing import Any

__all__ = ["ASSET_VIEW", "PAGE", "SPACE", "VIEW", "asset", "external_id", "project", "record"]

PAGE = 1000
"""How many rows a page has."""

SPACE = "bench"
VIEW = ("bench", "Pump", "v1")
ASSET_VIEW = ("cdf_cdm", "CogniteAsset", "v1")
"""The view of the core data model that SDKs are measured with."""

_WORDS = ("main", "standby", "seal", "bearing", "coupling", "motor", "inlet", "outlet", "valve", "casing", "cooling")
_MAKERS = ("Framo", "Sulzer", "Flowserve", "KSB", "Grundfos")
_STATUSES = ("running", "stopped", "maintenance", "scrapped")


def project(rows: int) -> str:
    """The project whose lists have that many rows."""
    return f"rows-{rows}"


def external_id(number: int) -> str:
    """The external id of a node; nothing else in a request looks like it."""
    return f"node-{number:08}"


def record(number: int) -> dict[str, Any]:
    """The 18 properties of a node, as they are on the wire."""
    # Here, because the time to the first row counts what this module imports.
    from datetime import UTC, datetime, timedelta
    from random import Random

    chance = Random(number)
    installed = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**8))
    inspected = installed + timedelta(milliseconds=chance.randrange(10**10))
    return {
        "name": f"Centrifugal pump {number}",
        "description": " ".join(chance.choices(_WORDS, k=9)),
        "tag": f"{chance.randrange(10, 100)}-PA-{number:05}",
        "serialNumber": f"{chance.getrandbits(48):012X}",
        "manufacturer": chance.choice(_MAKERS),
        "status": chance.choice(_STATUSES),
        "pressure": round(chance.uniform(1, 60), 3),
        "temperature": round(chance.gauss(60, 15), 2),
        "flowRate": chance.uniform(0, 900),
        "vibration": chance.random(),
        "speed": chance.randrange(500, 3600),
        "runningSeconds": chance.randrange(10**9),
        "critical": chance.random() < 0.2,
        "redundant": chance.random() < 0.5,
        "installedAt": installed.isoformat(),
        "inspectedAt": inspected.isoformat(timespec="milliseconds"),
        "site": {"space": SPACE, "externalId": f"site-{chance.randrange(40)}"},
        "labels": chance.sample(_WORDS, k=3),
    }


def asset(number: int) -> dict[str, Any]:
    """The 18 properties of a `CogniteAsset`, as they are on the wire."""
    from datetime import UTC, datetime, timedelta
    from random import Random

    chance = Random(number)
    made = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**8))
    changed = made + timedelta(milliseconds=chance.randrange(10**10))
    ancestors = [chance.randrange(number + 1) for _ in range(4)]
    return {
        "name": f"{chance.randrange(10, 100)}-PA-{number:05}",
        "description": " ".join(chance.choices(_WORDS, k=9)),
        "tags": chance.sample(_WORDS, k=3),
        "aliases": [f"PA{number}", f"{chance.getrandbits(48):012X}"],
        "sourceId": f"{chance.getrandbits(48):012X}",
        "sourceContext": chance.choice(_STATUSES),
        "source": _node("sap"),
        "sourceCreatedTime": made.isoformat(timespec="milliseconds"),
        "sourceUpdatedTime": changed.isoformat(timespec="milliseconds"),
        "sourceCreatedUser": chance.choice(_MAKERS),
        "sourceUpdatedUser": chance.choice(_MAKERS),
        "object3D": _node(f"3d-{number}"),
        "parent": _node(external_id(ancestors[-1])),
        "root": _node(external_id(ancestors[0])),
        "path": [_node(external_id(each)) for each in ancestors],
        "pathLastUpdatedTime": changed.isoformat(timespec="milliseconds"),
        "assetClass": _node(f"class-{chance.randrange(40)}"),
        "type": _node(f"type-{chance.randrange(40)}"),
    }


def _node(name: str) -> dict[str, str]:
    return {"space": SPACE, "externalId": name}
