"""A `ViewSlice` said in Python: from what is known about one view to the context of its file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from pygen.client.models.ids import ContainerId, NodeId, ViewId
from pygen.generation.casing import pascal_case
from pygen.generation.escaping import Code, py_str
from pygen.generation.python.contexts import ReadField, ViewFile, WriteClass
from pygen.generation.python.filter_rule import FilterRule
from pygen.generation.python.layout import Expression, Group, assignment, declaration, from_import, natural, statement
from pygen.generation.python.members import FilterOp, filter_ops, is_optional_on_read, is_required_on_write
from pygen.generation.python.planning import ViewSlice
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRClass,
    IRMember,
    IRProperty,
    IRRelationship,
    ReverseDirectRelation,
)
from pygen.ir.types import (
    BooleanType,
    DateType,
    EnumType,
    FloatType,
    IntegerType,
    IREnum,
    IRType,
    JsonType,
    ReferenceType,
    TextType,
    TimestampType,
)

__all__ = ["build_view_file"]

_INLINE_LITERAL = 48
"""Columns up to which the values of an enum are written where they are used, rather than given a name."""
_SHORT_TEXT = 240
_SHORT_DEFAULT = 60


def build_view_file(known: ViewSlice) -> ViewFile:
    """Build the context of a view's file; *known* is all there is to build it from."""
    return _ViewFileBuilder(known).build()


class _ViewFileBuilder:
    def __init__(self, known: ViewSlice) -> None:
        self._known = known
        self._names = known.names
        self._imports = _Imports(known)
        self._aliases: dict[str, Code] = {}
        self._alias_names: dict[tuple[str, bool], str] = {}

    def build(self) -> ViewFile:
        known, own, use = self._known, self._known.class_names, self._imports.use
        read_header, fields = self._read_class()
        write = self._write_class() if known.view.writable else None
        filters_header, filter_fields = self._filters()
        where = f"where: {use('Where')}[{own.read}] | None = None"
        keywords = f"**filters: {use('Unpack')}[{own.filters}]"
        listing, searching = ["self", where, "/", keywords], ["self", "text: str", where, "/", keywords]
        methods = [
            _method(name, parameters, f"{use(f'{prefix}{result}')}[{own.read}]")
            for prefix in ("", "Async")
            for name, parameters, result in (("list", listing, "Query"), ("search", searching, "Search"))
        ]
        view_api, async_view_api = use("ViewAPI"), use("AsyncViewAPI")
        view_info, info = use("ViewInfo"), self._info()
        imports = self._imports
        instances = {"node": "nodes", "edge": "edges", "all": "instances"}[known.view.used_for]
        aliases = tuple(self._aliases.values())
        return ViewFile(
            model=str(known.model),
            view=str(known.view.id),
            module_imports=imports.modules(),
            type_checking=Code(imports.use("TYPE_CHECKING")) if imports.type_only() else Code(""),
            base_imports=imports.bases(),
            type_imports=imports.type_only(),
            typing_import=imports.typing(),
            api_import=imports.runtime(of_api=True),
            runtime_import=imports.runtime(of_api=False),
            aliases=aliases,
            name=own.read,
            header=read_header,
            text=_view_text(known.view),
            view_info=Code(view_info),
            info=info,
            fields=fields,
            write=write,
            filters_header=filters_header,
            filter_fields=filter_fields,
            api_header=_class(own.api, [Group(view_api, (own.read,), "[]")]),
            async_api_header=_class(own.async_api, [Group(async_view_api, (own.read,), "[]")]),
            list=methods[0],
            search=methods[1],
            async_list=methods[2],
            async_search=methods[3],
            instances=Code(instances),
        )

    # The class that is read

    def _read_class(self) -> tuple[Code, tuple[ReadField, ...]]:
        known = self._known
        bases: list[str] = [base.class_names.read for base in known.bases]
        if known.is_edge and not any(base.view.used_for == "edge" for base in known.bases):
            bases.append(self._imports.use("PygenEdge"))
        elif not bases:
            bases.append(self._imports.use("PygenResource"))
        fields = tuple(self._read_field(member) for member in known.view.members if not self._is_inherited(member))
        return _class(known.class_names.read, bases), fields

    def _is_inherited(self, member: IRMember) -> bool:
        inherited = [found for base in self._known.bases if (found := base.find(member.id)) is not None]
        return bool(inherited) and all(found == member for found in inherited)

    def _read_field(self, member: IRMember) -> ReadField:
        name = self._names.fields[member.id]
        optional = is_optional_on_read(member)
        if isinstance(member, IRProperty):
            is_choice = isinstance(member.type, EnumType) and not member.is_list
            annotation = self._value_type(member, values="filter" if is_choice else "read")
            field = self._read_prop(name, annotation, member, optional=optional, is_choice=is_choice)
            return ReadField(field, None, _member_text(member))
        connection = member.connection
        if isinstance(connection, DirectRelation):
            node_id = self._imports.use("NodeId")
            id_name = self._names.ids[member.id]
            annotation = f"{self._imports.builtin('list')}[{node_id}]" if member.is_list else node_id
            field = self._read_prop(id_name, annotation, member, optional=optional)
            relation = None
            if member.target is not None:
                target = Group(self._imports.use("Direct"), (py_str(id_name),))
                relation = self._relation(name, member, target)
            return ReadField(field, relation, _member_text(member))
        return ReadField(None, self._relation(name, member, self._connection(connection)), _member_text(member))

    def _relation(self, name: str, member: IRRelationship, how: Group) -> Code:
        subscript = [self._target_class(member.target)]
        edge_view = self._edge_class(member)
        if edge_view is None:
            kind = "ToMany" if member.is_list else "ToOne"
        else:
            kind = "ToManyLinks" if member.is_list else "ToOneLink"
            subscript.append(edge_view)
        quoted = tuple(f'"{item}"' for item in subscript)
        return assignment(name, Group(self._imports.use(kind), (how,), subscript=quoted))

    def _connection(self, connection: EdgeConnection | ReverseDirectRelation) -> Group:
        if isinstance(connection, EdgeConnection):
            items: list[str | Group] = [Group("", (py_str(connection.type.space), py_str(connection.type.external_id)))]
            if connection.direction == "inwards":
                items.append('direction="inwards"')
            return Group(self._imports.use("Edges"), tuple(items))
        items = [self._reference(connection.through), py_str(connection.through_property)]
        if connection.targets_list:
            items.append("targets_list=True")
        return Group(self._imports.use("Reverse"), tuple(items))

    def _target_class(self, view: ViewId | None) -> str:
        if view is None or view not in self._known.targets:
            return self._imports.use("Node")
        names = self._known.targets[view]
        self._imports.type_from(names.module, names.read)
        return names.read

    def _edge_class(self, member: IRRelationship) -> str | None:
        view = member.connection.edge_view if isinstance(member.connection, EdgeConnection) else None
        if view is None or view not in self._known.targets:
            return None
        names = self._known.targets[view]
        self._imports.type_from(names.module, names.read)
        return names.read

    # The class that is written

    def _write_class(self) -> WriteClass:
        known, own = self._known, self._known.class_names
        bases: list[str] = [base.class_names.write for base in known.write_bases]
        if known.is_edge and not any(base.view.used_for == "edge" for base in known.write_bases):
            # First, since it makes the external id optional, which type checkers take from the first base that has it.
            bases.insert(0, self._imports.use("PygenEdgeWrite"))
        elif not bases:
            bases.append(self._imports.use("PygenWrite"))
        fields: list[Code] = []
        for member in known.view.members:
            if not any(base.find(member.id) is not None for base in known.write_bases):
                field = self._write_field(member)
                if field is not None:
                    fields.append(field)
        return WriteClass(
            name=own.write,
            header=_class(own.write, bases),
            fields=tuple(fields),
            as_write=_method("as_write", ["self"], own.write),
            as_write_result=statement("return ", Group("self._as_write", (own.write,)), indent=8),
        )

    def _write_field(self, member: IRMember) -> Code | None:
        name = self._names.fields[member.id]
        optional = not is_required_on_write(member)
        if isinstance(member, IRProperty):
            if member.read_only:
                return None
            return self._prop(name, self._value_type(member, values="write"), member, optional=optional)
        connection = member.connection
        if isinstance(connection, ReverseDirectRelation):
            return None
        annotation = self._input_type(member)
        if member.is_list:
            annotation = f"{self._imports.builtin('list')}[{annotation}]"
        if isinstance(connection, DirectRelation):
            return None if connection.read_only else self._prop(name, annotation, member, optional=optional)
        how = Group(self._imports.use("EdgeProp"), (py_str(member.id), self._connection(connection), "default=None"))
        return declaration(name, f"{annotation} | None", how)

    def _input_type(self, member: IRRelationship) -> str:
        # Where the target has no write class, a node that is written along can be any: also one of a child view.
        target = self._write_class_of(member.target) or self._imports.use("PygenWrite")
        edge_view = member.connection.edge_view if isinstance(member.connection, EdgeConnection) else None
        edge = self._write_class_of(edge_view)
        if edge is not None:
            return f'{self._imports.use("LinkInput")}["{target}", "{edge}"]'
        return f'{self._imports.use("NodeInput")}["{target}"]'

    def _write_class_of(self, view: ViewId | None) -> str | None:
        target = self._known.targets.get(view) if view is not None else None
        if target is None or not target.has_write:
            return None
        self._imports.type_from(target.module, target.write)
        return target.write

    # The filters

    def _filters(self) -> tuple[Code, tuple[Code, ...]]:
        known, base = self._known, self._known.filter_base
        if base is not None:
            parent: str = base.class_names.filters
            self._imports.base_from(base.class_names.module, parent)
        else:
            parent = self._imports.use("EdgeFilters" if known.is_edge else "InstanceFilters")
        fields = [
            declaration(self._names.filters[member.id, op], self._filter_type(member, op))
            for member in known.view.members
            if base is None or base.find(member.id) is None
            for op in filter_ops(member)
        ]
        return _class(known.class_names.filters, [parent, "total=False"]), tuple(fields)

    def _filter_type(self, member: IRMember, op: FilterOp) -> str:
        if isinstance(member, IRRelationship):
            return f"{self._imports.use('OneOrMany')}[{self._imports.use('NodeRef')}]"
        annotation = self._scalar_type(member, values="filter")
        return f"{self._imports.use('OneOrMany')}[{annotation}]" if op == "is" else annotation

    # Pieces

    def _info(self) -> tuple[Code, ...]:
        view = self._known.view
        items: list[str | Group] = [self._keyword("view", self._reference(view.id))]
        if view.used_for != "node":
            items.append(f'used_for="{view.used_for}"')
        if view.node_type is not None:
            items.append(self._keyword("node_type", self._reference(view.node_type)))
        if view.implements:
            items.append(Group("parents=", tuple(self._reference(parent) for parent in view.implements)))
        containers = _containers(view)
        if len(containers) > 1 and view.writable:
            items.append(Group("containers=", tuple(self._reference(container) for container in containers)))
        if view.filter is not None:
            items.append(f"filter={py_str(view.filter)}")
        rule = FilterRule(view, self._names)
        unusual = [
            Group(f"{py_str(name)}: ", (py_str(member), f'"{op}"'))
            for (member, op), name in sorted(self._names.filters.items(), key=lambda item: item[1])
            if rule.read(name) != (member, op)
        ]
        if unusual:
            items.append(Group("filters=", tuple(unusual), "{}"))
        return tuple(statement("", item, ",", indent=8) for item in items)

    @staticmethod
    def _keyword(name: str, value: Group) -> Group:
        return Group(f"{name}={value.head}", value.items)

    def _reference(self, reference: ViewId | ContainerId | NodeId) -> Group:
        items = [py_str(reference.space), py_str(reference.external_id)]
        if isinstance(reference, ViewId):
            items.append(py_str(reference.version))
        return Group(self._imports.use(type(reference).__name__), tuple(items))

    def _read_prop(
        self, name: str, annotation: str, member: IRMember, *, optional: bool, is_choice: bool = False
    ) -> Code:
        form = ("Maybe" if optional else "") + ("Choice" if is_choice else "") or "Value"
        items: list[str] = [py_str(member.id)]
        if optional:
            items.append("default=None")
        if isinstance(member, IRProperty):
            if isinstance(member.type, FloatType) and member.type.unit is not None:
                items.append(f"unit={py_str(member.type.unit.external_id)}")
            if isinstance(member.type, FloatType | IntegerType) and member.type.bits == 32:
                number = "float" if isinstance(member.type, FloatType) else "int"
                items.append(f"kind={py_str(f'{number}32')}")
        how = Group(self._imports.use("Prop"), tuple(items))
        return declaration(name, f"{self._imports.use(form)}[{annotation}]", how)

    def _prop(self, name: str, annotation: str, member: IRMember, *, optional: bool) -> Code:
        items: list[str] = [py_str(member.id)]
        if optional:
            annotation += " | None"
            items.append("default=None")
        return declaration(name, annotation, Group(self._imports.use("Prop"), tuple(items)))

    def _value_type(self, member: IRProperty, *, values: str) -> str:
        scalar = self._scalar_type(member, values=values)
        return f"{self._imports.builtin('list')}[{scalar}]" if member.is_list else scalar

    def _scalar_type(self, member: IRProperty, *, values: str) -> str:
        kind: IRType = member.type
        builtin = self._imports.builtin
        match kind:
            case TextType() | ReferenceType():
                scalar = builtin("str")
            case BooleanType():
                scalar = builtin("bool")
            case IntegerType():
                scalar = builtin("int")
            case FloatType():
                scalar = builtin("float")
            case TimestampType():
                scalar = self._imports.datetime("datetime")
            case DateType():
                scalar = self._imports.datetime("date")
            case JsonType():
                scalar = f"{builtin('dict')}[{builtin('str')}, {self._imports.use('Any')}]"
            case EnumType(enum):
                literal = self._literal(member.id, enum, writable=values == "write")
                scalar = f"{literal} | {builtin('str')}" if values == "read" else literal
            case _:
                assert_never(kind)
        return scalar

    def _literal(self, member: str, enum: IREnum, *, writable: bool) -> str:
        values = [value.external_id for value in enum.values]
        narrower = [value for value in values if value != enum.unknown_value]
        if writable and narrower:
            values = narrower
        group = Group(self._imports.use("Literal"), tuple(py_str(value) for value in values), "[]")
        flat = group.flat()
        if len(flat) <= _INLINE_LITERAL:
            return flat
        key = (member, len(values) < len(enum.values))
        if key not in self._alias_names:
            alias = self._alias_name(member, "Inputs" if key[1] else "Values")
            self._alias_names[key] = alias
            self._aliases[alias] = statement(f"{alias}: {self._imports.use('TypeAlias')} = ", group)
        return self._alias_names[key]

    def _alias_name(self, member: str, ending: str) -> str:
        field = self._names.fields[member]
        alias = f"_{pascal_case(field, prefix='Enum')}{ending}"
        return alias if alias not in self._aliases else f"_{field}_{ending.lower()}"


class _Imports:
    """The imports of one file; names of ours that a class of the user has are imported with an underscore."""

    def __init__(self, known: ViewSlice) -> None:
        own = known.class_names
        users = [own, *(base.class_names for base in known.bases), *known.targets.values()]
        self._users = {
            name for names in users for name in (names.read, names.write, names.filters, names.api, names.async_api)
        }
        self._own = own.module
        # A class body hides builtins of the names it declares, and nothing in it can be `str` and a type at once.
        self._hidden = set(known.names.fields.values()) | set(known.names.filters.values())
        self._used: dict[str, str] = {}
        self._modules: set[str] = set()
        self._bases: dict[str, set[str]] = {}
        self._types: dict[str, set[str]] = {}
        for base in known.bases:
            self.base_from(base.class_names.module, base.class_names.read)
        for base in known.write_bases:
            self.base_from(base.class_names.module, base.class_names.write)

    def use(self, name: str) -> str:
        """What *name*, from `typing` or from the runtime, is called in this file."""
        known = self._used.get(name)
        if known is None:
            known = self._used[name] = f"_{name}" if name in self._users else name
        return known

    def builtin(self, name: str) -> str:
        """What a builtin is called in this file."""
        if name not in self._hidden:
            return name
        self._modules.add("import builtins as _builtins")
        return f"_builtins.{name}"

    def datetime(self, name: str) -> str:
        """What a class of `datetime` is called in this file."""
        self._modules.add("import datetime as _dt")
        return f"_dt.{name}"

    def base_from(self, module: str, name: str) -> None:
        """Import *name* for inheritance."""
        self._bases.setdefault(module, set()).add(name)

    def type_from(self, module: str, name: str) -> None:
        """Import *name* for type checkers, unless it is in this file."""
        if module != self._own:
            self._types.setdefault(module, set()).add(name)

    def modules(self) -> tuple[Code, ...]:
        return tuple(Code(line) for line in sorted(self._modules))

    def typing(self) -> Code:
        return from_import("typing", self._spelled(_TYPING.intersection(self._used)))

    def runtime(self, *, of_api: bool) -> Code:
        """What is imported from the runtime: for the APIs, which is the same everywhere, or for the fields."""
        names = self._used.keys() - _TYPING
        names = names & _OF_API if of_api else names - _OF_API
        return from_import("pygen.runtime", self._spelled(names)) if names else Code("")

    def bases(self) -> tuple[Code, ...]:
        return tuple(from_import(f".{module}", names) for module, names in self._in_order(self._bases))

    def type_only(self) -> tuple[Code, ...]:
        return tuple(
            from_import(f".{module}", names - self._bases.get(module, set()), indent=4)
            for module, names in self._in_order(self._types)
            if not names <= self._bases.get(module, set())
        )

    @staticmethod
    def _in_order(imports: dict[str, set[str]]) -> list[tuple[str, set[str]]]:
        return sorted(imports.items(), key=lambda item: natural(item[0]))

    def _spelled(self, names: Iterable[str]) -> list[str]:
        return [name if self._used[name] == name else f"{name} as {self._used[name]}" for name in names]


_OF_API = frozenset(
    ["AsyncQuery", "AsyncSearch", "AsyncViewAPI", "Query", "Search", "ViewAPI", "ViewId", "ViewInfo", "Where"]
)
_TYPING = frozenset({"Any", "Literal", "TYPE_CHECKING", "TypeAlias", "Unpack"})


def _containers(view: IRClass) -> list[ContainerId]:
    """Where the view's values are stored."""
    found: set[ContainerId] = set()
    for member in view.members:
        stored = member.connection if isinstance(member, IRRelationship) else member
        if isinstance(stored, IRProperty | DirectRelation) and stored.container is not None:
            found.add(stored.container)
    return sorted(found)


def _class(name: str, bases: Sequence[Expression]) -> Code:
    return statement("", Group(f"class {name}", tuple(bases)), ":")


def _method(name: str, parameters: list[str], result: str) -> Code:
    return statement("", Group(f"def {name}", tuple(parameters)), f" -> {result}:", indent=4)


def _view_text(view: IRClass) -> str:
    name, description = _text(view.name), _text(view.description)
    if name is not None and _says_no_more(name, view.id.external_id):
        name = None
    if description is None:
        return name or f"Instances of the view {view.id}."
    if name is None or name.casefold() in description.casefold():
        return description
    return f"{name}: {description}"


def _member_text(member: IRMember) -> str | None:
    parts: list[str] = []
    name, text = _text(member.name), _text(member.description)
    if text is None and name is not None and not _says_no_more(name, member.id):
        text = name
    if text is not None:
        parts.append(text if text[-1] in ".!?:;" else f"{text}.")
    if isinstance(member, IRProperty):
        if isinstance(member.type, EnumType):
            values = _enum_text(member.type.enum)
            if values is not None:
                parts.append(values)
        if isinstance(member.default, (bool, int, float, str)):
            shown = f'"{member.default}"' if isinstance(member.default, str) else str(member.default)
            if len(shown) <= _SHORT_DEFAULT:
                parts.append(f"Default: {shown}.")
    return " ".join(parts) or None


def _enum_text(enum: IREnum) -> str | None:
    said = [
        f"{value.external_id} ({text})"
        for value in enum.values
        if (text := _text(value.description) or _text(value.name)) is not None
        and _letters(text)
        and not _says_no_more(text, value.external_id)
    ]
    text = f"Values: {', '.join(said)}."
    return text if said and len(text) <= _SHORT_TEXT else None


def _text(value: str | None) -> str | None:
    text = value.strip() if value is not None else ""
    return text or None


def _says_no_more(name: str, identifier: str) -> bool:
    """Whether a display name is but its identifier, written with blanks."""
    return _letters(name) == _letters(identifier)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
