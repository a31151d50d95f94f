"""Deleting instances: by object, by id, or all that a query finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from pygen.client.applying import delete_job
from pygen.client.calls import Answer, Plan
from pygen.client.exceptions import DmsApplyError
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.paging import Page, PageJob
from pygen.client.results import ApplyResult, ItemResult
from pygen.runtime import _state
from pygen.runtime.base import PygenEdge, PygenEdgeWrite, PygenResource, PygenWrite, instance_id
from pygen.runtime.building import LazyQuery
from pygen.runtime.errors import SdkError
from pygen.runtime.pages import list_call
from pygen.runtime.references import node_id, written_id
from pygen.runtime.session import Session
from pygen.runtime.spec import QuerySpec

__all__ = [
    "delete_any_plan",
    "delete_matches_plan",
    "delete_resource_plan",
    "is_reference",
    "references_in",
    "to_instance_id",
]

_EVERYTHING: tuple[dict[str, Any] | None, ...] = (None, {"matchAll": {}})
"""Conditions that leave nothing out."""


def delete_any_plan(session: Session, given: Any, *, edges: bool = False) -> Plan[list[NodeId | EdgeId]]:
    """
    Delete whatever *given* names: objects and ids, one or several, or what a query finds.

    Args:
        session: Where.
        given: An object, an id, an external id, any iterable of them, or a query.
        edges: Whether external ids and pairs mean edges.

    Returns:
        What was deleted; what was not there is left out, also what a request found gone that had to be repeated because
        its answer was lost.

    Raises:
        DmsApplyError: Something was not deleted; carries what became of each instance.
        SdkError: The query has no condition, or an object no id.
        TypeError: Something names no instance.
    """
    if isinstance(given, LazyQuery):
        found = yield from delete_matches_plan(given._spec)  # noqa: SLF001 -- queries are of this package
        return found
    references = references_in(given)
    ids = [to_instance_id(one, session.instance_space, edges=edges) for one in references]
    objects = [one for one in references if isinstance(one, PygenResource)]
    deleted = yield from _delete_plan(session, ids, objects)
    return deleted


def delete_matches_plan(spec: QuerySpec[Any], *, everything: bool = False) -> Plan[list[NodeId | EdgeId]]:
    """
    Delete what a query finds: the ids of all matches are fetched first, then deleted.

    Args:
        spec: The query.
        everything: Whether a query that leaves nothing out is meant so.

    Raises:
        DmsApplyError: Something was not deleted; carries what became of each instance.
        SdkError: The query leaves nothing out, and that is not said to be meant.
    """
    if spec.where in _EVERYTHING and spec.most is None and spec.sets is None and not everything:
        raise SdkError(
            f"this would delete every {spec.kind.__name__} that there is: give the query a condition, or say "
            "delete(everything=True)"
        )
    ids = yield from _ids_plan(spec._replace(narrow=False, units=None, fields=None, branches=()))
    deleted = yield from _delete_plan(spec.session, ids)
    return deleted


def _ids_plan(spec: QuerySpec[Any]) -> Plan[list[NodeId | EdgeId]]:
    """The ids of all matches, in the order of the query."""
    if spec.is_plain:
        limit = None if spec.most is None else spec.skip + spec.most
        read = partial(_read_ids, EdgeId if spec.kind.__pygen_edge__ else NodeId)
        pages: list[Page[NodeId | EdgeId]] = yield PageJob(
            partial(list_call, spec, read=read), limit=limit, chunk_size=spec.chunk_size, cursor=spec.cursor
        )
        return [key for page in pages for key in page.items][spec.skip :]
    from pygen.runtime.graph import GraphWalk

    walk = GraphWalk(spec)
    found: list[NodeId | EdgeId] = []
    while not walk.done:
        page = yield from walk.next_plan()
        found += map(instance_id, page)
    return found


def _read_ids(kind: type[NodeId] | type[EdgeId], answer: Answer) -> Page[NodeId | EdgeId]:
    """The ids on a page; their values are not looked at."""
    body = answer.json()
    items = answer.listed(body)
    try:
        return Page([kind(item["space"], item["externalId"]) for item in items], body.get("nextCursor"))
    except KeyError:
        return answer.refuse("an item of the answer has no id")


def _delete_plan(
    session: Session, ids: list[NodeId | EdgeId], objects: Sequence[PygenResource] = ()
) -> Plan[list[NodeId | EdgeId]]:
    """
    Delete instances, edges first; *objects* of them are told, so that saving one does not make a new instance.

    Raises:
        DmsApplyError: Something was not deleted.
    """
    results: list[ItemResult] = yield delete_job(dict.fromkeys(ids))
    failures = [result for result in results if result.error is not None]
    if objects:
        gone = {result.id for result in results if result.error is None}
        _state.bury(session, [one for one in objects if instance_id(one) in gone])
    if failures:
        first = failures[0]
        raise DmsApplyError(
            f"{len(failures)} of {len(results)} instances were not deleted; the first, {first.id}: {first.error}",
            ApplyResult(results),
            operation="instances.delete",
            project=session.client.project,
        ) from first.error
    return [result.id for result in results if result.status == "deleted" and result.id is not None]


def is_reference(value: object) -> bool:
    """Whether *value* is one reference to an instance, right or wrong, rather than several."""
    return isinstance(value, str | NodeId | EdgeId | PygenResource | PygenWrite) or (
        isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value)
    )


def references_in(given: Any) -> list[Any]:
    """
    What names instances: one reference, or all of several.

    Raises:
        TypeError: It is neither; a dict's keys are not ids.
    """
    if is_reference(given):
        return [given]
    if isinstance(given, Mapping):
        raise TypeError("a dict names no instance: write NodeId(space, external_id), or give its values()")
    if not isinstance(given, Iterable):
        raise TypeError(
            f"{type(given).__name__} names no instance: give an object, a NodeId, (space, external_id), "
            "an external id, or several of them"
        )
    return list(given)


def to_instance_id(reference: Any, default_space: str | None, *, edges: bool) -> NodeId | EdgeId:
    """
    The node or edge that *reference* names.

    Args:
        reference: An object or an id.
        default_space: Where an external id lies.
        edges: Whether external ids and pairs mean edges.

    Raises:
        SdkError: An object has no external id, or there is no space.
        TypeError: It names no instance.
    """
    match reference:
        case NodeId() | EdgeId():
            return reference
        case PygenEdge():
            return instance_id(reference)
        case PygenEdgeWrite():
            key = written_id(reference, default_space)
            return EdgeId(key.space, key.external_id)
    key = node_id(reference, default_space)
    as_edge = edges and not isinstance(reference, PygenResource | PygenWrite)
    return EdgeId(key.space, key.external_id) if as_edge else key


def delete_resource_plan(resource: PygenResource) -> Plan[None]:
    """
    Delete the resource's instance.

    Raises:
        DmsError: The service refused.
    """
    yield from delete_any_plan(_state.session_of(resource, "delete"), resource)
