"""Queries in GraphQL over a data model (dms-api.md 11)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    execute_sync,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import FieldsOnCorrectTypeRule, ValidationRule

from pygen.client.models.ids import ViewId
from pygen.sandbox.catalog import Catalog, ViewDef, view_id
from pygen.sandbox.data_models import retrieve_data_models
from pygen.sandbox.graphql_reading import Reader
from pygen.sandbox.graphql_schema import make_schema
from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["GraphQLRequest", "answer_graphql", "carry_out", "views_of"]

Json: TypeAlias = dict[str, Any]

logger = logging.getLogger("pygen.sandbox")

_made: WeakKeyDictionary[Catalog, dict[tuple[ViewId, ...], GraphQLSchema]] = WeakKeyDictionary()
"""Schemas by the views that they are for; large ones take a while to make."""


class GraphQLRequest(Shape):
    """
    The body of a request.

    Attributes:
        query: The document.
        variables: Values of its variables.
        operation_name: Which of its operations is meant, where there are several.
    """

    query: str
    variables: Json | None = None
    operation_name: str | None = None


def answer_graphql(store: Store, body: Json, params: Mapping[str, str]) -> Json:
    """`POST /userapis/spaces/{space}/datamodels/{externalId}/versions/{version}/graphql`."""
    request = GraphQLRequest.read(body)
    with store.lock:  # all that a query reads is of one moment
        views = views_of(store, params)
        schemas = _made.setdefault(store.catalog, {})
        key = tuple(view.id for view in views)
        schema = schemas[key] = schemas.get(key) or make_schema(views)
        return carry_out(schema, request, Reader(store, {view.id: view for view in views}))


def views_of(store: Store, model: Mapping[str, str]) -> list[ViewDef]:
    """
    The views of a data model; those that are gone are passed over.

    Raises:
        Refusal: There is no such data model.
    """
    key = {name: model[name] for name in ("space", "externalId", "version")}
    models = retrieve_data_models(store, {"items": [key]}, {})["items"]
    if not models:
        raise Refusal("One or more data models do not exist: '{space}:{externalId}/{version}'.".format(**key))
    found = (store.catalog.views.get(view_id(reference)) for reference in models[0]["views"])
    return [view for view in found if view is not None]


class _FieldsAreDefined(ValidationRule):
    """Says of unknown fields what the service says of them."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Look at a field."""
        parent = self.context.get_parent_type()
        if parent is not None and self.context.get_field_def() is None:
            message = f"Field '{node.name.value}' in type '{parent.name}' is undefined"
            self.report_error(GraphQLError(message, node))


_RULES = [_FieldsAreDefined if rule is FieldsOnCorrectTypeRule else rule for rule in specified_rules]


def carry_out(schema: GraphQLSchema, request: GraphQLRequest, context: object) -> Json:
    """
    Answer a request over a schema.

    Args:
        schema: The schema.
        request: The request.
        context: What resolvers find in `info.context`.

    Returns:
        `data`, and `errors` where there are any.
    """
    try:
        document = parse(request.query)
    except GraphQLError as error:
        return {"data": {}, "errors": [error.formatted]}
    errors = validate(schema, document, _RULES)
    if errors:
        return {"data": {}, "errors": [error.formatted for error in errors]}
    return _shown(_execute(schema, document, request, context))


def _execute(
    schema: GraphQLSchema, document: DocumentNode, request: GraphQLRequest, context: object
) -> ExecutionResult:
    return execute_sync(
        schema,
        document,
        context_value=context,
        variable_values=request.variables,
        operation_name=request.operation_name,
    )


def _shown(result: ExecutionResult) -> Json:
    for error in result.errors or ():
        cause = error.original_error
        if cause is not None and not isinstance(cause, Refusal | GraphQLError):
            raise cause
    answer: Json = {"data": result.data if result.data is not None else {}}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer
