"""
A data model for people: what its views and properties are, in the words of the Data Modeling Service.

What is said here is neither laid out nor escaped; that is the business of whoever shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, assert_never, cast

from pygen.client.models.ids import ContainerId, ViewId
from pygen.errors import ConfigError, Problem
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
)
from pygen.ir.types import (
    BooleanType,
    DateType,
    EnumType,
    FloatType,
    IntegerType,
    IRType,
    JsonType,
    ReferenceType,
    TextType,
    TimestampType,
)
from pygen.project.config import ProjectConfig
from pygen.project.snapshot import matches

__all__ = [
    "ModelView",
    "PropertyWords",
    "ShownModel",
    "ViewWords",
    "plain_value",
    "read_models",
    "said_about",
    "traits_of",
    "type_words",
]


class ShownModel(NamedTuple):
    """
    The data model of one SDK.

    Attributes:
        sdk: Name of the SDK.
        model: What the SDK shows of it.
        problems: What is wrong with it.
    """

    sdk: str
    model: IRModel
    problems: tuple[Problem, ...]


def read_models(config: ProjectConfig, names: Collection[str] | None = None) -> tuple[ShownModel, ...]:
    """
    Read the data models of a project, as far as its SDKs show them.

    Raises:
        ConfigError: A model cannot be read.
        ModelError: A model has errors.
        MissingExtraError: A package is missing that reads such a file.
    """
    from pygen.project.rendering import read_model
    from pygen.project.snapshot import read_snapshot

    found = []
    for sdk in config.select(names):
        model, problems = read_model(sdk, read_snapshot(config.model_path(sdk), sdk))
        found.append(ShownModel(sdk.name, model, problems))
    return tuple(found)


class PropertyWords(NamedTuple):
    """
    A property, in words.

    Attributes:
        id: Its identifier.
        words: What it holds, or where it leads.
        is_relation: Whether it leads to other nodes.
        notes: What else there is to know.
        origin: The view that it is inherited from, unchanged; empty for a property of the view's own.
        text: What the model says about it.
    """

    id: str
    words: str
    is_relation: bool
    notes: tuple[str, ...]
    origin: str
    text: str


class ViewWords(NamedTuple):
    """
    A view, in words.

    Attributes:
        id: `space:ExternalId(version)`.
        parents: The views it implements, in its order.
        traits: What is unusual about it.
        text: What the model says about it.
        properties: All it has, inherited ones included.
    """

    id: str
    parents: tuple[str, ...]
    traits: tuple[str, ...]
    text: str
    properties: tuple[PropertyWords, ...]


class ModelView:
    """
    Some views of a data model, in words.

    Args:
        model: The model.
        patterns: Which views: `ExternalId`, `space:ExternalId` or `space:ExternalId(version)`, with `*`, `?` and
            `[...]`; none means all of them.

    Raises:
        ConfigError: A pattern matches no view.
    """

    def __init__(self, model: IRModel, patterns: Sequence[str] = ()) -> None:
        self.model = model
        self._classes: Mapping[ViewId, IRClass] = {cls.id: cls for cls in model.classes}
        self.classes = tuple(_narrowed(model, patterns)) if patterns else model.classes

    # -- views --------------------------------------------------------------------------------------------------------

    def name_of(self, view: ViewId) -> str:
        """A view as others refer to it: its external id, where the model has no other view of that external id."""
        return view.external_id if self._uses.get(view.external_id) == view else str(view)

    @cached_property
    def _uses(self) -> dict[str, ViewId | None]:
        found: dict[str, ViewId | None] = {}
        for view in self._classes:
            found[view.external_id] = None if view.external_id in found else view
        return found

    def parents_of(self, cls: IRClass) -> tuple[str, ...]:
        """The views that a view implements, in its order."""
        return tuple(self.name_of(parent) for parent in cls.implements)

    def views(self, *, values: int | None = None) -> Iterator[ViewWords]:
        """
        The views, in the order of the model.

        Args:
            values: How many values of an enum are named; None names all.
        """
        for cls in self.classes:
            yield ViewWords(
                id=str(cls.id),
                parents=self.parents_of(cls),
                traits=traits_of(cls),
                text=said_about(cls.id.external_id, cls.name, cls.description),
                properties=tuple(self._property(cls, member, values) for member in cls.members),
            )

    def _property(self, cls: IRClass, member: IRMember, values: int | None) -> PropertyWords:
        origin = self.origin(cls, member)
        return PropertyWords(
            id=member.id,
            words=self.words_of(member),
            is_relation=isinstance(member, IRRelationship),
            notes=self.notes_on(member, values=values),
            origin=self.name_of(origin) if origin != cls.id else "",
            text=said_about(member.id, member.name, member.description),
        )

    @property
    def text(self) -> str:
        """What the model says about itself."""
        return said_about(self.model.id.external_id, self.model.name, self.model.description)

    # -- properties ---------------------------------------------------------------------------------------------------

    def origin(self, cls: IRClass, member: IRMember) -> ViewId:
        """The view that a property comes from, unchanged: an ancestor in the model, or the view itself."""
        for parent in cls.parents:
            ancestor = self._classes.get(parent)
            inherited = self._members(parent).get(member.id)
            if ancestor is not None and inherited == member:
                return self.origin(ancestor, inherited)
        return cls.id

    def _members(self, view: ViewId) -> Mapping[str, IRMember]:
        known = self._member_tables.get(view)
        if known is None:
            cls = self._classes.get(view)
            known = self._member_tables[view] = {member.id: member for member in cls.members} if cls else {}
        return known

    @cached_property
    def _member_tables(self) -> dict[ViewId, Mapping[str, IRMember]]:
        return {}

    def words_of(self, member: IRMember) -> str:
        """What a property holds, or where it leads."""
        if isinstance(member, IRProperty):
            unit = member.type.unit if isinstance(member.type, FloatType) else None
            return f"{type_words(member)} [{unit.external_id}]" if unit is not None else type_words(member)
        return f"{_arrow(member)} {self.target_of(member)}{'[]' if member.is_list else ''}"

    def target_of(self, relation: IRRelationship) -> str:
        """What a relation leads to."""
        target = relation.target or relation.declared_target
        return "node" if target is None else self.name_of(target)

    def notes_on(self, member: IRMember, *, values: int | None = None) -> tuple[str, ...]:
        """
        What else there is to know of a property, without its texts.

        Args:
            member: The property.
            values: How many values of an enum are named; None names all.
        """
        notes = _value_notes(member, values) if isinstance(member, IRProperty) else self._relation_notes(member)
        return tuple(notes)

    def _relation_notes(self, relation: IRRelationship) -> Iterable[str]:
        connection = relation.connection
        match connection:
            case DirectRelation():
                yield from _stored_notes(connection)
                if connection.required_container is not None:
                    yield f"to nodes with data in {connection.required_container}"
            case ReverseDirectRelation():
                yield f"through {self._through(connection)}"
            case EdgeConnection():
                yield f"edges of type {connection.type}"
                if connection.edge_view is not None:
                    yield f"with {self.name_of(connection.edge_view)}"
            case _:
                assert_never(connection)
        if relation.target is None and relation.declared_target is not None:
            yield "not in the data model"

    def _through(self, connection: ReverseDirectRelation) -> str:
        through = connection.through
        name = self.name_of(through) if isinstance(through, ViewId) else f"container {through}"
        return f"{name}.{connection.through_property}"

    # -- for programs -------------------------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "dataModel": str(self.model.id),
            "space": self.model.id.space,
            "externalId": self.model.id.external_id,
            "version": self.model.id.version,
            "name": self.model.name,
            "description": self.model.description,
            "views": [self._class_document(cls) for cls in self.classes],
        }

    def _class_document(self, cls: IRClass) -> dict[str, Any]:
        return {
            "view": str(cls.id),
            "space": cls.id.space,
            "externalId": cls.id.external_id,
            "version": cls.id.version,
            "name": cls.name,
            "description": cls.description,
            "usedFor": cls.used_for,
            "writable": cls.writable,
            "implements": [str(parent) for parent in cls.implements],
            "properties": [self.member_document(cls, member) for member in cls.members],
        }

    def member_document(self, cls: IRClass, member: IRMember) -> dict[str, Any]:
        """One property, for programs."""
        origin = self.origin(cls, member)
        return {
            "property": member.id,
            "name": member.name,
            "description": member.description,
            "inheritedFrom": None if origin == cls.id else str(origin),
            "isList": member.is_list,
            **(_value_document(member) if isinstance(member, IRProperty) else _relation_document(member)),
        }


def _narrowed(model: IRModel, patterns: Sequence[str]) -> Iterable[IRClass]:
    known = [str(cls.id) for cls in model.classes]
    for pattern in patterns:
        if not any(matches(view, (pattern,)) for view in known):
            raise ConfigError(f"no view of {model.id} matches", key=pattern, hint=_nearest(pattern, model))
    return (cls for cls in model.classes if matches(str(cls.id), patterns))


def _nearest(pattern: str, model: IRModel) -> str:
    from difflib import get_close_matches

    folded = {cls.id.external_id.casefold(): cls.id.external_id for cls in model.classes}
    close = get_close_matches(pattern.casefold(), folded, n=1)
    return f"did you mean {folded[close[0]]}?" if close else "patterns are matched against the external ids of views"


def traits_of(view: IRClass) -> tuple[str, ...]:
    """What is unusual about a view as such."""
    used: tuple[str, ...] = {"node": (), "edge": ("for edges",), "all": ("for nodes and edges",)}[view.used_for]
    return used if view.writable else (*used, "read only")


def said_about(identifier: str, name: str | None, description: str | None) -> str:
    """What a model says about something, in one line: display name and description, where they say more than the id."""
    said = [text for text in (name, description) if text and _letters(text) != _letters(identifier)]
    if len(said) == 2 and said[0].casefold() in said[1].casefold():
        del said[0]
    return ": ".join(" ".join(text.split()) for text in said)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def type_words(prop: IRProperty) -> str:
    """The type of a property as the service calls it; `[]` marks a list."""
    return f"{_type_word(prop.type)}{'[]' if prop.is_list else ''}"


def _type_word(kind: IRType) -> str:
    match kind:
        case IntegerType():
            return f"int{kind.bits}"
        case FloatType():
            return f"float{kind.bits}"
        case ReferenceType():
            return kind.resource
        case TextType() | BooleanType() | TimestampType() | DateType() | JsonType() | EnumType():
            return _PLAIN_TYPES[type(kind)]
        case _:
            assert_never(kind)


_PLAIN_TYPES: Mapping[type[IRType], str] = {
    TextType: "text",
    BooleanType: "boolean",
    TimestampType: "timestamp",
    DateType: "date",
    JsonType: "json",
    EnumType: "enum",
}


def _arrow(relation: IRRelationship) -> str:
    connection = relation.connection
    match connection:
        case DirectRelation():
            return "->"
        case ReverseDirectRelation():
            return "<-"
        case EdgeConnection():
            return "=>" if connection.direction == "outwards" else "<="
        case _:
            assert_never(connection)


def _value_notes(prop: IRProperty, values: int | None) -> Iterable[str]:
    if not (prop.nullable or prop.default is not None or prop.auto_increment):
        yield "required"
    if prop.default is not None:
        yield f"default {_json(prop.default)}"
    if prop.auto_increment:
        yield "numbered by the service"
    if prop.immutable:
        yield "immutable"
    if prop.read_only:
        yield "read only"
    if prop.max_list_size is not None:
        yield f"{prop.max_list_size} at most"
    if isinstance(prop.type, TextType) and prop.type.max_text_size is not None:
        yield f"{prop.type.max_text_size} bytes at most"
    if isinstance(prop.type, EnumType):
        yield _enum_words([value.external_id for value in prop.type.enum.values], values)


def _stored_notes(connection: DirectRelation) -> Iterable[str]:
    if not connection.nullable:
        yield "required"
    if connection.immutable:
        yield "immutable"
    if connection.read_only:
        yield "read only"
    if connection.max_list_size is not None:
        yield f"{connection.max_list_size} at most"


def _enum_words(values: Sequence[str], limit: int | None) -> str:
    shown = values if limit is None or len(values) <= limit else values[:limit]
    more = f" and {len(values) - len(shown)} more" if len(shown) < len(values) else ""
    return f"one of {', '.join(shown)}{more}"


def plain_value(value: JsonValue) -> Any:
    """A frozen default value as JSON has it: pairs of a name and a value are an object."""
    if not isinstance(value, tuple):
        return value
    if value and all(isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) for item in value):
        return {name: plain_value(item) for name, item in cast("tuple[tuple[str, JsonValue], ...]", value)}
    return [plain_value(item) for item in value]


def _json(value: JsonValue) -> str:
    import json

    return json.dumps(plain_value(value), ensure_ascii=False)


def _value_document(prop: IRProperty) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": _type_word(prop.type),
        "nullable": prop.nullable,
        "immutable": prop.immutable,
        "autoIncrement": prop.auto_increment,
        "readOnly": prop.read_only,
        "default": plain_value(prop.default),
        "maxListSize": prop.max_list_size,
        "container": _text(prop.container),
        "containerProperty": prop.container_property,
    }
    if isinstance(prop.type, FloatType):
        document["unit"] = prop.type.unit.external_id if prop.type.unit is not None else None
    if isinstance(prop.type, TextType):
        document["maxTextSize"] = prop.type.max_text_size
    if isinstance(prop.type, EnumType):
        document["values"] = [value.external_id for value in prop.type.enum.values]
    return document


def _relation_document(relation: IRRelationship) -> dict[str, Any]:
    connection = relation.connection
    document: dict[str, Any] = {"target": _text(relation.target or relation.declared_target)}
    match connection:
        case DirectRelation():
            document |= {
                "type": "direct",
                "nullable": connection.nullable,
                "immutable": connection.immutable,
                "readOnly": connection.read_only,
                "maxListSize": connection.max_list_size,
                "container": _text(connection.container),
                "containerProperty": connection.container_property,
            }
        case ReverseDirectRelation():
            document |= {
                "type": "reverse",
                "through": {
                    "source": str(connection.through),
                    "isView": isinstance(connection.through, ViewId),
                    "property": connection.through_property,
                },
            }
        case EdgeConnection():
            document |= {
                "type": "edges",
                "edgeType": str(connection.type),
                "direction": connection.direction,
                "edgeView": _text(connection.edge_view),
            }
        case _:
            assert_never(connection)
    return document


def _text(reference: ViewId | ContainerId | None) -> str | None:
    return None if reference is None else str(reference)
