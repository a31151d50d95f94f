"""Views: what is written and read, what is inherited, and what may change."""

from typing import Any

import pytest

from pygen.client.models.ids import ViewId
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.views import apply_views, read_view
from tests.support.sandbox_schema import (
    Json,
    Project,
    container,
    container_reference,
    recorded,
    shown,
    view,
    view_reference,
)

PARENTS: Json = {"implements": [view_reference("A")]}


def edge(**more: Any) -> Json:
    """A connection over edges to the view `V`."""
    return {"type": {"space": "s", "externalId": "t"}, "source": view_reference(), **more}


def reverse(source: Json, identifier: str, *, is_single: bool = False) -> Json:
    """A connection back over a direct relation."""
    return {
        "connectionType": f"{'single' if is_single else 'multi'}_reverse_direct_relation",
        "source": view_reference(),
        "through": {"source": source, "identifier": identifier},
    }


@pytest.fixture
def here() -> Project:
    """A project with a container `C`: a name, another text, a number, a relation, and a list of relations."""
    here = Project()
    relations = {"type": {"type": "direct", "list": True}}
    apply_containers(here.store, [container(name="text", other="text", size="int32", to="direct", many=relations)])
    return here


@pytest.mark.parametrize("number", range(5))
def test_recorded_requests_are_answered_as_recorded(number: int) -> None:
    """The recorded requests about views are answered with exactly what was recorded."""
    here = Project(spaces=())
    for position, name in enumerate(["spaces", "containers", "views"]):
        here.now_ms = 1_767_225_600_000 + 1000 * position
        here.replay(recorded(name)[0])
    exchange = recorded("views")[number]
    assert exchange["response"] == here.replay(exchange)


class TestShape:
    """What a view can be."""

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"externalId": "a-b"}, "Invalid value for items[0].externalId: "),
            ({"externalId": "Query"}, "'Query' is reserved"),
            ({"version": "v 1"}, "Invalid value for items[0].version: "),
            ({"version": None}, "Invalid value for items[0].version: "),
            ({"createdTime": 1}, "Unexpected field - items[0].createdTime"),
            ({"name": "n" * 256}, "[name size must be between 0 and 255]"),
            ({"space": "gone"}, "One or more spaces do not exist: 'gone'."),
            ({"implements": [view_reference("X")]}, "One or more views do not exist: 's:X/v1'."),
            (
                {"implements": [{"type": "view", "space": "s", "externalId": "X"}]},
                "One or more views do not exist: 's:X'.",
            ),
            ({"implements": [container_reference()]}, "items[0].implements[0].type"),
            ({"implements": [view_reference()]}, "View 's:V/v1' implements itself"),
            ({"filter": {"equals": {"property": ["s", "C", "gone"], "value": 1}}}, "gone"),
            ({"filter": {"nonsense": {}}}, "nonsense"),
            ({"filter": []}, "Invalid value for items[0].filter: "),
            ({"properties": {"externalId": shown("name")}}, "'externalId' is reserved"),
            ({"properties": {"p": shown("name", "Gone")}}, "One or more containers do not exist: 's:Gone'."),
            ({"properties": {"p": shown("gone")}}, "'p' of view 's:V/v1': container 's:C' has no property 'gone'"),
            ({"properties": {"p": shown("name", source=view_reference())}}, "source belongs to direct relations only"),
            ({"properties": {"p": shown("name", type={"space": "s", "externalId": "t"})}}, "type does not belong"),
            (
                {"properties": {"p": {"container": container_reference()}}},
                "containerPropertyIdentifier must not be nul",
            ),
            ({"properties": {"p": {"containerPropertyIdentifier": "name"}}}, "container must not be null"),
            ({"properties": {"p": {}}}, "source must not be null"),
            ({"properties": {"p": {"source": view_reference()}}}, "type must not be null"),
            ({"properties": {"p": edge(connectionType="edge")}}, "items[0].properties.p.connectionType"),
            ({"properties": {"p": edge(direction="up")}}, "items[0].properties.p.direction"),
            (
                {"properties": {"p": edge(through={"source": view_reference(), "identifier": "x"})}},
                "through does not belon",
            ),
            ({"properties": {"p": {**reverse(view_reference(), "to"), "through": None}}}, "through must not be null"),
            ({"properties": {"p": {**reverse(view_reference(), "to"), "direction": "inwards"}}}, "direction does not"),
            (
                {"properties": {"p": reverse(container_reference(), "name")}},
                "through does not lead to a direct relation",
            ),
            ({"properties": {"p": edge(extra=1)}}, "Unexpected field - items[0].properties.p.extra"),
        ],
    )
    def test_what_is_no_view_is_refused_by_name(self, here: Project, change: Json, message: str) -> None:
        """A view of another shape is refused with a message that names the field."""
        assert message in here.refusal("views", {**view(), **change})
        assert [] == here.get("views")

    def test_nulls_equal_absence(self, here: Project) -> None:
        """A view in which everything optional is null reads like one without."""
        nothing: Json = dict.fromkeys(("name", "description", "filter", "implements"))
        (plain,) = here.post("views", view(properties={"n": shown("name"), "e": edge()}))
        more = dict.fromkeys(("name", "description", "connectionType", "direction", "edgeSource", "through"))
        properties = {"n": shown("name", source=None, name=None), "e": edge(**more)}
        assert [plain] == here.post("views", view(properties=properties, **nothing))

    def test_edges_are_many_and_outwards_unless_said_otherwise(self, here: Project) -> None:
        """A connection with a type and a source leads over any number of edges, outwards."""
        (found,) = here.post("views", view(properties={"e": edge(name="E", description="D")}))
        expected = edge(connectionType="multi_edge_connection", direction="outwards", name="E", description="D")
        assert {"e": expected} == found["properties"]

    def test_views_of_one_request_may_refer_to_each_other(self, here: Project) -> None:
        """References to views of the same request are good, forwards and backwards, also of parents."""
        child = view("A", implements=[view_reference("B")], properties={"p": reverse(view_reference("B"), "to")})
        parent = view("B", properties={"to": shown("to", source=view_reference("A"))})
        found, _ = here.post("views", child, parent)
        assert {"p", "to"} == found["properties"].keys()

    def test_sources_need_not_exist(self, here: Project) -> None:
        """A view that a relation or a connection is read through may come later."""
        properties = {
            "e": edge(),
            "r": reverse(view_reference("Later"), "x"),
            "to": shown("to", source=view_reference("L")),
        }
        (found,) = here.post("views", view(properties=properties))
        assert properties.keys() == found["properties"].keys()

    def test_parents_are_ten_levels_deep_at_most(self, here: Project) -> None:
        """A view with an eleventh level of parents is refused."""
        here.post("views", view("V0"))
        for level in range(1, 11):
            here.post("views", view(f"V{level}", implements=[view_reference(f"V{level - 1}")]))
        deepest = view("V11", implements=[view_reference("V10")])
        assert "View 's:V11/v1' has more than 10 levels of parents" == here.refusal("views", deepest)

    def test_circles_of_parents_are_refused(self, here: Project) -> None:
        """Views that implement each other are refused."""
        pair = [view("A", implements=[view_reference("B")]), view("B", implements=[view_reference("A")])]
        assert "View 's:A/v1' implements itself" == here.refusal("views", *pair)

    def test_ten_parents_are_taken(self, here: Project) -> None:
        """A view that implements more than ten others is refused."""
        names = [f"P{number}" for number in range(11)]
        here.post("views", *map(view, names))
        message = here.refusal("views", view(implements=[view_reference(name) for name in names]))
        assert "Too many views that view 's:V/v1' implements: 11, while the limit is 10." == message

    def test_loaders_may_leave_references_dangling(self, here: Project) -> None:
        """Of a published part of a schema, what is not there is passed over if that is wanted."""
        written = view(
            implements=[view_reference("Gone")],
            properties={"n": shown("name"), "p": shown("p", "Gone"), "q": shown("gone")},
            filter={"hasData": [container_reference("Gone")]},
        )
        (found,) = apply_views(here.store, [written], dangling=True)
        assert ({"n"}, [view_reference("Gone")]) == (found["properties"].keys(), found["implements"])

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            (Settings(most_views=1), "Too many views: 2, while the limit is 1."),
            (Settings(most_versions=1), "Too many versions of view 's:V': 2, while the limit is 1."),
            (Settings(most_properties_of_view=1), "Too many properties of view 's:V/v2': 2, while the limit is 1."),
        ],
    )
    def test_limits_of_the_project_are_kept(self, settings: Settings, message: str) -> None:
        """More views, versions or properties than a project may have are refused, and not written."""
        here = Project(settings)
        here.post("views", view())
        assert message == here.refusal("views", view(version="v2", properties={"e": edge(), "f": edge()}))
        assert ["v1"] == [found["version"] for found in here.get("views", allVersions=True)]


class TestReadForm:
    """What answers show beside what was written."""

    def test_names_of_the_container_are_not_inherited(self) -> None:
        """A property without a name has none, whatever the container calls it."""
        here = Project()
        apply_containers(here.store, [container(name={"type": {"type": "text"}, "name": "N", "description": "D"})])
        (found,) = here.post("views", view(properties={"n": shown("name"), "m": shown("name", name="M")}))
        assert [None, "M"] == [found["properties"][name].get("name") for name in ("n", "m")]
        assert "description" not in found["properties"]["n"]

    @pytest.mark.parametrize(
        ("filter_", "names", "expected"),
        [
            (None, ["name"], True),
            (None, [], False),
            ({"matchAll": {}}, [], True),
        ],
    )
    def test_a_view_with_a_filter_or_a_property_is_queryable(
        self, here: Project, filter_: Json | None, names: list[str], *, expected: bool
    ) -> None:
        """A view is queryable if it has a filter, or maps a property."""
        properties = {"e": edge(), **{name: shown(name) for name in names}}
        (found,) = here.post("views", view(properties=properties, filter=filter_))
        assert expected == found["queryable"]

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            ([], False),
            (["optional"], False),
            (["optional", "required"], True),
            (["required"], True),
        ],
    )
    def test_a_view_that_shows_all_that_is_required_is_writable(self, names: list[str], *, expected: bool) -> None:
        """A view is writable if every property without default that must not be null can be given through it."""
        here = Project()
        required = {
            "required": {"type": {"type": "text"}, "nullable": False},
            "usual": {"type": {"type": "text"}, "nullable": False, "defaultValue": "x"},
            "counted": {"type": {"type": "int32"}, "nullable": False, "autoIncrement": True},
        }
        apply_containers(here.store, [container(optional="text", **required)])
        (found,) = here.post("views", view(properties={"e": edge(), **{name: shown(name) for name in names}}))
        assert expected == found["writable"]

    @pytest.mark.parametrize(
        ("uses", "expected"),
        [
            ([], "all"),
            (["node"], "node"),
            (["edge"], "edge"),
            (["all"], "all"),
            (["all", "edge"], "edge"),
            (["node", "all"], "node"),
        ],
    )
    def test_a_view_is_for_what_all_its_containers_are_for(self, uses: list[str], expected: str) -> None:
        """A view is used for what its containers have in common; for all where it has none."""
        here = Project()
        apply_containers(here.store, [{**container(f"C{n}"), "usedFor": use} for n, use in enumerate(uses)])
        (found,) = here.post("views", view(properties={f"p{n}": shown("name", f"C{n}") for n in range(len(uses))}))
        assert expected == found["usedFor"]
        assert [container_reference(f"C{n}") for n in range(len(uses))] == found["mappedContainers"]

    @pytest.mark.parametrize(
        ("source", "identifier", "expected"),
        [
            (view_reference(), "to", False),
            (view_reference(), "friends", True),
            (view_reference("Child"), "friends", True),
            (container_reference(), "to", False),
            (container_reference(), "many", True),
            (container_reference(), "gone", False),
            (view_reference("Gone"), "friends", False),
        ],
    )
    def test_reverse_relations_say_whether_they_go_back_over_lists(
        self, here: Project, source: Json, identifier: str, *, expected: bool
    ) -> None:
        """`targetsList` says whether the direct relation holds a list, inherited or reached through its container."""
        here.post(
            "views",
            view(properties={"to": shown("to"), "friends": shown("many")}),
            view("Child", implements=[view_reference()]),
        )
        (found,) = here.post("views", view("R", properties={"r": reverse(source, identifier)}))
        assert expected == found["properties"]["r"]["targetsList"]

    def test_filters_over_what_is_gone_are_invalid(self, here: Project) -> None:
        """A filter's part whose property vanished reads as `invalid`, and the rest as it was written."""
        apply_containers(here.store, [container("Gone", p="text", q="timestamp", r="timestamp", to="direct")])
        kept = {"equals": {"property": ["s", "C", "name"], "value": "x"}}
        lost = {"equals": {"property": ["s", "Gone", "p"], "value": "x"}}
        between = {
            "overlaps": {
                "startProperty": ["s", "Gone", "q"],
                "endProperty": ["s", "Gone", "r"],
                "gt": "2020-01-01T00:00:00",
            }
        }
        through = {"nested": {"scope": ["s", "C", "to"], "filter": lost}}
        through_lost = {"nested": {"scope": ["s", "Gone", "to"], "filter": kept}}
        filter_ = {"and": [{"or": [kept, lost]}, {"not": lost}, between, through, through_lost, {"matchAll": {}}]}
        (found,) = here.post("views", view(filter=filter_))
        assert filter_ == found["filter"]
        here.post("containers/delete", {"space": "s", "externalId": "Gone"})
        (found,) = here.get("views")
        invalid = {"invalid": {"previouslyReferencedProperties": [["s", "Gone", "p"]], "filterType": "equals"}}
        assert {
            "and": [
                {"or": [kept, invalid]},
                {"not": invalid},
                {
                    "invalid": {
                        "previouslyReferencedProperties": [["s", "Gone", "q"], ["s", "Gone", "r"]],
                        "filterType": "overlaps",
                    }
                },
                {"nested": {"scope": ["s", "C", "to"], "filter": invalid}},
                {"invalid": {"previouslyReferencedProperties": [["s", "Gone", "to"]], "filterType": "nested"}},
                {"matchAll": {}},
            ]
        } == found["filter"]


class TestInheritance:
    """What a view has of those it implements."""

    def test_the_nearest_definition_wins_then_the_earlier_parent(self, here: Project) -> None:
        """A view's own property goes before its parents', an earlier parent before a later one."""
        here.post(
            "views",
            view("Root", properties={"own": shown("name"), "first": shown("name"), "root": shown("name")}),
            view("A", implements=[view_reference("Root")], properties={"first": shown("other")}),
            view("B", properties={"first": shown("size"), "second": shown("size"), "root": shown("size")}),
            view(implements=[view_reference("A"), view_reference("B")], properties={"own": shown("size")}),
        )
        (found,) = here.post("views/byids", {"space": "s", "externalId": "V"})
        assert {"own": "size", "first": "other", "root": "name", "second": "size"} == {
            name: prop["containerPropertyIdentifier"] for name, prop in found["properties"].items()
        }

    def test_inherited_properties_can_be_left_out(self, here: Project) -> None:
        """Without inherited properties the own ones remain; what is derived from all of them stays."""
        here.post("views", view("A", properties={"a": shown("name")}))
        here.post("views", view(properties={"e": edge()}, **PARENTS))
        query = {"includeInheritedProperties": False}
        (found,) = here.post("views/byids", {"space": "s", "externalId": "V"}, **query)
        assert (["e"], [container_reference()]) == (list(found["properties"]), found["mappedContainers"])
        assert [["a"], ["e"]] == [list(each["properties"]) for each in here.get("views", **query)]

    def test_a_parent_without_version_is_the_newest(self, here: Project) -> None:
        """`implements` without a version means the newest one that exists, or comes with the same request."""
        parent = {"type": "view", "space": "s", "externalId": "A"}
        here.post("views", view("A", version="v2"))
        here.now_ms += 1
        here.post("views", view("A", version="v1"))
        (found,) = here.post("views", view(implements=[parent]))
        assert [view_reference("A", "v1")] == found["implements"]
        here.now_ms += 1
        _, found = here.post("views", view("A", version="v3"), view("W", implements=[parent]))
        assert [view_reference("A", "v3")] == found["implements"]
        (found,) = here.post("views", view(implements=[parent], name="changed"))
        assert [view_reference("A", "v1")] == found["implements"]

    def test_a_deleted_parent_takes_its_properties_along(self, here: Project) -> None:
        """A child of a deleted view keeps the reference, and loses what it inherited."""
        here.post("views", view("A", properties={"a": shown("name")}), view(properties={"b": shown("name")}, **PARENTS))
        here.post("views/delete", {"space": "s", "externalId": "A", "version": "v1"})
        (found,) = here.get("views")
        assert (["b"], [view_reference("A")]) == (list(found["properties"]), found["implements"])

    def test_a_change_of_a_parent_is_a_change_of_its_children(self, here: Project) -> None:
        """A property that a parent gets is there in its children at once."""
        here.post("views", view("A"), view(**PARENTS))
        here.post("views", view("A", properties={"a": shown("name")}))
        (found,) = here.post("views/byids", {"space": "s", "externalId": "V"})
        assert ["a"] == list(found["properties"])


class TestUpdate:
    """What may become of a version that is there."""

    def test_properties_are_added_and_names_and_filters_replaced(self, here: Project) -> None:
        """Properties that are left out stay; name, description and filter are what was written last."""
        here.post("views", view(name="N", description="D", filter={"matchAll": {}}, properties={"a": shown("name")}))
        here.now_ms += 1000
        (found,) = here.post("views", view(name="M", properties={"b": shown("name")}))
        assert ["a", "b"] == list(found["properties"])
        assert ("M", None, None) == (found["name"], found.get("description"), found.get("filter"))
        assert (here.now_ms - 1000, here.now_ms) == (found["createdTime"], found["lastUpdatedTime"])

    def test_properties_are_removed_if_the_settings_say_so(self) -> None:
        """Whether a property that is left out goes away is a setting."""
        here = Project(Settings(view_drops_properties=True))
        here.post("views", view(properties={"a": edge(), "b": edge()}))
        (found,) = here.post("views", view(properties={"b": edge()}))
        assert ["b"] == list(found["properties"])

    def test_a_view_that_says_the_same_again_is_not_altered(self, here: Project) -> None:
        """Writing what is there already keeps `lastUpdatedTime`."""
        written = view(properties={"a": shown("name"), "e": edge()}, filter={"matchAll": {}})
        before = here.post("views", written)
        here.now_ms += 1000
        assert before == here.post("views", written)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (shown("name"), shown("size")),
            (shown("to"), shown("many")),
            (shown("name"), edge()),
            (edge(), edge(connectionType="single_edge_connection")),
            (edge(), reverse(view_reference(), "to")),
            (reverse(view_reference(), "to"), reverse(view_reference(), "to", is_single=True)),
        ],
    )
    def test_a_property_keeps_its_type(self, here: Project, before: Json, after: Json) -> None:
        """A property of another kind or type is refused: it needs a new version."""
        (found,) = here.post("views", view(properties={"p": before}))
        message = here.refusal("views", view(properties={"p": after}), status=409)
        assert "Property 'p' of view 's:V/v1' cannot change its type: publish a new version" == message
        assert [found] == here.get("views")

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (shown("name"), shown("other")),
            (shown("to"), shown("to", source=view_reference("Other"))),
            (edge(), edge(direction="inwards")),
        ],
    )
    def test_a_property_of_the_same_type_may_be_elsewhere(self, here: Project, before: Json, after: Json) -> None:
        """A property may show another one of its type, or be read through another view."""
        here.post("views", view(properties={"p": before}))
        (changed,) = here.post("views", view(properties={"p": after}))
        (fresh,) = here.post("views", view("W", properties={"p": after}))
        assert fresh["properties"] == changed["properties"]

    def test_a_property_whose_container_is_gone_may_become_anything(self, here: Project) -> None:
        """What a broken property was does not bind what it becomes."""
        apply_containers(here.store, [container("Gone")])
        here.post("views", view(properties={"p": shown("name", "Gone")}))
        here.post("containers/delete", {"space": "s", "externalId": "Gone"})
        (found,) = here.post("views", view(properties={"p": shown("size")}))
        assert "int32" == found["properties"]["p"]["type"]["type"]

    @pytest.mark.parametrize(
        "implements", [None, [], [view_reference("B")], [view_reference("B"), view_reference("A")]]
    )
    def test_parents_cannot_be_changed(self, here: Project, implements: list[Json] | None) -> None:
        """A version keeps what it implements, in that order."""
        here.post("views", view("A"), view("B"), view(**PARENTS))
        message = here.refusal("views", view(implements=implements), status=409)
        assert "implements of view 's:V/v1' cannot be changed: publish a new version" == message


class TestReading:
    """Lists, byids and delete."""

    def test_lists_have_the_version_that_was_created_last(self, here: Project) -> None:
        """Of each external id a list has the version created last, or all; updates do not count."""
        here.post("views", view(version="v9"), view("W", version="v1"))
        here.now_ms += 1
        here.post("views", view(version="v1"))
        here.now_ms += 1
        here.post("views", view(version="v9", name="updated"))
        assert [("W", "v1"), ("V", "v1")] == [(each["externalId"], each["version"]) for each in here.get("views")]
        assert ["v9", "v1", "v1"] == [each["version"] for each in here.get("views", allVersions=True)]
        assert [] == here.get("views", space="other")

    def test_an_item_without_version_stands_for_all_of_them(self, here: Project) -> None:
        """Byids answers every version where none is given, each once, and passes over what does not exist."""
        here.post("views", view(version="v1"), view(version="v2"), view("W"))
        keys: list[Json] = [
            {"space": "s", "externalId": "W", "version": "v1"},
            {"space": "s", "externalId": "V"},
            {"space": "s", "externalId": "V", "version": "v2"},
            {"space": "s", "externalId": "V", "version": "v3"},
            {"space": "gone", "externalId": "V"},
        ]
        found = here.post("views/byids", *keys)
        assert [("W", "v1"), ("V", "v1"), ("V", "v2")] == [(each["externalId"], each["version"]) for each in found]

    def test_a_version_is_deleted_alone(self, here: Project) -> None:
        """A request to delete names the version, and what does not exist is passed over."""
        here.post("views", view(version="v1"), view(version="v2"))
        key = {"space": "s", "externalId": "V"}
        assert "items[0].version must not be null" == here.refusal("views/delete", key)
        answer = here.post("views/delete", {**key, "version": "v1"}, {**key, "version": "v3"})
        assert [{"externalId": "V", "space": "s", "version": "v1"}] == answer
        assert ["v2"] == [each["version"] for each in here.get("views", allVersions=True)]

    def test_global_views_cannot_be_modified(self, here: Project) -> None:
        """Views of the system can be read and implemented by anybody, and changed in no way."""
        apply_spaces(here.store, [{"space": "sys"}], is_global=True)
        (found,) = apply_views(here.store, [view("A", properties={"a": shown("name")})], is_global=True)
        assert found["isGlobal"]
        assert ([], [found]) == (here.get("views"), here.get("views", includeGlobal=True))
        assert [found] == here.post("views/byids", {"space": "s", "externalId": "A"})
        message = "Global views cannot be modified: 's:A/v1'."
        assert message == here.refusal("views", view("A"))
        assert message == here.refusal("views/delete", {"space": "s", "externalId": "A", "version": "v1"})
        assert "Global spaces cannot be modified: 'sys'." == here.refusal("views", {**view(), "space": "sys"})
        (child,) = here.post("views", view(**PARENTS))
        assert (["a"], False) == (list(child["properties"]), child["isGlobal"])

    def test_a_view_is_read_with_a_catalog(self, here: Project) -> None:
        """Other operations read views out of a catalog; the form is that of answers."""
        (found,) = here.post("views", view(properties={"a": shown("name")}))
        catalog = here.store.catalog
        assert found == read_view(catalog, catalog.views[ViewId("s", "V", "v1")], inherited=True)
