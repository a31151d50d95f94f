"""Data models in GraphQL's schema language: published, and told (dms-api.md 11)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import (
    GraphQLSchema,
    GraphQLSyntaxError,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    build_schema,
    parse,
)

from pygen.client.models.ids import ContainerId
from pygen.errors import ModelError
from pygen.sandbox.catalog import Prop
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.data_models import apply_data_models, retrieve_data_models
from pygen.sandbox.dml_text import write_dml
from pygen.sandbox.graphql_api import GraphQLRequest, carry_out, views_of
from pygen.sandbox.problems import Refusal
from pygen.sources.graphql_dml import read_graphql

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["answer_dml"]

Json: TypeAlias = dict[str, Any]
_TypeNode: TypeAlias = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode

_PLACE = "graphQlDml"
_AT = re.compile(r"line ([0-9]+), column ([0-9]+)$")
_UNSAID = frozenset({"container", "unknownValue", "collation"})
"""What the language cannot say of the type of a property."""
_TABLES = """
CREATE TABLE IF NOT EXISTS dml (
    space TEXT NOT NULL, external_id TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (space, external_id, version)
) WITHOUT ROWID
"""

_SCHEMA = """
type Query {
  "The text of a data model, made anew; what was published is forgotten."
  unsafelyWipeAndRegenerateDmlBasedOnDataModel(
    space: String!, externalId: String!, version: String!
  ): GraphQlDmlVersionConnection!
}

type Mutation {
  "Create or update a data model, its views and their containers."
  upsertGraphQlDmlVersion(graphQlDmlVersion: GraphQlDmlVersionUpsert!): UpsertGraphQlDmlVersionResult!
}

input GraphQlDmlVersionUpsert {
  space: String!
  externalId: String!
  version: String!
  previousVersion: String
  name: String
  description: String
  graphQlDml: String
  preserveDml: Boolean
}

type UpsertGraphQlDmlVersionResult {
  errors: [Error!]
  result: GraphQlDmlVersion
}

type GraphQlDmlVersionConnection {
  items: [GraphQlDmlVersion]!
}

type GraphQlDmlVersion {
  space: String!
  externalId: String!
  version: String!
  name: String
  description: String
  graphQlDml: String
  createdTime: String
  lastUpdatedTime: String
}

enum ErrorKind {
  COMPILE_ERROR
  DIFF_ERROR
}

type Error {
  kind: ErrorKind!
  message: String!
  hint: String
  location: SourceLocationRange
}

type SourceLocationRange {
  start: SourceLocation!
}

type SourceLocation {
  line: Int!
  column: Int!
}
"""


@cache
def _schema() -> GraphQLSchema:
    schema = build_schema(_SCHEMA)
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    schema.query_type.fields["unsafelyWipeAndRegenerateDmlBasedOnDataModel"].resolve = _regenerate
    schema.mutation_type.fields["upsertGraphQlDmlVersion"].resolve = _upsert
    return schema


def answer_dml(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /dml/graphql`."""
    request = GraphQLRequest.read(body)
    with store.lock:
        return carry_out(_schema(), request, store)


# --- telling ---


def _regenerate(_: Any, info: Any, **key: str) -> Json:
    store: Store = info.context
    text = write_dml(views_of(store, key), space=key["space"], version=key["version"])
    _keep(store, key, text)
    return {"items": [_read(store, key, text)]}


def _read(store: Store, key: Mapping[str, str], text: str) -> Json:
    """A data model with its text; times are text here."""
    (model,) = retrieve_data_models(store, {"items": [dict(key)]}, {})["items"]
    times = {name: str(model[name]) for name in ("createdTime", "lastUpdatedTime")}
    return {**model, **times, "graphQlDml": text}


# --- publishing ---


def _upsert(_: Any, info: Any, **arguments: Json) -> Json:
    store: Store = info.context
    given = arguments["graphQlDmlVersion"]
    key = {name: given[name] for name in ("space", "externalId", "version")}
    labels = {name: given[name] for name in ("name", "description") if given.get(name) is not None}
    text = given.get("graphQlDml") or ""
    try:
        _publish(store, key, text, labels)
    except (GraphQLSyntaxError, ModelError, Refusal) as error:
        return {"errors": list(_errors(error))}
    _keep(store, key, text)
    return {"result": _read(store, key, text)}


def _errors(error: GraphQLSyntaxError | ModelError | Refusal) -> Iterator[Json]:
    """What is wrong with a text, as the answer says it."""
    match error:
        case GraphQLSyntaxError():
            message = f"Invalid syntax in provided GraphQL schema: {error.message}"
            for at in error.locations or ():
                yield _error(message, line=at.line, column=at.column)
        case ModelError():
            for problem in error.problems:
                place = _AT.search(problem.where)
                line, column = (int(place[1]), int(place[2])) if place is not None else (1, 1)
                yield _error(problem.message, line=line, column=column)
        case Refusal(status=409):
            yield _error(error.message, kind="DIFF_ERROR", hint="Please publish a new data model version.")
        case Refusal():
            yield _error(error.message)


def _types(text: str) -> dict[str, _TypeNode]:
    """The types that a text defines, by name."""
    if not text.strip():
        return {}
    definitions = parse(text).definitions
    return {each.name.value: each for each in definitions if isinstance(each, _TypeNode)}


def _publish(store: Store, key: Mapping[str, str], text: str, labels: Mapping[str, str]) -> None:
    """
    Write what a text defines, but for the views that it imports and containers that are somebody else's.

    Raises:
        GraphQLSyntaxError: It is not GraphQL.
        ModelError: What it says is no data model.
        Refusal: It cannot be written.
    """
    types = _types(text)
    definitions = read_graphql(
        text,
        space=key["space"],
        external_id=key["externalId"],
        version=key["version"],
        place=_PLACE,
        labels=labels,
    )
    for name in _types(_kept(store, key)):
        if name not in types:
            raise Refusal(f"Can not remove view '{name}' from the data model definition", status=409)
    views = [each.body for each in definitions.views]
    mapped = {(place["space"], place["externalId"]) for place in _containers_of(views)}
    containers = [
        _missing_of(store, each.body, types)
        for each in [*definitions.containers, *definitions.assumed_containers]
        if (each.body["space"], each.body["externalId"]) in mapped
    ]
    written = [each for each in containers if each["properties"]]
    if written:
        apply_containers(store, written)
    (model,) = (each.body for each in definitions.data_models)
    whole = {view["externalId"]: view for view in views}
    apply_data_models(
        store,
        [{**model, "views": [whole.get(reference["externalId"], reference) for reference in model["views"]]}],
    )


def _containers_of(views: Sequence[Json]) -> Iterator[Json]:
    return (prop["container"] for view in views for prop in view["properties"].values() if "container" in prop)


def _missing_of(store: Store, container: Json, types: Mapping[str, _TypeNode]) -> Json:
    """
    A container as it is to be written.

    Of one that no type of the text is for, only the properties that it has not got yet. Of the others, what the
    language cannot say stays as it is.
    """
    known = store.catalog.containers.get(ContainerId(container["space"], container["externalId"]))
    if known is None:
        return container
    is_own = container["externalId"] in types and not known.is_global
    properties = {
        name: prop if name not in known.props else _with_unsaid(prop, known.props[name])
        for name, prop in container["properties"].items()
        if is_own or name not in known.props
    }
    return {**container, "properties": properties}


def _with_unsaid(prop: Json, before: Prop) -> Json:
    if prop["type"]["type"] != before.type:
        return prop
    unsaid = {key: value for key, value in before.definition["type"].items() if key in _UNSAID}
    return {**prop, "type": {**unsaid, **prop["type"]}}


def _error(
    message: str, *, kind: str = "COMPILE_ERROR", hint: str | None = None, line: int = 1, column: int = 1
) -> Json:
    return {
        "kind": kind,
        "message": message,
        "hint": hint,
        "location": {"start": {"line": line, "column": column}},
    }


# --- texts ---


def _keep(store: Store, key: Mapping[str, str], text: str) -> None:
    with store.writing() as db:
        db.execute(_TABLES)
        db.execute("INSERT OR REPLACE INTO dml VALUES (?, ?, ?, ?)", [*_identifiers(key), text])


def _kept(store: Store, key: Mapping[str, str]) -> str:
    """The text that was published last; empty: none was."""
    with store.reading() as db:
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'dml'").fetchone() is None:
            return ""
        row = db.execute(
            "SELECT text FROM dml WHERE (space, external_id, version) = (?, ?, ?)", _identifiers(key)
        ).fetchone()
    return "" if row is None else str(row[0])


def _identifiers(key: Mapping[str, str]) -> list[str]:
    return [key["space"], key["externalId"], key["version"]]
