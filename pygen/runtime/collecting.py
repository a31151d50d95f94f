"""
Gathering the items of an upsert.

- Patch semantics: fields that are not set are not sent and keep their value; an explicit None is sent and clears it.
- Objects that are nested as relations are written along, each once, cycles included; targets come before the objects
  that point to them, nodes before edges.
- Values of an edge field become edges from (or to) the object. Edges that are not named stay: an upsert adds.
- The same instance may be given in several parts, e.g. through two views; parts that contradict each other are refused.
- An object that has no external id gets one, if something makes them (`pygen.runtime.external_ids`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime._values import PLAIN, to_json
from pygen.runtime.base import PygenEdgeWrite, PygenResource, PygenWrite
from pygen.runtime.errors import NotWritableError, SdkError
from pygen.runtime.external_ids import ExternalIds, identify
from pygen.runtime.references import LinkWrite, json_id, node_id, written_id
from pygen.runtime.writing_shapes import has_shape, shape_of

if TYPE_CHECKING:
    from pygen.runtime.lazy import Edges

__all__ = ["Collector", "edge_external_id"]


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


class Collector:
    """
    Gathers nodes and edges, each once.

    Args:
        default_space: The space of objects and references that name none.
        external_ids: Makes external ids for objects that have none.
        replace: Whether what is not set is reset.
    """

    def __init__(self, default_space: str | None, external_ids: ExternalIds | None, *, replace: bool = False) -> None:
        self._space = default_space
        self._external_ids = external_ids
        self._replace = replace
        self._seen: dict[int, PygenWrite] = {}  # holds the objects, so that no id is given to another one meanwhile
        self._nodes: dict[NodeId, dict[str, Any]] = {}
        self._edges: dict[EdgeId, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._nodes) + len(self._edges)

    def items(self) -> list[dict[str, Any]]:
        """What has been gathered, nodes first."""
        return [*self._nodes.values(), *self._edges.values()]

    def keys(self) -> list[NodeId | EdgeId]:
        """The ids of what has been gathered, in the order of `items`."""
        return [*self._nodes, *self._edges]

    def clear(self) -> None:
        """Begin anew."""
        self._seen.clear()
        self._nodes.clear()
        self._edges.clear()

    def flat_key(self, written: PygenWrite) -> NodeId | None:
        """
        The id of a node that neither holds nor names other instances; else None.

        Raises:
            SdkError: It has no id, and none is made; or no space.
            TypeError: It is no object of a write class.
        """
        _check(written)
        if written.__pygen_edge__ or not shape_of(type(written)).nesting.isdisjoint(written.__pydantic_fields_set__):
            return None
        return self._key(written)

    def add(self, written: PygenWrite) -> None:
        """
        Add an object after everything it points to.

        Raises:
            NotWritableError: A value has no form on the wire.
            SdkError: An object has no id or no space, an edge no ends, or two objects say different things about one
                instance.
            TypeError: It is no object of a write class.
        """
        _check(written)
        if not (written.__pygen_edge__ or shape_of(type(written)).nesting & written.__pydantic_fields_set__):
            self._node(written)
            return
        if not self._enter(written):
            # Given once more: an iterator may have changed it since, which must not be lost.
            self._put(written)
            return
        # A stack of its own: chains of nested objects may be long.
        stack = [(written, iter(self._targets(written)))]
        while stack:
            current, targets = stack[-1]
            target = next(targets, None)
            if target is not None:
                if self._enter(target):
                    stack.append((target, iter(self._targets(target))))
                continue
            stack.pop()
            self._put(current)

    def _enter(self, written: PygenWrite) -> bool:
        _check(written)
        if id(written) in self._seen:
            return False
        self._seen[id(written)] = written
        return True

    def _put(self, written: PygenWrite) -> None:
        if written.__pygen_edge__:
            self._edge(cast("PygenEdgeWrite", written))
        else:
            self._node(written)

    def _key(self, written: PygenWrite) -> NodeId:
        identify(written, self._external_ids)
        return written_id(written, self._space)

    def _node_id(self, reference: Any) -> NodeId:
        """The id of whatever names a node; an object that is written along gets one."""
        return self._key(reference) if isinstance(reference, PygenWrite) else node_id(reference, self._space)

    def _targets(self, written: PygenWrite) -> Iterator[PygenWrite]:
        """The objects that are nested in *written*."""
        if written.__pygen_edge__:
            edge = cast("PygenEdgeWrite", written)
            ends: tuple[Any, Any] = (edge.start_node, edge.end_node)  # the declared type leaves new nodes out
            yield from (end for end in ends if isinstance(end, PygenWrite))
        kind = type(written)
        given = shape_of(kind).nesting & written.__pydantic_fields_set__
        if not given:
            return
        for field in kind.__pygen_props__:
            for value in _many(written.__dict__[field]) if field in given else ():
                if type(value) is NodeId:
                    continue  # most are; what follows takes longer to say so
                node = value.node if isinstance(value, LinkWrite) else value
                if isinstance(node, PygenWrite):
                    yield node
                if isinstance(value, LinkWrite):
                    # Not the edge itself: its ends are known to the object that holds it. But what it points to.
                    yield from self._targets(value.edge)

    def _node(self, written: PygenWrite) -> None:
        key = self._key(written)
        node_type = written.node_type or written.__pygen__.node_type
        item: dict[str, Any] = {"instanceType": "node", "space": key.space, "externalId": key.external_id}
        if written.existing_version is not None:
            item["existingVersion"] = written.existing_version
        if node_type is not None:
            item["type"] = json_id(node_type)
        item["sources"] = self._sources(written)
        self._keep(self._nodes, key, item)
        given = written.__pydantic_fields_set__
        for field, edges in shape_of(type(written)).edges:
            if field in given:
                for value in _many(written.__dict__[field]):
                    self._connect(written, key, value, edges)

    def _connect(self, written: PygenWrite, key: NodeId, value: Any, edges: Edges) -> None:
        """Make the edge between a node and one value of its edge field."""
        target, properties = (value.node, value.edge) if isinstance(value, LinkWrite) else (value, None)
        far = self._node_id(target)
        start, end = (key, far) if edges.direction == "outwards" else (far, key)
        self._keep_edge(properties, NodeId(*edges.type), start, end, written.space)

    def _edge(self, written: PygenEdgeWrite) -> None:
        given = {"edge_type": written.edge_type, "start_node": written.start_node, "end_node": written.end_node}
        missing = [name for name, value in given.items() if value is None]
        if missing or written.edge_type is None:
            raise SdkError(
                f"the {type(written).__name__} {written.external_id!r} has no {', '.join(missing)}: set them, or write "
                "it in the relation of a node that it starts from: LinkWrite(node, edge)"
            )
        start, end = self._node_id(written.start_node), self._node_id(written.end_node)
        self._keep_edge(written, written.edge_type, start, end, None)

    def _keep_edge(
        self, written: PygenEdgeWrite | None, edge_type: NodeId, start: NodeId, end: NodeId, space: str | None
    ) -> None:
        """Add an edge; it lives in its own space, else in that of the object that holds it, else in the default one."""
        given = "" if written is None else identify(written, self._external_ids)
        external_id = given or edge_external_id(edge_type, start, end)
        own_space = (written.space if written else None) or space or self._space or start.space
        key = EdgeId(own_space, external_id)
        item: dict[str, Any] = {"instanceType": "edge", **json_id(key)}
        if written is not None and written.existing_version is not None:
            item["existingVersion"] = written.existing_version
        item |= {"type": json_id(edge_type), "startNode": json_id(start), "endNode": json_id(end)}
        if written is not None:
            self._check_ends(written, edge_type, start, end)
            item["sources"] = self._sources(written)
        self._keep(self._edges, key, item)

    def _check_ends(self, written: PygenEdgeWrite, edge_type: NodeId, start: NodeId, end: NodeId) -> None:
        """Refuse an edge object that names other ends than the place it stands in."""
        if written.edge_type not in {None, edge_type}:
            raise SdkError(
                f"the {type(written).__name__} {written.external_id!r} is of the type {written.edge_type} where the "
                f"relation has {edge_type}: leave edge_type out"
            )
        for given, actual in ((written.start_node, start), (written.end_node, end)):
            if given is not None and self._node_id(given) != actual:
                raise SdkError(
                    f"the {type(written).__name__} {written.external_id!r} names {self._node_id(given)} where the "
                    f"relation has {actual}: leave start_node and end_node out"
                )

    def _sources(self, written: PygenWrite) -> list[dict[str, Any]]:
        """
        What is set, through the view; and a row in each of the view's containers, where there are several.

        A view shows only instances that have data in all of its containers (dms-api.md 9.6), and properties that are
        set give data to their own container only. A source without properties makes the row and changes none. Replacing
        reaches every container behind the view by itself (4.1), and so does a view without properties.
        """
        shape = shape_of(type(written))
        given, values = written.__pydantic_fields_set__, written.__dict__
        properties: dict[str, Any] = {}
        for field, name, refers in shape.stored:
            if field in given:
                value = values[field]
                if refers:
                    value = self._reference(value)
                elif type(value) not in PLAIN:
                    value = _json_of(written, field, value)
                properties[name] = value
        source = {"source": shape.view, "properties": properties}
        return [source] if self._replace or not properties else [source, *shape.containers]

    def _reference(self, value: Any) -> Any:
        """Whatever names a node, or several, as a property value."""
        if type(value) is NodeId:
            return json_id(value)
        if isinstance(value, list):
            return [self._reference(item) for item in value]
        return None if value is None else json_id(self._node_id(value))

    @staticmethod
    def _keep(kept: dict[Any, dict[str, Any]], key: Any, item: dict[str, Any]) -> None:
        """Add an item, or add to the one that is there."""
        other = kept.setdefault(key, item)
        if other is item:
            return
        for name in ("type", "startNode", "endNode", "existingVersion"):
            if name in item and other.setdefault(name, item[name]) != item[name]:
                raise _contradiction(key, name)
        for source in item.get("sources", ()):
            same_view = [one for one in other.setdefault("sources", []) if one["source"] == source["source"]]
            if not same_view:
                other["sources"].append(source)
                continue
            properties = same_view[0]["properties"]
            for name, value in source["properties"].items():
                if properties.setdefault(name, value) != value:
                    raise _contradiction(key, name)


def _check(written: object) -> None:
    """
    See that something can be written.

    Raises:
        TypeError: It is no object of a write class.
    """
    if not has_shape(type(written)) and not isinstance(written, PygenWrite):
        kind = type(written).__name__
        hint = "; as_write() makes an object that can be written" if isinstance(written, PygenResource) else ""
        raise TypeError(f"upsert takes objects of write classes, not {kind}{hint}")


def _json_of(written: PygenWrite, field: str, value: Any) -> Any:
    """
    A value in the form of the wire.

    Raises:
        NotWritableError: It holds something that has none, as JSON may.
    """
    try:
        return to_json(value)
    except TypeError as error:
        where = f"{type(written).__name__}.{field}"
        raise NotWritableError(where, f"{error} (of {written.external_id!r})") from None


def _contradiction(key: NodeId | EdgeId, name: str) -> SdkError:
    return SdkError(
        f"two objects give {key} different values of {name}: an upsert writes an instance once, so let them agree, "
        "leave the value out of one, or give them external ids of their own"
    )


def _many(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
