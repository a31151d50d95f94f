"""
Two data models against each other: every difference, in DMS terms, each under exactly one rule.

What the service says about itself (times, states, what it derives) is no difference, and neither is the order of views,
properties, enum values and keys. What a fingerprint (`pygen.project.fingerprints`) sees is never passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pygen.project.canonical import paused_collector
from pygen.project.diff.changes import Change
from pygen.project.diff.containers import Known, Told, compare_containers
from pygen.project.diff.properties import ViewVersions, compare_properties, described, is_mapped, text_changes
from pygen.project.diff.reading import Json, listed, mapping, named, same
from pygen.project.fingerprints import view_key
from pygen.project.plain_model import PlainModel

__all__ = ["compare"]


def compare(old: PlainModel, new: PlainModel) -> tuple[Change, ...]:
    """
    Find what changed between two data models.

    Views belong together when they have the same identifier; where one version of a view went and one other came, these
    two do. Containers are compared where both models know them, and what a view already tells of a property of a
    container is not told again.

    Returns:
        The changes, in the order of their places; none where the models mean the same.
    """
    with paused_collector():
        return tuple(sorted(_Comparison(old, new).changes()))


class _Comparison:
    def __init__(self, old: PlainModel, new: PlainModel) -> None:
        self._old, self._new = old, new
        self._old_views, self._new_views = _views(old.raw), _views(new.raw)
        followed = _followed(self._old_views, self._new_views)
        self._versions = ViewVersions(followed, self._new_views.keys())
        self._told: set[Told] = set()

    def changes(self) -> Iterator[Change]:
        yield from _data_model(self._old.raw, self._new.raw)
        yield from _handed_down(list(self._all_views()), self._new_views)
        if self._old.containers is not None and self._new.containers is not None:
            old = Known(self._old.containers, _used(self._old_views))
            new = Known(self._new.containers, _used(self._new_views))
            yield from compare_containers(old, new, self._told)

    # --- views ---

    def _all_views(self) -> Iterator[Change]:
        came = set(self._versions.followed.values())
        for key in sorted(self._old_views.keys() | self._new_views.keys()):
            if key in came:
                continue
            olds = self._old_views.get(key, [])
            news = self._new_views.get(self._versions.followed.get(key, key), [])
            # A view that stands twice is an error of the model; its definitions are told apart by their order.
            for index in range(max(len(olds), len(news))):
                yield from self._one_view(olds[index : index + 1], news[index : index + 1])

    def _one_view(self, old: list[Json], new: list[Json]) -> Iterator[Change]:
        if not old or not new:
            found = (new or old)[0]
            key = view_key(found)
            count = len(mapping(found.get("properties")))
            properties = f"{count} propert{'ies' if count != 1 else 'y'}"
            if new:
                yield Change(key, "PYG305", f"is new, with {properties}", key)
            else:
                yield Change(key, "PYG306", f"is gone, with {properties}", key)
            return
        yield from self._both(old[0], new[0])

    def _both(self, old: Json, new: Json) -> Iterator[Change]:
        key = view_key(new)
        if _is_defined(old) != _is_defined(new):
            if _is_defined(new):
                yield Change(key, "PYG305", "is defined, was only named", key)
            else:
                yield Change(key, "PYG306", "is only named, was defined", key)
            return
        if view_key(old) != key:
            yield Change(key, "PYG307", f"is version {new.get('version')}, was {old.get('version')}", key)
        for facet in text_changes("PYG308", old, new):
            yield Change(key, facet.code, facet.message, key)
        for code, message in [*self._parents(old, new), *_uses(old, new), *_needs(old, new)]:
            yield Change(key, code, message, key)
        yield from self._properties(key, mapping(old.get("properties")), mapping(new.get("properties")))

    def _parents(self, old: Json, new: Json) -> Iterator[tuple[str, str]]:
        before, after = listed(old.get("implements")), listed(new.get("implements"))
        was, now = [view_key(parent) for parent in before], [view_key(parent) for parent in after]
        if was == now:
            return
        renewed = self._renewed(before, after)
        for parent_key, other_key in renewed.items():
            yield "PYG312", f"implements {other_key}, was {parent_key}"
        translated = [renewed.get(parent_key, parent_key) for parent_key in was]
        for parent_key in now:
            if parent_key not in translated:
                yield "PYG309", f"implements {parent_key}"
        for parent_key in translated:
            if parent_key not in now:
                yield "PYG310", f"no longer implements {parent_key}"
        common = [parent_key for parent_key in translated if parent_key in now]
        if common != [parent_key for parent_key in now if parent_key in translated]:
            yield "PYG311", f"implements {', '.join(now)} in this order, was {', '.join(was)}"

    def _renewed(self, before: list[Json], after: list[Json]) -> dict[str, str]:
        """Old parent -> new parent, where only the version is another one."""
        was, now = {view_key(parent) for parent in before}, {view_key(parent) for parent in after}
        renewed: dict[str, str] = {}
        for parent in before:
            for other in after:
                gone_and_come = view_key(parent) not in now and view_key(other) not in was
                if gone_and_come and self._versions.is_another_version(parent, other):
                    renewed.setdefault(view_key(parent), view_key(other))
        return renewed

    # --- properties ---

    def _properties(self, view: str, old: Json, new: Json) -> Iterator[Change]:
        for name in sorted(old.keys() | new.keys()):
            where = f"{view}.{name}"
            before, after = mapping(old.get(name)), mapping(new.get(name))
            if name not in old:
                code = "PYG402" if _must_be_given(after) else "PYG401"
                yield Change(where, code, f"is new: {described(after)}", view, name)
                self._tell(after, code)
            elif name not in new:
                renamed = _renamed(before, old, new)
                hint = f"; {renamed} is new and shows the same property of the container" if renamed else ""
                yield Change(where, "PYG403", f"is gone: {described(before)}{hint}", view, name)
            else:
                for code, message in compare_properties(before, after, self._versions):
                    yield Change(where, code, message, view, name)
                    if is_mapped(before) and _stored(before) == _stored(after):
                        self._tell(after, code)

    def _tell(self, definition: Json, code: str) -> None:
        if is_mapped(definition):
            self._told.add(Told(named(definition.get("container")), _stored(definition)[1], code))


# ---------------------------------------------------------------------------------------------------------------------
# The data model


def _data_model(old: Json, new: Json) -> Iterator[Change]:
    where = view_key(new)
    for key, code, noun in (
        ("externalId", "PYG301", "external id"),
        ("space", "PYG302", "space"),
        ("version", "PYG303", "version"),
    ):
        if not same(old.get(key), new.get(key)):
            yield Change(where, code, f"{noun} of the data model is {new.get(key)}, was {old.get(key)}")
    for facet in text_changes("PYG304", old, new):
        yield Change(where, facet.code, f"the data model's {facet.message}")


# ---------------------------------------------------------------------------------------------------------------------
# Views


def _views(model: Json) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for view in listed(model.get("views")):
        found.setdefault(view_key(view), []).append(view)
    return found


def _followed(old: Mapping[str, list[Json]], new: Mapping[str, list[Json]]) -> dict[str, str]:
    """Old view -> new view, where one version of a view went and exactly one other came."""

    def by_name(some: Mapping[str, list[Json]], others: Mapping[str, list[Json]]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key, views in some.items():
            if key not in others:
                found.setdefault(named({**views[0], "version": None}), []).append(key)
        return found

    went, came = by_name(old, new), by_name(new, old)
    return {
        went[name][0]: came[name][0]
        for name in went.keys() & came.keys()
        if len(went[name]) == 1 and len(came[name]) == 1
    }


def _used(views: Mapping[str, list[Json]]) -> set[str]:
    """The containers that views map."""
    properties = (
        mapping(definition)
        for definitions in views.values()
        for view in definitions
        for definition in mapping(view.get("properties")).values()
    )
    return {named(definition.get("container")) for definition in properties if is_mapped(definition)}


def _is_defined(view: Json) -> bool:
    """Whether a view is written out, as fingerprints have it, and not only named."""
    return "properties" in view or "implements" in view or view.get("type") != "view"


def _uses(old: Json, new: Json) -> Iterator[tuple[str, str]]:
    before, after = old.get("usedFor") or "node", new.get("usedFor") or "node"
    if before != after:
        code = {("node", "all"): "PYG313", ("edge", "all"): "PYG314"}.get((str(before), str(after)), "PYG315")
        yield code, f"is for {_SHOWS.get(str(after), after)}, was for {_SHOWS.get(str(before), before)}"
    was_writable, is_writable = old.get("writable", True), new.get("writable", True)
    if not same(was_writable, is_writable):
        yield ("PYG316", "can be written") if is_writable else ("PYG317", "can no longer be written")
    if not same(old.get("filter") or None, new.get("filter") or None):
        if not old.get("filter"):
            yield "PYG318", "has a filter, had none"
        elif not new.get("filter"):
            yield "PYG318", "has no filter, had one"
        else:
            yield "PYG318", "has another filter"


def _needs(old: Json, new: Json) -> Iterator[tuple[str, str]]:
    """
    A view without a filter shows the instances that have data in each of its containers.

    Source: dms-api.md 3.5
    """
    if new.get("filter") or old.get("filter"):
        return
    before, after = _used({"": [old]}), _used({"": [new]})
    for container in sorted(after - before) if before else ():
        yield "PYG319", f"needs data in {container} as well"
    for container in sorted(before - after) if after else ():
        yield "PYG320", f"needs no data in {container}"


_FROM_PROPERTIES = frozenset({"PYG319", "PYG320"})
"""What is told of a view, and comes with properties that may be inherited."""

_SHOWS = {"node": "nodes", "edge": "edges", "all": "nodes and edges"}


def _handed_down(changes: list[Change], views: Mapping[str, list[Json]]) -> Iterator[Change]:
    """Name the view whose change it is, where a parent has the very same one; a view's texts, for one, are its own."""
    by_view = {(change.view, change.property, change.code, change.message) for change in changes}
    for change in changes:
        origin = ""
        if change.property or change.code in _FROM_PROPERTIES:
            for ancestor in _ancestors(change.view, views):
                if (ancestor, change.property, change.code, change.message) in by_view:
                    origin = ancestor  # the last one found is the furthest
        yield change._replace(inherited_from=origin)


def _ancestors(view: str, views: Mapping[str, list[Json]]) -> list[str]:
    found: dict[str, None] = {}
    pending = [view]
    while pending:
        for definition in views.get(pending.pop(0), ()):
            for parent in map(view_key, listed(definition.get("implements"))):
                if parent != view and parent not in found:
                    found[parent] = None
                    pending.append(parent)
    return list(found)


# ---------------------------------------------------------------------------------------------------------------------
# Properties


def _must_be_given(definition: Json) -> bool:
    return (
        is_mapped(definition)
        and definition.get("nullable") is False
        and definition.get("defaultValue") is None
        and not definition.get("autoIncrement")
    )


def _stored(definition: Json) -> tuple[str, str]:
    return named(definition.get("container")), str(definition.get("containerPropertyIdentifier"))


def _renamed(definition: Json, old: Json, new: Json) -> str:
    """The property that came where *definition* went, and that shows the same values."""
    if not is_mapped(definition):
        return ""
    came: Iterable[str] = sorted(new.keys() - old.keys())
    return next((name for name in came if _shows(new[name], definition)), "")


def _shows(candidate: object, definition: Json) -> bool:
    found = mapping(candidate)
    return is_mapped(found) and _stored(found) == _stored(definition)
