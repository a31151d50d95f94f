"""Conditions on relations: what they match over HTTP is what plain Python finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from windfarm.sdk import Blade, GeneratingUnit, Nacelle, Windfarm, WindTurbine, WorkOrder

from pygen.runtime import Filter, NodeId, Where
from tests.behaviour.runtime.test_relation_loading import farm, names
from tests.support.wind_sandbox import SPACE, WindSandbox, turbine, wind_sandbox


@pytest.fixture(scope="module")
def place() -> Iterator[WindSandbox]:
    """A farm, with two turbines that have no nacelle, of which one has no farm either."""
    with wind_sandbox([*farm(6), turbine("bare"), turbine("lone", windfarm="farm")]) as found:
        yield found


def found_by(place: WindSandbox, where: Where[WindTurbine]) -> set[str]:
    """The turbines that match."""
    return set(names(place.client.wind_turbine.list(where)))


ALL = {*(f"t{n}" for n in range(6)), "bare", "lone"}


def test_equality_takes_whatever_names_a_node(place: WindSandbox) -> None:
    """An external id, a pair, a NodeId, an object and None, and their opposites."""
    nacelle = place.client.nacelle.retrieve("n2")
    assert nacelle is not None
    references: list[Any] = ["n2", (SPACE, "n2"), NodeId(SPACE, "n2"), nacelle]
    for one in references:
        assert {"t2"} == found_by(place, WindTurbine.nacelle == one)
        assert ALL - {"t2"} == found_by(place, WindTurbine.nacelle != one)
        assert ALL - {"t2"} == found_by(place, ~(WindTurbine.nacelle == one))
    assert {"bare", "lone"} == found_by(place, lambda t: t.nacelle == None)  # noqa: E711 -- makes a condition
    assert {"bare", "lone"} == found_by(place, lambda t: t.nacelle.is_null())
    assert ALL - {"bare", "lone"} == found_by(place, lambda t: t.nacelle != None)  # noqa: E711
    assert ALL - {"bare", "lone"} == found_by(place, lambda t: t.nacelle.exists())
    assert set() == found_by(place, lambda t: t.nacelle == "nobody")


def test_any_of_several_nodes(place: WindSandbox) -> None:
    """`in_` takes any number of nodes, of every kind, and None for "not set"."""
    assert {"t1", "t3"} == found_by(place, lambda t: t.nacelle.in_(["n1", NodeId(SPACE, "n3")]))
    assert {"t1", "bare", "lone"} == found_by(place, lambda t: t.nacelle.in_(["n1", None]))
    assert set() == found_by(place, lambda t: t.nacelle.in_([]))
    assert ALL == found_by(place, lambda t: ~t.nacelle.in_([]))
    many = [f"n{n}" for n in range(5, 2_600)]
    assert {"t5"} == found_by(place, lambda t: t.nacelle.in_(many))
    with pytest.raises(TypeError, match=r"WindTurbine\.nacelle: several nodes are given as a list, not as str"):
        found_by(place, lambda t: t.nacelle.in_("n1"))


def test_conditions_on_the_node_at_the_other_end(place: WindSandbox) -> None:
    """`has` looks through one relation or several; its opposite holds where the relation is not set, too."""
    assert {"t4", "t5"} == found_by(place, lambda t: t.nacelle.has(lambda n: n.weight > 303))
    assert ALL - {"t4", "t5"} == found_by(place, lambda t: ~t.nacelle.has(lambda n: n.weight > 303))
    assert {"t4"} == found_by(place, lambda t: t.nacelle.has(n_weight) & (t.capacity < 5))
    assert ALL - {"bare"} == found_by(place, lambda t: t.windfarm.has(Windfarm.offshore == True))  # noqa: E712
    assert {"bare"} == found_by(place, lambda t: ~t.windfarm.has(lambda w: w.offshore == True))  # noqa: E712
    far = place.client.work_order.list(lambda w: w.turbine.has(lambda t: t.nacelle.has(lambda n: n.weight == 301)))
    assert {"w1-0", "w1-1"} == set(names(far))
    assert {"w1-0", "w1-1"} == set(
        names(place.client.work_order.list(lambda w: w.turbine.has(lambda t: t.nacelle == "n1")))
    )


def n_weight(nacelle: type[Nacelle]) -> Filter:
    """A condition with a name."""
    return nacelle.weight > 303


def test_lists_of_relations(place: WindSandbox) -> None:
    """A list holds any or all of some nodes, or a node that meets a condition; opposites are exact."""
    orders = {order.external_id: order for order in place.client.work_order.list()}

    def matching(where: Where[WorkOrder]) -> set[str]:
        return set(names(place.client.work_order.list(where)))

    def expected(test: Callable[[set[str]], bool]) -> set[str]:
        return {name for name, each in orders.items() if test({key.external_id for key in each.technicians_ids or ()})}

    assert expected(lambda crew: "c1" in crew) == matching(lambda w: w.technicians.contains_any(["c1"]))
    assert expected(lambda crew: "c1" not in crew) == matching(lambda w: ~w.technicians.contains_any(["c1"]))
    assert expected(lambda crew: {"c0", "c2"} <= crew) == matching(lambda w: w.technicians.contains_all(["c0", "c2"]))
    has_c2 = expected(lambda crew: "c2" in crew)
    assert has_c2
    assert has_c2 == matching(lambda w: w.technicians.has(lambda t: t.name == "C2"))
    assert orders.keys() - has_c2 == matching(lambda w: ~w.technicians.has(lambda t: t.name == "C2"))
    assert orders.keys() - has_c2 == matching(
        lambda w: ~(w.technicians.has(lambda t: t.name == "C2") & w.line.exists())
    )
    # nobody has a description: not even where there are technicians is the condition met
    unknown = WorkOrder.technicians.has(lambda t: t.description.prefix("x"))
    assert set() == matching(unknown)
    assert set(orders) == matching(~unknown)
    assert set(orders) == matching(lambda w: w.technicians.exists())
    assert set() == matching(lambda w: w.technicians.is_null())
    assert set() == matching(lambda w: w.technicians.contains_any([]))
    with pytest.raises(TypeError, match="several nodes are given as a list"):
        matching(lambda w: w.technicians.contains_any("c1"))


def test_a_condition_survives_the_way_to_another_query(place: WindSandbox) -> None:
    """The opposite of a condition on a list is the same after the condition was put into a query."""
    has_c2 = place.client.work_order.list(lambda w: w.technicians.has(lambda t: t.name == "C2"))
    again = ~Filter(has_c2._spec.where or {})
    everything = set(names(place.client.work_order.list()))
    assert everything - set(names(has_c2)) == set(names(place.client.work_order.list(again)))


def test_what_a_filter_cannot_look_through_says_what_to_do() -> None:
    """Edges and reverse relations raise, and name the ways out."""
    with pytest.raises(TypeError, match=r"WindTurbine\.blades is stored as edges, .* query Blade for"):
        WindTurbine.blades.has(lambda b: b.name == "x")
    with pytest.raises(TypeError, match=r"Nacelle\.wind_turbine is stored at the other end, .*\(==\)"):
        _ = Nacelle.wind_turbine == "t1"
    with pytest.raises(TypeError, match=r"WindTurbine\.work_orders is stored at the other end"):
        WindTurbine.work_orders.contains_any(["w"])
    with pytest.raises(TypeError, match=r"Blade\.wind_turbine is stored as edges"):
        Blade.wind_turbine.exists()
    wrong: Any = WindTurbine.nacelle
    with pytest.raises(TypeError, match=r"WindTurbine\.nacelle\.has\(\) takes a filter"):
        wrong.has(lambda n: n.weight)
    with pytest.raises(TypeError):
        wrong == 3  # noqa: B015 -- is refused
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(WindTurbine.nacelle == "n1")


def test_an_inherited_relation_is_asked_for_through_the_own_view() -> None:
    """`WindTurbine.windfarm` names the view of `WindTurbine`, and is the same object each time."""
    path = ["sp_windfarm", "WindTurbine/v1", "windfarm"]
    assert Filter({"exists": {"property": path}}) == WindTurbine.windfarm.exists()
    assert ["sp_windfarm", "GeneratingUnit/v1", "windfarm"] == GeneratingUnit.windfarm.exists().dump()["exists"][
        "property"
    ]
    assert WindTurbine.windfarm is WindTurbine.windfarm
    assert "<relation WindTurbine.windfarm>" == repr(WindTurbine.windfarm)
    assert Windfarm is WindTurbine.windfarm.target
    assert WindTurbine.windfarm in {WindTurbine.windfarm: 1}
    assert WindTurbine.windfarm in [WindTurbine.nacelle, WindTurbine.windfarm]
