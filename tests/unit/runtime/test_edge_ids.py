"""External ids that edges are given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pygen.client.models.ids import NodeId
from pygen.runtime.collecting import edge_external_id

PARTS = st.text(st.sampled_from("ab:/%é"), min_size=1, max_size=4)
NODES = st.builds(NodeId, PARTS, PARTS)


def test_an_id_can_be_read() -> None:
    """Type, start and end, each with its space."""
    kind, start, end = NodeId("sp", "Pump.parts"), NodeId("data", "a"), NodeId("data", "b:1/2%")
    assert "sp/Pump.parts:data/a:data/b%3A1%2F2%25" == edge_external_id(kind, start, end)


@given(st.tuples(NODES, NODES, NODES), st.tuples(NODES, NODES, NODES))
def test_different_edges_have_different_ids(
    one: tuple[NodeId, NodeId, NodeId], other: tuple[NodeId, NodeId, NodeId]
) -> None:
    """No choice of names makes two edges one."""
    assert (one == other) == (edge_external_id(*one) == edge_external_id(*other))


def test_long_ids_are_hashed() -> None:
    """What would exceed 256 characters is a hash behind the beginning of the type, different for different edges."""
    kind, start = NodeId("sp", "T" * 250), NodeId("data", "s" * 256)
    ids = {edge_external_id(kind, start, NodeId("data", str(number))) for number in range(3)}
    assert 3 == len(ids)
    assert {245} == {len(each) for each in ids}
    assert all(each.startswith("T" * 180 + ":") for each in ids)
