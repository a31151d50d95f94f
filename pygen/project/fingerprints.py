"""
What a generated file depends on, as digests of raw JSON.

A view's fingerprint is `<interface>.<full>`:

- *interface*: what other files and the naming of the whole SDK can depend on: identifiers, kinds, types,
  nullability, `usedFor`, `writable`, `implements`. No texts.
- *full*: what the view's own file can depend on: its whole definition, its ancestors' whole definitions, and the
  interface of every view it points to. Not transitive: on cyclic models every change would touch every view.

Fields are taken by name (`_mapped`, `_connection`), so whatever else a server sends (`createdTime`, `isGlobal`,
`queryable`, `mappedContainers`, `constraintState`, fields of a later API) leaves no trace: the wire models ignore
them too. An absent field and its documented default are the same. The order of views, properties, enum values and
keys means nothing; the order of `implements` decides which parent wins, and is kept. Facts: DMS API, views and
containers, version 20230101.

Standard library only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from pygen.project.canonical import digest, paused_collector

__all__ = ["Fingerprints", "RawJson", "fingerprint_model", "interface_of", "view_key"]

RawJson: TypeAlias = Mapping[str, Any]

# Lists and sorted pairs only, so no sorting of keys is needed and the C encoder runs undisturbed.
_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

_INTERFACE_LENGTH = 16
_FULL_LENGTH = 32


class Fingerprints(NamedTuple):
    """
    The fingerprints of a data model.

    Attributes:
        header: Digest of the data model's own identity and texts.
        views: `space:ExternalId(version)` -> `<interface>.<full>`.
    """

    space: str
    external_id: str
    version: str
    header: str
    views: Mapping[str, str]

    def digest_of(self, views: Iterable[str]) -> str:
        """One digest for the model as far as the SDK shows it: its header and those *views*."""
        return digest([self.header, sorted((view, self.views.get(view)) for view in views)])


class _Own(NamedTuple):
    """A view by itself: digests of its definition, and the keys of the views it names."""

    interface: str
    texts: str
    implements: tuple[str, ...]
    targets: tuple[str, ...]


def interface_of(fingerprint: str) -> str:
    """The part of a fingerprint that other files can depend on."""
    return fingerprint.partition(".")[0]


def view_key(ref: RawJson) -> str:
    """`space:ExternalId(version)` of a view or of a reference to one."""
    return f"{ref.get('space')}:{ref.get('externalId')}({ref.get('version')})"


def fingerprint_model(model: RawJson, containers: Sequence[RawJson] = ()) -> Fingerprints:
    """
    Fingerprint every view of a data model.

    Args:
        model: A data model in the API's read shape. References among its views (not inlined) have no definition and
            no fingerprint.
        containers: Definitions that are kept beside the model; what they add to the views that map them counts as
            the views' own.

    Raises:
        TypeError, AttributeError, KeyError, ValueError: The value is not shaped like a data model.
    """
    with paused_collector():
        by_container = {_ref(container): digest(_container(container), 32) for container in containers}
        own: dict[str, _Own] = {}
        for view in model.get("views") or ():
            if "properties" in view or "implements" in view or view.get("type") != "view":
                key = view_key(view)
                # A view that stands twice is an error; it must not look like a fresh one.
                own[key] = _twice(own[key], _own(view, by_container)) if key in own else _own(view, by_container)
        views = {key: f"{own[key].interface}.{_full(key, own)}" for key in own}
        return Fingerprints(
            space=str(model.get("space")),
            external_id=str(model.get("externalId")),
            version=str(model.get("version")),
            header=digest([*(model.get(field) for field in ("space", "externalId", "version", "name", "description"))]),
            views=views,
        )


def _twice(one: _Own, other: _Own) -> _Own:
    return one._replace(interface=digest([one.interface, other.interface], _INTERFACE_LENGTH))


def _full(key: str, own: Mapping[str, _Own]) -> str:
    lineage = [key, *_ancestors(key, own)]
    pointed_at = sorted({target for view in lineage if view in own for target in own[view].targets})
    parts = [
        [[view, own[view].interface, own[view].texts] if view in own else [view] for view in lineage],
        [[target, own[target].interface] if target in own else [target] for target in pointed_at],
    ]
    return hashlib.sha256(_ENCODE(parts).encode("ascii")).hexdigest()[:_FULL_LENGTH]


def _ancestors(key: str, own: Mapping[str, _Own]) -> list[str]:
    """Every view that *key* implements, directly or not, depth first; cycles end where they close."""
    found: dict[str, None] = {}
    pending = list(reversed(own[key].implements))
    while pending:
        parent = pending.pop()
        if parent == key or parent in found:
            continue
        found[parent] = None
        if parent in own:
            pending.extend(reversed(own[parent].implements))
    return list(found)


def _own(view: RawJson, containers: Mapping[str, str]) -> _Own:
    implements = tuple(view_key(parent) for parent in view.get("implements") or ())
    targets: set[str] = set()
    interface: list[Any] = []
    texts: list[Any] = []
    mapped: set[str] = set()
    properties: Mapping[str, RawJson] = view.get("properties") or {}
    for identifier in sorted(properties):
        definition = properties[identifier]
        if "connectionType" in definition or "container" not in definition:
            facts, words = _connection(definition, targets)
        else:
            facts, words = _mapped(definition, targets)
            if containers:
                mapped.add(_ref(definition["container"]))
        interface.append((identifier, facts))
        texts.append((identifier, definition.get("name"), definition.get("description"), words))
    head = [
        view_key(view),
        view.get("usedFor") or "node",
        view.get("writable", True),
        implements,
        [(name, containers[name]) for name in sorted(mapped) if name in containers],
    ]
    condition = view.get("filter")
    tail = [view.get("name"), view.get("description"), digest(condition) if condition else None]
    return _Own(
        interface=hashlib.sha256(_ENCODE([head, interface]).encode("ascii")).hexdigest()[:_INTERFACE_LENGTH],
        texts=hashlib.sha256(_ENCODE([tail, texts]).encode("ascii")).hexdigest(),
        implements=implements,
        targets=tuple(targets),
    )


def _mapped(definition: RawJson, targets: set[str]) -> tuple[list[Any], Any]:
    """A property that is stored in a container: what others may depend on, and words and units."""
    kind: RawJson = definition.get("type") or {}
    source = kind.get("source") or definition.get("source")
    target = None
    if source:
        target = view_key(source)
        targets.add(target)
    values: Mapping[str, RawJson | None] | None = kind.get("values")
    required = kind.get("container")
    facts = [
        kind.get("type"),
        kind.get("list") or False,
        definition.get("nullable", True),
        definition.get("immutable") or False,
        definition.get("autoIncrement") or False,
        _ref(definition["container"]),
        definition.get("containerPropertyIdentifier"),
        target,
        _ref(required) if required else None,
        kind.get("maxListSize"),
        kind.get("maxTextSize"),
        kind.get("collation"),
        [sorted(values), kind.get("unknownValue")] if values else None,
        _plain(definition.get("defaultValue")),
    ]
    words: Any = None
    if values:
        words = [
            (value, (texts or {}).get("name"), (texts or {}).get("description"))
            for value, texts in sorted(values.items())
        ]
    elif kind.get("unit"):
        words = [kind["unit"].get("externalId"), kind["unit"].get("sourceUnit")]
    return facts, words


def _connection(definition: RawJson, targets: set[str]) -> tuple[list[Any], Any]:
    """A property that only declares a connection; its facts hold no words."""
    source, edge_source = definition.get("source"), definition.get("edgeSource")
    through: RawJson = definition.get("through") or {}
    holder = through.get("source") or through.get("view") or through.get("container")
    for ref in (source, edge_source, holder):
        if ref and "version" in ref:
            targets.add(view_key(ref))
    edge_type = definition.get("type")
    facts = [
        definition.get("connectionType"),
        view_key(source) if source else None,
        view_key(edge_source) if edge_source else None,
        [edge_type.get("space"), edge_type.get("externalId")] if edge_type else None,
        definition.get("direction") or "outwards",
        [holder.get("space"), holder.get("externalId"), holder.get("version")] if holder else None,
        through.get("identifier"),
        definition.get("targetsList") or False,
    ]
    return facts, None


def _container(container: RawJson) -> Any:
    """What a container says about the properties that views map; constraints and indexes change no generated line."""
    properties: Mapping[str, RawJson] = container.get("properties") or {}
    return [
        container.get("usedFor") or "node",
        [
            (
                identifier,
                definition.get("type"),
                definition.get("nullable", True),
                definition.get("immutable") or False,
                definition.get("autoIncrement") or False,
                definition.get("defaultValue"),
            )
            for identifier, definition in sorted(properties.items())
        ],
    ]


def _ref(container: RawJson) -> str:
    return f"{container.get('space')}:{container.get('externalId')}"


def _plain(value: Any) -> Any:
    """A default value as the encoder takes it: objects become sorted text, everything else stays."""
    return [digest(value)] if isinstance(value, dict | list) else value
