"""Parts of statements."""

from __future__ import annotations

import pytest

from pygen.client.models.ids import ContainerId
from pygen.sandbox.catalog import BaseProperty
from pygen.sandbox.problems import Refusal
from pygen.sandbox.sql import FALSE, TRUE, Scope, Sql, all_of, any_of
from pygen.sandbox.store import Store
from tests.support.sandbox_things import of_extra, of_thing, things


@pytest.fixture(scope="module")
def store() -> Store:
    """Things of every type."""
    return things()


def test_conditions_are_put_together_in_order() -> None:
    """Values stay with their places."""
    conditions = [Sql(f"a{n} = ?", [n]) for n in range(3)]
    assert Sql("(a0 = ? AND (a1 = ? AND a2 = ?))", [0, 1, 2]) == all_of(conditions)
    assert Sql("(a0 = ? OR (a1 = ? OR a2 = ?))", [0, 1, 2]) == any_of(iter(conditions))
    assert Sql("a0 = ?", [0]) == all_of(conditions[:1])


def test_no_conditions_are_true_together_and_false_one_by_one() -> None:
    """All of none hold, and none of them does."""
    assert TRUE == all_of([])
    assert FALSE == any_of([])


def test_a_scope_joins_each_container_once(store: Store) -> None:
    """A container that is not required may be without a row."""
    scope = Scope()
    name, label = store.catalog.property(of_thing("name")), store.catalog.property(of_extra("label"))
    assert "i_c1.p1" == scope.column(name)
    assert "i_c1.p2" == scope.column(store.catalog.property(of_thing("state")))
    assert "i_c2.p1" == scope.column(label)
    scope.require(store.catalog.containers[ContainerId("schema", "Extra")])
    joins = " LEFT JOIN c1 AS i_c1 ON i_c1.id = i.id JOIN c2 AS i_c2 ON i_c2.id = i.id"
    assert joins == scope.joins()
    assert f"instance AS i{joins}" == scope.tables()


def test_the_id_is_that_of_a_required_container(store: Store) -> None:
    """Its table is walked in order; without one, all instances are."""
    scope, container = Scope("n"), store.catalog.containers[ContainerId("schema", "Thing")]
    scope.container(container)
    assert "n.id" == scope.id
    assert not scope.requires(container)
    scope.require(container)
    assert "n_c1.id" == scope.id
    assert scope.requires(container)


def test_children_and_targets_have_names_of_their_own() -> None:
    """No two rows of a statement are called the same."""
    scope = Scope()
    children = [scope.child(), scope.child(), scope.child().child()]
    assert ["i_n1", "i_n2", "i_n3_n1"] == [child.alias for child in children]
    assert ["i_t0", "i_t0", "i_t1"] == [scope.target(column) for column in ("i.type_id", "i.type_id", "i.start_id")]
    expected = " LEFT JOIN instance AS i_t0 ON i_t0.id = i.type_id LEFT JOIN instance AS i_t1 ON i_t1.id = i.start_id"
    assert expected == scope.joins()


def test_base_properties_belong_to_a_kind() -> None:
    """Those of edges are none of nodes, and the other way round."""
    of_edges = BaseProperty("startNode", "start_id", "edge")
    assert "i.start_id" == Scope("i", "edge").column(of_edges)
    with pytest.raises(Refusal, match=r'\["edge", "startNode"\] is no property of nodes'):
        Scope("i", "node").column(of_edges)
