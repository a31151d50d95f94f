"""
What the OpenAPI document says about a request or an answer, as validators.

The document is dms-subset.json of the shared folder, with the errata of dms-api.md 0.3, and read like this:

- `oneOf` means `anyOf`: many alternatives overlap (an integer is a number, any object is "an object").
- A request has no keys but those that are listed, where any are (DMS refuses others); an answer may have more.
- What may be declared may be referred to: references to properties follow the pattern of their declaration (8.1).
- What is said to have keys is an object, whether or not its type is given.
- `$` in a pattern is the end of the text, as in JavaScript; Python's lets a line feed follow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.conftest import shared_folder

__all__ = ["is_described", "operations", "parameters", "referred", "request_validator", "response_validator"]

Schema: TypeAlias = dict[str, Any]
Reading: TypeAlias = Callable[[Schema], Schema]

_WORDS = frozenset({"title", "description", "example", "examples", "default", "discriminator"})


def request_validator(method: str, path: str) -> Draft202012Validator:
    """
    Make what validates the body of a request.

    Args:
        method: The HTTP method, in any case.
        path: Relative to the project: `/models/instances/list`.

    Raises:
        KeyError: The document has no such operation, or it takes no JSON.
    """
    return _request_validator(method.lower(), path)


def response_validator(method: str, path: str, status: int) -> Draft202012Validator:
    """
    Make what validates the body of an answer.

    Errors that the document does not list for the operation have the shape of those that it does.

    Raises:
        KeyError: The document has no such operation, or no such success.
    """
    return _response_validator(method.lower(), path, status)


def is_described(method: str, path: str) -> bool:
    """Whether the document has the operation."""
    return method.lower() in _document()["paths"].get(path, {})


def operations() -> list[tuple[str, str]]:
    """Method and path of each operation, but for that on tokens, which belongs to no project."""
    found = _document()["paths"].items()
    return [(method, path) for path, methods in found if path != "/token/inspect" for method in methods]


def parameters(method: str, path: str) -> dict[str, Schema]:
    """The parameters of a query, with what each may be."""
    listed = _document()["paths"][path][method.lower()].get("parameters", ())
    found = [_resolved(parameter, _document()) for parameter in listed]
    return {parameter["name"]: parameter["schema"] for parameter in found if parameter["in"] == "query"}


def referred(reference: str) -> Schema:
    """What a reference in a validator's schema leads to."""
    contents: Schema = _registry().resolver().lookup(reference).contents
    return contents


@cache
def _request_validator(method: str, path: str) -> Draft202012Validator:
    body = _document()["paths"][path][method]["requestBody"]
    return _validator(_closed(_json_schema(body)))


@cache
def _response_validator(method: str, path: str, status: int) -> Draft202012Validator:
    responses = _document()["paths"][path][method]["responses"]
    unlisted = {"$ref": "#/components/responses/ErrorResponse"} if status >= 400 else None
    response = responses.get(str(status), unlisted)
    if response is None:
        raise KeyError(f"{method} {path} {status}")
    return _validator(_answer(_json_schema(_resolved(response, _document()))))


def _json_schema(described: Mapping[str, Any]) -> Schema:
    schema: Schema = described["content"]["application/json"]["schema"]
    return schema


def _validator(schema: Schema) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, registry=_registry())


@cache
def _registry() -> Registry[Any]:
    """Every component in every reading; a reference says which."""
    components: Mapping[str, Schema] = _document()["components"]["schemas"]
    resources = []
    for reading in (_closed, _part, _answer):
        contents = {"components": {"schemas": {name: reading(schema) for name, schema in components.items()}}}
        resources.append((_urn(reading), DRAFT202012.create_resource(contents)))
    return Registry().with_resources(resources)


def _urn(reading: Reading) -> str:
    return f"urn:dms:{reading.__name__.strip('_')}"


def _closed(schema: Schema) -> Schema:
    """A schema of a whole value in a request: no keys but those that are listed."""
    schema = _plain(schema)
    if "$ref" in schema:
        return _reference(schema, _closed)
    if "anyOf" in schema and not schema.keys() & {"properties", "allOf"}:
        return {**schema, "anyOf": [_closed(alternative) for alternative in schema["anyOf"]]}
    names = _names(schema)
    if not names:
        return _part(schema)
    if not schema.keys() & {"allOf", "anyOf"}:
        return {**_part(schema), "additionalProperties": False}
    return {"allOf": [_part(schema)], "properties": dict.fromkeys(sorted(names), True), "additionalProperties": False}


def _part(schema: Schema) -> Schema:
    """A schema that says something about a value in a request, but not all of it."""
    return _read(schema, part=_part, whole=_closed)


def _answer(schema: Schema) -> Schema:
    """A schema of an answer."""
    return _read(schema, part=_answer, whole=_answer)


def _read(schema: Schema, *, part: Reading, whole: Reading) -> Schema:
    read = _plain(schema)
    if "$ref" in read:
        return _reference(read, part)
    for key in ("allOf", "anyOf"):
        if key in read:
            read[key] = [part(member) for member in read[key]]
    if "properties" in read:
        read["properties"] = {name: whole(value) for name, value in read["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(read.get(key), dict):
            read[key] = whole(read[key])
    return read


def _plain(schema: Schema) -> Schema:
    """The same with less: no words for people, no wrapper around one schema, short ones in place of their name."""
    plain = {key: value for key, value in schema.items() if key not in _WORDS and not key.startswith("x-")}
    if "oneOf" in plain:
        plain["anyOf"] = plain.pop("oneOf")
    if plain.keys() & {"properties", "additionalProperties"}:
        plain.setdefault("type", "object")
    if plain.keys() == {"allOf"} and len(plain["allOf"]) == 1:
        return _plain(plain["allOf"][0])
    target = _resolved(plain, _document())
    return _plain(target) if "$ref" in plain and target.get("type") == "string" else plain


def _reference(schema: Schema, reading: Reading) -> Schema:
    return {"$ref": f"{_urn(reading)}{schema['$ref']}"}


def _names(schema: Schema) -> frozenset[str] | None:
    """The keys that a schema lists, with all it is made of; None where it lets others in."""
    found: set[str] = set(schema.get("properties", ()))
    if schema.get("additionalProperties", False) is not False:
        return None
    for member in _members(schema):
        names = _names(member)
        if names is None:
            return None
        found |= names
    return frozenset(found)


def _members(schema: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        yield _resolved(schema, _document())
    for key in ("allOf", "anyOf", "oneOf"):
        yield from schema.get(key, ())


@cache
def _document() -> dict[str, Any]:
    """The document, with its errata."""
    folder = shared_folder()
    if folder is None:
        raise FileNotFoundError("the OpenAPI document is not on this machine (PYGEN_SHARED names its folder)")
    document: dict[str, Any] = json.loads((folder / "dms" / "openapi" / "dms-subset.json").read_bytes())
    _correct(document["components"]["schemas"])
    _correct_answers(document)
    _end_patterns(document)
    return document


def _correct(schemas: dict[str, Schema]) -> None:
    """The errata of dms-api.md 0.3 about what is sent."""
    schemas["NodeOrEdgeExternalId"]["pattern"] = r"^[^\x00]{1,256}$"
    schemas["PropertyIdentifierV3"]["pattern"] = "^[a-zA-Z0-9][a-zA-Z0-9_-]{0,253}[a-zA-Z0-9]?$"
    values = schemas["EnumProperty"]["properties"]["values"]
    values |= {key: values["additionalProperties"].pop(key) for key in ("minProperties", "maxProperties")}
    group = schemas["PropertyValueGroupV3"]
    del group["minProperties"]
    group["additionalProperties"] = {"anyOf": [group["additionalProperties"], {"type": "null"}]}
    data = schemas["EdgeOrNodeData"]["properties"]
    data["properties"] = {"anyOf": [data["properties"], {"type": "null"}]}
    for request in ("QueryRequest", "SyncRequest"):
        cursors = schemas[request]["properties"]["cursors"]
        cursors["additionalProperties"] = {"anyOf": [cursors["additionalProperties"], {"type": "null"}]}


def _correct_answers(document: dict[str, Any]) -> None:
    """The errata of dms-api.md 0.3 about what is answered."""
    schemas = document["components"]["schemas"]
    schemas["AggregatedResultItemCollection"]["required"].remove("properties")
    del schemas["DeletedInstances"]["minItems"]
    # Groups without aggregates are distinct values (7.1); clients look for the list all the same.
    del schemas["AggregatedResultItem"]["properties"]["aggregates"]["minItems"]
    for path, operations in document["paths"].items():
        if path.endswith("/delete"):
            _allow_empty(operations["post"]["responses"]["200"], document)
    responses = document["paths"]["/files/uploadlink"]["post"]["responses"]
    one = _json_schema(_resolved(responses.pop("201"), document))
    many = {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": one}}}
    responses["200"] = {"content": {"application/json": {"schema": many}}}


def _allow_empty(response: Schema, document: dict[str, Any]) -> None:
    """Let the list of what was deleted be empty."""
    schema = _resolved(_json_schema(_resolved(response, document)), document)
    schema.get("properties", {}).get("items", {}).pop("minItems", None)


def _resolved(found: Schema, document: dict[str, Any]) -> Schema:
    """What is found, or what it refers to."""
    if "$ref" not in found:
        return found
    target: Any = document
    for step in found["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    resolved: Schema = target
    return resolved


def _end_patterns(found: Any) -> None:
    if isinstance(found, dict):
        if isinstance(found.get("pattern"), str):
            found["pattern"] = found["pattern"].replace("$", r"\Z")
        for value in found.values():
            _end_patterns(value)
    elif isinstance(found, list):
        for value in found:
            _end_patterns(value)
