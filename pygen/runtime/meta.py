"""The metaclass of generated classes: properties, aliases, columns."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, dataclass_transform

from pydantic import AliasGenerator, AliasPath, BaseModel, Field

from pygen.client.models.ids import NodeId
from pygen.runtime._values import mentions
from pygen.runtime.columns import Column
from pygen.runtime.declared import EdgeProp, Prop, PropSpec, ViewInfo
from pygen.runtime.lazy import Relation

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

__all__ = ["EDGE_METADATA", "METADATA", "PygenMeta", "columns_of"]

METADATA = {
    "space": "space",
    "external_id": "externalId",
    "version": "version",
    "created_time": "createdTime",
    "last_updated_time": "lastUpdatedTime",
    "node_type": "type",
}
EDGE_METADATA = {
    **METADATA,
    "node_type": "nodeType",  # an edge has a type, but not a node's
    "edge_type": "type",
    "start_node": "startNode",
    "end_node": "endNode",
}

_making = threading.local()


@dataclass_transform(kw_only_default=True, field_specifiers=(Prop, EdgeProp, Field))
class PygenMeta(ModelMetaclass):
    """
    Makes pydantic models of generated classes.

    Collects the properties a class declares, makes the aliases of a resource class, and lets inherited fields follow
    Python's method resolution order (pydantic takes the first base that has the name, even where it only inherited it).
    """

    __pygen_props__: dict[str, PropSpec]
    __pygen_relations__: dict[str, Relation]

    if not TYPE_CHECKING:  # type checkers know columns by the annotations of fields

        def __getattr__(cls, name: str) -> Any:
            # pydantic asks classes for their fields' defaults while it makes a class; a column is none.
            if not getattr(_making, "depth", 0) and not name.startswith("__"):
                column = columns_of(cls).get(name)
                if column is not None:
                    return column
            return super().__getattr__(name)

        def __dir__(cls) -> list[str]:
            return [*super().__dir__(), *columns_of(cls)]

    def __new__(mcs, name: str, bases: tuple[type[Any], ...], namespace: dict[str, Any], **kwargs: Any) -> PygenMeta:  # noqa: D102 -- the class says it
        own = {field: spec for field, spec in namespace.items() if isinstance(spec, PropSpec)}
        for field, spec in own.items():
            if spec.default is ...:
                del namespace[field]
            else:
                namespace[field] = spec.default
        order = _resolution_order(bases)
        props: dict[str, PropSpec] = {}
        for base in reversed(order):
            props.update(base.__dict__.get("__pygen_own__", {}))
        props.update(own)
        namespace["__pygen_own__"] = own
        namespace["__pygen_props__"] = props
        alias: Callable[[str], str | AliasPath] | None = None
        if any(getattr(base, "__pygen_reads__", False) for base in bases):
            alias = _aliases(name, namespace, bases, props)
            generator = AliasGenerator(validation_alias=alias)
            namespace["model_config"] = {**namespace.get("model_config", {}), "alias_generator": generator}
        _making.depth = getattr(_making, "depth", 0) + 1
        try:
            cls: Any = super().__new__(mcs, name, bases, namespace, **kwargs)
        finally:
            _making.depth -= 1
        cls.__pygen_relations__ = {
            key: value
            for base in reversed(cls.__mro__)
            for key, value in base.__dict__.items()
            if isinstance(value, Relation) and key not in cls.__pydantic_fields__
        }
        if len(bases) > 1:
            _follow_order(cls, order, alias)
        info = namespace.get("__pygen__")
        if isinstance(info, ViewInfo):
            if getattr(cls, "__pygen_reads__", False):
                info.resource = cls
            else:
                info.write = cls
        made: PygenMeta = cls
        return made


def _aliases(
    name: str, namespace: dict[str, Any], bases: tuple[type[Any], ...], props: dict[str, PropSpec]
) -> Callable[[str], str | AliasPath]:
    """The alias generator of one resource class."""
    info = namespace.get("__pygen__") or next((base.__pygen__ for base in bases if hasattr(base, "__pygen__")), None)
    is_edge = name == "PygenEdge" or any(getattr(base, "__pygen_edge__", False) for base in bases)
    metadata = EDGE_METADATA if is_edge else METADATA

    def alias(field: str) -> str | AliasPath:
        spec = props.get(field)
        if spec is None or info is None:
            return metadata.get(field, field)
        return AliasPath("properties", info.view.space, info.key, spec.name)

    return alias


def _resolution_order(bases: tuple[type[Any], ...]) -> list[type[Any]]:
    """
    Where a class with these bases looks for what it does not define itself (Python's C3 rule).

    Known before the class exists, because pydantic asks for the aliases while it makes the class.
    """
    if len(bases) == 1:
        return list(bases[0].__mro__)
    order: list[type[Any]] = []
    waiting = [list(base.__mro__) for base in bases] + [list(bases)]
    while waiting := [line for line in waiting if line]:
        first = next((line[0] for line in waiting if not any(line[0] in other[1:] for other in waiting)), None)
        if first is None:
            return order  # Python itself says what is wrong with the bases
        order.append(first)
        waiting = [line[1:] if line[0] is first else line for line in waiting]
    return order


def _follow_order(cls: type[BaseModel], order: list[type[Any]], alias: Callable[[str], str | AliasPath] | None) -> None:
    """Give inherited fields the definition of the first class in resolution order that declares them."""
    fields = cls.__pydantic_fields__
    own = inspect.get_annotations(cls)
    for field in fields:
        if field in own:
            continue
        for base in order:
            if issubclass(base, BaseModel) and field in inspect.get_annotations(base):
                fields[field] = copy(base.__pydantic_fields__[field])
                if alias is not None:
                    fields[field].validation_alias = alias(field)
                break


def columns_of(cls: Any) -> dict[str, Column[Any, Any]]:
    """The columns of a class by the names of its fields; kept on the class."""
    found = cls.__dict__.get("__pygen_columns__")
    if found is None:
        found = _make_columns(cls) if getattr(cls, "__pygen_reads__", False) else {}
        type.__setattr__(cls, "__pygen_columns__", found)
    columns: dict[str, Column[Any, Any]] = found
    return columns


def _make_columns(cls: Any) -> dict[str, Column[Any, Any]]:
    base, metadata = ("edge", EDGE_METADATA) if cls.__pygen_edge__ else ("node", METADATA)
    cls.model_rebuild()
    columns: dict[str, Column[Any, Any]] = {}
    for name, field in cls.__pydantic_fields__.items():
        spec = cls.__pygen_props__.get(name)
        refers = mentions(field.annotation, NodeId)
        if spec is not None:
            path, is_list = cls.__pygen__.path(spec.name), mentions(field.annotation, list)
            columns[name] = Column(cls, name, path, spec.name, is_list=is_list, refers=refers)
        elif name in metadata and metadata[name] != "nodeType":
            wire = metadata[name]
            columns[name] = Column(cls, name, [base, wire], wire, refers=refers, is_metadata=True)
    return columns
