"""How mock instances of each view are made: where they are, what is written of them, and what it leads to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count as count_up
from random import Random
from typing import Any

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import Catalog, Connection, ContainerDef, Prop, ViewDef, view_id
from pygen.sandbox.mock_filters import Demands, demands_of
from pygen.sandbox.mock_values import Maker, maker, unique_maker
from pygen.sandbox.view_names import exact_name, short_name
from pygen.sandbox.write_plans import READ_ONLY

__all__ = ["MOST_RELATED", "Field", "Plan", "Planner"]

Json = dict[str, Any]

MOST_RELATED = 3
"""Most instances that one of another view is related to, over a connection."""
_MISSING_SHARE = 0.1
"""How many of the values that may be missing are."""


@dataclass(eq=False, slots=True)
class Plan:
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
    fields: list[Field] = field(default_factory=list)
    extra: dict[int, list[Field]] = field(default_factory=dict)

    def id(self, number: int) -> Json:
        """What an instance is called."""
        return {"space": self.space, "externalId": f"{self.demands.prefix}{self.name}:{number}"}


@dataclass(slots=True)
class Field:
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


class Planner:
    """
    Plans the instances of several views.

    Args:
        catalog: The schema.
        views: The views that get instances.
        count: How many each gets.
        space: Where they are, unless the filter of their view says otherwise.

    Attributes:
        nodes: The views of nodes.
        edges: The views of edges.
    """

    def __init__(self, catalog: Catalog, views: Iterable[ViewId], *, count: int, space: str) -> None:
        self._catalog = catalog
        self._count = count
        self._space = space
        self._counters: dict[tuple[int, str], Iterator[int]] = {}
        wanted = [catalog.views[view] for view in dict.fromkeys(views)]
        self._names = _names(wanted)
        self._children: dict[ViewId, list[Plan]] = {}
        belonging = [view for view in wanted if view.mapped or view.filter is not None]
        self.nodes = [self._plan(view) for view in belonging if view.used_for != "edge"]
        self.edges = [self._plan(view) for view in belonging if view.used_for == "edge"]
        for plan in self.nodes:
            for each in (plan.view.id, *self._ancestors(plan.view)):
                self._children.setdefault(each, []).append(plan)
        for plan in (*self.nodes, *self.edges):
            self._fill(plan)

    def _plan(self, view: ViewDef) -> Plan:
        demands = demands_of(self._catalog, view)
        space = demands.space
        if space is None or space in self._catalog.global_spaces:
            space = self._space
        containers = {each.number: each for each in self._required([*view.containers, *demands.containers])}
        return Plan(view, self._name(view), space, demands, containers)

    def _name(self, view: ViewDef) -> str:
        return self._names.get(view.id) or exact_name(view.id)

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

    def _fill(self, plan: Plan) -> None:
        """Decide how each property gets its values."""
        shown: dict[tuple[int, str], Field] = {}
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
                if (number, prop.name) not in shown
                and (_must_be_given(prop) or (number, prop.name) in plan.demands.values)
                if (made := self._field(plan, prop.name, container, prop, None)) is not None
            ]
            if extra or not any(key[0] == number for key in shown):
                plan.extra[number] = extra

    def _field(self, plan: Plan, name: str, container: ContainerDef, prop: Prop, source: ViewId | None) -> Field | None:
        """A property with what makes its values; None: it is not written."""
        if prop.auto_increment or prop.name in READ_ONLY.get(container.id, ()):
            return None
        missing = _MISSING_SHARE if prop.nullable else 0.0
        demanded = plan.demands.values.get((container.number, prop.name))
        if demanded is not None:
            return Field(name, _one_of(demanded), 0.0)
        label, is_unique = f"{plan.name}.{name}", _is_unique(container, prop)
        if prop.type == "direct":
            targets = self._targets(plan, prop, source)
            if not targets:
                return None
            make = self._relations(plan, prop, targets, is_unique=is_unique)
            return Field(name, make, 0.0 if is_unique else missing)
        if is_unique:
            counter = self._counters.setdefault((container.number, prop.name), count_up(1))
            unique = unique_maker(prop, label, counter)
            if unique is not None:
                return Field(name, unique, 0.0)
        return Field(name, maker(prop, label), missing)

    # --- relations ---

    def _targets(self, plan: Plan, prop: Prop, source: ViewId | None) -> list[Plan]:
        """The views whose instances a direct relation may lead to."""
        needed = None if prop.target is None else self._catalog.containers.get(prop.target)
        found = self.nodes if source is None else self.instances_of(source)
        found = [each for each in found if needed is None or needed.number in each.containers]
        if source is None and needed is None:
            return [plan] if plan in self.nodes else self.nodes[:1]
        if not found and needed is not None:
            found = [each for each in self.nodes if needed.number in each.containers]
        if not found and not prop.nullable and needed is None:
            return [plan] if plan in self.nodes else self.nodes[:1]
        return found

    def instances_of(self, view: ViewId) -> list[Plan]:
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

    def _relations(self, plan: Plan, prop: Prop, targets: Sequence[Plan], *, is_unique: bool) -> Maker:
        """What makes direct relations; those to instances of the same view lead to earlier ones, as in a tree."""
        most = min(MOST_RELATED, prop.definition["type"].get("maxListSize") or MOST_RELATED)
        required = not prop.nullable

        def numbers(target: Plan, number: int) -> int:
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

    def edge_plan(self, connection: Connection) -> Plan | None:
        """The view that properties of edges are written through."""
        source = connection.definition.get("edgeSource")
        if source is None:
            return None
        wanted = view_id(source)
        known = next((plan for plan in self.edges if plan.view.id == wanted), None)
        view = self._catalog.views.get(wanted)
        if known is not None or view is None or view.used_for == "node" or not view.mapped:
            return known
        plan = self._plan(view)
        self._fill(plan)
        return plan

    def in_order(self) -> list[Plan]:
        """The views of nodes, those first that others lead to; in a circle, what is required counts."""
        required = {id(plan): list(self._led_to(plan, required_only=True)) for plan in self.nodes}
        anything = {id(plan): list(self._led_to(plan, required_only=False)) for plan in self.nodes}
        ordered: dict[int, Plan] = {}
        for plan in self.nodes:
            _visit(plan, required, anything, ordered)
        return list(ordered.values())

    def _led_to(self, plan: Plan, *, required_only: bool) -> Iterator[Plan]:
        for mapped in plan.view.mapped.values():
            if mapped.prop.type == "direct" and not (required_only and mapped.prop.nullable):
                yield from (each for each in self._targets(plan, mapped.prop, mapped.source) if each is not plan)


def _names(views: Iterable[ViewDef]) -> dict[ViewId, str]:
    """What instances of views are called after."""
    views = list(views)
    how_many = Counter(short_name(view.id).casefold() for view in views)
    names: dict[ViewId, str] = {}
    for view in views:
        short = short_name(view.id)
        names[view.id] = short if how_many[short.casefold()] == 1 else exact_name(view.id)
    return names


def _visit(
    plan: Plan,
    required: Mapping[int, Sequence[Plan]],
    anything: Mapping[int, Sequence[Plan]],
    ordered: dict[int, Plan],
) -> None:
    """Put a view into order, after the views that its instances lead to."""
    open_: set[int] = set()

    def needs(one: Plan, other: Plan) -> bool:
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

    def visit(current: Plan) -> None:
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
