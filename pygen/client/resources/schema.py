"""What spaces, containers, views and data models have in common: listing, fetching by id, upserting, deleting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeGuard, TypeVar, cast

from pydantic import ValidationError

from pygen.client.calls import Answer, Call, JsonObject, Params, Plan, items_as
from pygen.client.checks import Problems, check_external_id, check_limit, check_space, raise_for
from pygen.client.checks.identifiers import shown
from pygen.client.chunks import chunked
from pygen.client.exceptions import InputProblem
from pygen.client.models.base import WireModel
from pygen.client.models.ids import ContainerId, DataModelId, ViewId
from pygen.client.paging import Page, PageJob, page_of

__all__ = [
    "LIMIT",
    "MOST_ITEMS",
    "OneOrMany",
    "SchemaKind",
    "delete_plan",
    "list_job",
    "many",
    "no_id",
    "retrieve_plan",
    "text_of",
    "upsert_plan",
    "versioned_id_item",
]

ModelT = TypeVar("ModelT", bound=WireModel)
IdT = TypeVar("IdT")
ItemT = TypeVar("ItemT")
VersionedT = TypeVar("VersionedT", ViewId, DataModelId)

LIMIT = 1000
"""Most items of a page (dms-api.md 2.1)."""
MOST_ITEMS = 100
"""Most items of one request about schema (dms-api.md 2.1)."""

OneOrMany: TypeAlias = ItemT | Iterable[ItemT]


class SchemaKind(NamedTuple, Generic[ModelT, IdT]):
    """
    A kind of schema resource.

    Attributes:
        name: What operations are called after: `spaces`.
        path: Where it is found, relative to the project.
        model: The class of what is read.
        id_item: An identifier as bodies name it; notes what is wrong with it.
        read_id: The identifier that an answer to a delete names.
        write_item: The JSON of something to be written.
        check_item: Notes what is wrong with that.
        order: Puts items so that none refers to a later one, as far as that can be.
    """

    name: str
    path: str
    model: type[ModelT]
    id_item: Callable[[IdT, str, Problems], JsonObject]
    read_id: Callable[[JsonObject], IdT]
    write_item: Callable[[ModelT | Mapping[str, Any]], JsonObject]
    check_item: Callable[[Mapping[str, Any], str, Problems], None]
    order: Callable[[Sequence[JsonObject]], list[JsonObject]] = list

    def read(self, answer: Answer) -> Page[ModelT]:
        """
        A page, or any other answer with items.

        Raises:
            DmsTransportError: It cannot be understood.
        """
        try:
            return page_of(answer, self.model.model_validate)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            return answer.refuse(f"an item of the answer is no {self.model.__name__}: {place}: {first['msg']}")


def many(given: Any, *, or_pair: bool = False) -> list[Any]:
    """
    One or more things as a list: texts, identifiers, objects and mappings are one thing each.

    Args:
        given: One thing, or an iterable of several.
        or_pair: Whether a tuple of two texts is one thing, too.
    """
    is_one = isinstance(given, str | Mapping | WireModel | ContainerId | ViewId | DataModelId)
    return [given] if is_one or (or_pair and _is_pair(given)) else list(given)


def _is_pair(given: object) -> TypeGuard[tuple[str, str]]:
    return isinstance(given, tuple) and [str, str] == list(map(type, cast("tuple[object, ...]", given)))


def versioned_id_item(
    kind: type[VersionedT], check: Callable[[VersionedT, str, Problems], None]
) -> Callable[[VersionedT | tuple[str, str], str, Problems], JsonObject]:
    """How byids and delete name what has versions: in one of them, or by a pair in all."""

    def id_item(given: object, where: str, problems: Problems) -> JsonObject:
        if isinstance(given, kind):
            check(given, where, problems)
            return {"space": given.space, "externalId": given.external_id, "version": given.version}
        if _is_pair(given):
            space, external_id = given
            check_space(space, f"{where}.space", problems)
            check_external_id(external_id, f"{where}.external_id", problems)
            return {"space": space, "externalId": external_id}
        return no_id(given, f"a {kind.__name__}, or a pair of space and external id", where, problems)

    return id_item


def no_id(given: object, wanted: str, where: str, problems: Problems) -> JsonObject:
    """Note that something else was given where an identifier belongs."""
    problems.append(InputProblem(where, f"must be {wanted}; got {shown(given)}"))
    return {}


def text_of(item: JsonObject, key: str) -> str:
    """
    Read a text of an answer.

    Raises:
        KeyError: There is none.
        TypeError: It is something else.
    """
    found = item[key]
    if not isinstance(found, str):
        raise TypeError(f"{key} is no text")
    return found


def list_job(
    kind: SchemaKind[ModelT, IdT],
    project: str,
    params: Params,
    *,
    limit: int | None,
    chunk_size: int,
    cursor: str | None,
) -> Callable[[], PageJob[ModelT]]:
    """
    The pages of a list.

    Raises:
        DmsInputError: A number is out of bounds, or the space no space.
    """
    problems: Problems = []
    if params.get("space") is not None:
        check_space(params["space"], "space", problems)
    check_limit(chunk_size, LIMIT, "chunk_size", problems)
    check_limit(limit, None, "limit", problems, least=0)
    raise_for(problems, operation=f"{kind.name}.list", project=project)

    def make(size: int, at: str | None) -> Call:
        return Call(
            f"{kind.name}.list",
            kind.path,
            method="GET",
            params={**params, "limit": size, "cursor": at},
            family="schema_read",
            read=kind.read,
            paged=True,
        )

    return lambda: PageJob(make, limit=limit, chunk_size=chunk_size, cursor=cursor)


def retrieve_plan(
    kind: SchemaKind[ModelT, IdT], ids: Sequence[IdT], params: Params | None = None
) -> Plan[list[ModelT]]:
    """Fetch by id; unknown ones are left out (dms-api.md 2.2)."""
    found: list[ModelT] = []
    for chunk in chunked(_id_items(kind, ids, "byids"), MOST_ITEMS):
        answer: Answer = yield Call(
            f"{kind.name}.byids",
            f"{kind.path}/byids",
            {"items": chunk},
            params=params,
            family="schema_read",
            read=kind.read,
        )
        found += answer.value.items
    return found


def upsert_plan(kind: SchemaKind[ModelT, IdT], items: Sequence[ModelT | Mapping[str, Any]]) -> Plan[list[ModelT]]:
    """
    Create or change; the result is in the order of the input.

    One request of 100 after the other: the service writes schema one request at a time anyway (dms-api.md 1.8).
    """
    written = _written_items(kind, items)
    ordered = kind.order(written) if len(written) > MOST_ITEMS else written
    places = {id(item): place for place, item in enumerate(written)}
    found: dict[int, ModelT] = {}
    for chunk in chunked(ordered, MOST_ITEMS):
        answer: Answer = yield Call(
            f"{kind.name}.upsert",
            kind.path,
            {"items": chunk},
            family="schema_write",
            repeat="idempotent",
            read=kind.read,
        )
        models = answer.value.items
        if len(models) != len(chunk):  # upsert answers echo all items in request order (dms-api.md 2.2)
            answer.refuse(f"the answer has {len(models)} items, the request had {len(chunk)}")
        found |= {places[id(item)]: model for item, model in zip(chunk, models, strict=True)}
    return [found[place] for place in sorted(found)]


def _written_items(kind: SchemaKind[ModelT, IdT], items: Sequence[object]) -> list[JsonObject]:
    """
    The JSON of what is to be written.

    Raises:
        DmsInputError: Something is against the rules.
    """
    problems: Problems = []
    written: list[JsonObject] = []
    for place, item in enumerate(items):
        where = f"items[{place}]"
        if isinstance(item, kind.model | Mapping):
            written.append(kind.write_item(cast("ModelT | Mapping[str, Any]", item)))
            kind.check_item(written[-1], where, problems)
        else:
            problems.append(InputProblem(where, f"must be a {kind.model.__name__} or an object; got {shown(item)}"))
    raise_for(problems, operation=f"{kind.name}.upsert")
    return written


def delete_plan(kind: SchemaKind[ModelT, IdT], ids: Sequence[IdT]) -> Plan[list[IdT]]:
    """Delete; the result names what was there."""
    deleted: list[IdT] = []
    for chunk in chunked(_id_items(kind, ids, "delete"), MOST_ITEMS):
        answer: Answer = yield Call(
            f"{kind.name}.delete",
            f"{kind.path}/delete",
            {"items": chunk},
            family="schema_write",
            repeat="idempotent",
            read=items_as(kind.read_id),
        )
        deleted += answer.value
    return deleted


def _id_items(kind: SchemaKind[ModelT, IdT], ids: Sequence[IdT], verb: str) -> list[JsonObject]:
    problems: Problems = []
    items = [kind.id_item(each, f"ids[{place}]", problems) for place, each in enumerate(ids)]
    raise_for(problems, operation=f"{kind.name}.{verb}")
    return items
