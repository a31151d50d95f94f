"""What a query would ask for, how many requests that takes, and which indexes help: said without asking it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

from pygen.client.calls import Plan
from pygen.client.resources.instance_calls import count_plan
from pygen.runtime.backing import Backing, backing_plan
from pygen.runtime.index_needs import needs_of
from pygen.runtime.lazy import Direct, Edges, Reverse
from pygen.runtime.pages import list_call
from pygen.runtime.spec import Branch, QuerySpec

__all__ = ["Explanation", "Step", "explain_plan"]


_WIDTH = 100
"""Characters of a line of JSON."""


class Step(NamedTuple):
    """
    Requests of one kind.

    Attributes:
        endpoint: Where they go, relative to the project.
        purpose: What they fetch.
        times: How many there are, in words.
        at_least: How many there are at least.
    """

    endpoint: str
    purpose: str
    times: str
    at_least: int


@dataclass(frozen=True, repr=False)
class Explanation:
    """
    What a query would do.

    Attributes:
        endpoint: Where the first request goes, relative to the project.
        body: What it sends: the JSON of the service.
        steps: All requests that the query takes.
        backed: What each condition, each sorting and each step along a relation rests on.
        matches: How many instances match, where that was asked for.
        unknown: Why the indexes are not known; None where they are.
    """

    endpoint: str
    body: dict[str, Any]
    steps: tuple[Step, ...]
    backed: tuple[Backing, ...]
    matches: int | None = None
    unknown: str | None = None

    @property
    def requests(self) -> int:
        """How many requests it takes at least."""
        return sum(step.at_least for step in self.steps)

    def json(self) -> str:
        """The body as text, to be pasted elsewhere."""
        return _laid_out(self.body, "", _WIDTH)

    def __str__(self) -> str:
        lines = [f"Requests: {self._how_many()}"]
        lines += [f"  POST {step.endpoint}: {step.purpose}; {step.times}" for step in self.steps]
        lines.append("Indexes:" if self.backed else "Indexes: nothing here could use one")
        lines += [f"  {each}" for each in self.backed]
        if self.unknown:
            lines.append(f"  ({self.unknown})")
        return "\n".join([*lines, f"POST {self.endpoint}", self.json()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        steps = _rows((f"POST {step.endpoint}", step.purpose, step.times) for step in self.steps)
        backed = _rows((each.what, each.verdict, each.reason) for each in self.backed)
        unknown = f"<p>{escape(self.unknown)}</p>" if self.unknown else ""
        return (
            f"<div><p>Requests: {escape(self._how_many())}</p>{steps}"
            f"<p>{'Indexes' if self.backed else 'Indexes: nothing here could use one'}</p>{backed}{unknown}"
            f"<details><summary>POST {escape(self.endpoint)}</summary><pre>{escape(self.json())}</pre></details></div>"
        )

    def _how_many(self) -> str:
        known = "" if self.matches is None else f" ({self.matches:,} match)"
        return f"at least {self.requests:,}{known}"


def _laid_out(value: Any, indent: str, room: int) -> str:
    """JSON as text: on one line what fits, the rest a line for each member."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= room or not value or not isinstance(value, dict | list):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        named = ((f"{json.dumps(key, ensure_ascii=False)}: ", item) for key, item in value.items())
        begin, end = "{", "}"
    else:
        named = (("", item) for item in value)
        begin, end = "[", "]"
    left = _WIDTH - len(inner) - 1
    members = ",\n".join(f"{inner}{name}{_laid_out(item, inner, left - len(name))}" for name, item in named)
    return f"{begin}\n{members}\n{indent}{end}"


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    cells = ("".join(f'<td style="text-align: left">{escape(cell)}</td>' for cell in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table>{body}</table>" if body else ""


def explain_plan(spec: QuerySpec[Any], *, schema: bool, count: bool) -> Plan[Explanation]:
    """
    Explain a query.

    Args:
        spec: The query.
        schema: Whether to ask for views and containers, which tell the indexes: two requests.
        count: Whether to ask how many instances match, which tells the number of pages: one request.

    Raises:
        ValueError: A combination of queries is to be counted, which the service does not do.
    """
    matches = yield from _matches_plan(spec) if count else _nothing_plan()
    endpoint, body, later = _first_request(spec)
    needs = needs_of(spec)
    backed, unknown = yield from backing_plan(needs, schema=schema)
    return Explanation(endpoint, body, tuple(_steps(spec, endpoint, later, matches)), backed, matches, unknown)


def _nothing_plan() -> Plan[None]:
    yield from ()


def _matches_plan(spec: QuerySpec[Any]) -> Plan[int]:
    if spec.sets is not None:
        raise ValueError("the service does not count what two queries have in common; explain(count=False) needs not")
    found = yield from count_plan(spec.kind.__pygen__.view, filter=spec.where, instance_type=spec.instance_type)
    return found


def _first_request(spec: QuerySpec[Any]) -> tuple[str, dict[str, Any], list[Branch]]:
    """Where the first request goes, its body, and the relations that take requests of their own."""
    most = spec.chunk_size if spec.most is None else min(spec.chunk_size, spec.skip + spec.most)
    if spec.is_plain:
        call = list_call(spec, most, spec.cursor)
        return call.path, dict(call.body or {}), []
    from pygen.runtime.compiling import compile_query

    query = compile_query(spec)
    later: list[Branch] = []
    waiting = [query.tree]
    while waiting:
        node = waiting.pop(0)
        later += node.later
        waiting += [along.nodes for along in node.along]
    return "/models/instances/query", query.body(most, spec.cursor), later


def _steps(spec: QuerySpec[Any], endpoint: str, later: list[Branch], matches: int | None) -> Iterator[Step]:
    pages, words = _pages(spec, matches)
    along = [branch.relation.name for branch in spec.branches if branch not in later]
    yield Step(endpoint, spec.kind.__name__ + (f" with {', '.join(along)}" if along else ""), words, pages)
    if spec.narrow:
        yield Step(
            "/models/instances/byids",
            f"each {spec.kind.__name__} as its own class",
            "for each page, one for each class on it; and one that tells the classes where node types do not",
            0,
        )
    for branch in later:
        yield Step(
            _loading_endpoint(branch),
            branch.relation.where,
            f"for each page with something to follow, one or more: {_why_later(branch)}",
            0,
        )


def _pages(spec: QuerySpec[Any], matches: int | None) -> tuple[int, str]:
    """How many pages there are at least, and how many in words."""
    if spec.most == 0:
        return 0, "none: the limit is 0"
    size = spec.chunk_size
    words = f"one for each {size:,}"
    most = None if spec.most is None else spec.skip + spec.most
    if most is not None:
        words += f", {-(-most // size):,} at most"
    if matches is None:
        return 1, words
    wanted = matches if most is None else min(matches, most)
    return max(-(-wanted // size), 1), words


def _loading_endpoint(branch: Branch) -> str:
    by_id = isinstance(branch.relation.spec, Direct) and branch.fields is None and not (branch.where or branch.sort)
    return "/models/instances/byids" if by_id else "/models/instances/query"


def _why_later(branch: Branch) -> str:
    match branch.relation.spec:
        case Reverse(targets_list=True):
            return "a query does not go back along a list of direct relations (dms-api.md 9.4)"
        case Edges() | Direct() | Reverse():
            return "it does not fit into the query"
