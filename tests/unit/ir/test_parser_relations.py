"""Relations, from the wire into the IR."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.client.models.ids import ContainerId, NodeId
from pygen.errors import Severity
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRRelationship,
    ReverseDirectRelation,
)
from pygen.ir.parser import parse_model
from tests.unit.ir.wire_builders import (
    container_ref,
    containers,
    direct,
    edge,
    mapped,
    member,
    model,
    parse,
    problems_of,
    ref,
    reverse,
    vid,
    view,
)


def relation(*views: dict[str, Any], of: str = "V", name: str = "p", **keys: Any) -> IRRelationship:
    """The relation `p` of the view `V`, whatever problems there are."""
    parsed, _ = parse_model(model(*views), keys.get("containers", ()))
    found = member(parsed, of, name)
    assert isinstance(found, IRRelationship)
    return found


def test_a_direct_relation() -> None:
    """All that a direct relation says comes over."""
    wire = direct(
        "T", stored="s", nullable=False, immutable=True, container=container_ref("X"), name="N", description="D"
    )
    wire["type"]["container"] = container_ref("Needed", "other")
    expected = IRRelationship(
        id="p",
        connection=DirectRelation(
            nullable=False,
            immutable=True,
            container=ContainerId("sp", "X"),
            container_property="s",
            required_container=ContainerId("other", "Needed"),
        ),
        target=vid("T"),
        declared_target=vid("T"),
        name="N",
        description="D",
    )
    assert expected == relation(view("V", {"p": wire}), view("T", {"a": mapped()}))


def test_a_list_of_direct_relations() -> None:
    """The list and its limit belong to the connection."""
    found = relation(view("V", {"p": direct("V", list=True, maxListSize=500)}))
    assert isinstance(found.connection, DirectRelation)
    assert (True, True, 500) == (found.is_list, found.connection.is_list, found.connection.max_list_size)


def test_a_direct_relation_without_source() -> None:
    """It leads to any node, and that is no problem."""
    found = member(parse(view("V", {"p": direct()})), "V", "p")
    assert isinstance(found, IRRelationship)
    assert (None, None) == (found.target, found.declared_target)


def test_the_source_of_a_written_view_stands_beside_the_type() -> None:
    """In the form in which views are written, `source` belongs to the property."""
    wire = {**direct(), "source": ref("V")}
    assert vid("V") == relation(view("V", {"p": wire})).target


def test_a_direct_relation_out_of_the_model() -> None:
    """The target is lost, what was declared is kept, and it is only an info: real models have hundreds."""
    views = (view("V", {"p": direct("Elsewhere")}),)
    found = relation(*views)
    (problem,) = problems_of(*views)
    assert (None, vid("Elsewhere")) == (found.target, found.declared_target)
    assert ("PYG201", Severity.INFO) == (problem.code, problem.severity)


def test_the_paths_of_assets_are_read_only() -> None:
    """The service alone sets the system relations of assets."""
    wire = direct(container=container_ref("CogniteAsset", "cdf_cdm"), stored="assetHierarchy_root")
    found = relation(view("V", {"p": wire}))
    assert isinstance(found.connection, DirectRelation)
    assert found.connection.read_only


@pytest.mark.parametrize(("single", "is_list"), [(True, False), (False, True)])
def test_a_reverse_relation(single: bool, is_list: bool) -> None:
    """It says what it goes through, and leads to its source."""
    found = relation(
        view("V", {"p": reverse("S", "up", single=single, targetsList=False)}), view("S", {"up": direct("V")})
    )
    assert ReverseDirectRelation(is_list, vid("S"), "up") == found.connection
    assert (vid("S"), is_list) == (found.target, found.is_list)


def test_a_reverse_relation_through_an_inherited_property() -> None:
    """What it goes through is the parent's, where it leads is the child; nothing is rewritten."""
    found = relation(
        view("V", {"p": reverse("Child", "up", through=ref("Parent"))}),
        view("Parent", {"up": direct("V", list=True)}),
        view("Child", {}, "Parent"),
    )
    assert ReverseDirectRelation(True, vid("Parent"), "up", targets_list=True) == found.connection
    assert vid("Child") == found.target


@pytest.mark.parametrize("told", [True, False])
def test_the_wire_knows_best_whether_a_relation_goes_through_a_list(told: bool) -> None:
    """`targetsList` of a newer answer counts."""
    found = relation(view("V", {"p": reverse("V", "up", targetsList=told), "up": direct("V")}))
    assert isinstance(found.connection, ReverseDirectRelation)
    assert told is found.connection.targets_list


@pytest.mark.parametrize("is_list", [True, False])
@pytest.mark.parametrize("place", ["view", "inherited", "container", "shown", "source"])
def test_whether_a_relation_goes_through_a_list_is_looked_up(place: str, is_list: bool) -> None:
    """Older answers do not tell, but the view or the container it goes through does."""
    stored = container_ref("Box")
    up = direct("V", list=is_list, container=stored, stored="up_stored")
    through = {"container": stored, "shown": stored, "inherited": ref("S"), "source": ref("Gone")}.get(place)
    identifier = "up_stored" if through == stored else "up"
    views = [
        view("V", {"p": reverse("S", identifier, through=through)}),
        view("Base", {"up": up}),
        view("S", {"up": up} if place != "inherited" else {}, "Base"),
    ]
    known = containers(Box={"up_stored": {"type": {"type": "direct", "list": is_list}}}) if place == "container" else []
    found = relation(*views, containers=known)
    assert isinstance(found.connection, ReverseDirectRelation)
    assert is_list is found.connection.targets_list
    assert [] == problems_of(*views, containers=known)


def test_through_a_view_as_it_is_written() -> None:
    """The container says whether the property is a list where the view does not."""
    written = {"container": container_ref("Box"), "containerPropertyIdentifier": "up"}
    known = containers(Box={"up": {"type": {"type": "direct", "list": True}}})
    found = relation(view("V", {"p": reverse("S", "up")}), view("S", {"up": written}), containers=known)
    assert isinstance(found.connection, ReverseDirectRelation)
    assert found.connection.targets_list


def test_a_list_that_nobody_tells_of() -> None:
    """Where nothing is known of the property, the relation is read as if through one node, with a warning."""
    views = (view("V", {"p": reverse("S", "up", through=ref("Gone"))}), view("S", {"a": mapped()}))
    (problem,) = problems_of(*views)
    assert ("PYG107", Severity.WARNING) == (problem.code, problem.severity)
    assert vid("S") == relation(*views).target


def test_a_known_list_through_an_unknown_view_is_no_problem() -> None:
    """The service can follow a relation through a view that the data model does not hold."""
    wire = reverse("S", "up", through=ref("Gone"), targetsList=True)
    assert [] == problems_of(view("V", {"p": wire}), view("S", {"a": mapped()}))


def test_a_reverse_relation_from_outside_the_model() -> None:
    """The relation stays and leads to bare nodes."""
    views = (view("V", {"p": reverse("Gone", "up", targetsList=False)}),)
    (problem,) = problems_of(*views)
    assert ("PYG105", Severity.WARNING) == (problem.code, problem.severity)
    assert (None, vid("Gone")) == (relation(*views).target, relation(*views).declared_target)


@pytest.mark.parametrize(
    ("properties", "through", "why"),
    [
        ({}, None, "does not exist"),
        ({"up": mapped("text")}, None, "is no direct relation"),
        ({"up": edge("V")}, None, "does not exist"),
        ({}, container_ref("Box"), "does not exist"),
    ],
)
def test_a_reverse_relation_through_nothing(
    properties: dict[str, Any], through: dict[str, Any] | None, why: str
) -> None:
    """The service would refuse it: left out, and named."""
    known = containers(Box={"other": {"type": {"type": "direct"}}})
    wire = reverse("S", "up", through=through, targetsList=False)
    views = model(view("V", {"p": wire}), view("S", {"a": mapped(), **properties}))
    parsed, problems = parse_model(views, known)
    assert ["PYG106"] == [problem.code for problem in problems]
    assert why in problems[0].message
    assert () == next(item for item in parsed.classes if item.id == vid("V")).members


def test_an_unseen_ancestor_may_hold_the_direct_relation() -> None:
    """A view whose parent is outside the model may have properties that nobody sees here."""
    views = (
        view("V", {"p": reverse("S", "up", targetsList=False)}),
        view("S", {"a": mapped()}, ref("Base", "elsewhere")),
    )
    assert [] == problems_of(*views)


@pytest.mark.parametrize("kind", ["single", "multi"])
@pytest.mark.parametrize("direction", ["outwards", "inwards"])
def test_edges(kind: str, direction: str) -> None:
    """Type, direction and cardinality come over."""
    found = relation(view("V", {"p": edge("V", connectionType=f"{kind}_edge_connection", direction=direction)}))
    assert EdgeConnection(kind == "multi", NodeId("sp", "t"), direction) == found.connection  # type: ignore[arg-type]
    assert vid("V") == found.target


def test_edges_of_an_old_answer() -> None:
    """Without `connectionType` and `direction` they are many, and lead outwards."""
    wire = {"type": {"space": "sp", "externalId": "t"}, "source": ref("V")}
    assert EdgeConnection(True, NodeId("sp", "t")) == relation(view("V", {"p": wire})).connection


@pytest.mark.parametrize("used_for", ["edge", "all"])
def test_edges_with_properties(used_for: str) -> None:
    """The view of the edges' properties may be for edges, or for both kinds of instance."""
    found = relation(
        view("V", {"p": edge("V", edgeSource=ref("E"))}), view("E", {"weight": mapped()}, usedFor=used_for)
    )
    assert isinstance(found.connection, EdgeConnection)
    assert vid("E") == found.connection.edge_view


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (edge("Gone"), "PYG108"),
        (edge("V", edgeSource=ref("Gone")), "PYG109"),
        (edge("V", edgeSource=ref("V")), "PYG110"),
        (edge("E"), "PYG111"),
        (direct("E"), "PYG111"),
    ],
)
def test_edges_and_relations_that_lose_something(wire: dict[str, Any], code: str) -> None:
    """The connection stays, without what the model does not hold or what cannot be."""
    views = (view("V", {"p": wire, "a": mapped()}, usedFor="node"), view("E", {"weight": mapped()}, usedFor="edge"))
    (problem,) = problems_of(*views)
    found = relation(*views)
    assert (code, Severity.WARNING) == (problem.code, problem.severity)
    assert found.target is None or (isinstance(found.connection, EdgeConnection) and found.connection.edge_view is None)


def test_a_connection_of_the_future_is_left_out_and_named() -> None:
    """The rest of the view is there."""
    wire = {"connectionType": "multi_quantum_connection", "source": ref("V")}
    (problem,) = problems_of(view("V", {"p": wire, "q": mapped()}))
    assert ("PYG103", "sp:V(v1).p") == (problem.code, problem.where)
