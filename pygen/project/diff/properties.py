"""
How one property differs from another: as a list of rules and sentences.

A property of a container is looked at in the same way as the property of a view that shows it; `containers` gives
the rules found here the names that they have for containers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from pygen.project.diff.reading import Json, mapping, named, same, shown_value, text_of
from pygen.project.fingerprints import view_key

__all__ = ["Facet", "ViewVersions", "compare_properties", "compare_stored", "described", "is_mapped", "text_changes"]


class Facet(NamedTuple):
    """One difference of a property: the rule that it falls under, and what changed."""

    code: str
    message: str


class ViewVersions(NamedTuple):
    """
    What is known about views while properties are compared.

    Attributes:
        followed: Old view -> new view, where a view went and another version of it came.
        known: The views of the new data model; which version is meant makes a difference only among these.
    """

    followed: Mapping[str, str]
    known: Collection[str]

    def is_another_version(self, old: Json, new: Json) -> bool:
        """Whether two references mean versions of one view between which nobody has to choose."""
        if any(old.get(key) != new.get(key) for key in ("space", "externalId")):
            return False
        before, after = view_key(old), view_key(new)
        return self.followed.get(before) == after or not (before in self.known and after in self.known)


_NUMBERS = {"int32": ("int", 32), "int64": ("int", 64), "float32": ("float", 32), "float64": ("float", 64)}
_KINDS = {
    "single_edge_connection": "edges",
    "multi_edge_connection": "edges",
    "single_reverse_direct_relation": "reverse",
    "multi_reverse_direct_relation": "reverse",
}


def is_mapped(definition: Json) -> bool:
    """Whether a property of a view shows a property of a container; otherwise it declares a connection."""
    return "container" in definition and "connectionType" not in definition


def compare_properties(old: Json, new: Json, versions: ViewVersions) -> Iterator[Facet]:
    """Every difference between two definitions of a property of a view."""
    if text_of(old) == text_of(new) and not versions.followed:
        return
    old_kind, new_kind = _kind(old), _kind(new)
    if old_kind != new_kind:
        yield Facet("PYG440", f"is {described(new)}, was {described(old)}")
    elif old_kind == "stored":
        yield from _place(old, new)
        yield from compare_stored(old, new, versions)
    else:
        yield from _connection(old, new, versions)
    yield from text_changes("PYG404", old, new)


def compare_stored(old: Json, new: Json, versions: ViewVersions) -> Iterator[Facet]:
    """Every difference between two definitions of a stored property, but for its texts."""
    old_type, new_type = mapping(old.get("type")), mapping(new.get("type"))
    another = False
    for facet in _base_type(old_type, new_type):
        another = another or facet.code == "PYG411"
        yield facet
    if _is_list(old_type) != _is_list(new_type):
        yield Facet("PYG407" if _is_list(new_type) else "PYG408", f"is {described(new)}, was {described(old)}")
    if not another:  # what belongs to a type comes and goes with it
        yield from _of_type(old_type, new_type)
        yield from _target(_leads_to(old), _leads_to(new), versions)
        yield from _default(old, new)
    yield from _demands(old, new)


def text_changes(code: str, old: Json, new: Json) -> Iterator[Facet]:
    """Whether a name or a description changed."""
    changed = [key for key in ("name", "description") if not same(old.get(key), new.get(key))]
    if changed:
        yield Facet(code, f"{' and '.join(changed)} changed")


def described(definition: Json) -> str:
    """A property in a few words."""
    kind = _kind(definition)
    target = named(_leads_to(definition))
    to = f" to {target}" if target else ""
    if kind == "stored":
        stored = mapping(definition.get("type"))
        base = "a direct relation" if stored.get("type") == "direct" else str(stored.get("type"))
        plural = "direct relations" if stored.get("type") == "direct" else base
        return f"a list of {plural}{to}" if _is_list(stored) else f"{base}{to}"
    many = "" if str(definition.get("connectionType") or "multi").startswith("single") else "s"
    if kind == "edges":
        article = "" if many else "an "
        return f"{article}edge{many} of type {named(definition.get('type'))}{to}"
    if kind == "reverse":
        article = "" if many else "a "
        return f"{article}reverse relation{many}{to}"
    return f"a connection ({kind})"


# ---------------------------------------------------------------------------------------------------------------------
# Stored properties


def _kind(definition: Json) -> str:
    if is_mapped(definition):
        return "stored"
    connection = definition.get("connectionType")
    if connection is None:
        return "edges" if "source" in definition else "unknown"
    return _KINDS.get(connection, connection) if isinstance(connection, str) else text_of(connection)


def _place(old: Json, new: Json) -> Iterator[Facet]:
    before, after = _stored_at(old), _stored_at(new)
    if before != after:
        yield Facet("PYG433", f"is stored in {after}, was in {before}")


def _stored_at(definition: Json) -> str:
    return f"{named(definition.get('container'))}.{definition.get('containerPropertyIdentifier')}"


def _is_list(kind: Json) -> bool:
    return bool(kind.get("list"))


def _leads_to(definition: Json) -> Any:
    return mapping(definition.get("type")).get("source") or definition.get("source")


def _base_type(old: Json, new: Json) -> Iterator[Facet]:
    before, after = old.get("type"), new.get("type")
    if same(before, after):
        return
    family, bits = _NUMBERS.get(str(before), ("", 0))
    other_family, other_bits = _NUMBERS.get(str(after), (None, 0))
    said = f"is {after}, was {before}"
    if family == other_family:
        yield Facet("PYG409" if other_bits > bits else "PYG410", said)
    else:
        yield Facet("PYG411", said)


def _of_type(old: Json, new: Json) -> Iterator[Facet]:
    """What belongs to a type and changed, while the type is the same."""
    yield from _limit(old, new, _TEXT_SIZE)
    if _is_list(old) == _is_list(new):
        yield from _limit(old, new, _RELATIONS if new.get("type") == "direct" else _LIST_SIZE)
    before, after = old.get("collation") or "ucs_basic", new.get("collation") or "ucs_basic"
    if not same(before, after):
        yield Facet("PYG418", f"collation is {after}, was {before}")
    yield from _unit(old, new)
    yield from _enum(old, new)
    yield from _required_container(old, new)


class _Limit(NamedTuple):
    """A limit of a type: its key, what its absence means, what it counts, and the rules of its raise and its fall."""

    key: str
    usual: int
    unit: str
    raised: str
    lowered: str


# The usual ones are from dms-api.md 3.3.
_TEXT_SIZE = _Limit("maxTextSize", 128_000, "bytes", "PYG414", "PYG415")
_LIST_SIZE = _Limit("maxListSize", 1_000, "values", "PYG416", "PYG417")
_RELATIONS = _LIST_SIZE._replace(usual=100)


def _limit(old: Json, new: Json, limit: _Limit) -> Iterator[Facet]:
    before, after = old.get(limit.key), new.get(limit.key)
    if same(before, after):
        return
    wider = _number(after, limit.usual) >= _number(before, limit.usual)
    is_, was = (
        f"{_number(value, limit.usual)} {limit.unit}{' (the default)' if value is None else ''}"
        for value in (after, before)
    )
    said = f"was {was}"
    if _number(after, limit.usual) == _number(before, limit.usual):
        said = "which was the default" if before is None else "as it was"
    yield Facet(limit.raised if wider else limit.lowered, f"{limit.key} is {is_}, {said}")


def _number(value: Any, usual: int) -> float:
    return value if isinstance(value, int | float) else usual


def _unit(old: Json, new: Json) -> Iterator[Facet]:
    before, after = mapping(old.get("unit")), mapping(new.get("unit"))
    if not same(before.get("externalId"), after.get("externalId")):
        shown = [unit.get("externalId") or "none" for unit in (after, before)]
        yield Facet("PYG412", f"unit is {shown[0]}, was {shown[1]}")
    if not same(before.get("sourceUnit"), after.get("sourceUnit")):
        shown = [unit.get("sourceUnit") or "none" for unit in (after, before)]
        yield Facet("PYG413", f"source unit is {shown[0]}, was {shown[1]}")


def _enum(old: Json, new: Json) -> Iterator[Facet]:
    before, after = mapping(old.get("values")), mapping(new.get("values"))
    unknown, other = old.get("unknownValue"), new.get("unknownValue")
    # Nobody has written a value that comes to stand for unknown ones: none that was there is lost to writers.
    is_fresh = unknown is None and isinstance(other, str) and other in after.keys() - before.keys()
    if added := sorted(after.keys() - before.keys()):
        stands = ", which stands" if added == [other] else f", of which {other} stands"
        yield Facet("PYG419", f"{_several('value', added)} added{f'{stands} for unknown ones' if is_fresh else ''}")
    if removed := sorted(before.keys() - after.keys()):
        yield Facet("PYG420", f"{_several('value', removed)} removed")
    changed = [
        value
        for value in sorted(before.keys() & after.keys())
        if not all(same(mapping(before[value]).get(key), mapping(after[value]).get(key)) for key in _TEXTS)
    ]
    if changed:
        yield Facet("PYG421", f"texts of {_several('value', changed)} changed")
    if not same(unknown, other) and not is_fresh:
        was = "none" if unknown is None else unknown
        if other is None:
            yield Facet("PYG423", f"no value stands for unknown ones, was {was}")
        else:
            yield Facet("PYG422", f"{other} stands for unknown values, was {was}")


_TEXTS = ("name", "description")
_MOST_VALUES = 5


def _several(noun: str, names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_VALUES]) + (f" and {len(names) - _MOST_VALUES} more" if names[_MOST_VALUES:] else "")
    return f"{noun}{'s' if len(names) > 1 else ''} {shown}"


def _target(old: Any, new: Any, versions: ViewVersions) -> Iterator[Facet]:
    before, after = mapping(old), mapping(new)
    if named(before) == named(after):
        return
    if not before:
        yield Facet("PYG436", f"leads to {named(after)}, was not said")
    elif not after:
        yield Facet("PYG437", f"does not say where it leads, was to {named(before)}")
    else:
        code = "PYG435" if versions.is_another_version(before, after) else "PYG434"
        yield Facet(code, f"leads to {named(after)}, was to {named(before)}")


def _required_container(old: Json, new: Json) -> Iterator[Facet]:
    before, after = named(old.get("container")), named(new.get("container"))
    if before != after:
        if after:
            yield Facet("PYG438", f"targets must have data in {after}, was {before or 'nowhere'}")
        else:
            yield Facet("PYG439", f"targets need no data in {before}")


def _default(old: Json, new: Json) -> Iterator[Facet]:
    before, after = old.get("defaultValue"), new.get("defaultValue")
    if same(before, after):
        return
    required = _is_required(old) and _is_required(new)
    if before is None:
        yield Facet("PYG427" if required else "PYG424", f"default is {shown_value(after)}, was none")
    elif after is None:
        yield Facet("PYG428" if required else "PYG426", f"has no default, was {shown_value(before)}")
    else:
        yield Facet("PYG425", f"default is {shown_value(after)}, was {shown_value(before)}")


def _demands(old: Json, new: Json) -> Iterator[Facet]:
    if _is_required(old) != _is_required(new):
        required = _is_required(new)
        yield Facet("PYG405" if required else "PYG406", "must have a value" if required else "may have no value")
    rows: tuple[tuple[str, str, str, Callable[[bool], str]], ...] = (
        ("immutable", "PYG429", "PYG430", lambda on: f"can{'not' if on else ''} be changed once it is set"),
        ("autoIncrement", "PYG431", "PYG432", lambda on: f"is {'' if on else 'no longer '}numbered by the service"),
    )
    for key, switched_on, switched_off, said in rows:
        on = bool(new.get(key))
        if bool(old.get(key)) != on:
            yield Facet(switched_on if on else switched_off, said(on))


def _is_required(definition: Json) -> bool:
    return definition.get("nullable") is False


# ---------------------------------------------------------------------------------------------------------------------
# Connections


def _connection(old: Json, new: Json, versions: ViewVersions) -> Iterator[Facet]:
    if _is_single(old) != _is_single(new):
        yield Facet("PYG442" if _is_single(new) else "PYG441", f"is {described(new)}, was {described(old)}")
    yield from _target(old.get("source"), new.get("source"), versions)
    before, after = named(old.get("type")), named(new.get("type"))
    if before != after:
        yield Facet("PYG443", f"follows edges of type {after or 'none'}, was {before or 'none'}")
    before, after = (each.get("direction") or "outwards" for each in (old, new))
    if not same(before, after):
        yield Facet("PYG444", f"follows edges {after}, was {before}")
    yield from _edge_view(mapping(old.get("edgeSource")), mapping(new.get("edgeSource")), versions)
    yield from _through(mapping(old.get("through")), mapping(new.get("through")), versions)
    if bool(old.get("targetsList")) != bool(new.get("targetsList")):
        goes = "goes" if new.get("targetsList") else "no longer goes"
        yield Facet("PYG447", f"{goes} through a list of direct relations")


def _is_single(definition: Json) -> bool:
    return str(definition.get("connectionType")).startswith("single")


def _edge_view(old: Json, new: Json, versions: ViewVersions) -> Iterator[Facet]:
    if named(old) == named(new):
        return
    if old and new and versions.is_another_version(old, new):
        yield Facet("PYG435", f"edges are read through {named(new)}, was {named(old)}")
    else:
        yield Facet("PYG445", f"edges are read through {named(new) or 'no view'}, was {named(old) or 'none'}")


def _through(old: Json, new: Json, versions: ViewVersions) -> Iterator[Facet]:
    before, after = _holder(old), _holder(new)
    shown = f"goes through {named(after)}.{new.get('identifier')}, was {named(before)}.{old.get('identifier')}"
    if not same(old.get("identifier"), new.get("identifier")):
        yield Facet("PYG446", shown)
    elif named(before) != named(after):
        both_views = "version" in before and "version" in after
        yield Facet("PYG435" if both_views and versions.is_another_version(before, after) else "PYG446", shown)


def _holder(through: Json) -> Json:
    return mapping(through.get("source") or through.get("view") or through.get("container"))
