"""
Mock data: instances for every view of a data model, made up by a seed.

The instances of a view depend on the seed and on its own definition, and on what its relations lead to: a view more or
less in the data model changes no other's values. Relations and edges lead to instances of the views that they are
declared for; what must be there, or must be unique, is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count as count_up
from random import Random
from typing import Any, NamedTuple

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import (
    Catalog,
    Connection,
    ContainerDef,
    Prop,
    ViewDef,
    container_reference,
    view_id,
    view_reference,
)
from pygen.sandbox.mock_filters import Demands, demands_of
from pygen.sandbox.records import digest_of
from pygen.sandbox.mock_values import Maker, maker, unique_maker
from pygen.sandbox.write_plans import READ_ONLY

__all__ = ["MockGroup", "mock_groups", "mock_instances"]

Json = dict[str, Any]

_MISSING_SHARE = 0.1
"""How many of the values that may be missing are."""
_MOST_RELATED = 3
_MOST_NAME = 180
"""Longest part of an external id that comes from names of the data model; external ids have 256 characters at most."""


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
    mocker = _Mocker(catalog, views, count=count, seed=seed, space=space)
    for plan in mocker.in_order():
        yield MockGroup(plan.name, mocker.nodes(plan))
    yield from mocker.edge_groups()


@dataclass(eq=False, slots=True)
class _Plan:
    """
    How instances of a view are made.

    Attributes:
        view: The view.
        name: What their external ids begin with.
        space: Where they are.
        demands: What the view's filter demands.
        containers: Where they have data, by number: those of the view, those that these require, those of the filter.
        fields: What is written through the view.
        extra: What is written into containers directly, because the view does not show it.
    """

    view: ViewDef
    name: str
    space: str
    demands: Demands
    containers: dict[int, ContainerDef]
    fields: list[_Field] = field(default_factory=list)
    extra: dict[int, list[_Field]] = field(default_factory=dict)

    def id(self, number: int) -> Json:
        """What an instance is called."""
        return {"space": self.space, "externalId": f"{self.demands.prefix}{self.name}:{number}"}


@dataclass(slots=True)
class _Field:
    """
    A property, and what makes its values.

    Attributes:
        name: The property, as the source calls it.
        make: What makes its values.
        missing: The share of values that are missing.
    """

    name: str
    make: Maker
    missing: float


class _Mocker:
    """Makes up the instances of several views."""

    def __init__(self, catalog: Catalog, views: Iterable[ViewId], *, count: int, seed: int, space: str) -> None:
        self._catalog = catalog
        self._count = count
        self._seed = seed
        self._space = space
        self._counters: dict[tuple[int, str], Iterator[int]] = {}
        wanted = [catalog.views[view] for view in dict.fromkeys(views)]
        self._names = _names(wanted)
        self._children: dict[ViewId, list[_Plan]] = {}
        belonging = [view for view in wanted if view.mapped or view.filter is not None]
        self._nodes = [self._plan(view) for view in belonging if view.used_for != "edge"]
        self._edges = [self._plan(view) for view in belonging if view.used_for == "edge"]
        for plan in self._nodes:
            for each in (plan.view.id, *self._ancestors(plan.view)):
                self._children.setdefault(each, []).append(plan)
        for plan in (*self._nodes, *self._edges):
            self._fill(plan)

    def _plan(self, view: ViewDef) -> _Plan:
        demands = demands_of(self._catalog, view)
        space = demands.space
        if space is None or space in self._catalog.global_spaces:
            space = self._space
        containers = {each.number: each for each in self._required([*view.containers, *demands.containers])}
        return _Plan(view, self._name(view), space, demands, containers)

    def _name(self, view: ViewDef) -> str:
        return self._names.get(view.id) or view.id.external_id[:_MOST_NAME]

    def _required(self, containers: Iterable[ContainerDef]) -> Iterator[ContainerDef]:
        """Containers, and those that `requires` constraints of theirs name, and so on."""
        seen: set[int] = set()
        stack = list(containers)[::-1]
        while stack:
            container = stack.pop()
            if container.number in seen:
                continue
            seen.add(container.number)
            yield container
            for constraint in container.body["constraints"].values():
                if (other := constraint.get("require")) is not None:
                    found = self._catalog.containers.get(ContainerId(other["space"], other["externalId"]))
                    stack += [] if found is None else [found]

    # --- what is written ---

    def _fill(self, plan: _Plan) -> None:
        """Decide how each property gets its values."""
        shown: dict[tuple[int, str], _Field] = {}
        for name, mapped in plan.view.mapped.items():
            key = (mapped.container.number, mapped.prop.name)
            if key in shown:  # another name for the same property
                continue
            made = self._field(plan, name, mapped.container, mapped.prop, mapped.source)
            if made is not None:
                shown[key] = made
        plan.fields = list(shown.values())
        for number, container in plan.containers.items():
            extra = [
                made
                for prop in container.props.values()
                if (number, prop.name) not in shown and (_must_be_given(prop) or (number, prop.name) in plan.demands.values)
                if (made := self._field(plan, prop.name, container, prop, None)) is not None
            ]
            if extra or not any(key[0] == number for key in shown):
                plan.extra[number] = extra

    def _field(
        self, plan: _Plan, name: str, container: ContainerDef, prop: Prop, source: ViewId | None
    ) -> _Field | None:
        """A property with what makes its values; None: it is not written."""
        if prop.auto_increment or prop.name in READ_ONLY.get(container.id, ()):
            return None
        missing = _MISSING_SHARE if prop.nullable else 0.0
        demanded = plan.demands.values.get((container.number, prop.name))
        if demanded is not None:
            return _Field(name, _one_of(demanded), 0.0)
        label = f"{plan.name}.{name}"
        if prop.type == "direct":
            targets = self._targets(plan, prop, source)
            if not targets:
                return None
            make = self._relations(plan, prop, targets, is_unique=_is_unique(container, prop))
            return _Field(name, make, missing)
        if _is_unique(container, prop):
            counter = self._counters.setdefault((container.number, prop.name), count_up(1))
            unique = unique_maker(prop, label, counter)
            if unique is not None:
                return _Field(name, unique, 0.0)
        return _Field(name, maker(prop, label), missing)

    # --- relations ---

    def _targets(self, plan: _Plan, prop: Prop, source: ViewId | None) -> list[_Plan]:
        """The views whose instances a direct relation may lead to."""
        needed = None if prop.target is None else self._catalog.containers.get(prop.target)
        found = self._nodes if source is None else self._instances_of(source)
        found = [each for each in found if needed is None or needed.number in each.containers]
        if source is None and needed is None:
            return [plan] if plan in self._nodes else self._nodes[:1]
        if not found and needed is not None:
            found = [each for each in self._nodes if needed.number in each.containers]
        if not found and not prop.nullable and needed is None:
            return [plan] if plan in self._nodes else self._nodes[:1]
        return found

    def _instances_of(self, view: ViewId) -> list[_Plan]:
        """The views whose instances are of a view: itself, and those that implement it."""
        return self._children.get(view, [])

    def _ancestors(self, view: ViewDef) -> Iterable[ViewId]:
        found: dict[ViewId, None] = {}
        stack = list(view.parents)
        while stack:
            parent = stack.pop()
            if parent not in found:
                found[parent] = None
                known = self._catalog.views.get(parent)
                stack += [] if known is None else known.parents
        return found

    def _relations(self, plan: _Plan, prop: Prop, targets: Sequence[_Plan], *, is_unique: bool) -> Maker:
        """What makes direct relations; those to instances of the same view lead to earlier ones, as in a tree."""
        most = min(_MOST_RELATED, prop.definition["type"].get("maxListSize") or _MOST_RELATED)
        required = not prop.nullable

        def numbers(target: _Plan, number: int) -> int:
            """How many instances of the view may be led to."""
            if target is not plan:
                return self._count
            return number - 1 or int(required)

        def make_one(random: Random, number: int) -> Json | None:
            target = targets[int(random.random() * len(targets))]
            choice = numbers(target, number)
            return None if choice < 1 else target.id(1 + int(random.random() * choice))

        def make_own(_: Random, number: int) -> Json:
            return targets[0].id(number)

        def make_several(random: Random, number: int) -> list[Json] | None:
            target = targets[int(random.random() * len(targets))]
            choice = numbers(target, number)
            if choice < 1:
                return None
            chosen = random.sample(range(1, choice + 1), min(choice, 1 + int(random.random() * most)))
            return [target.id(each) for each in chosen]

        if prop.is_list:
            return make_several
        return make_own if is_unique else make_one

    def in_order(self) -> list[_Plan]:
        """The views of nodes, those first that others lead to; where they lead to each other, what is required counts."""
        required = {id(plan): list(self._led_to(plan, required_only=True)) for plan in self._nodes}
        anything = {id(plan): list(self._led_to(plan, required_only=False)) for plan in self._nodes}
        ordered: dict[int, _Plan] = {}
        for plan in self._nodes:
            _visit(plan, required, anything, ordered)
        return list(ordered.values())

    def _led_to(self, plan: _Plan, *, required_only: bool) -> Iterator[_Plan]:
        for mapped in plan.view.mapped.values():
            if mapped.prop.type == "direct" and not (required_only and mapped.prop.nullable):
                yield from (each for each in self._targets(plan, mapped.prop, mapped.source) if each is not plan)

    # --- nodes ---

    def _random(self, *names: str) -> Random:
        return Random("/".join([str(self._seed), *names]))  # noqa: S311 -- made-up data, not a secret

    def nodes(self, plan: _Plan) -> Iterator[Json]:
        """The nodes of a view."""
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
        for plan in self._nodes:
            for connection in plan.view.connections.values():
                ends = self._ends(plan, connection)
                if not ends:
                    continue
                through = self._edge_plan(connection)
                if through is not None:
                    named.add(through.view.id)
                    counter = numbers.setdefault(through.view.id, count_up(1))
                else:
                    counter = count_up(1)
                yield MockGroup(f"{plan.name}.{connection.name}", self._edges_of(plan, connection, ends, through, counter))
        for plan in self._edges:
            if plan.view.id not in named and self._nodes:
                yield MockGroup(plan.name, self._loose_edges(plan))

    def _ends(self, plan: _Plan, connection: Connection) -> list[_Plan]:
        """The views at the other end of the edges of a connection; none where others make these edges."""
        if connection.kind != "edge":
            return []
        found = self._instances_of(view_id(connection.definition["source"]))
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

    def _edge_plan(self, connection: Connection) -> _Plan | None:
        """The view that properties of edges are written through."""
        source = connection.definition.get("edgeSource")
        if source is None:
            return None
        wanted = view_id(source)
        known = next((plan for plan in self._edges if plan.view.id == wanted), None)
        view = self._catalog.views.get(wanted)
        if known is not None or view is None or view.used_for == "node" or not view.mapped:
            return known
        plan = self._plan(view)
        self._fill(plan)
        return plan

    def _edges_of(
        self, plan: _Plan, connection: Connection, ends: Sequence[_Plan], through: _Plan | None, counter: Iterator[int]
    ) -> Iterator[Json]:
        random = self._random(str(plan.view.id), connection.name)
        most = 1 if connection.is_single else min(_MOST_RELATED, self._count)
        numbers = range(1, self._count + 1)
        space = plan.space if through is None or through.demands.space is None else through.space
        stem = f"{plan.name[: _MOST_NAME // 2]}.{connection.name[: _MOST_NAME // 2]}"
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

    def _loose_edges(self, plan: _Plan) -> Iterator[Json]:
        random = self._random(str(plan.view.id))
        kind = plan.demands.type or {"space": plan.view.id.space, "externalId": plan.view.id.external_id}
        for number in range(1, self._count + 1):
            start, end = (
                self._nodes[int(random.random() * len(self._nodes))].id(1 + int(random.random() * self._count))
                for _ in range(2)
            )
            yield {
                "instanceType": "edge",
                **plan.id(number),
                "type": kind,
                "startNode": start,
                "endNode": end,
                "sources": _sources(plan, random, number),
            }


def _names(views: Iterable[ViewDef]) -> dict[ViewId, str]:
    """What instances of views are called after: the external id, with more where that names several views."""
    views = list(views)
    how_many = Counter(view.id.external_id.casefold()[:_MOST_NAME] for view in views)
    names: dict[ViewId, str] = {}
    for view in views:
        name = view.id.external_id[:_MOST_NAME]
        if how_many[name.casefold()] > 1:
            name = f"{name}@{digest_of(view.id)}"
        names[view.id] = name
    return names


def _visit(
    plan: _Plan,
    required: Mapping[int, Sequence[_Plan]],
    anything: Mapping[int, Sequence[_Plan]],
    ordered: dict[int, _Plan],
) -> None:
    """Put a view into order, after the views that its instances lead to."""
    open_: set[int] = set()

    def needs(one: _Plan, other: _Plan) -> bool:
        seen: set[int] = set()
        stack = [one]
        while stack:
            current = stack.pop()
            if current is other:
                return True
            if id(current) not in seen:
                seen.add(id(current))
                stack += required[id(current)]
        return False

    def visit(current: _Plan) -> None:
        if id(current) in ordered or id(current) in open_:
            return
        open_.add(id(current))
        for target in required[id(current)]:
            visit(target)
        for target in anything[id(current)]:
            if not needs(target, current):
                visit(target)
        ordered[id(current)] = current

    visit(plan)


def _sources(plan: _Plan, random: Random, number: int) -> list[Json]:
    """What is written of one instance."""
    sources: list[Json] = []
    if plan.fields:
        properties = _properties(plan.fields, random, number)
        sources.append({"source": view_reference(plan.view.id), "properties": properties})
    for container, extra in plan.extra.items():
        reference = container_reference(plan.containers[container].id)
        sources.append({"source": reference, "properties": _properties(extra, random, number)})
    return sources


def _properties(fields: Iterable[_Field], random: Random, number: int) -> Json:
    """Values by name; a missing one is null, so that every instance gets a row in every container."""
    return {
        each.name: None if each.missing and random.random() < each.missing else each.make(random, number)
        for each in fields
    }


def _one_of(values: Sequence[Any]) -> Maker:
    return lambda random, _: values[int(random.random() * len(values))]


def _must_be_given(prop: Prop) -> bool:
    return not prop.nullable and prop.default is None and not prop.auto_increment


_SEQUENTIAL = ("text", "int64", "int32", "float64", "float32", "timestamp", "date", "json", "timeseries", "direct")
"""Types whose values can be unique, the best first."""


def _is_unique(container: ContainerDef, prop: Prop) -> bool:
    """Whether a property is the one that keeps a uniqueness constraint; one of several is enough."""
    for constraint in container.body["constraints"].values():
        names = constraint.get("properties") or ()
        if prop.name not in names:
            continue
        able = [container.props[name] for name in names if container.props[name].type in _SEQUENTIAL]
        if able and min(able, key=lambda each: _SEQUENTIAL.index(each.type)).name == prop.name:
            return True
    return False
