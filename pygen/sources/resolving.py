"""
Views and containers as they are written, read as the API answers them (dms-api.md 3.5).

A view that is read shows what it inherits, and what the containers say of each property.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from pygen.errors import ModelError, Problem
from pygen.sources.definitions import Definition, Definitions, Json
from pygen.sources.files import title

__all__ = ["VIEW_REFERENCE", "resolve"]

VIEW_REFERENCE = "PYG002"

_ViewKey: TypeAlias = tuple[str, str, str]
_ContainerKey: TypeAlias = tuple[str, str]
_REFERENCE_KEYS = frozenset({"type", "space", "externalId", "version"})
_CONTAINER_SAYS = {"nullable": True, "immutable": False, "autoIncrement": False}
_HINT = (
    "define it in the folder, or add the data model that it is part of, as the API answers it, as <name>.datamodel.json"
)


def resolve(definitions: Definitions, model: Definition) -> tuple[Json, list[Json]]:
    """
    A data model in the API's read form, and the containers behind it.

    Args:
        definitions: Where views and containers are found.
        model: The data model; views may be written out in it.

    Raises:
        ModelError: Views are named that are not defined; each is told.
    """
    resolver = _Resolver(definitions, model)
    views = [resolver.view(key) for key in resolver.keys]
    if resolver.problems:
        raise ModelError(resolver.problems)
    mapped = {_key(each): None for view in views for each in view["mappedContainers"]}
    known = resolver.containers.keys() - resolver.partial
    return {**model.body, "views": views}, [resolver.containers[key] for key in mapped if key in known]


class _Resolver:
    """
    Resolves the views of one data model.

    Attributes:
        containers: All containers, by space and external id.
        partial: Those of which only is known what views tell of them.
        keys: The views of the data model, in its order.
        problems: What is not defined.
    """

    def __init__(self, definitions: Definitions, model: Definition) -> None:
        self._read: dict[_ViewKey, Json] = {_view_key(view): view for view in definitions.read_views}
        self._own: dict[_ViewKey, Json] = {_view_key(each.body): each.body for each in definitions.views}
        self.keys: list[_ViewKey] = []
        for view in model.body.get("views") or ():
            if not view.keys() <= _REFERENCE_KEYS:
                self._own[_view_key(view)] = view
            self.keys.append(_view_key(view))
        for each in definitions.assumed_views:
            if (key := _view_key(each.body)) not in self._read:
                self._own.setdefault(key, each.body)
        self.containers: dict[_ContainerKey, Json] = {_key(each): each for each in definitions.read_containers}
        self.containers |= {_key(each.body): each.body for each in definitions.containers}
        self.partial: set[_ContainerKey] = set()
        self.problems: list[Problem] = []
        self._place = model.place
        self._properties: dict[_ViewKey, dict[str, Json]] = {}
        self._learn(definitions.read_views)
        for each in definitions.assumed_containers:
            self._assume(each.body)

    def _learn(self, views: Iterable[Json]) -> None:
        """Take from views in read form what they say of containers that nobody defines."""
        known = self.containers.keys() - self.partial
        uses: dict[_ContainerKey, set[str]] = {}
        for view in views:
            for definition in view["properties"].values():
                if "container" not in definition or (key := _key(definition["container"])) in known:
                    continue
                uses.setdefault(key, set()).add(view.get("usedFor") or "node")
                if definition.get("type") is not None:
                    said = {name: definition[name] for name in (*_CONTAINER_SAYS, "defaultValue") if name in definition}
                    kind = {name: value for name, value in definition["type"].items() if name != "source"}
                    properties = {definition["containerPropertyIdentifier"]: {"type": kind, **said}}
                    self._assume({"space": key[0], "externalId": key[1], "properties": properties})
        for key, used in uses.items():
            # A view is used for what all its containers are used for: one that serves both kinds has no other ones.
            if key in self.containers:
                self.containers[key]["usedFor"] = used.pop() if len(used) == 1 else "all"

    def _assume(self, container: Json) -> None:
        """Add to what is known of a container that nobody defines."""
        key = _key(container)
        if key not in self.containers:
            self.partial.add(key)
            self.containers[key] = {**container, "properties": {}}
        if key in self.partial:
            for name, definition in container["properties"].items():
                self.containers[key]["properties"].setdefault(name, definition)

    def view(self, key: _ViewKey) -> Json:
        """A view in read form."""
        if key not in self._own:
            if key not in self._read:
                self._missing(key, f"{self._place}: views")
                return {"mappedContainers": []}
            found = self._read[key]
            return {**found, "mappedContainers": list(_mapped_containers(found["properties"].values()))}
        body = self._own[key]
        properties = self._all_properties(key)
        mapped = list(_mapped_containers(properties.values()))
        used = {self.containers.get(_key(each), {}).get("usedFor") or "node" for each in mapped} - {"all"}
        read = {name: body[name] for name in ("space", "externalId", "version")}
        read |= {name: body[name] for name in ("name", "description", "filter") if body.get(name) is not None}
        return {
            **read,
            "implements": [_reference(parent) for parent in self._parents(key)],
            "writable": self._is_writable(properties.values(), mapped),
            "queryable": bool(mapped) or body.get("filter") is not None,
            "usedFor": used.pop() if len(used) == 1 else "all",
            "isGlobal": False,
            "properties": properties,
            "mappedContainers": mapped,
        }

    def _missing(self, key: _ViewKey, where: str) -> None:
        name = title(dict(zip(("space", "externalId", "version"), key, strict=True)))
        self.problems.append(Problem(where, VIEW_REFERENCE, f"{name} is named, but not defined", _HINT))

    # --- inheritance ---

    def _parents(self, key: _ViewKey) -> list[Json]:
        return self._own[key].get("implements") or []

    def _lineage(self, key: _ViewKey) -> Iterator[_ViewKey]:
        """A view, then its ancestors: a parent's whole line before the next parent."""
        seen: set[_ViewKey] = set()
        stack = [key]
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            yield current
            if current in self._own:
                stack += [_view_key(parent) for parent in reversed(self._parents(current))]

    def _all_properties(self, key: _ViewKey) -> dict[str, Json]:
        """The properties of a view with those that it inherits; the nearest definition wins (dms-api.md 3.5)."""
        if key in self._properties:
            return self._properties[key]
        properties: dict[str, Json] = {}
        for ancestor in self._lineage(key):
            if ancestor in self._own:
                found = self._own[ancestor].get("properties") or {}
                own = {name: self._property(definition) for name, definition in found.items()}
            elif ancestor in self._read:
                own = self._read[ancestor]["properties"]
            else:
                self._missing(ancestor, f"{title(self._own[key])}.implements")
                continue
            for name, definition in own.items():
                properties.setdefault(name, definition)
        self._properties[key] = properties
        # Only now: a reverse relation may go through a property of a view that leads back here.
        for definition in properties.values():
            if isinstance(definition.get("through"), dict) and "targetsList" not in definition:
                definition["targetsList"] = self._leads_through_list(definition["through"])
        return properties

    # --- properties ---

    def _property(self, definition: Json) -> Json:
        """A property in read form."""
        said = {name: definition[name] for name in ("name", "description") if definition.get(name) is not None}
        if "container" in definition:
            return self._mapped(definition) | said
        if "through" in definition:
            through = {**definition["through"], "source": _reference(definition["through"]["source"])}
            kind = definition["connectionType"]
            return {"connectionType": kind, "source": _reference(definition["source"]), "through": through, **said}
        if "source" not in definition:
            return definition  # of a kind that is not known here
        read = {
            "connectionType": definition.get("connectionType") or "multi_edge_connection",
            "type": definition["type"],
            "source": _reference(definition["source"]),
            "direction": definition.get("direction") or "outwards",
            **said,
        }
        if definition.get("edgeSource") is not None:
            read["edgeSource"] = _reference(definition["edgeSource"])
        return read

    def _mapped(self, definition: Json) -> Json:
        container = _reference(definition["container"])
        name = definition["containerPropertyIdentifier"]
        read: Json = {"container": container, "containerPropertyIdentifier": name}
        properties = self.containers.get(_key(container), {}).get("properties") or {}
        if name not in properties:
            return read  # its type is not told, and whoever reads it says so
        stored = properties[name]
        kind = {"list": False, **stored["type"]}
        if kind["type"] == "text":
            kind.setdefault("collation", "ucs_basic")
        if kind.get("container") is not None:
            kind["container"] = _reference(kind["container"])
        if definition.get("source") is not None:
            kind["source"] = _reference(definition["source"])
        read |= {"type": kind, **{key: stored.get(key, usual) for key, usual in _CONTAINER_SAYS.items()}}
        if stored.get("defaultValue") is not None:
            read["defaultValue"] = stored["defaultValue"]
        return read

    def _leads_through_list(self, through: Json) -> bool:
        source, name = through["source"], through["identifier"]
        if source["type"] == "container":
            properties = self.containers.get(_key(source), {}).get("properties") or {}
        elif (key := _view_key(source)) in self._own:
            properties = self._all_properties(key)
        else:
            properties = self._read.get(key, {}).get("properties") or {}
        return bool((properties.get(name, {}).get("type") or {}).get("list"))

    def _is_writable(self, properties: Iterable[Json], mapped: Iterable[Json]) -> bool:
        """Whether every property that an instance must have can be given through the view."""
        given = {
            (*_key(each["container"]), each["containerPropertyIdentifier"])
            for each in properties
            if "container" in each
        }
        return bool(given) and all(
            (*_key(container), name) in given
            for container in mapped
            for name, stored in (self.containers.get(_key(container), {}).get("properties") or {}).items()
            if stored.get("nullable") is False
            and stored.get("defaultValue") is None
            and not stored.get("autoIncrement")
        )


def _key(reference: Mapping[str, Any]) -> _ContainerKey:
    return reference["space"], reference["externalId"]


def _view_key(reference: Mapping[str, Any]) -> _ViewKey:
    return reference["space"], reference["externalId"], reference["version"]


def _reference(found: Mapping[str, Any]) -> Json:
    """A view or a container, with the `type` that tells them apart; only views have versions."""
    if "version" in found:
        return {"type": "view", **{name: found[name] for name in ("space", "externalId", "version")}}
    return {"type": "container", "space": found["space"], "externalId": found["externalId"]}


def _mapped_containers(properties: Iterable[Json]) -> Iterator[Json]:
    """The containers of mapped properties, each once."""
    seen: set[_ContainerKey] = set()
    for definition in properties:
        if "container" in definition and (key := _key(definition["container"])) not in seen:
            seen.add(key)
            yield _reference(definition["container"])
