"""Containers: what is written and read, what may change, and what demands do to rows that are there."""

import sqlite3
from typing import Any

import pytest

from pygen.client.models.ids import ContainerId
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.store import Store
from pygen.sandbox.views import apply_views
from tests.support.sandbox_schema import Json, Project, container, container_reference, recorded, shown, view

UNIQUE = {"constraintType": "uniqueness", "properties": ["name"]}
INDEX = {"indexType": "btree", "properties": ["name"]}


def text(**more: Any) -> Json:
    """A definition of a property of type text."""
    return {"type": {"type": "text"}, **more}


@pytest.fixture
def here() -> Project:
    """A project with the space `s`."""
    return Project()


@pytest.fixture
def example() -> Project:
    """The containers and views of the recorded requests, each written at the time that was recorded."""
    here = Project(spaces=())
    for number, name in enumerate(["spaces", "containers", "views"]):
        here.now_ms = 1_767_225_600_000 + 1000 * number
        here.replay(recorded(name)[0])
    return here


@pytest.mark.parametrize("number", range(6))
def test_recorded_requests_are_answered_as_recorded(example: Project, number: int) -> None:
    """The recorded requests about containers are answered with what was recorded; cursors are our own."""
    exchange = recorded("containers")[number]
    answer = example.replay(exchange)
    assert ("nextCursor" in exchange["response"]) == ("nextCursor" in answer)
    assert exchange["response"]["items"] == answer["items"]


class TestShape:
    """What a container can be."""

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"properties": {}}, "properties size must be at least 1"),
            ({"properties": None}, "Invalid value for items[0].properties: "),
            ({"externalId": "1a"}, "Invalid value for items[0].externalId: "),
            ({"externalId": "a-b"}, "Invalid value for items[0].externalId: "),
            ({"externalId": "String"}, "'String' is reserved"),
            ({"usedFor": "record"}, "Invalid value for items[0].usedFor: "),
            ({"version": "1"}, "Unexpected field - items[0].version"),
            ({"description": "d" * 1025}, "[description size must be between 0 and 1024]"),
            ({"properties": {"space": text()}}, "Invalid value for items[0].properties.space: 'space' is reserved"),
            ({"properties": {"a b": text()}}, "Invalid value for items[0].properties.a b: String should match"),
            ({"properties": {"a": text(name="n" * 256)}}, "[name size must be between 0 and 255]"),
            ({"constraints": {"c" * 44: UNIQUE}}, "size must be between 0 and 43"),
            ({"constraints": {"": UNIQUE}}, "size must be at least 1"),
            ({"constraints": {"c": {"properties": ["gone"]}}}, "Unknown property 'gone' in constraints.c of container"),
            ({"constraints": {"c": {"properties": ["name", "name"]}}}, "Properties in constraints.c of container"),
            ({"constraints": {"c": {"constraintType": "uniqueness"}}}, "a uniqueness constraint has properties"),
            ({"constraints": {"c": {"constraintType": "requires"}}}, "require must not be null"),
            (
                {
                    "constraints": {
                        "c": {"constraintType": "requires", "require": container_reference(), "bySpace": True}
                    }
                },
                "properties and bySpace belong to uniqueness constraints",
            ),
            ({"constraints": {"c": {"constraintType": "check"}}}, "items[0].constraints.c.constraintType"),
            (
                {"constraints": {"c": {"require": container_reference("Gone")}}},
                "One or more containers do not exist: 's:Gone'.",
            ),
            ({"indexes": {"i": {"properties": ["gone"]}}}, "Unknown property 'gone' in indexes.i of container 's:C'"),
            ({"indexes": {"i": {"properties": []}}}, "properties size must be at least 1"),
            ({"indexes": {"i": {"indexType": "inverted", "properties": ["name"]}}}, "an inverted index needs"),
            (
                {"indexes": {"i": {"indexType": "inverted", "properties": ["name"], "cursorable": True}}},
                "cursorable and bySpace belong to btree indexes",
            ),
            ({"indexes": {f"i{n}": INDEX for n in range(11)}}, "Too many indexes of container 's:C': 11"),
            ({"constraints": {f"c{n}": UNIQUE for n in range(11)}}, "Too many uniqueness constraints of container"),
            (
                {"constraints": {f"c{n}": {"require": container_reference()} for n in range(26)}},
                "Too many requires constraints of container 's:C': 26, while the limit is 25.",
            ),
        ],
    )
    def test_what_is_no_container_is_refused_by_name(self, here: Project, change: Json, message: str) -> None:
        """A container of another shape is refused with a message that names the field."""
        assert message in here.refusal("containers", {**container(), **change})

    @pytest.mark.parametrize(
        ("definition", "message"),
        [
            ({"type": {"type": "string"}}, "items[0].properties.p.type.type"),
            ({"type": {}}, "items[0].properties.p.type.type must not be null"),
            ({}, "items[0].properties.p.type must not be null"),
            ({"type": {"type": "int32", "maxTextSize": 5}}, "maxTextSize cannot be given for type int32"),
            ({"type": {"type": "int32", "unit": {"externalId": "length:m"}}}, "unit cannot be given for type int32"),
            ({"type": {"type": "text", "maxListSize": 5}}, "maxListSize can only be given for a list"),
            ({"type": {"type": "text", "list": True, "maxListSize": 2001}}, "properties.p.type.maxListSize"),
            ({"type": {"type": "text", "maxTextSize": 0}}, "properties.p.type.maxTextSize"),
            ({"type": {"type": "text", "collation": "a collation"}}, "properties.p.type.collation"),
            ({"type": {"type": "enum"}}, "values must not be null"),
            ({"type": {"type": "enum", "values": {}}}, "values size must be at least 1"),
            ({"type": {"type": "enum", "values": {f"v{n}": {} for n in range(33)}}}, "between 0 and 32"),
            ({"type": {"type": "enum", "values": {"true": {}}}}, "'true' is reserved"),
            ({"type": {"type": "enum", "values": {"1": {}}}}, "String should match pattern"),
            ({"type": {"type": "enum", "values": {"a": {}}, "unknownValue": "b"}}, "must be one of the values"),
            ({"type": {"type": "direct", "container": container_reference("No")}}, "containers do not exist: 's:No'."),
            ({"type": {"type": "text"}, "autoIncrement": True}, "autoIncrement needs a single int32 or int64"),
            (
                {"type": {"type": "int32", "list": True}, "autoIncrement": True},
                "autoIncrement needs a single int32 or int64",
            ),
            ({"type": {"type": "text", "list": True}, "defaultValue": ["a"]}, "cannot be given for a list"),
            ({"type": {"type": "int32"}, "defaultValue": "a"}, "properties.p.defaultValue"),
            ({"type": {"type": "enum", "values": {"a": {}}}, "defaultValue": "b"}, "properties.p.defaultValue"),
            ({"type": {"type": "text"}, "nullable": "no"}, "Invalid value for items[0].properties.p.nullable: "),
        ],
    )
    def test_what_is_no_property_is_refused_by_name(self, here: Project, definition: Json, message: str) -> None:
        """A property of another shape is refused with a message that names the field."""
        assert message in here.refusal("containers", container(p=definition))

    @pytest.mark.parametrize(("kind", "most"), [("int32", 600), ("int64", 300)])
    def test_lists_under_a_btree_index_are_shorter(self, here: Project, kind: str, most: int) -> None:
        """A list of integers that is indexed can have fewer values than another one."""
        definition = {"type": {"type": kind, "list": True, "maxListSize": most + 1}}
        written = {**container(p=definition), "indexes": {"i": {"properties": ["p"]}}}
        assert f"must be at most {most} under a btree index" in here.refusal("containers", written)

    def test_a_container_needs_a_space(self, here: Project) -> None:
        """Writing into a space that does not exist is refused as DMS refuses it."""
        message = here.refusal("containers", {**container(), "space": "gone"})
        assert message == "One or more spaces do not exist: 'gone'."

    def test_nulls_equal_absence(self, here: Project) -> None:
        """A container in which everything optional is null reads like one without."""
        nothing = dict.fromkeys(("name", "description", "usedFor", "constraints", "indexes"))
        prop = text(**dict.fromkeys(("nullable", "immutable", "autoIncrement", "defaultValue", "name", "description")))
        prop["type"] |= dict.fromkeys(
            ("list", "maxListSize", "maxTextSize", "collation", "unit", "values", "container")
        )
        (plain,) = here.post("containers", container())
        assert [plain] == here.post("containers", {**container(name=prop), **nothing})

    def test_every_type_reads_with_what_was_not_said(self, here: Project) -> None:
        """On reading, every property says whether it is a list, and texts what they are sorted by."""
        kinds = ["boolean", "int32", "int64", "float32", "float64", "timestamp", "date", "json", "direct"]
        kinds += ["timeseries", "file", "sequence"]
        (found,) = here.post("containers", container(**{kind: kind for kind in kinds}))
        assert {kind: {"type": kind, "list": False} for kind in kinds} == {
            name: prop["type"] for name, prop in found["properties"].items()
        }

    def test_a_default_reads_as_it_was_written(self, here: Project) -> None:
        """The default of a timestamp is echoed exactly as sent."""
        default = "2024-12-31T00:00:00.000Z"
        (found,) = here.post("containers", container(at={"type": {"type": "timestamp"}, "defaultValue": default}))
        assert default == found["properties"]["at"]["defaultValue"]

    def test_constraints_and_indexes_say_what_was_not_said(self, here: Project) -> None:
        """On reading, constraints and indexes have their kind, their state, and whether spaces count."""
        parts = {
            "constraints": {"u": {"properties": ["name"]}, "r": {"require": container_reference()}},
            "indexes": {"b": {"properties": ["name"]}, "i": {"indexType": "inverted", "properties": ["names"]}},
        }
        (found,) = here.post(
            "containers", {**container(name="text", names={"type": {"type": "text", "list": True}}), **parts}
        )
        assert {
            "u": {"state": "current", "properties": ["name"], "constraintType": "uniqueness", "bySpace": False},
            "r": {"state": "current", "constraintType": "requires", "require": container_reference()},
        } == found["constraints"]
        assert {
            "b": {
                "properties": ["name"],
                "state": "current",
                "indexType": "btree",
                "cursorable": False,
                "bySpace": False,
            },
            "i": {"properties": ["names"], "state": "current", "indexType": "inverted"},
        } == found["indexes"]

    def test_containers_of_one_request_may_refer_to_each_other(self, here: Project) -> None:
        """References to containers of the same request are good, forwards and backwards."""
        to_b = {"type": {"type": "direct", "container": container_reference("B")}}
        assert 2 == len(
            here.post(
                "containers",
                container("A", b=to_b),
                {**container("B"), "constraints": {"a": {"require": container_reference("A")}}},
            )
        )

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            (Settings(most_containers=1), "Too many containers: 2, while the limit is 1."),
            (Settings(most_container_properties=2), "Too many container properties: 3, while the limit is 2."),
            (Settings(most_properties_of_container=1), "Too many properties of container 's:B': 2"),
        ],
    )
    def test_limits_of_the_project_are_kept(self, settings: Settings, message: str) -> None:
        """More containers or properties than a project may have are refused, and not written."""
        here = Project(settings)
        here.post("containers", container("A"))
        assert message in here.refusal("containers", container("B", a="text", b="text"))
        assert ["A"] == [found["externalId"] for found in here.get("containers")]

    def test_loaders_may_leave_references_dangling(self, here: Project) -> None:
        """Of a published part of a schema, what is not there is passed over if that is wanted."""
        written = {
            **container(p={"type": {"type": "direct", "container": container_reference("Gone")}}),
            "constraints": {"r": {"require": container_reference("Gone")}, "u": {"properties": ["gone"]}},
            "indexes": {"i": {"properties": ["gone"]}},
        }
        (found,) = apply_containers(here.store, [written], dangling=True)
        assert ({"r"}, {}) == (found["constraints"].keys(), found["indexes"])


class TestUpdate:
    """What may become of a container that is there."""

    def test_nothing_goes_away_by_being_left_out(self, here: Project) -> None:
        """Properties, constraints, indexes and the use that an update leaves out are kept."""
        whole = {**container(a="text", b="text"), "usedFor": "edge"}
        whole |= {"constraints": {"u": {"properties": ["a"]}}, "indexes": {"i": {"properties": ["a"]}}}
        (before,) = here.post("containers", whole)
        here.now_ms += 1000
        (after,) = here.post("containers", container(c="text"))
        assert ["a", "b", "c"] == list(after["properties"])
        assert [before[key] for key in ("constraints", "indexes", "usedFor", "createdTime")] == [
            after[key] for key in ("constraints", "indexes", "usedFor", "createdTime")
        ]
        assert here.now_ms == after["lastUpdatedTime"]

    def test_a_container_that_says_the_same_again_is_not_altered(self, here: Project) -> None:
        """Writing what is there already keeps `lastUpdatedTime`, also where less is said."""
        before = here.post("containers", container(a="text", b=text(defaultValue="x", nullable=False)))
        here.now_ms += 1000
        assert before == here.post("containers", container(a="text"))

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (text(), text(name="n", description="d")),
            (text(name="n", description="d", defaultValue="x"), text()),
            (text(), text(immutable=True)),
            (text(nullable=False), text()),
            ({"type": {"type": "float64"}}, {"type": {"type": "float64", "unit": {"externalId": "length:m"}}}),
            ({"type": {"type": "text", "maxTextSize": 5}}, {"type": {"type": "text", "maxTextSize": 6}}),
            ({"type": {"type": "text", "maxTextSize": 5}}, {"type": {"type": "text"}}),
            ({"type": {"type": "text"}}, {"type": {"type": "text", "maxTextSize": 5}}),
            (
                {"type": {"type": "enum", "values": {"a": {}}}},
                {"type": {"type": "enum", "values": {"a": {"name": "A"}, "b": {}}}},
            ),
        ],
    )
    def test_what_may_change_is_changed(self, here: Project, before: Json, after: Json) -> None:
        """A change that is allowed reads as if the property had been written so at once."""
        here.post("containers", container("A", p=before))
        (changed,) = here.post("containers", container("A", p=after))
        (fresh,) = here.post("containers", container("B", p=after))
        assert fresh["properties"] == changed["properties"]

    @pytest.mark.parametrize(
        ("before", "after", "problem"),
        [
            ({"type": "text"}, {"type": "int32"}, "type cannot be changed"),
            ({"type": "text"}, {"type": "text", "list": True}, "list cannot be changed"),
            ({"type": "text"}, {"type": "text", "collation": "nb"}, "collation cannot be changed"),
            ({"type": "direct"}, {"type": "direct", "container": container_reference()}, "container cannot be changed"),
            (
                {"type": "enum", "values": {"a": {}, "b": {}}},
                {"type": "enum", "values": {"a": {}}},
                "enum values cannot be removed: b",
            ),
            ({"type": "text", "maxTextSize": 6}, {"type": "text", "maxTextSize": 5}, "maxTextSize cannot be reduced"),
            (
                {"type": "text", "list": True, "maxListSize": 2000},
                {"type": "text", "list": True},
                "maxListSize cannot be reduced",
            ),
            (
                {"type": "direct", "list": True, "maxListSize": 101},
                {"type": "direct", "list": True},
                "maxListSize cannot be reduced",
            ),
        ],
    )
    def test_what_breaks_is_refused(self, here: Project, before: Json, after: Json, problem: str) -> None:
        """A change that data or readers would break over is refused, naming container and property."""
        here.post("containers", container(p={"type": before}, name="text"))
        message = here.refusal("containers", container(p={"type": after}), status=409)
        assert f"Property 'p' of container 's:C': {problem}" == message

    def test_the_use_cannot_be_changed(self, here: Project) -> None:
        """What a container is used for stays."""
        here.post("containers", container())
        message = here.refusal("containers", {**container(), "usedFor": "all"}, status=409)
        assert message == "usedFor of container 's:C' cannot be changed"

    @pytest.mark.parametrize(("kind", "part"), [("constraints", UNIQUE), ("indexes", INDEX)])
    def test_parts_cannot_be_altered_but_deleted(self, here: Project, kind: str, part: Json) -> None:
        """A constraint or index with another definition is refused until the old one is deleted."""
        here.post("containers", {**container(), kind: {"x": part}})
        other = {**container(), kind: {"x": {**part, "bySpace": True}}}
        assert "'x' of 's:C' cannot be changed; delete it first" in here.refusal("containers", other, status=409)
        assert [part_id()] == here.post(f"containers/{kind}/delete", part_id())
        (found,) = here.post("containers", other)
        assert found[kind]["x"]["bySpace"]


def part_id(identifier: str = "x", container_external_id: str = "C") -> Json:
    """What identifies a part of a container."""
    return {"space": "s", "containerExternalId": container_external_id, "identifier": identifier}


class TestRows:
    """What becomes of rows that are there, and of demands that they break."""

    def test_a_required_property_without_default_fails(self, here: Project) -> None:
        """A new property that must not be null, without default, is broken by rows that are there."""
        here.post("containers", container())
        here.put_row("C", "x", name="x")
        (found,) = here.post("containers", container(size={"type": {"type": "int32"}, "nullable": False}))
        assert {"nullability": "failed"} == found["properties"]["size"]["constraintState"]

    def test_a_required_property_with_default_fills_rows(self, here: Project) -> None:
        """A new property that must not be null gives rows that are there its default."""
        here.post("containers", container())
        here.put_row("C", "x", name="x")
        definition = {"type": {"type": "timestamp"}, "nullable": False, "defaultValue": "1970-01-01T00:00:01Z"}
        (found,) = here.post("containers", container(at=definition))
        assert {"nullability": "current"} == found["properties"]["at"]["constraintState"]
        assert [(1000,)] == here.store.db.execute("SELECT p2 FROM c1").fetchall()

    def test_a_default_is_otherwise_for_new_instances_only(self, here: Project) -> None:
        """A new property that may be null leaves rows that are there without value."""
        here.post("containers", container())
        here.put_row("C", "x", name="x")
        here.post("containers", container(size={"type": {"type": "int32"}, "defaultValue": 1}))
        assert [(None,)] == here.store.db.execute("SELECT p2 FROM c1").fetchall()

    @pytest.mark.parametrize(("value", "state"), [("x", "current"), (None, "failed")])
    def test_nullable_can_be_taken_back(self, here: Project, value: str | None, state: str) -> None:
        """A property that is no longer nullable is looked at after the answer, which says `pending`."""
        here.post("containers", container())
        here.put_row("C", "x", name=value)
        (answer,) = here.post("containers", container(name=text(nullable=False)))
        (later,) = here.get("containers")
        assert ({"nullability": "pending"}, {"nullability": state}) == (
            answer["properties"]["name"]["constraintState"],
            later["properties"]["name"]["constraintState"],
        )

    @pytest.mark.parametrize(
        ("kind", "stored", "limit", "state"),
        [
            ({"type": "text"}, "åå", {"maxTextSize": 4}, {"maxTextSize": "current"}),
            ({"type": "text"}, "åå", {"maxTextSize": 3}, {"maxTextSize": "failed"}),
            ({"type": "text", "list": True}, '["aa","å"]', {"maxTextSize": 2}, {"maxTextSize": "current"}),
            ({"type": "text", "list": True}, '["aa","å"]', {"maxTextSize": 1}, {"maxTextSize": "failed"}),
            ({"type": "int32", "list": True}, "[1,2]", {"maxListSize": 2}, {"maxListSize": "current"}),
            ({"type": "int32", "list": True}, "[1,2]", {"maxListSize": 1}, {"maxListSize": "failed"}),
        ],
    )
    def test_sizes_can_be_demanded_later(
        self, here: Project, kind: Json, stored: str, limit: Json, state: Json
    ) -> None:
        """A greatest size that rows exceed fails; bytes of UTF-8 count for texts, also within lists."""
        here.post("containers", container(p={"type": kind}))
        here.put_row("C", "x", p=stored)
        (found,) = here.post("containers", container(p={"type": {**kind, **limit}}))
        assert state == found["properties"]["p"]["constraintState"]

    def test_a_property_can_be_retried(self, here: Project) -> None:
        """After rows have been mended, a retry finds what failed to be current."""
        here.post("containers", container())
        here.put_row("C", "x", name=None)
        here.post("containers", container(name=text(nullable=False)))
        here.store.db.execute("UPDATE c1 SET p1 = 'x'")
        assert [part_id("name")] == here.post("containers/properties/retry", part_id("name"), part_id("gone"))
        (found,) = here.get("containers")
        assert {"nullability": "current"} == found["properties"]["name"]["constraintState"]

    @pytest.mark.parametrize(("by_space", "state"), [(False, "failed"), (True, "current")])
    def test_uniqueness_can_be_demanded_later(self, here: Project, *, by_space: bool, state: str) -> None:
        """Uniqueness that rows break fails; by space, rows of other spaces do not count."""
        apply_spaces(here.store, [{"space": "t"}])
        here.post("containers", container())
        here.put_row("C", "x", name="same")
        here.put_row("C", "x", space="t", name="same")
        (found,) = here.post("containers", {**container(), "constraints": {"u": {**UNIQUE, "bySpace": by_space}}})
        assert state == found["constraints"]["u"]["state"]

    @pytest.mark.parametrize("is_broken", [False, True])
    def test_new_rows_are_unique_all_the_same(self, here: Project, *, is_broken: bool) -> None:
        """Also where older rows break uniqueness, a row like another one is refused, with the same words."""
        here.post("containers", container())
        here.put_row("C", "x", name="a")
        if is_broken:
            here.put_row("C", "y", name="a")
        here.post("containers", {**container(), "constraints": {"u": UNIQUE}})
        with pytest.raises(sqlite3.IntegrityError, match=r"^UNIQUE constraint failed: c1\.p1$"):
            here.put_row("C", "z", name="a")
        here.put_row("C", "z", name="b")
        here.put_row("C", "null", name=None)
        here.put_row("C", "null too", name=None)
        with pytest.raises(sqlite3.IntegrityError, match=r"^UNIQUE constraint failed: c1\.p1$"):
            here.store.db.execute("UPDATE c1 SET p1 = 'a' WHERE p1 = 'b'")
        here.store.db.execute("UPDATE c1 SET live = 0 WHERE p1 = 'a'")
        here.store.db.execute("UPDATE c1 SET p1 = 'a' WHERE p1 = 'b'")

    def test_a_row_that_breaks_uniqueness_may_be_touched(self, here: Project) -> None:
        """A row that was like another one before uniqueness was demanded may be written, as long as it stays."""
        here.post("containers", container(name="text", size="int32"))
        here.put_row("C", "x", name="a")
        here.put_row("C", "y", name="a")
        here.post("containers", {**container(), "constraints": {"u": UNIQUE}})
        here.store.db.execute("UPDATE c1 SET p1 = p1, p2 = 5")
        assert [(5,), (5,)] == here.store.db.execute("SELECT p2 FROM c1").fetchall()

    def test_uniqueness_can_be_retried(self, here: Project) -> None:
        """After rows have been mended, a retry makes a failed uniqueness constraint current."""
        here.post("containers", container())
        here.put_row("C", "x", name="a")
        here.put_row("C", "y", name="a")
        here.post("containers", {**container(), "constraints": {"u": UNIQUE}})
        assert "failed" == state_of(here, "u")
        here.store.db.execute("UPDATE c1 SET p1 = 'b' WHERE id = 2")
        assert [part_id("u")] == here.post("containers/constraints/retry", part_id("u"))
        assert "current" == state_of(here, "u")
        with pytest.raises(sqlite3.IntegrityError):
            here.put_row("C", "z", name="a")

    @pytest.mark.parametrize("is_broken", [False, True])
    def test_a_deleted_constraint_demands_nothing(self, here: Project, *, is_broken: bool) -> None:
        """Rows may be alike once uniqueness is deleted, whether it was kept or not."""
        here.post("containers", container())
        here.put_row("C", "x", name="a")
        if is_broken:
            here.put_row("C", "y", name="a")
        here.post("containers", {**container(), "constraints": {"u": UNIQUE}})
        here.post("containers/constraints/delete", part_id("u"))
        here.put_row("C", "z", name="a")

    def test_a_required_container_can_be_demanded_later(self, here: Project) -> None:
        """A requires constraint fails where rows have no data in the other container, until they do."""
        here.post("containers", container("A"), container("B"))
        here.put_row("A", "x", name="x")
        here.post("containers", {**container("A"), "constraints": {"r": {"require": container_reference("B")}}})
        assert "failed" == state_of(here, "r")
        here.put_row("B", "x", name="x")
        here.post("containers/constraints/retry", part_id("r", "A"))
        assert "current" == state_of(here, "r")

    def test_a_required_container_that_is_gone_is_missing(self, here: Project) -> None:
        """Rows have no data in a container that does not exist."""
        here.post("containers", container("A"))
        here.put_row("A", "x", name="x")
        required = {**container("A"), "constraints": {"r": {"require": container_reference("B")}}}
        (found,) = apply_containers(here.store, [required], dangling=True)
        assert "failed" == found["constraints"]["r"]["state"]


def state_of(here: Project, constraint: str) -> str:
    """The state of a constraint of the first container."""
    state: str = here.get("containers")[0]["constraints"][constraint]["state"]
    return state


class TestTables:
    """What SQLite has of a container."""

    def test_columns_hold_what_their_types_say(self, here: Project) -> None:
        """Each property has a column of its storage type, in the order of definition."""
        here.post(
            "containers",
            container(
                a="text", b="int64", c="float32", d="timestamp", e="direct", f={"type": {"type": "int32", "list": True}}
            ),
        )
        found = here.store.db.execute("SELECT name, type FROM pragma_table_info('c1')").fetchall()
        assert [
            ("id", "INTEGER"),
            ("live", "INTEGER"),
            ("space", "INTEGER"),
            ("p1", "TEXT"),
            ("p2", "INTEGER"),
            ("p3", "REAL"),
            ("p4", "INTEGER"),
            ("p5", "INTEGER"),
            ("p6", "TEXT"),
        ] == found

    def test_relations_and_btree_indexes_are_indexed(self, here: Project) -> None:
        """Looking for the sources of a direct relation, or along a btree index, uses an index."""
        here.post("containers", {**container(a="text", b="direct"), "indexes": {"i": {"properties": ["a"]}}})
        for condition in ("p1 = 'x'", "p2 = 5"):
            (plan,) = here.store.db.execute(f"EXPLAIN QUERY PLAN SELECT id FROM c1 WHERE {condition}").fetchall()
            assert "USING" in plan[3]

    def test_an_index_can_be_deleted_and_retried(self, here: Project) -> None:
        """A retry of an index keeps it, its deletion removes it from SQLite too."""
        here.post("containers", {**container(), "indexes": {"x": INDEX, "X": INDEX}})
        indexes = "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'c1'"
        assert [part_id()] == here.post("containers/indexes/retry", part_id(), part_id("gone"))
        assert (2,) == here.store.db.execute(indexes).fetchone()
        here.post("containers/indexes/delete", part_id(), part_id("X"))
        assert (0,) == here.store.db.execute(indexes).fetchone()

    def test_a_number_is_not_used_again(self, here: Project) -> None:
        """A container that is deleted and created again has another table."""
        here.post("containers", container())
        here.post("containers/delete", {"space": "s", "externalId": "C"})
        here.post("containers", container())
        assert "c2" == here.store.catalog.containers[ContainerId("s", "C")].table

    def test_a_refused_request_leaves_no_table(self, here: Project) -> None:
        """Where one container of a request is refused, nothing of the others remains."""
        here.refusal("containers", container("A"), container("B", p={"type": {"type": "enum"}}))
        here.refusal("containers", container("A"), {**container("B"), "space": "gone"})
        wrong = {**container("B"), "indexes": {"i": {"properties": ["gone"]}}}
        here.refusal("containers", container("A"), wrong)
        assert (0,) == here.store.db.execute("SELECT count(*) FROM sqlite_master WHERE name GLOB 'c[0-9]*'").fetchone()
        assert {} == here.store.catalog.containers

    def test_what_is_in_a_file_is_there_again(self, tmp_path: Any) -> None:
        """Containers of a file are the same after it is closed and opened."""
        store = Store(tmp_path / "db")
        apply_spaces(store, [{"space": "s"}])
        apply_containers(store, [container(a="text", b="int32")])
        before = store.catalog.containers
        store.close()
        again = Store(tmp_path / "db")
        assert before == again.catalog.containers
        again.close()


class TestParts:
    """Requests about constraints, indexes and properties."""

    @pytest.mark.parametrize(
        "path", ["constraints/delete", "indexes/delete", "constraints/retry", "indexes/retry", "properties/retry"]
    )
    def test_what_does_not_exist_is_passed_over(self, here: Project, path: str) -> None:
        """Parts that do not exist, also of containers that do not, are left out of the answer."""
        here.post("containers", container())
        before = here.get("containers")
        here.now_ms += 1000
        assert [] == here.post(f"containers/{path}", part_id("gone"), part_id("gone", "Gone"))
        assert before == here.get("containers")

    @pytest.mark.parametrize("path", ["constraints/delete", "indexes/delete", "properties/retry"])
    def test_ten_are_taken(self, here: Project, path: str) -> None:
        """More than ten parts in a request are refused."""
        message = here.refusal(f"containers/{path}", *(part_id(str(number)) for number in range(11)))
        assert "[items size must be between 0 and 10]" in message

    def test_several_parts_of_a_container_are_deleted_together(self, here: Project) -> None:
        """A request may name several parts of one container."""
        here.post("containers", {**container(), "constraints": {"a": UNIQUE, "b": UNIQUE, "c": UNIQUE}})
        here.now_ms += 1000
        here.post("containers/constraints/delete", part_id("a"), part_id("b"), part_id("a"))
        (found,) = here.get("containers")
        assert (["c"], here.now_ms) == (list(found["constraints"]), found["lastUpdatedTime"])


class TestReading:
    """Lists, byids, inspect and delete."""

    def test_lists_can_be_narrowed_to_a_space_and_to_uses(self, here: Project) -> None:
        """A list has the containers of one space, and those for nodes, edges or both, if that is wanted."""
        apply_spaces(here.store, [{"space": "t"}])
        here.post("containers", container("A"), {**container("B"), "usedFor": "edge"}, {**container("C"), "space": "t"})
        assert ["A", "B", "C"] == [found["externalId"] for found in here.get("containers")]
        assert ["A", "B"] == [found["externalId"] for found in here.get("containers", space="s")]
        assert ["B"] == [found["externalId"] for found in here.get("containers", usedFor="edge,all")]
        assert [] == here.get("containers", usedFor="record")
        with pytest.raises(Refusal, match="Invalid value for usedFor"):
            here.get("containers", usedFor="nodes")

    def test_byids_passes_over_what_does_not_exist(self, here: Project) -> None:
        """Unknown containers, even of unknown spaces, are left out of byids."""
        here.post("containers", container("A"), container("B"))
        keys = [{"space": "gone", "externalId": "A"}, *({"space": "s", "externalId": name} for name in ("B", "X", "A"))]
        assert ["B", "A"] == [found["externalId"] for found in here.post("containers/byids", *keys)]

    def test_a_deleted_container_takes_its_data_along(self, here: Project) -> None:
        """Deleting a container keeps the instances; views that mapped it lose its properties."""
        here.post("containers", container("A"), container("B"))
        here.put_row("A", "x", name="x")
        apply_views(here.store, [view(properties={"a": shown("name", "A"), "b": shown("name", "B")})])
        keys = [{"space": "s", "externalId": "A"}, {"space": "s", "externalId": "Gone"}]
        assert [{"externalId": "A", "space": "s"}] == here.post("containers/delete", *keys)
        (found,) = here.get("views")
        assert (["b"], [container_reference("B")]) == (list(found["properties"]), found["mappedContainers"])
        assert (1,) == here.store.db.execute("SELECT count(*) FROM instance").fetchone()

    def test_inspection_counts_views_that_map_a_container(self, here: Project) -> None:
        """Only what was asked for is answered; older versions count if that is wanted; heirs count too."""
        here.post("containers", container())
        apply_views(here.store, [view("A", properties={"n": shown("name")})])
        here.now_ms += 1000
        apply_views(
            here.store,
            [
                view("A", version="v2", properties={"n": shown("name")}),
                view("B", implements=[{"type": "view", "space": "s", "externalId": "A", "version": "v1"}]),
                view("Other"),
            ],
        )
        body = {
            "items": [{"space": "s", "externalId": "C"}, {"space": "s", "externalId": "Gone"}],
            "inspectionOperations": {"involvedViews": {}, "totalInvolvedViewCount": {"allVersions": True}},
        }
        (found,) = here.call("POST", "containers/inspect", body)["items"]
        views = [(each["externalId"], each["version"]) for each in found["inspectionResults"]["involvedViews"]]
        assert ([("A", "v2"), ("B", "v1")], 3) == (views, found["inspectionResults"]["involvedViewCount"])
        body["inspectionOperations"] = {}
        (found,) = here.call("POST", "containers/inspect", body)["items"]
        assert {"space": "s", "externalId": "C", "inspectionResults": {}} == found

    def test_global_containers_cannot_be_modified(self, here: Project) -> None:
        """Containers of the system can be read by anybody, and changed in no way."""
        apply_spaces(here.store, [{"space": "sys"}], is_global=True)
        ours = {**container(), "constraints": {"x": UNIQUE}, "indexes": {"x": INDEX}}
        (found,) = apply_containers(here.store, [ours], is_global=True)
        assert found["isGlobal"]
        assert [] == here.get("containers")
        assert [found] == here.get("containers", includeGlobal=True)
        assert [found] == here.post("containers/byids", {"space": "s", "externalId": "C"})
        message = "Global containers cannot be modified: 's:C'."
        assert message == here.refusal("containers", container())
        assert message == here.refusal("containers/delete", {"space": "s", "externalId": "C"})
        for path in ("constraints/delete", "indexes/delete", "constraints/retry", "indexes/retry", "properties/retry"):
            assert message == here.refusal(f"containers/{path}", part_id())
        in_system = {**container(), "space": "sys"}
        assert "Global spaces cannot be modified: 'sys'." == here.refusal("containers", in_system)
        assert 1 == len(apply_containers(here.store, [in_system], is_global=True))
