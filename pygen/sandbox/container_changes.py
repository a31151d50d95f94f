"""What becomes of a container when it is written again, and what cannot become of one (dms-api.md 3.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pygen.sandbox.catalog import Prop
from pygen.sandbox.container_shapes import Constraint, ContainerWrite, Index
from pygen.sandbox.problems import Refusal
from pygen.sandbox.property_types import forbidden_change
from pygen.sandbox.schema_rows import Json, labels, quoted, refuse_excess

if TYPE_CHECKING:
    from pygen.sandbox.settings import Settings

__all__ = ["check_container", "drop_unfounded", "encode_default", "merged"]

MOST_UNIQUENESS = 10
MOST_REQUIRES = 25
MOST_INDEXES = 10
MOST_INDEXED_VALUES = {"int32": 600, "int64": 300}
"""Most values of a list under a btree index (dms-api.md 3.3)."""


def merged(item: ContainerWrite, before: Json | None, settings: Settings) -> Json:
    """
    What a container is after it is written: nothing goes away but names, descriptions and defaults.

    Args:
        item: What is written.
        before: The container as it was; None where it is new.
        settings: How long lists are where they do not say.

    Returns:
        Its body. Definitions that are new or changed are without `constraintState` or `state`.

    Raises:
        Refusal: Something cannot be changed in this way.
    """
    old = before or {"usedFor": item.used_for or "node", "properties": {}, "constraints": {}, "indexes": {}}
    where = str(item.as_id())
    if item.used_for is not None and item.used_for != old["usedFor"]:
        raise Refusal(f"usedFor of container '{where}' cannot be changed", status=409)
    properties = dict(old["properties"])
    for name, prop in item.properties.items():
        definition, known = prop.read_form(), properties.get(name)
        if known is not None:
            is_relation = known["type"]["type"] == "direct"
            usual = settings.most_list_relations if is_relation else settings.most_list_values
            problem = forbidden_change(known["type"], definition["type"], usual_list_size=usual)
            if problem is not None:
                raise Refusal(f"Property '{name}' of container '{where}': {problem}", status=409)
        properties[name] = _kept(known, definition, "constraintState")
    return {
        **labels(item.given()),
        "usedFor": old["usedFor"],
        "properties": properties,
        "constraints": _merged_parts(item.constraints or {}, old["constraints"], f"Constraint '{{}}' of '{where}'"),
        "indexes": _merged_parts(item.indexes or {}, old["indexes"], f"Index '{{}}' of '{where}'"),
    }


def _merged_parts(given: Mapping[str, Constraint | Index], before: Json, what: str) -> Json:
    merged = dict(before)
    for identifier, part in given.items():
        definition = part.read_form()
        merged[identifier] = _kept(before.get(identifier), definition, "state")
        if identifier in before and merged[identifier] is definition:
            raise Refusal(f"{what.format(identifier)} cannot be changed; delete it first", status=409)
    return merged


def _kept(before: Json | None, after: Json, state: str) -> Json:
    """What was there, with its state, if the new definition says the same."""
    if before is not None and {key: value for key, value in before.items() if key != state} == after:
        return before
    return after


def check_container(where: str, body: Json) -> None:
    """
    See whether a container can be.

    Args:
        where: The container, as messages name it.
        body: Its body, merged.

    Raises:
        Refusal: A default is wrong, a constraint or an index does not fit, or there are too many of them.
    """
    properties = body["properties"]
    for name, definition in properties.items():
        if "defaultValue" in definition and "constraintState" not in definition:
            encode_default(name, definition)
    for kind in ("constraints", "indexes"):
        for identifier, part in body[kind].items():
            place = f"{kind}.{identifier} of container '{where}'"
            names = part.get("properties", [])
            if missing := [name for name in names if name not in properties]:
                raise Refusal(f"Unknown property {quoted(missing)} in {place}")
            if len(set(names)) < len(names):
                raise Refusal(f"Properties in {place} must differ")
            for name in names if kind == "indexes" else ():
                _check_indexed(place, part, name, properties[name]["type"])
    kinds = Counter(constraint["constraintType"] for constraint in body["constraints"].values())
    refuse_excess(f"uniqueness constraints of container '{where}'", kinds["uniqueness"], MOST_UNIQUENESS)
    refuse_excess(f"requires constraints of container '{where}'", kinds["requires"], MOST_REQUIRES)
    refuse_excess(f"indexes of container '{where}'", len(body["indexes"]), MOST_INDEXES)


def drop_unfounded(body: Json) -> None:
    """Take constraints and indexes over properties that do not exist out of a body; published models have some."""
    for kind in ("constraints", "indexes"):
        body[kind] = {
            identifier: part
            for identifier, part in body[kind].items()
            if body["properties"].keys() >= set(part.get("properties", ()))
        }


def _check_indexed(where: str, index: Json, name: str, kind: Json) -> None:
    if index["indexType"] == "inverted":
        if not kind["list"]:
            raise Refusal(f"Property '{name}' in {where} is no list, which an inverted index needs")
        return
    most = MOST_INDEXED_VALUES.get(kind["type"])
    if most is not None and kind.get("maxListSize", 0) > most:
        raise Refusal(f"maxListSize of property '{name}' in {where} must be at most {most} under a btree index")


def encode_default(name: str, definition: Json) -> Any:
    """
    The default of a property, as its column holds it.

    Raises:
        Refusal: It is no value of the property.
    """
    from pygen.sandbox.values import encode

    prop = Prop(name, "", definition["type"]["type"], definition["type"]["list"], definition)
    return encode(prop, definition["defaultValue"], f"properties.{name}.defaultValue")
