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
from pygen.sources.files import load_raw, load_raw_containers

__all__ = ["PlainModel", "normalised", "read_plain_model", "snapshot_text"]


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

    Raises:
        ConfigError: A file is missing, unreadable, or does not hold exactly one data model.
        ModelError: Definitions do not fit together.
        MissingExtraError: A package is missing that reads such a file.
    """
    raw = load_raw(path)
    return PlainModel(raw, load_raw_containers(path) or None)


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


def snapshot_text(items: Iterable[Mapping[str, Any]]) -> str:
    """The text of a snapshot: `{"items": [...]}`, two blanks deep, with sorted keys."""
    document = {"items": list(items)}
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    if not _is_unicode(text):  # lone surrogates are legal in JSON, and have no bytes of their own
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True)
    return text + "\n"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _order(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(item.get("externalId")), str(item.get("space")), str(item.get("version"))


def _lasting(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in item.items() if key not in _MOMENTARY and not (key == "isGlobal" and not value)
    }


def _normalised_view(view: Mapping[str, Any]) -> dict[str, Any]:
    found = _lasting(view)
    found["properties"] = _without_state(view.get("properties"), "constraintState")
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
    return {
        name: {key: value for key, value in part.items() if key != state} for name, part in (parts or {}).items()
    }
