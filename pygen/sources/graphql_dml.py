"""
Data models in GraphQL: the schema language with which CDF's own editor writes them (dms-api.md 11).

A type becomes a view, and a container for the fields that it does not inherit or map elsewhere. A field whose type is
another type is a direct relation; a list of them is edges, unless `@directRelation` or `@reverseDirectRelation` says
otherwise. A schema does not say which data model it is: comments at its top may.

    # space: sp_movies
    # externalId: Movies
    # version: v1
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygen.errors import ModelError, Problem
from pygen.sources.definitions import Definition, Definitions, Json
from pygen.sources.files import read_text
from pygen.sources.graphql_syntax import FieldType, argument_of, directive_of, field_type, labels_of, parse_schema
from pygen.sources.wire import WRONG_SHAPE

if TYPE_CHECKING:
    from graphql import (
        ConstDirectiveNode,
        DocumentNode,
        EnumTypeDefinitionNode,
        FieldDefinitionNode,
        InterfaceTypeDefinitionNode,
        Node,
        ObjectTypeDefinitionNode,
    )

    TypeDefinition = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode

__all__ = ["load_graphql", "read_graphql"]

_SCALARS: Mapping[str, str] = {
    "String": "text",
    "Int": "int32",
    "Int32": "int32",
    "Int64": "int64",
    "Float": "float64",
    "Float32": "float32",
    "Float64": "float64",
    "Boolean": "boolean",
    "Timestamp": "timestamp",
    "Date": "date",
    "JSONObject": "json",
    "TimeSeries": "timeseries",
    "File": "file",
    "Sequence": "sequence",
}
_OF_TYPES = frozenset({"container", "edge", "import", "readonly", "view"})
_OF_FIELDS = frozenset(
    {"default", "deprecated", "directRelation", "limits", "mapping", "relation", "reverseDirectRelation", "unit"}
)
_HEADER = re.compile(r"#\s*(space|externalId|version|name|description)\s*:\s*(.*\S)")


def load_graphql(path: Path) -> Definitions:
    """
    Read the data model of a schema file.

    Args:
        path: The file. What its first comments do not say is taken from its name; the version is then `1`.

    Raises:
        ConfigError: The file cannot be read, or is not GraphQL.
        ModelError: What it says is no data model; every place is named.
        MissingExtraError: graphql-core is not installed.
    """
    text = read_text(path)
    header = _header(text)
    name = re.sub(r"[^A-Za-z0-9]+", "_", path.stem).strip("_") or "model"
    name = name if name[0].isalpha() else f"model_{name}"
    return read_graphql(
        text,
        space=header.get("space", name),
        external_id=header.get("externalId", name),
        version=header.get("version", "1"),
        labels={key: header[key] for key in ("name", "description") if key in header},
        place=str(path),
    )


def _header(text: str) -> dict[str, str]:
    """What the comments before the first definition say."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        said = _HEADER.match(line)
        if said is not None:
            found[said[1]] = said[2]
    return found


def read_graphql(
    text: str, *, space: str, external_id: str, version: str, place: str, labels: Mapping[str, str] | None = None
) -> Definitions:
    """
    Read a schema as a data model.

    Args:
        text: The schema.
        space: The space of the data model, and of what names no other.
        external_id: The data model's external id.
        version: The version of the data model, and of views that name no other.
        place: What to call it in errors, such as the path of the file.
        labels: `name` and `description` of the data model.

    Raises:
        ConfigError: It is not GraphQL; with line and column.
        ModelError: What it says is no data model; every place is named.
        MissingExtraError: graphql-core is not installed.
    """
    document = parse_schema(text, place)
    schema = _Schema(document, space, version, place)
    views = [Definition(schema.view(each), place) for each in schema.types.values()]
    if schema.problems:
        raise ModelError(schema.problems)
    model: Json = {"space": space, "externalId": external_id, "version": version, **(labels or {})}
    model["views"] = [schema.reference(name) for name in schema.types]
    containers = [Definition(container, place) for container in schema.containers.values()]
    return Definitions(place, containers=containers, views=views, data_models=[Definition(model, place)])


@dataclass(slots=True)
class _Placed:
    """
    Where a field of a type is stored.

    Attributes:
        type: The field's type.
        property: The property of the view.
    """

    type: FieldType
    property: Json = field(default_factory=dict)


class _Schema:
    """
    A schema on its way to views and containers.

    Attributes:
        types: The types by name, in the order of the schema.
        containers: The containers, by space and external id.
        problems: What is wrong.
    """

    def __init__(self, document: DocumentNode, space: str, version: str, place: str) -> None:
        from graphql import EnumTypeDefinitionNode, InterfaceTypeDefinitionNode, ObjectTypeDefinitionNode

        self._space = space
        self._version = version
        self._place = place
        self.types: dict[str, TypeDefinition] = {}
        self._enums: dict[str, EnumTypeDefinitionNode] = {}
        self.containers: dict[tuple[str, str], Json] = {}
        self.problems: list[Problem] = []
        self._placed: dict[str, dict[str, _Placed]] = {}
        for definition in document.definitions:
            match definition:
                case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                    self._check_new(definition.name.value, definition)
                    self.types[definition.name.value] = definition
                case EnumTypeDefinitionNode():
                    self._check_new(definition.name.value, definition)
                    self._enums[definition.name.value] = definition
                case _ if definition.kind in {"directive_definition", "scalar_type_definition"}:
                    pass  # what editors need to know the language
                case _ if definition.kind == "input_object_type_definition":
                    pass
                case _:
                    self._problem(definition, f"{definition.kind.replace('_', ' ')}s are not part of data models")

    # --- views ---

    def view(self, definition: TypeDefinition) -> Json:
        """The write form of the view of a type; its container is written down as well."""
        name = definition.name.value
        self._check_directives(definition, _OF_TYPES)
        placed = self._fields(name)
        view: Json = {**self.reference(name), **labels_of(definition, name)}
        del view["type"]
        parents = [parent.name.value for parent in definition.interfaces or ()]
        for parent in parents:
            if parent not in self.types:
                self._problem(definition, f"type {name} implements {parent}, which is not defined")
        view["implements"] = [self.reference(parent) for parent in parents if parent in self.types]
        raw_filter = argument_of(directive_of(definition, "view"), "rawFilter")
        if raw_filter is not None:
            view["filter"] = raw_filter
        view["properties"] = {key: each.property for key, each in placed.items() if each.property}
        self._constrain(definition)
        return view

    def reference(self, name: str) -> Json:
        """A reference to the view of a type."""
        definition = self.types[name]
        said = directive_of(definition, "view")
        imported = argument_of(directive_of(definition, "import"), "dataModel") or {}
        return {
            "type": "view",
            "space": argument_of(said, "space") or imported.get("space") or self._space,
            "externalId": name,
            "version": argument_of(said, "version") or imported.get("version") or self._version,
        }

    def _fields(self, name: str) -> dict[str, _Placed]:
        """The fields of a type; those that are inherited as they are have no property of their own."""
        if name in self._placed:
            return self._placed[name]
        self._placed[name] = {}  # a type that implements itself ends here; whoever reads the views says so
        definition = self.types[name]
        inherited: dict[str, _Placed] = {}
        for parent in definition.interfaces or ():
            for key, placed in self._everything(parent.name.value).items():
                inherited.setdefault(key, placed)
        for each in definition.fields or ():
            key = each.name.value
            self._check_directives(each, _OF_FIELDS)
            self._placed[name][key] = self._field(name, each, inherited.get(key))
        return self._placed[name]

    def _everything(self, name: str) -> dict[str, _Placed]:
        """The fields of a type where they are stored, inherited ones too; the nearest wins."""
        found: dict[str, _Placed] = {}
        seen: set[str] = set()
        stack = [name]
        while stack:
            current = stack.pop()
            if current in seen or current not in self.types:
                continue
            seen.add(current)
            for key, placed in self._fields(current).items():
                if placed.property:
                    found.setdefault(key, placed)
            stack += [parent.name.value for parent in reversed(self.types[current].interfaces or ())]
        return found

    def _field(self, owner: str, node: FieldDefinitionNode, inherited: _Placed | None) -> _Placed:
        kind = field_type(node.type)
        labels = labels_of(node, node.name.value)
        if inherited is None or (inherited.type.is_list, self._is_type(inherited.type)) != (
            kind.is_list,
            self._is_type(kind),
        ):
            return _Placed(kind, {**self._property(owner, node, kind), **labels})
        is_same = inherited.type.name == kind.name and labels.get("description") in {
            None,
            inherited.property.get("description"),
        }
        if is_same and not node.directives:
            return _Placed(kind)
        if node.directives and directive_of(node, "reverseDirectRelation") is None:
            return _Placed(kind, {**self._property(owner, node, kind), **labels})
        narrowed = {**inherited.property, **labels}
        if "source" in narrowed and kind.name in self.types:
            narrowed["source"] = self.reference(kind.name)
        return _Placed(kind, narrowed)

    def _is_type(self, kind: FieldType) -> bool:
        return kind.name in self.types

    def _property(self, owner: str, node: FieldDefinitionNode, kind: FieldType) -> Json:
        """The property of a field that is not inherited, without labels."""
        if kind.name not in self.types:
            return self._stored(owner, node, kind, self._scalar(owner, node, kind))
        source = self.reference(kind.name)
        reverse = directive_of(node, "reverseDirectRelation")
        if reverse is not None:
            through = {"source": source, "identifier": argument_of(reverse, "throughProperty")}
            many = "multi" if kind.is_list else "single"
            return {"connectionType": f"{many}_reverse_direct_relation", "source": source, "through": through}
        relation = directive_of(node, "relation")
        if relation is not None or (kind.is_list and directive_of(node, "directRelation") is None):
            return self._edges(owner, node, kind, relation)
        stored = self._stored(owner, node, kind, {"type": "direct"})
        return {**stored, "source": source}

    def _edges(
        self, owner: str, node: FieldDefinitionNode, kind: FieldType, relation: ConstDirectiveNode | None
    ) -> Json:
        usual = {"space": self.reference(owner)["space"], "externalId": f"{owner}.{node.name.value}"}
        edges: Json = {
            "connectionType": f"{'multi' if kind.is_list else 'single'}_edge_connection",
            "type": argument_of(relation, "type") or usual,
            "source": self.reference(kind.name),
            "direction": (argument_of(relation, "direction") or "outwards").lower(),
        }
        edge_source = argument_of(relation, "edgeSource")
        if edge_source in self.types:
            edges["edgeSource"] = self.reference(edge_source)
        elif edge_source is not None:
            self._problem(node, f"field {owner}.{node.name.value}: its edgeSource {edge_source} is not defined")
        return edges

    # --- containers ---

    def _stored(self, owner: str, node: FieldDefinitionNode, kind: FieldType, stored: Json) -> Json:
        """Put a field into its container, and show it."""
        mapping = directive_of(node, "mapping")
        space = argument_of(mapping, "space") or self.reference(owner)["space"]
        external_id = argument_of(mapping, "container") or owner
        name = argument_of(mapping, "property") or node.name.value
        container = self._container(owner, space, external_id)
        limits = directive_of(node, "limits")
        stored = {**stored, "list": kind.is_list}
        for limit in ("maxListSize", "maxTextSize"):
            if argument_of(limits, limit) is not None:
                stored[limit] = argument_of(limits, limit)
        prop: Json = {"type": stored, "nullable": not kind.is_required, **labels_of(node, node.name.value)}
        default = argument_of(directive_of(node, "default"), "value")
        if default is not None:
            prop["defaultValue"] = self._default(node, stored["type"], default)
        container["properties"].setdefault(name, prop)
        reference = {"type": "container", "space": space, "externalId": external_id}
        return {"container": reference, "containerPropertyIdentifier": name}

    def _container(self, owner: str, space: str, external_id: str) -> Json:
        """A container; one that is only mapped to is known as far as fields tell of it."""
        key = (space, external_id)
        if key not in self.containers:
            holder = self.types.get(external_id, self.types[owner])
            labels = labels_of(holder, external_id) if holder.name.value == external_id else {}
            is_edge = directive_of(holder, "edge") is not None
            self.containers[key] = {
                "space": space,
                "externalId": external_id,
                "usedFor": "edge" if is_edge else "node",
                "properties": {},
                **labels,
            }
        return self.containers[key]

    def _constrain(self, definition: TypeDefinition) -> None:
        """Give the container of a type its constraints and indexes."""
        said = directive_of(definition, "container")
        reference = self.reference(definition.name.value)
        container = self.containers.get((reference["space"], reference["externalId"]))
        if said is None or container is None:
            return
        constraints: Json = {}
        for each in argument_of(said, "constraints") or ():
            if each.get("require") is not None:
                body = {"constraintType": "requires", "require": {"type": "container", **each["require"]}}
            else:
                body = {"constraintType": "uniqueness", "properties": each.get("fields") or []}
            constraints[each.get("identifier")] = body
        indexes: Json = {}
        for each in argument_of(said, "indexes") or ():
            index: Json = {
                "indexType": (each.get("indexType") or "btree").lower(),
                "properties": each.get("fields") or [],
            }
            if each.get("cursorable") is not None:
                index["cursorable"] = each["cursorable"]
            indexes[each.get("identifier")] = index
        container |= {"constraints": constraints, "indexes": indexes}

    def _scalar(self, owner: str, node: FieldDefinitionNode, kind: FieldType) -> Json:
        if kind.name in self._enums:
            values = {value.name.value: labels_of(value, None) for value in self._enums[kind.name].values or ()}
            return {"type": "enum", "values": values}
        if kind.name not in _SCALARS:
            self._problem(node, f"field {owner}.{node.name.value} has the type {kind.name}, which is not defined")
        stored: Json = {"type": _SCALARS.get(kind.name, "text")}
        unit = directive_of(node, "unit")
        if unit is not None:
            said = {name: argument_of(unit, name) for name in ("externalId", "sourceUnit")}
            stored["unit"] = {name: value for name, value in said.items() if value is not None}
        return stored

    def _default(self, node: FieldDefinitionNode, kind: str, value: Any) -> Any:
        """A default as JSON; GraphQL has it as text, whatever its type."""
        if not isinstance(value, str):
            return value
        try:
            if kind in {"int32", "int64"}:
                return int(value)
            if kind in {"float32", "float64"}:
                return float(value)
            if kind == "boolean":
                return {"true": True, "false": False}[value.lower()]
        except (ValueError, KeyError):
            self._problem(node, f"the default {value!r} of field {node.name.value} is no {kind}")
        return value

    # --- problems ---

    def _check_new(self, name: str, node: Node) -> None:
        if name in self.types or name in self._enums:
            self._problem(node, f"{name} is defined twice")

    def _check_directives(self, node: TypeDefinition | FieldDefinitionNode, known: frozenset[str]) -> None:
        for directive in node.directives or ():
            if directive.name.value not in known:
                self._problem(directive, f"@{directive.name.value} does not belong here, or is not known")

    def _problem(self, node: Node, message: str) -> None:
        line = node.loc.start_token.line if node.loc is not None else 0
        self.problems.append(Problem(f"{self._place}: line {line}", WRONG_SHAPE, message))
