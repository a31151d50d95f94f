"""
Data models in GraphQL: the schema language with which CDF's own editor writes them (dms-api.md 11).

A type becomes a view, and a container for the fields that it does not inherit or map elsewhere. A field whose type is
another type is a direct relation; a list of them is edges, unless `@directRelation` or `@reverseDirectRelation` says
otherwise. A schema does not say which data model it is: comments at its top may.

    # space: sp_movies
    # externalId: Movies
    # version: v1

In a folder of the toolkit, `<name>.GraphQLSchema.yaml` says it, and names the schema's file as `dml`.

A type with `@import` is defined elsewhere. What the schema says of it is used as long as nothing better is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pygen.errors import ModelError, Problem
from pygen.sources.definitions import Definition, Definitions, Json
from pygen.sources.files import read_text
from pygen.sources.graphql_defaults import read_default
from pygen.sources.graphql_directives import OF_FIELDS, OF_TYPES, check_directives
from pygen.sources.graphql_syntax import (
    FieldType,
    argument_of,
    directive_of,
    field_type,
    labels_of,
    object_of,
    parse_schema,
    place_of,
    text_of,
)
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
        TypeDefinitionNode,
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
_LANGUAGE = frozenset({"directive_definition", "scalar_type_definition", "input_object_type_definition"})
"""What editors need to know the language."""
_ON_STORED = ("mapping", "default", "limits", "unit")
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


Imports: TypeAlias = Mapping[tuple[str, str, str], Mapping[str, Json]]
"""Data models that are known, by space, external id and version: references to their views by external id."""


def read_graphql(
    text: str,
    *,
    space: str,
    external_id: str,
    version: str,
    place: str,
    labels: Mapping[str, str] | None = None,
    imports: Imports | None = None,
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
        imports: Data models whose views the schema may import.

    Raises:
        ConfigError: It is not GraphQL; with line and column.
        ModelError: What it says is no data model; every place is named.
        MissingExtraError: graphql-core is not installed.
    """
    schema = _Schema(parse_schema(text, place), space, version, place, imports or {})
    views = {name: Definition(schema.view(each), place) for name, each in schema.types.items()}
    if schema.problems:
        raise ModelError(schema.problems)
    model: Json = {"space": space, "externalId": external_id, "version": version, **(labels or {})}
    model["views"] = [schema.reference(name) for name in schema.types]
    found = Definitions(place, data_models=[Definition(model, place)])
    for name, view in views.items():
        (found.assumed_views if schema.is_imported(name) else found.views).append(view)
    for key, container in schema.containers.items():
        own = schema.is_own_container(*key)
        (found.containers if own else found.assumed_containers).append(Definition(container, place))
    return found


@dataclass(slots=True)
class _Placed:
    """
    Where a field of a type is stored.

    Attributes:
        type: The field's type.
        property: The property of the view; empty where it is inherited as it is.
        directives: What its directives say, but for those that are only remarks.
    """

    type: FieldType
    property: Json
    directives: frozenset[str]


def _model_key(model: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(model.get("space")), str(model.get("externalId")), str(model.get("version"))


def _said(node: FieldDefinitionNode) -> frozenset[str]:
    from graphql import print_ast

    return frozenset(print_ast(each) for each in node.directives or () if each.name.value != "deprecated")


class _Schema:
    """
    A schema on its way to views and containers.

    Attributes:
        types: The types by name, in the order of the schema.
        containers: The containers, by space and external id.
        problems: What is wrong.
    """

    def __init__(self, document: DocumentNode, space: str, version: str, place: str, imports: Imports) -> None:
        from graphql import EnumTypeDefinitionNode, InterfaceTypeDefinitionNode, ObjectTypeDefinitionNode

        self._imports = imports
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
                    if self._is_new(definition):
                        self.types[definition.name.value] = definition
                case EnumTypeDefinitionNode():
                    if self._is_new(definition):
                        self._enums[definition.name.value] = definition
                case _ if definition.kind in _LANGUAGE:
                    pass
                case _:
                    self._problem(definition, f"{definition.kind.replace('_', ' ')}s are not part of data models")
        for enum in self._enums.values():
            self._check_enum(enum)

    # --- views ---

    def view(self, definition: TypeDefinition) -> Json:
        """The write form of the view of a type; its container is written down as well."""
        name = definition.name.value
        self._problems(check_directives(definition, OF_TYPES))
        placed = self._fields(name)
        view: Json = {**self.reference(name), **labels_of(definition, name)}
        del view["type"]
        said = directive_of(definition, "view")
        label = text_of(said, "name")
        if label is not None:
            view["name"] = label
        parents = [parent.name.value for parent in definition.interfaces or ()]
        for parent in definition.interfaces or ():
            if parent.name.value not in self.types:
                self._problem(parent, f"type {name} implements {parent.name.value}, which is not defined")
        view["implements"] = [self.reference(parent) for parent in parents if parent in self.types]
        raw_filter = argument_of(said, "rawFilter")
        if raw_filter is not None:
            view["filter"] = raw_filter
        view["properties"] = {key: each.property for key, each in placed.items() if each.property}
        if self.is_imported(name):
            self._check_import(definition)
        else:
            self._constrain(definition)
        return view

    def reference(self, name: str) -> Json:
        """A reference to the view of a type."""
        definition = self.types[name]
        said = directive_of(definition, "view")
        model = object_of(directive_of(definition, "import"), "dataModel") or {}
        known = self._imports.get(_model_key(model), {}).get(name)
        if known is not None:
            return known
        return {
            "type": "view",
            "space": text_of(said, "space") or model.get("space") or self._space,
            "externalId": name,
            "version": text_of(said, "version") or model.get("version") or self._version,
        }

    def is_imported(self, name: str) -> bool:
        """Whether a type is defined elsewhere."""
        return directive_of(self.types[name], "import") is not None

    def is_own_container(self, space: str, external_id: str) -> bool:
        """Whether a type of the schema is all that its container is made of."""
        return (
            external_id in self.types
            and not self.is_imported(external_id)
            and self.reference(external_id)["space"] == space
        )

    def _check_import(self, definition: TypeDefinition) -> None:
        said = directive_of(definition, "import")
        model = object_of(said, "dataModel")
        if model is None or said is None:
            return
        if directive_of(definition, "view") is not None:
            self._problem(said, "a type is imported from a data model, or placed with @view, but not both")
        known = self._imports.get(_model_key(model))
        if known is not None and definition.name.value not in known:
            self._problem(said, f"the data model {model.get('externalId')} has no view {definition.name.value}")

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
            if key in self._placed[name]:
                self._problem(each, f"field {name}.{key} is defined twice")
                continue
            self._check_field(name, each)
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
        said = _said(node)
        if inherited is None or not self._fits(kind, inherited.type) or said not in {frozenset(), inherited.directives}:
            return _Placed(kind, {**labels, **self._property(owner, node, kind)}, said)
        described = labels.get("description")
        if inherited.type.name == kind.name and described in {None, inherited.property.get("description")}:
            return _Placed(kind, {}, inherited.directives)
        narrowed = {**inherited.property, **labels}
        if "source" in narrowed and kind.name in self.types:
            narrowed["source"] = self.reference(kind.name)
        return _Placed(kind, narrowed, inherited.directives)

    def _fits(self, kind: FieldType, inherited: FieldType) -> bool:
        """Whether a field can be stored as the one that it repeats; a relation may lead to a narrower type."""
        if kind.is_list != inherited.is_list or (kind.name in self.types) != (inherited.name in self.types):
            return False
        return kind.name in self.types or self._stored_as(kind.name) == self._stored_as(inherited.name)

    def _stored_as(self, name: str) -> str:
        return _SCALARS.get(name, name)

    def _property(self, owner: str, node: FieldDefinitionNode, kind: FieldType) -> Json:
        """The property of a field that is not inherited, without labels."""
        if kind.name not in self.types:
            return self._stored(owner, node, kind, self._scalar(owner, node, kind))
        source = self.reference(kind.name)
        reverse = directive_of(node, "reverseDirectRelation")
        if reverse is not None:
            through = {"source": source, "identifier": text_of(reverse, "throughProperty")}
            many = "multi" if kind.is_list else "single"
            return {"connectionType": f"{many}_reverse_direct_relation", "source": source, "through": through}
        relation = directive_of(node, "relation")
        direct = directive_of(node, "directRelation")
        if relation is not None or (kind.is_list and direct is None):
            return self._edges(owner, node, kind, relation)
        target = object_of(direct, "container")
        required = {} if target is None else {"container": {"type": "container", **target}}
        return {**self._stored(owner, node, kind, {"type": "direct", **required}), "source": source}

    def _edges(
        self, owner: str, node: FieldDefinitionNode, kind: FieldType, relation: ConstDirectiveNode | None
    ) -> Json:
        usual = {"space": self.reference(owner)["space"], "externalId": f"{owner}.{node.name.value}"}
        edges: Json = {
            "connectionType": f"{'multi' if kind.is_list else 'single'}_edge_connection",
            "type": object_of(relation, "type") or usual,
            "source": self.reference(kind.name),
            "direction": (text_of(relation, "direction") or "outwards").lower(),
        }
        edge_source = text_of(relation, "edgeSource")
        if edge_source in self.types:
            edges["edgeSource"] = self.reference(edge_source)
        elif edge_source is not None:
            self._problem(node, f"field {owner}.{node.name.value}: its edgeSource {edge_source} is not defined")
        label = text_of(relation, "name")
        return edges if label is None else {**edges, "name": label}

    # --- containers ---

    def _stored(self, owner: str, node: FieldDefinitionNode, kind: FieldType, stored: Json) -> Json:
        """Put a field into its container, and show it."""
        mapping = directive_of(node, "mapping")
        space = text_of(mapping, "space") or self.reference(owner)["space"]
        external_id = text_of(mapping, "container") or owner
        name = text_of(mapping, "property") or node.name.value
        container = self._container(owner, space, external_id)
        limits = directive_of(node, "limits")
        stored = {**stored, "list": kind.is_list}
        for limit in ("maxListSize", "maxTextSize"):
            if argument_of(limits, limit) is not None:
                stored[limit] = argument_of(limits, limit)
        prop: Json = {"type": stored, "nullable": not kind.is_required, **labels_of(node, node.name.value)}
        default = argument_of(directive_of(node, "default"), "value")
        if default is not None:
            prop["defaultValue"] = self._default(node, stored, default)
        known = container["properties"].get(name)
        if known is not None and _shape(known) != _shape(prop):
            where = f"{space}:{external_id}.{name}"
            self._problem(node, f"field {owner}.{node.name.value} says of {where} what other fields do not")
        if known is None or external_id == owner:
            container["properties"][name] = prop
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
        for each in _parts(said, "constraints"):
            if isinstance(each.get("require"), dict):
                body = {"constraintType": "requires", "require": {"type": "container", **each["require"]}}
            else:
                body = {"constraintType": "uniqueness", "properties": self._indexed(definition, said, each)}
            constraints[str(each.get("identifier"))] = body
        indexes: Json = {}
        for each in _parts(said, "indexes"):
            kind = str(each.get("indexType") or "btree").lower()
            index: Json = {"indexType": kind, "properties": self._indexed(definition, said, each)}
            if each.get("cursorable") is not None:
                index["cursorable"] = each["cursorable"]
            indexes[str(each.get("identifier"))] = index
        container |= {"constraints": constraints, "indexes": indexes}

    def _indexed(self, definition: TypeDefinition, said: ConstDirectiveNode, part: Json) -> list[str]:
        """The properties of the container that a constraint or an index names by their fields."""
        placed = self._placed[definition.name.value]
        own = self.reference(definition.name.value)
        found: list[str] = []
        named = part.get("fields")
        for name in named if isinstance(named, list) else ():
            prop = placed[name].property if isinstance(name, str) and name in placed else {}
            container = prop.get("container")
            if container is None or (container["space"], container["externalId"]) != (own["space"], own["externalId"]):
                where = f"of type {definition.name.value}"
                self._problem(said, f"{part.get('identifier')} names {name}, which the container {where} does not have")
            else:
                found.append(prop["containerPropertyIdentifier"])
        return found

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

    def _default(self, node: FieldDefinitionNode, stored: Json, value: Any) -> Any:
        """A default as JSON; GraphQL has it as text, whatever its type."""
        kind = stored["type"]
        try:
            return read_default(kind, value, stored.get("values") or ())
        except ValueError:
            self._problem(node, f"the default {value!r} of field {node.name.value} is no {kind}")
            return value

    # --- problems ---

    def _is_new(self, node: TypeDefinitionNode) -> bool:
        name = node.name.value
        if name in self.types or name in self._enums:
            self._problem(node, f"{name} is defined twice")
            return False
        if name in _SCALARS:
            self._problem(node, f"{name} is a type of the language, and no name for another one")
        return True

    def _check_enum(self, enum: EnumTypeDefinitionNode) -> None:
        seen: set[str] = set()
        self._problems(check_directives(enum, {}))
        for value in enum.values or ():
            self._problems(check_directives(value, {"deprecated": OF_FIELDS["deprecated"]}))
            if value.name.value in seen:
                self._problem(value, f"the value {value.name.value} of {enum.name.value} stands twice")
            seen.add(value.name.value)

    def _check_field(self, owner: str, node: FieldDefinitionNode) -> None:
        """Whether a field's directives belong to it, to its type, and to each other."""
        self._problems(check_directives(node, OF_FIELDS))
        name = f"{owner}.{node.name.value}"
        kind = field_type(node.type)
        said = {each.name.value: each for each in node.directives or ()}
        if node.arguments:
            self._problem(node.arguments[0], f"field {name} has arguments, which are not part of data models")
        if kind.depth > 1:
            self._problem(node, f"field {name} is a list of lists, which is not part of data models")
        relations = [each for each in ("directRelation", "relation", "reverseDirectRelation") if each in said]
        if len(relations) > 1:
            self._problem(said[relations[1]], f"field {name} is either {' or '.join(f'@{each}' for each in relations)}")
        is_edge = kind.is_list and "directRelation" not in said
        for each in _ON_STORED if kind.name in self.types else relations:
            is_stored = not (is_edge or "relation" in said or "reverseDirectRelation" in said)
            if each in said and not (is_stored and each in {"mapping", "limits"}):
                self._problem(said[each], f"@{each} does not fit field {name}, whose type is {kind.name}")
        if kind.name not in {*_SCALARS, *self._enums, *self.types}:
            return
        stored = _SCALARS.get(kind.name)
        if "unit" in said and kind.name not in self.types and stored not in {"float32", "float64"}:
            self._problem(said["unit"], f"@unit does not fit field {name}: only Float, Float32 and Float64 have units")
        limits = said.get("limits")
        if argument_of(limits, "maxTextSize") is not None and stored != "text":
            self._problem(limits, f"maxTextSize does not fit field {name}, whose type is {kind.name}")
        if argument_of(limits, "maxListSize") is not None and not kind.is_list:
            self._problem(limits, f"maxListSize does not fit field {name}, which is no list")

    def _problems(self, found: Iterable[tuple[Node, str]]) -> None:
        for node, message in found:
            self._problem(node, message)

    def _problem(self, node: Node | None, message: str) -> None:
        self.problems.append(Problem(f"{self._place}: {place_of(node)}", WRONG_SHAPE, message))


def _shape(prop: Json) -> tuple[Any, Any, Any]:
    """What two fields of one property have to agree about."""
    return prop["type"]["type"], prop["type"]["list"], prop["type"].get("values")


def _parts(directive: ConstDirectiveNode, name: str) -> list[Json]:
    """The constraints or indexes of a container that can be read; what is wrong with the others is told already."""
    found = argument_of(directive, name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
