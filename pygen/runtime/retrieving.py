"""Fetching instances by id, and telling of those that did not come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from pygen.client.calls import Answer, Call, Plan
from pygen.client.jobs import Chunks
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.paging import Page
from pygen.client.resources.instance_calls import Records, retrieve_calls
from pygen.runtime import _state
from pygen.runtime.base import PygenResource, instance_id
from pygen.runtime.decoding import decode
from pygen.runtime.errors import DetachedError
from pygen.runtime.results import Results
from pygen.runtime.session import Session
from pygen.runtime.spec import Units, source_of

__all__ = ["Absence", "Retrieved", "id_of", "retrieve_many_plan", "retrieve_plan"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)

Reason: TypeAlias = Literal["not_there", "no_data"]
"""Why an instance did not come."""


class Absence(NamedTuple):
    """
    Why an instance did not come.

    Attributes:
        id: The instance.
        reason: `not_there`: it does not exist, or the credentials may not read its space (the service does not tell
            which). `no_data`: it exists, without data in the view.
        node_type: The type of a node that exists, if it has one; that of an edge.
        view: The view that was asked.
    """

    id: NodeId | EdgeId
    reason: Reason
    node_type: NodeId | None
    view: str

    def __str__(self) -> str:
        if self.reason == "not_there":
            return f"{self.id} does not exist, or these credentials may not read the space {self.id.space}"
        kind = f", of type {self.node_type}" if self.node_type is not None else ""
        return f"{self.id} exists{kind}, but has no data in {self.view}"


class Retrieved(Results[ResourceT]):
    """
    Instances that were asked for by id: those that are there, in the order asked, each once.

    Attributes:
        missing: The ids that did not come, in the order asked; `explain_missing` tells why.
    """

    __slots__ = ("_session", "missing")

    def __init__(
        self,
        kind: type[ResourceT],
        items: Iterable[ResourceT] = (),
        missing: tuple[NodeId | EdgeId, ...] = (),
        session: Session | None = None,
    ) -> None:
        super().__init__(kind, items)
        self.missing = missing
        self._session = session

    def explain_missing(self) -> list[Absence]:
        """
        Ask why instances did not come; where all came, nothing is asked.

        Returns:
            The reason for each of `missing`, in its order; `str()` of one is a sentence.

        Raises:
            DetachedError: The result was copied or unpickled, and belongs to no client.
        """
        return self._asking().run(explain_plan(self.kind, self.missing)) if self.missing else []

    async def aexplain_missing(self) -> list[Absence]:
        """`explain_missing` for results of an async client."""
        return await self._asking().arun(explain_plan(self.kind, self.missing)) if self.missing else []

    def _asking(self) -> Session:
        if self._session is None:
            raise DetachedError("a copied result belongs to no client: retrieve the ids in `missing` again")
        return self._session

    def __reduce__(self) -> Any:
        return type(self), (self.kind, list(self), self.missing)


def retrieve_plan(
    kind: type[ResourceT], session: Session, ids: Iterable[NodeId | EdgeId], *, units: Units | None = None
) -> Plan[list[ResourceT]]:
    """Fetch instances by id through the class's view; unknown ones are left out, and the order is that of *ids*."""
    found = yield from retrieve_many_plan(kind, session, ids, units=units)
    return list(found)


def retrieve_many_plan(
    kind: type[ResourceT], session: Session, ids: Iterable[NodeId | EdgeId], *, units: Units | None = None
) -> Plan[Retrieved[ResourceT]]:
    """
    The same, with those that did not come.

    Args:
        kind: The class.
        session: What is asked.
        ids: Any number of them; sent in requests of at most 1,000, several at a time. One given twice comes once.
        units: Units to convert to.
    """
    asked = list(dict.fromkeys(ids))
    read = partial(decode, kind, session=session)
    calls = list(retrieve_calls(asked, source_of(kind, units), read=read))
    pages: list[Page[ResourceT]] = []
    if len(calls) == 1:
        answer: Answer = yield calls[0]
        pages = [answer.value]
    elif calls:
        pages = yield Chunks(calls)
    by_id = {instance_id(item): item for page in pages for item in page.items}
    ordered = [by_id[key] for key in asked if key in by_id]
    if len(asked) > len(ordered) or len(ordered) > 1:
        _state.join(session, ordered)  # one page for all of them, however many requests it took
    _state.converted(ordered, units)
    return Retrieved(kind, ordered, tuple(key for key in asked if key not in by_id), session)


def explain_plan(kind: type[PygenResource], missing: Iterable[NodeId | EdgeId]) -> Plan[list[Absence]]:
    """Ask whether instances exist, without asking for data."""
    wanted = list(missing)
    calls: Iterator[Call] = retrieve_calls(wanted, read=Records.read_named)
    answers: list[Records] = yield Chunks(calls)
    there = {id_of(record): record.get("type") for records in answers for record in records}
    info = getattr(kind, "__pygen__", None)
    view = kind.__name__ if info is None else f"{kind.__name__} ({info.view})"
    return [Absence(key, "no_data" if key in there else "not_there", _type_of(there.get(key)), view) for key in wanted]


def id_of(record: dict[str, Any]) -> NodeId | EdgeId:
    """The id of an instance in the form of the wire."""
    kind = EdgeId if record.get("instanceType") == "edge" else NodeId
    return kind(record["space"], record["externalId"])


def _type_of(told: Any) -> NodeId | None:
    match told:
        case {"space": str(space), "externalId": str(external_id)}:
            return NodeId(space, external_id)
        case _:
            return None
