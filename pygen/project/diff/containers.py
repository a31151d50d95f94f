"""Containers against each other: what is stored, and what the service demands of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pygen.project.diff.changes import Change
from pygen.project.diff.properties import ViewVersions, compare_stored, described, text_changes
from pygen.project.diff.reading import Json, listed, mapping, named, same, text_of

__all__ = ["Known", "Told", "compare_containers"]


class Told(NamedTuple):
    """A difference of a container's property that a view has told already, under the rule of views."""

    container: str
    property: str
    code: str


_AS_CONTAINER: Mapping[str, str] = {
    "PYG405": "PYG510",
    "PYG406": "PYG511",
    "PYG407": "PYG509",
    "PYG408": "PYG509",
    "PYG409": "PYG509",
    "PYG410": "PYG509",
    "PYG411": "PYG509",
    "PYG412": "PYG517",
    "PYG413": "PYG503",
    "PYG414": "PYG513",
    "PYG415": "PYG512",
    "PYG416": "PYG513",
    "PYG417": "PYG512",
    "PYG418": "PYG509",
    "PYG419": "PYG513",
    "PYG420": "PYG512",
    "PYG421": "PYG503",
    "PYG422": "PYG512",
    "PYG423": "PYG513",
    "PYG424": "PYG514",
    "PYG425": "PYG514",
    "PYG426": "PYG514",
    "PYG427": "PYG514",
    "PYG428": "PYG514",
    "PYG429": "PYG515",
    "PYG430": "PYG516",
    "PYG431": "PYG516",
    "PYG432": "PYG515",
    "PYG438": "PYG512",
    "PYG439": "PYG513",
}
"""What a rule about a property of a view is called where it is about a container's."""

_NO_VERSIONS = ViewVersions({}, frozenset())
_TYPE_KEYS = frozenset(
    {
        "type",
        "list",
        "maxListSize",
        "maxTextSize",
        "collation",
        "unit",
        "values",
        "unknownValue",
        "container",
        "source",
    }
)


class Known(NamedTuple):
    """
    What a model says of containers.

    Attributes:
        defined: The containers that it knows.
        used: `space:externalId` of those that its views map, be they known or not.
    """

    defined: Sequence[Json]
    used: Collection[str]


def compare_containers(old: Known, new: Known, told: Collection[Told]) -> Iterator[Change]:
    """
    Every difference between the containers of two models.

    A container that only one of them knows, while the views of both use it, is not compared: a folder of the toolkit
    need not define what it builds upon, and credentials need not show it.

    Args:
        old: What the old model says.
        new: What the new one says.
        told: What views have told of their properties.
    """
    before, after = _by_name(old.defined), _by_name(new.defined)
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            if key in new.used and key not in old.used:
                yield Change(key, "PYG501", "the container is used, was not")
        elif key not in after:
            if key in old.used and key not in new.used:
                yield Change(key, "PYG502", "the container is no longer used by a view")
        else:
            for name, code, message in _container(key, before[key], after[key], told):
                yield Change(f"{key}.{name}" if name else key, code, message, property=name)


def _by_name(containers: Sequence[Json]) -> dict[str, Json]:
    return {named({**each, "version": None}): each for each in listed(list(containers))}


def _container(key: str, old: Json, new: Json, told: Collection[Told]) -> Iterator[tuple[str, str, str]]:
    for facet in text_changes("PYG503", old, new):
        yield "", facet.code, facet.message
    before, after = old.get("usedFor") or "node", new.get("usedFor") or "node"
    if not same(before, after):
        yield "", "PYG504" if after == "all" else "PYG505", f"is used for {after}, was for {before}"
    yield from _properties(key, mapping(old.get("properties")), mapping(new.get("properties")), told)
    yield from _parts(mapping(old.get("constraints")), mapping(new.get("constraints")), _constraint)
    yield from _parts(mapping(old.get("indexes")), mapping(new.get("indexes")), _index)


def _properties(key: str, old: Json, new: Json, told: Collection[Told]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(old.keys() | new.keys()):
        before, after = mapping(old.get(name)), mapping(new.get(name))
        if name not in old:
            if Told(key, name, "PYG401") in told or Told(key, name, "PYG402") in told:
                continue
            demanded = after.get("nullable") is False and after.get("defaultValue") is None
            code = "PYG507" if demanded and not after.get("autoIncrement") else "PYG506"
            yield name, code, f"is new: {described({'container': {}, **after})}"
        elif name not in new:
            yield name, "PYG508", f"is gone: {described({'container': {}, **before})}"
        elif text_of(before) != text_of(after):
            yield from _property(key, name, before, after, told)


def _property(key: str, name: str, old: Json, new: Json, told: Collection[Told]) -> Iterator[tuple[str, str, str]]:
    for facet in compare_stored(old, new, _NO_VERSIONS):
        if Told(key, name, facet.code) not in told:
            yield name, _AS_CONTAINER.get(facet.code, "PYG509"), facet.message
    for facet in text_changes("PYG503", old, new):
        yield name, facet.code, facet.message
    if not same(_unknown(old), _unknown(new)):
        yield name, "PYG509", "the type changed in a way that this version of pygen does not know"


def _unknown(definition: Json) -> Json:
    return {key: value for key, value in mapping(definition.get("type")).items() if key not in _TYPE_KEYS}


# ---------------------------------------------------------------------------------------------------------------------
# Constraints and indexes


class _Part(NamedTuple):
    """The rules of a constraint or an index that came, went or changed, and what it is in words."""

    added: str
    removed: str
    changed: str
    shown: str


def _parts(old: Json, new: Json, read: Callable[[Json], _Part]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(old.keys() | new.keys()):
        before, after = _lasting(old.get(name)), _lasting(new.get(name))
        was, now = read(before), read(after)
        if name not in old:
            yield name, now.added, f"is new: {now.shown}"
        elif name not in new:
            yield name, was.removed, f"is gone: {was.shown}"
        elif not same(before, after):
            yield name, now.changed, f"is {now.shown}, was {was.shown}"


def _lasting(part: Any) -> Json:
    """A constraint or an index without its state, and with what its absent keys mean."""
    found = {key: value for key, value in mapping(part).items() if key != "state"}
    usual = {"bySpace": False, "cursorable": False}
    return {key: value for key, value in found.items() if key not in usual or value not in (False, None)}


def _constraint(part: Json) -> _Part:
    if part.get("constraintType") == "requires":
        return _Part("PYG520", "PYG521", "PYG522", f"a requirement of data in {named(part.get('require'))}")
    shown = f"a uniqueness constraint over {_listed(part)}{_by_space(part)}"
    if part.get("constraintType") != "uniqueness":
        shown = f"a constraint of type {part.get('constraintType')}"
    return _Part("PYG518", "PYG519", "PYG522", shown)


def _index(part: Json) -> _Part:
    cursorable = ", cursorable" if part.get("cursorable") else ""
    shown = f"a {part.get('indexType')} index over {_listed(part)}{cursorable}{_by_space(part)}"
    return _Part("PYG523", "PYG524", "PYG525", shown)


def _listed(part: Json) -> str:
    names = part.get("properties")
    return ", ".join(map(str, names)) if isinstance(names, list) else "nothing"


def _by_space(part: Json) -> str:
    return ", by space" if part.get("bySpace") else ""
