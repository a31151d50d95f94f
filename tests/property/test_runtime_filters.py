"""Conditions of an SDK find what the same conditions in plain Python find."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from windfarm.sdk import (
    Nacelle,
    NacelleWrite,
    Technician,
    TechnicianWrite,
    WindfarmClient,
    WindTurbine,
    WindTurbineWrite,
    WorkOrder,
    WorkOrderWrite,
)

from pygen.runtime import Filter, NodeId
from pygen.sandbox import Sandbox
from tests.conftest import ROOT

MODEL = ROOT / "example_project" / "model" / "windfarm.json"
SPACE = "windfarm_data"

NUMBERS = (-1.5, 0.0, 1.0, 2.5)
WHOLE = (-1, 0, 1, 2**53 + 1)
TEXTS = ("", "a", "ab", "b", "B", "é")
STATES = ("running", "stopped", "maintenance")
MOMENTS = tuple(dt.datetime(2024, 1, day, 8, 30, tzinfo=dt.UTC) for day in (1, 2, 3))
SHEETS = ((), ("a",), ("a", "b"), ("c",))


class Condition(NamedTuple):
    """
    A condition in both forms.

    Attributes:
        text: What a failure shows.
        made: The condition of the SDK.
        holds: The condition in plain Python.
    """

    text: str
    made: Filter
    holds: Callable[[Any], bool]


def pick(values: tuple[Any, ...], index: int) -> Any:
    """One of *values*, or None."""
    return (*values, None)[index % (len(values) + 1)]


def nacelles() -> list[NacelleWrite]:
    """Some nacelles, one without a weight."""
    return [NacelleWrite(external_id=f"n{i}", name=TEXTS[i], weight=pick(NUMBERS, i)) for i in range(5)]


def turbines() -> list[WindTurbineWrite]:
    """Every value of every property, None included, in mixed company."""
    return [
        WindTurbineWrite(
            external_id=f"t{i}",
            name=TEXTS[i % len(TEXTS)],
            capacity=pick(NUMBERS, i),
            serial_number=pick(WHOLE, i // 2),
            state=pick(STATES, i),
            commissioned=pick(MOMENTS, i // 3),
            datasheets=None if (sheets := pick(SHEETS, i)) is None else list(sheets),
            nacelle=pick(("n0", "n1", "n2", "n3", "n4"), i),
        )
        for i in range(60)
    ]


def technicians() -> list[TechnicianWrite]:
    """Some technicians, some without a description or a mentor."""
    return [
        TechnicianWrite(
            external_id=f"c{i}",
            name=TEXTS[i],
            active=True,
            description=pick(("a", "ab"), i),
            mentor=pick(("c0", "c1", "c3"), i),
        )
        for i in range(5)
    ]


def orders() -> list[WorkOrderWrite]:
    """Orders of none, one or several technicians, with and without a lead and a turbine."""
    crews: tuple[list[str] | None, ...] = (None, [], ["c2"], ["c0", "c2"], ["c4", "c0"], ["c1", "c2", "c3"], ["c3"])
    return [
        WorkOrderWrite(
            external_id=f"w{i}",
            title="w",
            number=f"w{i}",
            line=1,
            technicians=None if (crew := crews[i % len(crews)]) is None else [*crew],
            lead=pick(("c0", "c1", "c2", "c3", "c4"), i),
            turbine=pick(("t0", "t1", "t3", "t5", "t8"), i // 2),
        )
        for i in range(42)
    ]


@pytest.fixture(scope="module")
def client() -> Iterator[WindfarmClient]:
    """A wind farm in a sandbox."""
    with Sandbox(MODEL) as sandbox:
        sandbox_client = WindfarmClient(
            base_url="http://localhost",
            project=sandbox.project,
            credentials=sandbox.token,
            transport=sandbox.transport(),
        )
        with sandbox_client:
            sandbox_client.client.spaces.upsert({"space": SPACE})
            sandbox_client.upsert([*nacelles(), *turbines(), *technicians(), *orders()])
            yield sandbox_client


def compare(value: Any, operation: str, bound: Any) -> bool:
    """A comparison that a missing value never meets."""
    if value is None:
        return False
    operations: dict[str, Callable[[Any, Any], bool]] = {
        "<": lambda left, right: left < right,
        "<=": lambda left, right: left <= right,
        ">": lambda left, right: left > right,
        ">=": lambda left, right: left >= right,
    }
    return operations[operation](value, bound)


def ordered(name: str, values: tuple[Any, ...]) -> st.SearchStrategy[Condition]:
    """Comparisons of a column that has an order."""

    def make(operation: str, bound: Any) -> Condition:
        column: Any = getattr(WindTurbine, name)
        made = {"<": column < bound, "<=": column <= bound, ">": column > bound, ">=": column >= bound}[operation]
        return Condition(f"{name} {operation} {bound!r}", made, lambda t: compare(getattr(t, name), operation, bound))

    return st.builds(make, st.sampled_from(("<", "<=", ">", ">=")), st.sampled_from(values))


def equal(name: str, values: tuple[Any, ...]) -> st.SearchStrategy[Condition]:
    """A column is a value, is not, is one of several, or is there at all; None is a value like another."""
    column: Any = getattr(WindTurbine, name)
    value = st.sampled_from((*values, None))
    return st.one_of(
        st.builds(lambda v: Condition(f"{name} == {v!r}", column == v, lambda t: getattr(t, name) == v), value),
        st.builds(lambda v: Condition(f"{name} != {v!r}", column != v, lambda t: getattr(t, name) != v), value),
        st.builds(
            lambda several: Condition(
                f"{name} in {several!r}", column.in_(several), lambda t: getattr(t, name) in several
            ),
            st.lists(value, max_size=3),
        ),
        st.just(Condition(f"{name} exists", column.exists(), lambda t: getattr(t, name) is not None)),
    )


def prefixed(text: str) -> Condition:
    """The beginning of a name."""
    return Condition(f"name prefix {text!r}", WindTurbine.name.prefix(text), lambda t: t.name.startswith(text))


def containing(several: list[str], *, every: bool) -> Condition:
    """What a list holds."""
    column = WindTurbine.datasheets
    made = column.contains_all(several) if every else column.contains_any(several)
    test = all if every else any
    return Condition(
        f"{'all' if every else 'any'} of {several}",
        made,
        lambda t: t.datasheets is not None and test(one in t.datasheets for one in several),
    )


def of_nacelle(bound: float) -> Condition:
    """A condition on the node that a direct relation leads to."""
    return Condition(
        f"nacelle.weight > {bound}",
        WindTurbine.nacelle.has(lambda n: n.weight > bound),
        lambda t: t.nacelle is not None and t.nacelle.weight is not None and t.nacelle.weight > bound,
    )


def named(numbers: list[int]) -> Condition:
    """Some instances, by id."""
    ids = {f"t{number}" for number in numbers}
    return Condition(f"ids {ids}", Filter.instances(sorted(ids)), lambda t: t.external_id in ids)


leaves = st.one_of(
    ordered("capacity", NUMBERS),
    ordered("serial_number", WHOLE),
    ordered("commissioned", MOMENTS),
    equal("capacity", NUMBERS),
    equal("serial_number", WHOLE),
    equal("name", TEXTS),
    equal("state", STATES),
    equal("commissioned", MOMENTS),
    equal("nacelle_id", tuple(NodeId(SPACE, f"n{i}") for i in range(5))),
    st.builds(prefixed, st.sampled_from(TEXTS)),
    st.builds(containing, st.lists(st.sampled_from("abcd"), max_size=2), every=st.booleans()),
    st.builds(of_nacelle, st.sampled_from(NUMBERS)),
    st.builds(named, st.lists(st.integers(0, 70), max_size=3)),
)


def joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Conditions of conditions."""
    return st.one_of(
        st.builds(
            lambda a, b: Condition(f"({a.text} & {b.text})", a.made & b.made, lambda t: a.holds(t) and b.holds(t)),
            inner,
            inner,
        ),
        st.builds(
            lambda a, b: Condition(f"({a.text} | {b.text})", a.made | b.made, lambda t: a.holds(t) or b.holds(t)),
            inner,
            inner,
        ),
        st.builds(lambda a: Condition(f"~{a.text}", ~a.made, lambda t: not a.holds(t)), inner),
    )


conditions = st.recursive(leaves, joined, max_leaves=6)


@settings(max_examples=250)
@given(condition=conditions)
def test_conditions_find_what_python_finds(
    client: WindfarmClient, everything: list[WindTurbine], condition: Condition
) -> None:
    """Any condition, negated ones and missing values included, selects exactly what Python's own would."""
    expected = sorted(turbine.external_id for turbine in everything if condition.holds(turbine))

    assert expected == sorted(turbine.external_id for turbine in client.wind_turbine.list(condition.made))


@pytest.fixture(scope="module")
def everything(client: WindfarmClient) -> list[WindTurbine]:
    """All turbines, with their nacelles at hand."""
    found = client.wind_turbine.list().all()
    assert any(isinstance(turbine.nacelle, Nacelle) for turbine in found)
    return found


def described(text: str | None) -> Condition:
    """A condition on the description of a technician."""
    return Condition(f"description == {text!r}", Technician.description == text, lambda c: c.description == text)


def begun(text: str) -> Condition:
    """A condition that a missing description neither meets nor fails, to the service."""
    return Condition(
        f"description prefix {text!r}",
        Technician.description.prefix(text),
        lambda c: c.description is not None and c.description.startswith(text),
    )


def through(owner: Any, name: str, inner: Condition) -> Condition:
    """A condition on the node, or on one of the nodes, that a relation leads to."""

    def holds(item: Any) -> bool:
        found = getattr(item, name)
        return any(inner.holds(each) for each in ([] if found is None else [found] if name != "technicians" else found))

    return Condition(f"{name}.has({inner.text})", getattr(owner, name).has(inner.made), holds)


of_technician = st.recursive(
    st.one_of(
        st.builds(described, st.sampled_from(("a", "ab", "c", None))),
        st.builds(begun, st.sampled_from(("a", "ab", ""))),
    ),
    lambda inner: st.one_of(joined(inner), st.builds(lambda each: through(Technician, "mentor", each), inner)),
    max_leaves=3,
)
of_order = st.recursive(
    st.one_of(
        st.builds(lambda inner: through(WorkOrder, "technicians", inner), of_technician),
        st.builds(lambda inner: through(WorkOrder, "lead", inner), of_technician),
        st.builds(lambda bound: through(WorkOrder, "turbine", of_nacelle(bound)), st.sampled_from(NUMBERS)),
        st.just(Condition("turbine is null", WorkOrder.turbine.is_null(), lambda w: w.turbine is None)),
    ),
    joined,
    max_leaves=5,
)


@settings(max_examples=250)
@given(condition=of_order)
def test_conditions_on_relations_find_what_python_finds(
    client: WindfarmClient, all_orders: list[WorkOrder], condition: Condition
) -> None:
    """However often a condition is turned into its opposite: around `has`, within it, and across several relations."""
    expected = sorted(order.external_id for order in all_orders if condition.holds(order))

    assert expected == sorted(order.external_id for order in client.work_order.list(condition.made))


@pytest.fixture(scope="module")
def all_orders(client: WindfarmClient) -> list[WorkOrder]:
    """All orders, with what their relations lead to at hand."""
    return client.work_order.list().include("technicians.mentor", "lead.mentor", "turbine.nacelle").all()


KEYWORDS: list[tuple[dict[str, Any], Callable[[Any], bool]]] = [
    ({"name": ""}, lambda t: t.name == ""),
    ({"capacity": 0}, lambda t: t.capacity == 0),
    ({"capacity": None}, lambda t: t.capacity is None),
    ({"capacity": [0.0, None]}, lambda t: t.capacity in {0.0, None}),
    ({"capacity": []}, lambda t: False),
    ({"min_capacity": 0}, lambda t: t.capacity is not None and t.capacity >= 0),
    ({"max_capacity": 0, "state": "running"}, lambda t: compare(t.capacity, "<=", 0) and t.state == "running"),
    ({"name_prefix": "a", "min_serial_number": 0}, lambda t: t.name[:1] == "a" and compare(t.serial_number, ">=", 0)),
    ({"datasheets": ["a", "c"]}, lambda t: bool({"a", "c"} & set(t.datasheets or ()))),
    ({"datasheets": None}, lambda t: t.datasheets is None),
    ({"nacelle": "n1"}, lambda t: t.nacelle_id == NodeId(SPACE, "n1")),
    ({"nacelle": ["n1", None]}, lambda t: t.nacelle_id in {NodeId(SPACE, "n1"), None}),
    ({"external_id_prefix": "t1"}, lambda t: t.external_id.startswith("t1")),
    ({"space": "elsewhere"}, lambda t: False),
]


@pytest.mark.parametrize(("keywords", "holds"), KEYWORDS, ids=[str(keywords) for keywords, _ in KEYWORDS])
def test_keywords_find_what_python_finds(
    client: WindfarmClient, everything: list[WindTurbine], keywords: dict[str, Any], holds: Callable[[Any], bool]
) -> None:
    """None, False, 0 and "" mean what they say."""
    expected = sorted(turbine.external_id for turbine in everything if holds(turbine))

    assert expected == sorted(turbine.external_id for turbine in client.wind_turbine.list(**keywords))
