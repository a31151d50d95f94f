"""
From objects to the items that an upsert sends.

- Patch semantics: fields that are not set are not sent and keep their value; an explicit None is sent and clears it.
- Objects that are nested as relations are written along, each once, cycles included; targets come before the objects
  that point to them, nodes before edges.
- Values of an edge field become edges from (or to) the object. Edges that are not named stay: an upsert adds.
- The same instance may be given in several parts, e.g. through two views; parts that contradict each other are refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import ValidationError

from pygen.client.exceptions import DmsError
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.resources.instance_calls import view_reference
from pygen.client.results import ItemStatus
from pygen.runtime._values import to_json
from pygen.runtime.base import PropSpec, PygenEdgeWrite, PygenResource, PygenWrite, instance_id
from pygen.runtime.errors import NotWritableError, SdkError
from pygen.runtime.references import LinkWrite, json_id, names_nodes, node_id, written_id

if TYPE_CHECKING:
    from pygen.runtime.lazy import Edges

__all__ = [
    "UpsertResult",
    "UpsertedItem",
    "as_write",
    "changed_properties",
    "collect",
    "edge_external_id",
]

WriteT = TypeVar("WriteT", bound=PygenWrite)


class UpsertedItem(NamedTuple):
    """
    What became of one node or edge.

    Attributes:
        id: The instance.
        state: `created`; `updated`; `unchanged`: the service had the same values already; `failed`: it was refused;
            `unknown`: the answer was lost, and the request must not be repeated; `not_sent`: an error before this
            item's turn ended the upsert.
        version: The version the instance has now; None where the service did not say.
        created_time: When the instance was created.
        last_updated_time: When it was last changed.
        error: Why it was not written.
    """

    id: NodeId | EdgeId
    state: ItemStatus
    version: int | None = None
    created_time: datetime | None = None
    last_updated_time: datetime | None = None
    error: DmsError | None = None


class UpsertResult:
    """
    What an upsert did, item by item: nodes first, then edges.

    Attributes:
        items: One per instance, those included that were nested in others.
    """

    __slots__ = ("items",)

    def __init__(self, items: Iterable[UpsertedItem]) -> None:
        self.items = tuple(items)

    @property
    def nodes(self) -> tuple[UpsertedItem, ...]:
        """What became of the nodes."""
        return tuple(item for item in self.items if isinstance(item.id, NodeId))

    @property
    def edges(self) -> tuple[UpsertedItem, ...]:
        """What became of the edges."""
        return tuple(item for item in self.items if isinstance(item.id, EdgeId))

    def counts(self) -> dict[ItemStatus, int]:
        """How many items there are of each state that occurs."""
        return dict(Counter(item.state for item in self.items))

    def __iter__(self) -> Iterator[UpsertedItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.counts().items())
        return f"<UpsertResult: {counts or 'nothing'}>"


def edge_external_id(edge_type: NodeId, start: NodeId, end: NodeId) -> str:
    """
    The external id of an edge that is given none; the same from whichever end it is written.

    `<type>:<start>:<end>`, each as `<space>/<external id>`, with `%`, `:` and `/` inside a part percent-encoded so that
    different edges never get the same id. What would exceed the 256 characters of DMS is replaced by the first 180
    characters of the type's external id, `:`, and the SHA-256 of the whole (hexadecimal).
    """

    def quoted(text: str) -> str:
        return text.replace("%", "%25").replace(":", "%3A").replace("/", "%2F")

    whole = ":".join(f"{quoted(node.space)}/{quoted(node.external_id)}" for node in (edge_type, start, end))
    if len(whole) <= 256:
        return whole
    return f"{quoted(edge_type.external_id)[:180]}:{sha256(whole.encode()).hexdigest()}"


def collect(objects: Iterable[PygenWrite], default_space: str | None) -> list[dict[str, Any]]:
    """
    The items of an upsert.

    Args:
        objects: What to write; nested objects are found.
        default_space: The space of objects and references that name none.

    Raises:
        SdkError: An object has no space, an edge no ends, or two objects say different things about one instance.
    """
    collector = _Collector(default_space)
    for written in objects:
        collector.add(written)
    return collector.items()


class _Collector:
    """Gathers nodes and edges, each once."""

    def __init__(self, default_space: str | None) -> None:
        self._space = default_space
        self._seen: dict[int, PygenWrite] = {}  # holds the objects, so that no id is given to another one meanwhile
        self._nodes: dict[NodeId, dict[str, Any]] = {}
        self._edges: dict[EdgeId, dict[str, Any]] = {}

    def items(self) -> list[dict[str, Any]]:
        return [*self._nodes.values(), *self._edges.values()]

    def add(self, written: PygenWrite) -> None:
        """Add an object after everything it points to. A stack of its own: chains of nested objects may be long."""
        stack = [(written, iter(self._targets(written)))] if self._enter(written) else []
        while stack:
            current, targets = stack[-1]
            target = next(targets, None)
            if target is not None:
                if self._enter(target):
                    stack.append((target, iter(self._targets(target))))
                continue
            stack.pop()
            if isinstance(current, PygenEdgeWrite):
                self._edge(current)
            else:
                self._node(current)

    def _enter(self, written: object) -> bool:
        if not isinstance(written, PygenWrite):
            kind = type(written).__name__
            hint = "; as_write() makes an object that can be written" if isinstance(written, PygenResource) else ""
            raise TypeError(f"upsert takes objects of write classes, not {kind}{hint}")
        if id(written) in self._seen:
            return False
        self._seen[id(written)] = written
        return True

    def _targets(self, written: PygenWrite) -> Iterator[PygenWrite]:
        """The objects that are nested in *written*."""
        if isinstance(written, PygenEdgeWrite):
            ends: tuple[Any, Any] = (written.start_node, written.end_node)  # the declared type leaves new nodes out
            yield from (end for end in ends if isinstance(end, PygenWrite))
        for field, _ in _set_fields(written):
            for value in _many(getattr(written, field)):
                node = value.node if isinstance(value, LinkWrite) else value
                if isinstance(node, PygenWrite):
                    yield node
                if isinstance(value, LinkWrite):
                    # Not the edge itself: its ends are known to the object that holds it. But what it points to.
                    yield from self._targets(value.edge)

    def _node(self, written: PygenWrite) -> None:
        key = written_id(written, self._space)
        node_type = written.node_type or written.__pygen__.node_type
        item: dict[str, Any] = {"instanceType": "node", **json_id(key)}
        if written.existing_version is not None:
            item["existingVersion"] = written.existing_version
        if node_type is not None:
            item["type"] = json_id(node_type)
        item["sources"] = [self._source(written)]
        self._keep(self._nodes, key, item)
        for field, spec in _set_fields(written):
            if spec.edges is not None:
                for value in _many(getattr(written, field)):
                    self._connect(written, key, value, spec.edges)

    def _connect(self, written: PygenWrite, key: NodeId, value: Any, edges: Edges) -> None:
        """Make the edge between a node and one value of its edge field."""
        target, properties = (value.node, value.edge) if isinstance(value, LinkWrite) else (value, None)
        far = node_id(target, self._space)
        start, end = (key, far) if edges.direction == "outwards" else (far, key)
        self._keep_edge(properties, NodeId(*edges.type), start, end, written.space)

    def _edge(self, written: PygenEdgeWrite) -> None:
        given = {"edge_type": written.edge_type, "start_node": written.start_node, "end_node": written.end_node}
        missing = [name for name, value in given.items() if value is None]
        if missing or written.edge_type is None:
            raise SdkError(f"{type(written).__name__} {written.external_id!r} has no {', '.join(missing)}")
        start = node_id(written.start_node, self._space)
        end = node_id(written.end_node, self._space)
        self._keep_edge(written, written.edge_type, start, end, None)

    def _keep_edge(
        self, written: PygenEdgeWrite | None, edge_type: NodeId, start: NodeId, end: NodeId, space: str | None
    ) -> None:
        """Add an edge; it lives in its own space, else in that of the object that holds it, else in the default one."""
        external_id = (written.external_id if written else "") or edge_external_id(edge_type, start, end)
        own_space = (written.space if written else None) or space or self._space or start.space
        key = EdgeId(own_space, external_id)
        item: dict[str, Any] = {"instanceType": "edge", **json_id(key)}
        if written is not None and written.existing_version is not None:
            item["existingVersion"] = written.existing_version
        item |= {"type": json_id(edge_type), "startNode": json_id(start), "endNode": json_id(end)}
        if written is not None:
            self._check_ends(written, edge_type, start, end)
            item["sources"] = [self._source(written)]
        self._keep(self._edges, key, item)

    def _check_ends(self, written: PygenEdgeWrite, edge_type: NodeId, start: NodeId, end: NodeId) -> None:
        """Refuse an edge object that names other ends than the place it stands in."""
        if written.edge_type not in {None, edge_type}:
            raise SdkError(f"{type(written).__name__}: it says {written.edge_type}, the relation {edge_type}")
        for given, actual in ((written.start_node, start), (written.end_node, end)):
            if given is not None and node_id(given, self._space) != actual:
                raise SdkError(f"{type(written).__name__}: it names {given} where the relation has {actual}")

    def _source(self, written: PygenWrite) -> dict[str, Any]:
        references = _reference_fields(type(written))
        properties = {
            spec.name: self._reference(value) if field in references else to_json(value)
            for field, spec in _set_fields(written)
            if spec.edges is None
            for value in (getattr(written, field),)
        }
        return {"source": view_reference(written.__pygen__.view), "properties": properties}

    def _reference(self, value: Any) -> Any:
        """Whatever names a node, or several, as a property value."""
        if isinstance(value, list):
            return [self._reference(item) for item in value]
        return None if value is None else json_id(node_id(value, self._space))

    @staticmethod
    def _keep(kept: dict[Any, dict[str, Any]], key: Any, item: dict[str, Any]) -> None:
        """Add an item, or add to the one that is there."""
        other = kept.get(key)
        if other is None:
            kept[key] = item
            return
        for name in ("type", "startNode", "endNode", "existingVersion"):
            if name in item and other.setdefault(name, item[name]) != item[name]:
                raise SdkError(f"two objects give {key} different values of {name}")
        for source in item.get("sources", ()):
            same_view = [one for one in other.setdefault("sources", []) if one["source"] == source["source"]]
            if not same_view:
                other["sources"].append(source)
                continue
            properties = same_view[0]["properties"]
            for name, value in source["properties"].items():
                if properties.setdefault(name, value) != value:
                    raise SdkError(f"two objects give {key} different values of {name}")


def _reference_fields(write: type[PygenWrite]) -> frozenset[str]:
    """The fields whose values name nodes; kept on the class."""
    found = write.__dict__.get("__pygen_references__")
    if found is None:
        write.model_rebuild()
        fields = write.__pydantic_fields__.items()
        found = frozenset(name for name, field in fields if names_nodes(field.annotation, field.metadata))
        type.__setattr__(write, "__pygen_references__", found)
    references: frozenset[str] = found
    return references


def _set_fields(written: PygenWrite) -> Iterator[tuple[str, PropSpec]]:
    """The properties that were set, in the order of the class."""
    given = written.model_fields_set
    return ((field, spec) for field, spec in type(written).__pygen_props__.items() if field in given)


def _many(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def as_write(resource: PygenResource, write: type[WriteT]) -> WriteT:
    """
    The fields of a resource that were read or set, as an object of its write class.

    `existing_version` stays open, so that the object can be written more than once; set it to `resource.version` to
    refuse overwriting what somebody else has changed meanwhile.

    Raises:
        NotWritableError: A value cannot be written, e.g. one that is new to the enum.
    """
    fields = {spec.name: field for field, spec in write.__pygen_props__.items()}
    values: dict[str, Any] = {"space": resource.space, "external_id": resource.external_id}
    if resource.node_type is not None:
        values["node_type"] = resource.node_type
    if resource.__pygen_edge__:
        values |= {name: getattr(resource, name) for name in ("edge_type", "start_node", "end_node")}
    for field, spec in type(resource).__pygen_props__.items():
        if field in resource.model_fields_set and spec.name in fields:
            values[fields[spec.name]] = getattr(resource, field)
    try:
        return write(**values)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        place = ".".join([write.__name__, *(str(part) for part in detail["loc"][:1])])
        raise NotWritableError(place, f"{detail['msg']}, not {detail['input']!r}") from None


def changed_properties(resource: PygenResource, changed: Mapping[str, Any]) -> dict[str, Any]:
    """
    Changed fields as properties on the wire.

    Args:
        resource: The resource.
        changed: Its changed fields and their values.

    Raises:
        NotWritableError: A field is read-only, or its value cannot be written.
    """
    kind = type(resource)
    info = kind.__pygen__
    if info.write is None:
        raise NotWritableError(kind.__name__, f"the view {info.view} is read-only")
    fields = {spec.name: field for field, spec in info.write.__pygen_props__.items()}
    # Required fields are missing here, on purpose: only the values that changed are checked, and only they are sent.
    draft = info.write.model_construct(space=resource.space, external_id=resource.external_id)
    properties = {}
    for field, value in changed.items():
        name = kind.__pygen_props__[field].name
        if name not in fields:
            raise NotWritableError(f"{kind.__name__}.{field}", "it is read-only")
        info.write.model_rebuild()
        try:
            info.write.__pydantic_validator__.validate_assignment(draft, fields[name], value)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            raise NotWritableError(f"{kind.__name__}.{field}", f"{detail['msg']}, not {detail['input']!r}") from None
        properties[name] = to_json(value)
    return properties


def save_item(resource: PygenResource, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The item that writes *properties* of a resource that exists."""
    key = instance_id(resource)
    kind = "edge" if resource.__pygen_edge__ else "node"
    item: dict[str, Any] = {"instanceType": kind, **json_id(key)}
    if resource.__pygen_edge__:
        names = {"type": "edge_type", "startNode": "start_node", "endNode": "end_node"}
        item |= {wire: json_id(getattr(resource, name)) for wire, name in names.items()}
    source = {"source": view_reference(type(resource).__pygen__.view), "properties": dict(properties)}
    return {**item, "sources": [source]}


def moment(milliseconds: int) -> datetime:
    """A point in time of the service, which counts milliseconds."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
