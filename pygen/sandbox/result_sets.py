"""
What query and sync ask for: result sets by name, chained to each other, and what of them is returned (dms-api.md 6).

Places in refusals of `with` are relative to the result set: clients match `Unexpected field - nodes.limit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, cast

from pydantic import Field

from pygen.sandbox.problems import Refusal
from pygen.sandbox.reading import Selection, typing_of
from pygen.sandbox.shapes import Shape

__all__ = [
    "ChainedSet",
    "Debug",
    "Edges",
    "Nodes",
    "QueryEdges",
    "QueryNodes",
    "QueryRequest",
    "QuerySelect",
    "SetOperation",
    "SyncEdges",
    "SyncNodes",
    "SyncRequest",
    "SyncSelect",
    "Through",
    "ancestors_of",
    "extras_of",
    "in_order",
    "read_query_sets",
    "read_selects",
    "read_sync_sets",
    "shape_of",
]

Json: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal["outwards", "inwards"]
End: TypeAlias = Literal["source", "destination"]
Sort: TypeAlias = Annotated[list[Json], Field(max_length=5)]
QueryLimit: TypeAlias = Annotated[int, Field(ge=1, le=10_000)]
SyncLimit: TypeAlias = Annotated[int, Field(ge=1, le=2000)]
Named: TypeAlias = Annotated[Json, Field(min_length=1, max_length=50)]

DEFAULT_LIMIT = 100


class Through(Shape):
    """The direct relation that nodes are reached through; `view` is the old word for `source`."""

    source: Json | None = None
    view: Json | None = None
    identifier: str


class Nodes(Shape):
    """A set of nodes."""

    from_: str | None = Field(None, alias="from")
    through: Through | None = None
    direction: Direction | None = None
    chain_to: End | None = None
    filter: Json | None = None


class SyncEdgesPart(Shape):
    """A set of edges, as sync knows it."""

    from_: str | None = Field(None, alias="from")
    chain_to: End | None = None
    direction: Direction | None = None
    max_distance: Annotated[int, Field(ge=1)] | None = None
    filter: Json | None = None
    node_filter: Json | None = None
    termination_filter: Json | None = None


class Edges(SyncEdgesPart):
    """A set of edges."""

    limit_each: Annotated[int, Field(ge=1, le=2000)] | None = None


class QueryNodes(Shape):
    """A result set of nodes."""

    nodes: Nodes
    sort: Sort | None = None
    limit: QueryLimit | None = None

    @property
    def part(self) -> Nodes:
        """Where the members come from."""
        return self.nodes


class QueryEdges(Shape):
    """A result set of edges."""

    edges: Edges
    sort: Sort | None = None
    post_sort: Sort | None = None
    limit: QueryLimit | None = None

    @property
    def part(self) -> Edges:
        """Where the members come from."""
        return self.edges


class SetOperation(Shape):
    """A result set made of others; one of the operations is given."""

    union: list[Any] | None = None
    union_all: list[Any] | None = None
    intersection: list[Any] | None = None
    except_: list[str] | None = Field(None, alias="except")
    limit: QueryLimit | None = None

    @property
    def operands(self) -> list[str | SetOperation]:
        """
        What is put together: names of result sets, and operations.

        Raises:
            Refusal: None or several operations are given, or there is something else among the operands.
        """
        operations = {"union": self.union, "unionAll": self.union_all, "intersection": self.intersection}
        given = [(name, operands) for name, operands in operations.items() if operands is not None]
        if len(given) != 1:
            raise Refusal("A set operation needs one of union, unionAll, intersection")
        ((name, operands),) = given
        return [_operand(operand, f"{name}[{number}]") for number, operand in enumerate(operands)]

    def names(self) -> Iterator[str]:
        """The result sets that it is made of, nested ones too."""
        for operand in self.operands:
            yield from [operand] if isinstance(operand, str) else operand.names()
        yield from self.except_ or ()


def _operand(operand: object, where: str) -> str | SetOperation:
    if isinstance(operand, str):
        return operand
    if isinstance(operand, dict):
        return SetOperation.read(operand, where=where)
    raise Refusal(f"Invalid value for {where}: a name or a set operation is needed")


class _SyncSet(Shape):
    limit: SyncLimit | None = None
    mode: Literal["onePhase", "twoPhase", "noBackfill"] | None = None
    backfill_sort: Sort | None = None
    skip_already_deleted: bool | None = None


class SyncNodes(_SyncSet):
    """A set of nodes to follow."""

    nodes: Nodes

    @property
    def part(self) -> Nodes:
        """Where the members come from."""
        return self.nodes


class SyncEdges(_SyncSet):
    """A set of edges to follow."""

    edges: SyncEdgesPart

    @property
    def part(self) -> SyncEdgesPart:
        """Where the members come from."""
        return self.edges


ChainedSet: TypeAlias = QueryNodes | QueryEdges | SyncNodes | SyncEdges


class SyncSelect(Shape):
    """What is returned of a set."""

    sources: list[Json] | None = None


class QuerySelect(SyncSelect):
    """What is returned of a set, in which order, and how many."""

    sort: Sort | None = None
    limit: QueryLimit | None = None


class Debug(Shape):
    """
    What else the answer should tell (dms-api.md 6.8).

    The last three are of the alpha version of the API; clients send them always. Nothing answers to them here.
    """

    emit_results: bool | None = None
    timeout: Annotated[int, Field(ge=1)] | None = None
    profile: bool | None = None
    include_translated_query: bool | None = None
    include_plan: bool | None = None
    include_llm_prompt: bool | None = None

    def check(self) -> None:
        """
        Refuse what does not go together with results.

        Raises:
            Refusal: `timeout` or `profile` is asked for without `emitResults: false`.
        """
        if self.emit_results is not False and (self.timeout is not None or self.profile):
            name = "profile" if self.timeout is None else "timeout"
            raise Refusal(f"debug.{name} requires debug.emitResults to be false")


class QueryRequest(Shape):
    """The body of a query."""

    with_: Named = Field(alias="with")
    select: Named
    cursors: Annotated[dict[str, str | None], Field(max_length=50)] | None = None
    parameters: Json | None = None
    include_typing: bool | None = None
    debug: Debug | None = None

    def emits_results(self) -> bool:
        """
        Whether the answer has results.

        Raises:
            Refusal: It has, and something is asked for that does not go together with them.
        """
        if self.debug is None:
            return True
        self.debug.check()
        return self.debug.emit_results is not False


class SyncRequest(QueryRequest):
    """The body of a sync."""

    allow_expired_cursors_and_accept_missed_deletes: bool | None = None


# --- reading ---

_QUERY_FORMS: Mapping[str, type[QueryNodes] | type[QueryEdges] | type[SetOperation]] = {
    "nodes": QueryNodes,
    "edges": QueryEdges,
    "union": SetOperation,
    "unionAll": SetOperation,
    "intersection": SetOperation,
}
_SYNC_FORMS: Mapping[str, type[SyncNodes] | type[SyncEdges]] = {"nodes": SyncNodes, "edges": SyncEdges}


def read_query_sets(request: QueryRequest) -> dict[str, QueryNodes | QueryEdges | SetOperation]:
    """
    Read `with` of a query.

    Raises:
        Refusal: A result set has another form, or `cursors` names one that there is not.
    """
    return {name: _form_of(name, body, _QUERY_FORMS).read(body) for name, body in _sets(request)}


def read_sync_sets(request: SyncRequest) -> dict[str, SyncNodes | SyncEdges]:
    """
    Read `with` of a sync.

    Raises:
        Refusal: A result set has another form, or `cursors` names one that there is not.
    """
    return {name: _form_of(name, body, _SYNC_FORMS).read(body) for name, body in _sets(request)}


def _sets(request: QueryRequest) -> Iterator[tuple[str, Json]]:
    for name in request.cursors or ():
        _demand(name, request.with_, "cursors")
    for name, body in request.with_.items():
        if not isinstance(body, dict):
            raise Refusal(f"Invalid value for with.{name}: an object is needed")
        yield name, {key: value for key, value in body.items() if value is not None}


_Form = TypeVar("_Form")


def _form_of(name: str, body: Json, forms: Mapping[str, _Form]) -> _Form:
    form = next((form for key, form in forms.items() if key in body), None)
    if form is None:
        raise Refusal(f"Result set '{name}' needs one of {', '.join(forms)}")
    return form


_Select = TypeVar("_Select", bound=SyncSelect)


def read_selects(request: QueryRequest, form: type[_Select]) -> dict[str, _Select]:
    """
    Read `select`.

    Raises:
        Refusal: It has another form, or names a result set that there is not.
    """
    for name in request.select:
        _demand(name, request.with_, "select")
    return {
        name: form.read({} if body is None else body, where=f"select.{name}") for name, body in request.select.items()
    }


def _demand(name: str, sets: Iterable[str], where: str) -> None:
    if name not in sets:
        raise Refusal(f"{where} names the result set '{name}', which is not in with")


def shape_of(request: QueryRequest, names: Iterable[str]) -> Json:
    """
    What must stay the same while some of the result sets are paged through.

    Limits may change: clients halve them when a query takes too long (dms-api.md 1.7).
    """
    bodies: Json = {name: {**request.with_[name], "limit": None} for name in names}
    return {"with": bodies, "parameters": request.parameters or {}}


def extras_of(request: QueryRequest, selections: Mapping[str, Sequence[Selection]]) -> Json:
    """What an answer has beside its items and cursors, where it was asked for (dms-api.md 4.5, 6.8)."""
    extras: Json = {}
    if request.include_typing:
        extras["typing"] = {name: typing_of(selected) for name, selected in selections.items()}
    if request.debug is not None:
        extras["debug"] = {"notices": []}
    return extras


# --- chains ---


def _parents(result_set: ChainedSet | SetOperation) -> list[str]:
    if isinstance(result_set, SetOperation):
        return list(result_set.names())
    return [] if result_set.part.from_ is None else [result_set.part.from_]


def in_order(sets: Mapping[str, ChainedSet | SetOperation]) -> list[str]:
    """
    The names, each after those that it is made from.

    Raises:
        Refusal: A result set is made from one that there is not, or from itself.
    """
    parents = {name: _parents(result_set) for name, result_set in sets.items()}
    for name, needed in parents.items():
        for parent in needed:
            if parent not in sets:
                raise Refusal(f"Result set '{name}' refers to '{parent}', which is not in with")
    try:
        return list(TopologicalSorter(parents).static_order())
    except CycleError as error:
        circle = " -> ".join(f"'{name}'" for name in cast("list[str]", error.args[1]))
        raise Refusal(f"Result sets refer to each other in a circle: {circle}") from None


def ancestors_of(name: str, sets: Mapping[str, ChainedSet | SetOperation]) -> list[str]:
    """The names of what a result set is made from, near and far, in the order of the alphabet."""
    found: set[str] = set()
    stack = [name]
    while stack:
        fresh = set(_parents(sets[stack.pop()])) - found
        found |= fresh
        stack += fresh
    return sorted(found)
