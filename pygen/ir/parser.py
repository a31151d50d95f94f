"""
Wire models as IR.

What cannot be said is degraded one property at a time, and named: a relation loses its target, an enum becomes text, a
property of an unknown type is left out. Whether the model as a whole makes sense is the validator's question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pygen.client.models.container import Container, ContainerProperty
from pygen.client.models.data_model import DataModel
from pygen.client.models.ids import ContainerId, ViewId
from pygen.client.models.property_types import PropertyType
from pygen.client.models.references import ContainerReference, ViewReference
from pygen.client.models.view import EdgeProperty, MappedProperty, ReverseProperty, View, ViewProperty
from pygen.errors import Problem
from pygen.ir import problems as kinds
from pygen.ir.filters import canonical_filter, required_node_type
from pygen.ir.inheritance import Hierarchy
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRClass,
    IRMember,
    IRModel,
    IRProperty,
    IRRelationship,
    JsonValue,
    ReverseDirectRelation,
    UsedFor,
)
from pygen.ir.problems import ProblemKind
from pygen.ir.property_types import read_default, read_type
from pygen.ir.types import IRType

__all__ = ["PROPERTY_PATTERN", "parse_model"]

PROPERTY_PATTERN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")
"""Identifiers of properties: dms-api.md 8.1, from the official OpenAPI document."""

SYSTEM_PROPERTIES: Final[Mapping[ContainerId, frozenset[str]]] = {
    ContainerId("cdf_cdm", "CogniteAsset"): frozenset(
        {
            "assetHierarchy_path",
            "assetHierarchy_path_last_updated_time",
            "assetHierarchy_root",
            "path",
            "pathLastUpdatedTime",
            "root",
        }
    ),
    ContainerId("cdf_cdm", "CogniteFile"): frozenset({"isUploaded", "uploadedTime"}),
}
"""Properties that the service alone sets (dms-api.md 4.1)."""


def parse_model(model: DataModel, containers: Sequence[Container] = ()) -> tuple[IRModel, list[Problem]]:
    """
    Read a data model into the IR.

    Args:
        model: With inline views; references and repeated views are passed over (the validator names them).
        containers: Definitions of containers, where they are known. They fill in what views do not carry.

    Returns:
        The model, with `parents` as the views in it name them and nothing mirrored yet, and a problem for every
        property that had to be degraded or left out.
    """
    parser = _Parser(model, containers)
    classes = tuple(parser.read_class(view_id) for view_id in sorted(parser.hierarchy.views))
    ir = IRModel(id=model.as_id(), classes=classes, name=_text(model.name), description=_text(model.description))
    return ir, sorted(parser.problems)


def _text(value: str | None) -> str | None:
    """Names and descriptions that say nothing are none."""
    return value if value and not value.isspace() else None


class _Parser:
    """Holds what reading one property needs to know of the rest of the model."""

    def __init__(self, model: DataModel, containers: Iterable[Container]) -> None:
        self.hierarchy = Hierarchy(view for view in model.views if isinstance(view, View))
        self.containers = {container.as_id(): container for container in containers}
        self.problems: list[Problem] = []
        self._view_ids: dict[tuple[str, str, str], ViewId] = {}
        self._container_ids: dict[tuple[str, str], ContainerId] = {}
        self._shown: dict[tuple[ContainerId, str], PropertyType] | None = None
        self._used_for = {view_id: self._find_used_for(view_id) for view_id in self.hierarchy.views}

    # Identifiers repeat thousands of times; each is made once.

    def view_id(self, reference: ViewReference) -> ViewId:
        key = (reference.space, reference.external_id, reference.version)
        known = self._view_ids.get(key)
        if known is None:
            known = self._view_ids[key] = ViewId(*key)
        return known

    def container_id(self, reference: ContainerReference) -> ContainerId:
        key = (reference.space, reference.external_id)
        known = self._container_ids.get(key)
        if known is None:
            known = self._container_ids[key] = ContainerId(*key)
        return known

    def read_class(self, view_id: ViewId) -> IRClass:
        view = self.hierarchy.views[view_id]
        members: list[IRMember] = []
        for property_id, definition in sorted(self.hierarchy.properties(view_id).items()):
            if PROPERTY_PATTERN.fullmatch(property_id) is None:
                self.problems.append(
                    kinds.INVALID_PROPERTY.at(
                        view_id,
                        "not a valid identifier of a property; left out",
                        "identifiers have letters, digits, `_` and `-`, and start with a letter or a digit",
                        property_id=property_id,
                    )
                )
                continue
            member = _PropertyReader(self, view_id, property_id).read(definition)
            if member is not None:
                members.append(member)
        return IRClass(
            id=view_id,
            members=tuple(members),
            own=frozenset(member.id for member in members),
            implements=self.hierarchy.implements(view_id),
            parents=self.hierarchy.parents(view_id),
            used_for=self._used_for[view_id],
            writable=self._is_writable(view_id),
            node_type=required_node_type(view.filter),
            filter=canonical_filter(view.filter),
            name=_text(view.name),
            description=_text(view.description),
        )

    def used_for(self, view_id: ViewId) -> UsedFor | None:
        """What kind of instance a view reads; None for views outside the model."""
        return self._used_for.get(view_id)

    def _mapped(self, view_id: ViewId) -> Iterable[MappedProperty]:
        return (item for item in self.hierarchy.properties(view_id).values() if isinstance(item, MappedProperty))

    def _find_used_for(self, view_id: ViewId) -> UsedFor:
        told = self.hierarchy.views[view_id].used_for
        if told is not None:
            return told
        containers = {self.container_id(item.container) for item in self._mapped(view_id)}
        if not containers:
            return "all"
        known = {self.containers[item].used_for or "node" for item in containers if item in self.containers}
        known.discard("all")
        if known == {"edge"}:
            return "edge"
        return "node" if known or not containers <= self.containers.keys() else "all"

    def _is_writable(self, view_id: ViewId) -> bool:
        told = self.hierarchy.views[view_id].writable
        if told is not None:
            return told
        mapped = {
            (self.container_id(item.container), item.container_property_identifier) for item in self._mapped(view_id)
        }
        required = {
            (container_id, property_id)
            for container_id in {container_id for container_id, _ in mapped} & self.containers.keys()
            for property_id, definition in self.containers[container_id].properties.items()
            if not definition.nullable and definition.default_value is None and not definition.auto_increment
        }
        return bool(mapped) and required <= mapped

    def stored_property(self, container_id: ContainerId, property_id: str) -> ContainerProperty | None:
        container = self.containers.get(container_id)
        return container.properties.get(property_id) if container is not None else None

    def type_of(self, definition: MappedProperty) -> PropertyType | None:
        """The type of a mapped property, from the view or from the container."""
        if definition.type is not None:
            return definition.type
        stored = self.stored_property(self.container_id(definition.container), definition.container_property_identifier)
        return stored.type if stored is not None else None

    def find_property(
        self, holder: ViewId | ContainerId, identifier: str, source: ViewId
    ) -> tuple[bool, PropertyType | None]:
        """
        What a reverse relation goes through.

        Returns:
            Whether all that could hold the property is known, and its type where it was found. A property that is
            found but not mapped counts as missing: nothing is stored there.
        """
        if isinstance(holder, ContainerId):
            return holder in self.containers, self._stored_type(holder, identifier)
        if holder in self.hierarchy.views:
            definition = self.hierarchy.properties(holder).get(identifier)
            if isinstance(definition, MappedProperty):
                wire_type = self.type_of(definition)
                return wire_type is not None, wire_type
            return definition is not None or self.hierarchy.is_complete(holder), None
        if source in self.hierarchy.views:  # often a descendant of the view that holds the property
            definition = self.hierarchy.properties(source).get(identifier)
            if isinstance(definition, MappedProperty):
                wire_type = self.type_of(definition)
                if wire_type is not None and wire_type.type == "direct":
                    return False, wire_type
        return False, None

    def _stored_type(self, container_id: ContainerId, property_id: str) -> PropertyType | None:
        """The type of a container's property: from the container, else from any view that shows the property."""
        if container_id in self.containers:
            stored = self.stored_property(container_id, property_id)
            return stored.type if stored is not None else None
        if self._shown is None:
            self._shown = {
                (self.container_id(item.container), item.container_property_identifier): item.type
                for view_id in self.hierarchy.views
                for item in self._mapped(view_id)
                if item.type is not None
            }
        return self._shown.get((container_id, property_id))


class _PropertyReader:
    """Reads one property of one view."""

    def __init__(self, parser: _Parser, view_id: ViewId, property_id: str) -> None:
        self.parser = parser
        self.view_id = view_id
        self.property_id = property_id

    def report(self, kind: ProblemKind, message: str, hint: str = "") -> None:
        self.parser.problems.append(kind.at(self.view_id, message, hint, property_id=self.property_id))

    def read(self, definition: ViewProperty) -> IRMember | None:
        """The property, or None (and a problem) when there is nothing to say it with."""
        if isinstance(definition, MappedProperty):
            return self.mapped(definition)
        if isinstance(definition, EdgeProperty):
            return self.edge(definition)
        if isinstance(definition, ReverseProperty):
            return self.reverse(definition)
        self.report(
            kinds.UNKNOWN_CONNECTION,
            f"connections of the kind {definition.connection_type!r} are not known; left out",
            "upgrade pygen-cdf",
        )
        return None

    def mapped(self, definition: MappedProperty) -> IRMember | None:
        container = self.parser.container_id(definition.container)
        stored_id = definition.container_property_identifier
        wire_type = definition.type
        nullable, immutable = definition.nullable, definition.immutable
        auto_increment, default = definition.auto_increment, definition.default_value
        if wire_type is None:
            stored = self.parser.stored_property(container, stored_id)
            if stored is None:
                self.report(
                    kinds.MISSING_DEFINITION,
                    f"neither the view nor the container {container} tells the type; left out",
                    "fetch the data model with inlineViews=true, or put the containers beside it",
                )
                return None
            wire_type, default = stored.type, stored.default_value
            nullable, immutable, auto_increment = stored.nullable, stored.immutable, stored.auto_increment
        nullable = True if nullable is None else nullable
        read_only = container.space == "cdf_cdm" and stored_id in SYSTEM_PROPERTIES.get(container, ())
        max_list_size = wire_type.max_list_size if wire_type.list else None
        if wire_type.type == "direct":
            if default is not None:
                self.unsupported_default("direct relations have no default")
            declared = wire_type.source or definition.source
            declared_target = self.parser.view_id(declared) if declared is not None else None
            connection = DirectRelation(
                is_list=wire_type.list,
                max_list_size=max_list_size,
                nullable=nullable,
                immutable=bool(immutable),
                container=container,
                container_property=stored_id,
                required_container=self.parser.container_id(wire_type.container) if wire_type.container else None,
                read_only=read_only,
            )
            return IRRelationship(
                id=self.property_id,
                connection=connection,
                target=self.target(declared_target, kinds.DIRECT_TARGET_MISSING, "only its identifier is typed"),
                declared_target=declared_target,
                name=_text(definition.name),
                description=_text(definition.description),
            )
        type_ = read_type(wire_type, self.report)
        if type_ is None:
            self.report(kinds.UNKNOWN_TYPE, f"the type {wire_type.type!r} is not known; left out", "upgrade pygen-cdf")
            return None
        return IRProperty(
            id=self.property_id,
            type=type_,
            is_list=wire_type.list,
            max_list_size=max_list_size,
            nullable=nullable,
            immutable=bool(immutable),
            auto_increment=bool(auto_increment),
            default=None if default is None else self.default(default, type_, is_list=wire_type.list),
            container=container,
            container_property=stored_id,
            name=_text(definition.name),
            description=_text(definition.description),
            read_only=read_only,
        )

    def default(self, value: Any, type_: IRType, *, is_list: bool) -> JsonValue:
        if is_list:
            self.unsupported_default("lists have no default")
            return None
        try:
            return read_default(value, type_)
        except ValueError as error:
            self.unsupported_default(f"{value!r} {error}")
        except RecursionError:
            self.unsupported_default("it is nested too deeply")
        return None

    def unsupported_default(self, why: str) -> None:
        self.report(kinds.UNSUPPORTED_DEFAULT, f"the default value is ignored: {why}", "correct the container")

    def edge(self, definition: EdgeProperty) -> IRMember:
        declared_target = self.parser.view_id(definition.source)
        connection = EdgeConnection(
            is_list=definition.connection_type == "multi_edge_connection",
            type=definition.type.as_id(),
            direction=definition.direction,
            edge_view=self.edge_view(definition.edge_source),
        )
        return IRRelationship(
            id=self.property_id,
            connection=connection,
            target=self.target(declared_target, kinds.EDGE_TARGET_MISSING, "the nodes are untyped"),
            declared_target=declared_target,
            name=_text(definition.name),
            description=_text(definition.description),
        )

    def edge_view(self, reference: ViewReference | None) -> ViewId | None:
        if reference is None:
            return None
        edge_view = self.parser.view_id(reference)
        used_for = self.parser.used_for(edge_view)
        if used_for is None:
            self.report(
                kinds.EDGE_VIEW_MISSING,
                f"the view of the edges' properties, {edge_view}, is not in the data model; they are left out",
                "add the view to the data model",
            )
            return None
        if used_for == "node":
            self.report(
                kinds.EDGE_VIEW_OF_NODES,
                f"the view of the edges' properties, {edge_view}, is for nodes; they are left out",
                "name a view whose containers are used for edges",
            )
            return None
        return edge_view

    def reverse(self, definition: ReverseProperty) -> IRMember | None:
        source = self.parser.view_id(definition.source)
        through = definition.through.source
        identifier = definition.through.identifier
        holder = (
            self.parser.view_id(through) if isinstance(through, ViewReference) else self.parser.container_id(through)
        )
        is_known, wire_type = self.parser.find_property(holder, identifier, source)
        targets_list = definition.targets_list
        if is_known and (wire_type is None or wire_type.type != "direct"):
            self.report(
                kinds.THROUGH_MISSING,
                f"{holder}.{identifier} {'does not exist' if wire_type is None else 'is no direct relation'}; left out",
                "correct the reverse relation, or what it goes through",
            )
            return None
        if targets_list is None:
            if wire_type is None:
                self.report(
                    kinds.THROUGH_UNKNOWN,
                    f"whether {holder}.{identifier} holds a list is told nowhere; read as if it held one node",
                    "add its view to the data model, or fetch the model again: newer answers tell",
                )
            targets_list = wire_type is not None and wire_type.list
        connection = ReverseDirectRelation(
            is_list=definition.connection_type == "multi_reverse_direct_relation",
            through=holder,
            through_property=identifier,
            targets_list=targets_list,
        )
        return IRRelationship(
            id=self.property_id,
            connection=connection,
            target=self.target(source, kinds.REVERSE_SOURCE_MISSING, "the nodes are untyped"),
            declared_target=source,
            name=_text(definition.name),
            description=_text(definition.description),
        )

    def target(self, declared: ViewId | None, kind: ProblemKind, effect: str) -> ViewId | None:
        """The declared target when the model holds it and it reads nodes."""
        if declared is None:
            return None
        used_for = self.parser.used_for(declared)
        if used_for is None:
            self.report(kind, f"{declared} is not in the data model; {effect}", "add the view to the data model")
            return None
        if used_for == "edge":
            self.report(
                kinds.TARGET_OF_EDGES,
                f"{declared} is a view of edges, and relations lead to nodes; {effect}",
                "name a view of nodes",
            )
            return None
        return declared
