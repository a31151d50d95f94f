"""
A data model as plain dicts in the API's read shape, and the text that a snapshot of it is.

Equal models give equal texts: what the service says about itself rather than about the model is left out, and lists
whose order means nothing are sorted. Everything else stays as it was answered, also what this version does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pygen.project.fingerprints import view_key
from pygen.sources.files import load_raw_model

__all__ = ["PlainModel", "mapped_containers", "normalised", "read_plain_model", "snapshot_bytes", "snapshot_text"]


class PlainModel(NamedTuple):
    """
    A data model and the containers behind it.

    Attributes:
        raw: The data model, with its views written out.
        containers: The containers; None where they are not known, which is not the same as none.
    """

    raw: dict[str, Any]
    containers: list[dict[str, Any]] | None = None

    @property
    def name(self) -> str:
        """`space:ExternalId(version)`."""
        return view_key(self.raw)


_MOMENTARY = frozenset({"createdTime", "lastUpdatedTime"})
"""When something was written says nothing about what it is."""


def read_plain_model(path: Path) -> PlainModel:
    """
    Read a model of any kind.

    Containers are those that the files define. Of others, on which a toolkit folder or a GraphQL schema only builds,
    no more is known than the views say.

    Raises:
        ConfigError: A file is missing, unreadable, or does not hold exactly one data model.
        ModelError: It has not the shape of a data model, or definitions do not fit together.
        MissingExtraError: A package is missing that reads such a file.
    """
    from pygen.sources import read_containers, read_data_model

    raw, containers = load_raw_model(path)
    model = PlainModel(raw, containers or None)
    read_data_model(model.raw, place=str(path))
    read_containers(model.containers or (), place=f"the containers of {path}")
    return model


def normalised(model: PlainModel) -> PlainModel:
    """
    The same model, without times and states of the service, with its views and containers in order.

    Properties, enum values, constraints and indexes are objects, whose keys `snapshot_text` sorts. The order of
    `implements`, of an index's properties and within filters means something and is kept.
    """
    views = [_normalised_view(view) for view in model.raw.get("views") or ()]
    raw = {**_lasting(model.raw), "views": sorted(views, key=_order)}
    if model.containers is None:
        return PlainModel(raw)
    return PlainModel(raw, sorted((_normalised_container(each) for each in model.containers), key=_order))


def mapped_containers(raw: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The containers, by space and external id, that the views of a data model map."""
    return {key for view in raw.get("views") or () for key in _mapped(view)}


def _mapped(view: Mapping[str, Any]) -> set[tuple[str, str]]:
    mapped = [each["container"] for each in (view.get("properties") or {}).values() if "container" in each]
    return {(each["space"], each["externalId"]) for each in [*mapped, *(view.get("mappedContainers") or ())]}


def snapshot_text(items: Iterable[Mapping[str, Any]]) -> str:
    """The text of a snapshot in JSON: `{"items": [...]}`, two blanks deep, with sorted keys."""
    return json.dumps({"items": list(items)}, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def snapshot_bytes(items: Iterable[Mapping[str, Any]], path: Path) -> bytes:
    """
    What a file of this name holds as a snapshot: YAML or JSON, as its suffix says.

    Raises:
        MissingExtraError: It is YAML, and PyYAML is not installed.
    """
    if path.suffix.lower() == ".json":
        return snapshot_text(items).encode()
    from pygen.sources.yaml_text import write_yaml

    return write_yaml({"items": list(items)}, place=str(path)).encode()


def _order(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(item.get("externalId")), str(item.get("space")), str(item.get("version"))


def _lasting(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in item.items() if key not in _MOMENTARY and not (key == "isGlobal" and not value)
    }


def _normalised_view(view: Mapping[str, Any]) -> dict[str, Any]:
    found = _lasting(view)
    if "properties" in view:
        found["properties"] = _without_state(view["properties"], "constraintState")
    if isinstance(view.get("mappedContainers"), list):
        found["mappedContainers"] = sorted(view["mappedContainers"], key=_order)
    return found


def _normalised_container(container: Mapping[str, Any]) -> dict[str, Any]:
    found = _lasting(container)
    found["properties"] = _without_state(container.get("properties"), "constraintState")
    for part in ("constraints", "indexes"):
        if part in container:
            found[part] = _without_state(container[part], "state")
    return found


def _without_state(parts: Mapping[str, Mapping[str, Any]] | None, state: str) -> dict[str, Any]:
    """Whether data met a constraint when somebody asked is no part of the model."""
    return {name: {key: value for key, value in part.items() if key != state} for name, part in (parts or {}).items()}
