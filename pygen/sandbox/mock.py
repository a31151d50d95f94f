"""
Mock data: instances for every view of a data model, made up by a seed.

The instances of a view depend on the seed and on its own definition, and on what its relations lead to: a view more or
less in the data model changes no other's values. Relations and edges lead to instances of the views that they are
declared for; what must be there, or must be unique, is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count as count_up
from random import Random
from typing import Any, NamedTuple

from pygen.client.models.ids import ViewId
from pygen.sandbox.catalog import Catalog, Connection, container_reference, view_id, view_reference
from pygen.sandbox.mock_plans import MOST_RELATED, Field, Plan, Planner
from pygen.sandbox.view_names import shortened

__all__ = ["MockGroup", "mock_groups", "mock_instances"]

Json = dict[str, Any]

_MOST_STEM = 230
"""Longest beginning of an edge's external id; the rest is for numbers."""


class MockGroup(NamedTuple):
    """
    Instances that are alike.

    Attributes:
        name: The view's name; for edges `View.property`. A good name for a file.
        instances: In write form; made when they are asked for.
    """

    name: str
    instances: Iterator[Json]


def mock_instances(
    catalog: Catalog, views: Iterable[ViewId], *, count: int, seed: int = 0, space: str
) -> Iterator[Json]:
    """
    Make up instances, in an order in which they can be written: what others need comes first, edges come last.

    Args:
        catalog: The schema.
        views: The views that get instances.
        count: How many each gets.
        seed: Decides what they look like.
        space: Where they are, unless the filter of their view says otherwise.

    Yields:
        Nodes and edges as `POST /models/instances` takes them.
    """
    for group in mock_groups(catalog, views, count=count, seed=seed, space=space):
        yield from group.instances


def mock_groups(
    catalog: Catalog, views: Iterable[ViewId], *, count: int, seed: int = 0, space: str
) -> Iterator[MockGroup]:
    """The same as `mock_instances`, view by view, and the edges of each property by themselves."""
    mocker = _Mocker(Planner(catalog, views, count=count, space=space), count=count, seed=seed)
    yield from mocker.node_groups()
    yield from mocker.edge_groups()


class _Mocker:
    """Makes instances as planned."""

    def __init__(self, planner: Planner, *, count: int, seed: int) -> None:
        self._planner = planner
        self._count = count
        self._seed = seed

    def _random(self, *names: str) -> Random:
        return Random("/".join([str(self._seed), *names]))  # noqa: S311 -- made-up data, not a secret

    def node_groups(self) -> Iterator[MockGroup]:
        """The nodes of each view."""
        for plan in self._planner.in_order():
            yield MockGroup(plan.name, self._nodes(plan))

    def _nodes(self, plan: Plan) -> Iterator[Json]:
        random = self._random(str(plan.view.id))
        for number in range(1, self._count + 1):
            node: Json = {"instanceType": "node", **plan.id(number)}
            if plan.demands.type is not None:
                node["type"] = plan.demands.type
            sources = _sources(plan, random, number)
            if sources:
                node["sources"] = sources
            yield node

    # --- edges ---

    def edge_groups(self) -> Iterator[MockGroup]:
        """The edges that connections of the views declare, and those of views of edges that no connection names."""
        named: set[ViewId] = set()
        numbers: dict[ViewId, Iterator[int]] = {}
        for plan in self._planner.nodes:
            for connection in plan.view.connections.values():
                ends = self._ends(connection)
                if not ends:
                    continue
                through = self._planner.edge_plan(connection)
                if through is not None:
                    named.add(through.view.id)
                    counter = numbers.setdefault(through.view.id, count_up(1))
                else:
                    counter = count_up(1)
                name = shortened(f"{plan.name}.{connection.name}", _MOST_STEM)
                yield MockGroup(name, self._edges_of(plan, connection, ends, through, counter))
        for plan in self._planner.edges:
            if plan.view.id not in named and self._planner.nodes:
                yield MockGroup(plan.name, self._loose_edges(plan))

    def _ends(self, connection: Connection) -> list[Plan]:
        """The views at the other end of the edges of a connection; none where others make these edges."""
        if connection.kind != "edge":
            return []
        found = self._planner.instances_of(view_id(connection.definition["source"]))
        if connection.definition["direction"] == "outwards":
            return found
        has_twin = any(
            other.kind == "edge"
            and other.definition["direction"] == "outwards"
            and other.definition["type"] == connection.definition["type"]
            for each in found
            for other in each.view.connections.values()
        )
        return [] if has_twin else found

    def _edges_of(
        self, plan: Plan, connection: Connection, ends: Sequence[Plan], through: Plan | None, counter: Iterator[int]
    ) -> Iterator[Json]:
        random = self._random(str(plan.view.id), connection.name)
        most = 1 if connection.is_single else min(MOST_RELATED, self._count)
        numbers = range(1, self._count + 1)
        space = plan.space if through is None or through.demands.space is None else through.space
        stem = shortened(f"{plan.name}.{connection.name}", _MOST_STEM)
        for number in numbers:
            target = ends[int(random.random() * len(ends))]
            # Views of edges get as many instances as others: every node has such an edge.
            least = int(through is not None or number == 1)
            several = least + int(random.random() * (most - least + 1))
            for place, other in enumerate(random.sample(numbers, several), start=1):
                start, end = plan.id(number), target.id(other)
                if connection.definition["direction"] == "inwards":
                    start, end = end, start
                edge: Json = {
                    "instanceType": "edge",
                    "space": space,
                    "externalId": f"{stem}:{number}.{place}",
                    "type": connection.definition["type"],
                    "startNode": start,
                    "endNode": end,
                }
                if through is not None:
                    edge["sources"] = _sources(through, random, next(counter))
                yield edge

    def _loose_edges(self, plan: Plan) -> Iterator[Json]:
        random = self._random(str(plan.view.id))
        nodes = self._planner.nodes
        kind = plan.demands.type or {"space": plan.view.id.space, "externalId": plan.view.id.external_id}
        for number in range(1, self._count + 1):
            start, end = (
                nodes[int(random.random() * len(nodes))].id(1 + int(random.random() * self._count)) for _ in range(2)
            )
            yield {
                "instanceType": "edge",
                **plan.id(number),
                "type": kind,
                "startNode": start,
                "endNode": end,
                "sources": _sources(plan, random, number),
            }


def _sources(plan: Plan, random: Random, number: int) -> list[Json]:
    """What is written of one instance."""
    sources: list[Json] = []
    if plan.fields:
        properties = _properties(plan.fields, random, number)
        sources.append({"source": view_reference(plan.view.id), "properties": properties})
    for container, extra in plan.extra.items():
        reference = container_reference(plan.containers[container].id)
        sources.append({"source": reference, "properties": _properties(extra, random, number)})
    return sources


def _properties(fields: Iterable[Field], random: Random, number: int) -> Json:
    """Values by name; a missing one is null, so that every instance gets a row in every container."""
    return {
        each.name: None if each.missing and random.random() < each.missing else each.make(random, number)
        for each in fields
    }
