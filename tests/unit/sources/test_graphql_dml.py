"""GraphQL schemas, as data models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pygen.client.models.ids import DataModelId
from pygen.errors import ConfigError, MissingExtraError, ModelError
from pygen.ir import build_model
from pygen.sources import load_containers, load_data_model, load_raw, load_raw_containers, source_files
from pygen.sources.graphql_dml import read_graphql

Json = dict[str, Any]


def read(text: str) -> tuple[Json, Json, Json]:
    """The data model, its views by name, and the containers by name."""
    definitions = read_graphql(text, space="sp", external_id="Model", version="v1", place="m.graphql")
    model, containers = definitions.resolve()
    return (
        model,
        {view["externalId"]: view for view in model["views"]},
        {container["externalId"]: container for container in containers},
    )


def properties(text: str, name: str = "Pump") -> Json:
    """The properties of a view."""
    found: Json = read(text)[1][name]["properties"]
    return found


def reference(name: str, space: str = "sp", version: str = "v1") -> Json:
    """A view, named."""
    return {"type": "view", "space": space, "externalId": name, "version": version}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("String", "text"),
        ("Int", "int32"),
        ("Int32", "int32"),
        ("Int64", "int64"),
        ("Float", "float64"),
        ("Float32", "float32"),
        ("Float64", "float64"),
        ("Boolean", "boolean"),
        ("Timestamp", "timestamp"),
        ("Date", "date"),
        ("JSONObject", "json"),
        ("TimeSeries", "timeseries"),
        ("File", "file"),
        ("Sequence", "sequence"),
    ],
)
def test_scalars_and_lists_of_them(name: str, kind: str) -> None:
    """Each scalar is a type of DMS, `!` forbids null, and brackets make a list."""
    found = properties(f"type Pump {{ one: {name} two: {name}! three: [{name}] four: [{name}!]! }}")
    assert {
        "one": (kind, False, True),
        "two": (kind, False, False),
        "three": (kind, True, True),
        "four": (kind, True, False),
    } == {key: (each["type"]["type"], each["type"]["list"], each["nullable"]) for key, each in found.items()}


def test_a_type_is_a_view_and_a_container() -> None:
    """Both are called after it, and say what stands before it; `@name` in there is what people call it."""
    text = '''
    """
    It moves water.
    @name Water pump
    """
    type Pump {
      "Bar"
      pressure: Float
      flow: Float
    }
    '''
    model, views, containers = read(text)
    assert ("sp", "Model", "v1") == (model["space"], model["externalId"], model["version"])
    assert ("Water pump", "It moves water.", "v1") == tuple(
        views["Pump"][key] for key in ("name", "description", "version")
    )
    assert ("Water pump", "It moves water.", "node") == tuple(
        containers["Pump"][key] for key in ("name", "description", "usedFor")
    )
    assert ("pressure", "Bar") == tuple(views["Pump"]["properties"]["pressure"][key] for key in ("name", "description"))
    assert "description" not in views["Pump"]["properties"]["flow"]
    assert {"type": "container", "space": "sp", "externalId": "Pump"} == views["Pump"]["properties"]["flow"][
        "container"
    ]


# --- relations ---


def test_relations_of_every_kind() -> None:
    """One of a type is a direct relation, several are edges, and directives say otherwise."""
    text = """
    type Site { name: String pumps: [Pump] @reverseDirectRelation(throughProperty: "site")
                main: Pump @reverseDirectRelation(throughProperty: "sites") }
    type Pump {
      site: Site
      sites: [Site] @directRelation
      visited: [Site]
      owner: Site @relation(type: {space: "types", externalId: "owns"}, direction: INWARDS)
      served: [Site] @relation(edgeSource: "Service")
    }
    type Service @edge { since: Date }
    """
    pump = properties(text)
    assert ("direct", False, reference("Site")) == tuple(
        pump["site"]["type"][key] for key in ("type", "list", "source")
    )
    assert pump["sites"]["type"]["list"]
    assert {
        "connectionType": "multi_edge_connection",
        "type": {"space": "sp", "externalId": "Pump.visited"},
        "source": reference("Site"),
        "direction": "outwards",
        "name": "visited",
    } == pump["visited"]
    assert ("single_edge_connection", {"space": "types", "externalId": "owns"}, "inwards") == tuple(
        pump["owner"][key] for key in ("connectionType", "type", "direction")
    )
    assert reference("Service") == pump["served"]["edgeSource"]
    site = properties(text, "Site")
    assert {
        "connectionType": "multi_reverse_direct_relation",
        "source": reference("Pump"),
        "through": {"source": reference("Pump"), "identifier": "site"},
        "targetsList": False,
        "name": "pumps",
    } == site["pumps"]
    assert ("single_reverse_direct_relation", True) == (site["main"]["connectionType"], site["main"]["targetsList"])
    views, containers = read(text)[1:]
    assert ("edge", "edge") == (containers["Service"]["usedFor"], views["Service"]["usedFor"])


# --- inheritance ---

FAMILY = """
interface Machine { name: String! parts: [Part] maker: Maker }
interface Pump implements Machine { name: String! parts: [Part] maker: Maker flow: Float }
type Jet implements Pump & Machine {
  name: String!
  parts: [Part]
  "Only one makes them"
  maker: JetMaker
  flow: Float
}
type Part { name: String }
interface Maker { name: String }
type JetMaker implements Maker { name: String }
"""


def test_what_interfaces_declare_is_inherited() -> None:
    """A field that is repeated as it is, is no property of the type, and not in its container."""
    definitions = read_graphql(FAMILY, space="sp", external_id="M", version="v1", place="m")
    own = {each.body["externalId"]: list(each.body["properties"]) for each in definitions.views}
    assert {"Machine": ["name", "parts", "maker"], "Pump": ["flow"], "Jet": ["maker"]} == {
        name: own[name] for name in ("Machine", "Pump", "Jet")
    }
    views, containers = read(FAMILY)[1:]
    assert [reference("Pump"), reference("Machine")] == views["Jet"]["implements"]
    assert {"name", "parts", "maker", "flow"} == views["Jet"]["properties"].keys()
    assert ["Jet", "JetMaker"] == [name for name in views if name not in containers]


def test_a_field_may_lead_to_a_narrower_type() -> None:
    """It stays the same property of the same container, read through another view; and has its own words."""
    maker = properties(FAMILY, "Jet")["maker"]
    assert (reference("JetMaker"), "Machine", "Only one makes them") == (
        maker["type"]["source"],
        maker["container"]["externalId"],
        maker["description"],
    )


def test_a_field_of_another_kind_is_another_property() -> None:
    """Where a type makes a list of what its interface has once, the two are not stored together."""
    text = "interface Machine { tag: String } type Pump implements Machine { tag: [String] }"
    assert ("Pump", True) == (
        properties(text)["tag"]["container"]["externalId"],
        properties(text)["tag"]["type"]["list"],
    )


def test_a_repeated_directive_is_no_other_property() -> None:
    """An interface's field that is repeated with its directives is inherited; remarks do not count."""
    text = """
    interface Machine { power: Float @unit(externalId: "power:kilow") parts: [Part] @directRelation note: String }
    type Pump implements Machine {
      power: Float @unit(externalId: "power:kilow")
      parts: [Screw] @directRelation
      note: String @deprecated(reason: "nobody reads it")
    }
    interface Part { name: String }
    type Screw implements Part { name: String }
    """
    views, containers = read(text)[1:]
    found = views["Pump"]["properties"]
    assert {"Machine"} == {each["container"]["externalId"] for each in found.values()}
    assert reference("Screw") == found["parts"]["type"]["source"]
    assert "Pump" not in containers


@pytest.mark.parametrize(
    "field", ['power: Float @unit(externalId: "power:w")', "power: Int", "power: Float @default(value: 1)"]
)
def test_what_says_something_else_is_another_property(field: str) -> None:
    """Another unit, type or default than the interface's cannot be stored where the interface stores its own."""
    text = 'interface Machine { power: Float @unit(externalId: "power:kilow") } type Pump implements Machine { FIELD }'
    assert "Pump" == properties(text.replace("FIELD", field))["power"]["container"]["externalId"]


def test_a_type_itself_knows_best_what_its_container_holds() -> None:
    """Whichever comes first, a field that is only mapped to it does not loosen it."""
    text = 'type Other { tag: String @mapping(container: "Pump") } type Pump { tag: String! }'
    assert properties(text)["tag"]["nullable"] is False


# --- directives ---


def test_views_and_fields_may_be_placed_elsewhere() -> None:
    """`@view` and `@import` say where views are, `@mapping` where fields are stored."""
    text = """
    type Pump @view(version: "7", rawFilter: {and: [{equals: {property: ["node", "space"], value: "data"}}]}) {
      tag: String @mapping(space: "base", container: "Tagged", property: "code")
      own: Int @mapping(container: "Site")
      site: Site
      user: User
    }
    type Site @view(space: "sites") { name: String }
    type User @import(dataModel: {space: "apps", externalId: "Users", version: "3"}) { name: String }
    """
    model, views, containers = read(text)
    assert [reference("Pump", version="7"), reference("Site", "sites"), reference("User", "apps", "3")] == [
        reference(view["externalId"], view["space"], view["version"]) for view in model["views"]
    ]
    pump = views["Pump"]
    assert {"and": [{"equals": {"property": ["node", "space"], "value": "data"}}]} == pump["filter"]
    assert (("base", "Tagged"), "code") == (
        (pump["properties"]["tag"]["container"]["space"], pump["properties"]["tag"]["container"]["externalId"]),
        pump["properties"]["tag"]["containerPropertyIdentifier"],
    )
    assert "Site" == pump["properties"]["own"]["container"]["externalId"]
    assert reference("Site", "sites") == pump["properties"]["site"]["type"]["source"]
    assert "Tagged" not in containers, "only a field tells of it"
    assert "text" == pump["properties"]["tag"]["type"]["type"]


def test_defaults_units_limits_and_enums() -> None:
    """What a container says of its properties can be said in the schema."""
    text = """
    "Whether it runs"
    enum State { "It does" RUNS "@name Not at all" STOPPED }
    type Pump {
      state: State
      flow: Float @unit(externalId: "volume_flow_rate:m3-per-sec", sourceUnit: "m3/s") @default(value: "1.5")
      count: Int @default(value: 3)
      on: Boolean @default(value: "true")
      tag: String @default(value: "none") @limits(maxTextSize: 10)
      tags: [String] @limits(maxListSize: 5)
      far: Float @default(value: -2.5)
    }
    """
    found = properties(text)
    assert {"RUNS": {"description": "It does"}, "STOPPED": {"name": "Not at all"}} == found["state"]["type"]["values"]
    assert {"externalId": "volume_flow_rate:m3-per-sec", "sourceUnit": "m3/s"} == found["flow"]["type"]["unit"]
    defaults = [found[name].get("defaultValue") for name in ("flow", "count", "on", "tag", "far", "state")]
    assert [1.5, 3, True, "none", -2.5, None] == defaults
    assert (10, 5) == (found["tag"]["type"]["maxTextSize"], found["tags"]["type"]["maxListSize"])


def test_labels_and_targets() -> None:
    """`name` labels a view or a relation, and a direct relation may demand that its target has data."""
    text = """
    type Pump @view(name: "Water pump") {
      links: [Pump] @relation(name: "Lines")
      site: Pump @directRelation(container: {space: "base", externalId: "Site"})
      flow: Float @unit(space: "cdf_cdm_units", externalId: "flow:l")
      data: JSONObject @default(value: "{\\"a\\": [1]}")
    }
    """
    view = read(text)[1]["Pump"]
    found = view["properties"]
    assert ("Water pump", "Lines") == (view["name"], found["links"]["name"])
    assert {"type": "container", "space": "base", "externalId": "Site"} == found["site"]["type"]["container"]
    assert ({"externalId": "flow:l"}, {"a": [1]}) == (found["flow"]["type"]["unit"], found["data"]["defaultValue"])


def test_what_is_imported_is_only_assumed() -> None:
    """A type with `@import` is a view of somebody else; its container is not known in full."""
    text = """
    interface User @import(dataModel: {space: "apps", externalId: "Users", version: "3"}) { name: String! }
    type Admin implements User { name: String! rights: Int }
    type Log @import @view(space: "logs", version: "9") @container(indexes: [{identifier: "i", fields: ["gone"]}])
    """
    known = {("apps", "Users", "3"): {"User": reference("User", "apps", "v7")}}
    found = read_graphql(text, space="sp", external_id="M", version="v1", place="m", imports=known)
    assert (["Admin"], ["User", "Log"]) == (
        [each.body["externalId"] for each in found.views],
        [each.body["externalId"] for each in found.assumed_views],
    )
    model, containers = found.resolve()
    assert [reference("User", "apps", "v7"), reference("Admin"), reference("Log", "logs", "9")] == [
        reference(each["externalId"], each["space"], each["version"]) for each in model["views"]
    ]
    assert {"name", "rights"} == model["views"][1]["properties"].keys()
    assert ["Admin"] == [each["externalId"] for each in containers]
    with pytest.raises(ModelError, match="the data model Users has no view User"):
        read_graphql(text, space="sp", external_id="M", version="v1", place="m", imports={("apps", "Users", "3"): {}})


def test_constraints_and_indexes() -> None:
    """They belong to the container of the type."""
    text = """
    type Pump @container(
      constraints: [{identifier: "u", constraintType: UNIQUENESS, fields: ["tag"]},
                    {identifier: "r", constraintType: REQUIRES, require: {space: "sp", externalId: "Site"}}]
      indexes: [{identifier: "i", indexType: BTREE, fields: ["tag", "n"], cursorable: true},
                {identifier: "j", indexType: INVERTED, fields: ["tags"]}]
    ) { tag: String n: Int tags: [String] }
    """
    container = read(text)[2]["Pump"]
    assert {
        "u": {"constraintType": "uniqueness", "properties": ["tag"]},
        "r": {"constraintType": "requires", "require": {"type": "container", "space": "sp", "externalId": "Site"}},
    } == container["constraints"]
    assert {
        "i": {"indexType": "btree", "properties": ["tag", "n"], "cursorable": True},
        "j": {"indexType": "inverted", "properties": ["tags"]},
    } == container["indexes"]


def test_what_editors_need_to_know_is_passed_over() -> None:
    """Definitions of scalars, directives and inputs describe the language, not the model."""
    text = """
    scalar Timestamp
    directive @view(space: String) on OBJECT
    input _Ref { space: String! }
    type Pump @readonly { name: String @deprecated(reason: null) }
    """
    assert ["Pump"] == list(read(text)[1])


# --- what is wrong ---


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type A { b: B }", "line 1.*field A.b has the type B, which is not defined"),
        ("type A {\n b: Int\n c: Nope }", "line 3.*field A.c has the type Nope"),
        ("type A implements I { b: Int }", "type A implements I, which is not defined"),
        ("type A { b: Int }\ntype A { b: Int }", "line 2.*A is defined twice"),
        ('type A { b: [A] @relation(edgeSource: "E") }', "field A.b: its edgeSource E is not defined"),
        ("type A @views { b: Int }", "line 1, column 8: .*@views does not belong here, or is not known .*@view"),
        ("type A { b: Int @view }", "@view does not belong here"),
        ("type A @view @view { b: Int }", "column 14: .*@view stands twice"),
        (
            "type A @view(rawfilter: {}) { b: Int }",
            "column 14: .*@view has no argument rawfilter: it has space, version",
        ),
        ("type A @edge(of: 1) { b: Int }", "@edge has no argument of: it has none"),
        ('type A @view(space: "a", space: "b") { b: Int }', "the argument space of @view stands twice"),
        ("type A @view(space: 1) { b: Int }", "the argument space of @view should be text"),
        ("type A @view(rawFilter: []) { b: Int }", "the argument rawFilter of @view should be an object"),
        (
            'type A @import(dataModel: {space: "s"}) { b: Int }',
            "dataModel of @import should be {space, externalId, version}",
        ),
        ('type A @import(dataModel: "s") { b: Int }', "dataModel of @import should be {space, externalId, version}"),
        (
            'type A @view @import(dataModel: {space: "s", externalId: "M", version: "1"}) { b: Int }',
            "imported from a data model, or placed with @view, but not both",
        ),
        ("type A @container(indexes: 1) { b: Int }", "the argument indexes of @container should be a list of objects"),
        (
            "type A @container(indexes: [1]) { b: Int }",
            "the argument indexes of @container should be a list of objects",
        ),
        ('type A @container(indexes: [{fields: ["b"]}]) { b: Int }', "each index of @container needs an identifier"),
        ('type A @container(indexes: [{identifier: "i"}]) { b: Int }', "index i names no fields"),
        (
            'type A @container(indexes: [{identifier: "i", fields: "b"}]) { b: Int }',
            "fields of index i should be a list",
        ),
        (
            'type A @container(indexes: [{identifier: "i", fields: ["c"]}]) { b: Int }',
            "i names c, which the container of",
        ),
        (
            'type A @container(indexes: [{identifier: "i", fields: ["b"], indexType: HASH, unique: true}]) { b: Int }',
            "(?s)index i has no unique.*indexType of index i should be BTREE or INVERTED",
        ),
        (
            'type A @container(constraints: [{identifier: "c", fields: ["b"], require: 1}]) { b: Int }',
            "require of constraint c should be {space, externalId}",
        ),
        (
            'type A @container(indexes: [{identifier: "i", fields: ["b"], cursorable: 2}]) { b: Int }',
            "cursorable of index i",
        ),
        (
            'type A @container(indexes: [{identifier: "i", fields: ["b"]}, {identifier: "i", fields: ["b"]}]) {b: Int}',
            "index i stands twice",
        ),
        ("type A { b: [A] @relation(direction: SIDEWAYS) }", "direction of @relation should be INWARDS or OUTWARDS"),
        ("type A { b: [A] @reverseDirectRelation }", "@reverseDirectRelation needs the argument throughProperty"),
        (
            'type A { b: [A] @reverseDirectRelation(throughRelationFieldName: "a") }',
            "(?s)needs the argument throughProperty.*no argument throughRelationFieldName: it has throughProperty",
        ),
        ("type A { b: [A] @directRelation @relation }", "field A.b is either @directRelation or @relation"),
        ("type A { b: Int @relation }", "@relation does not fit field A.b, whose type is Int"),
        ('type A { b: [A] @mapping(property: "c") }', "@mapping does not fit field A.b, whose type is A"),
        ("type A { b: A @default(value: 1) }", "@default does not fit field A.b"),
        ('type A { b: Int @unit(externalId: "u") }', "@unit does not fit field A.b: only Float"),
        ("type A { b: Float @unit }", "@unit needs the argument externalId"),
        ("type A { b: Int @limits(maxTextSize: 1) }", "maxTextSize does not fit field A.b, whose type is Int"),
        ("type A { b: A @limits(maxTextSize: 1) }", "maxTextSize does not fit field A.b, whose type is A"),
        ("type A { b: String @limits(maxListSize: 1) }", "maxListSize does not fit field A.b, which is no list"),
        ("type A { b: [String] @limits(maxListSize: true) }", "maxListSize of @limits should be a whole number"),
        ('type A { b: Int @default(value: "x") }', "the default 'x' of field b is no int32"),
        ("type A { b: Int @default(value: 2147483648) }", "the default 2147483648 of field b is no int32"),
        ('type A { b: Int @default(value: "1_0") }', "the default '1_0' of field b is no int32"),
        ('type A { b: Float @default(value: "nan") }', "the default 'nan' of field b is no float64"),
        ('type A { b: Float @default(value: "1_0") }', "the default '1_0' of field b is no float64"),
        ('type A { b: Boolean @default(value: "on") }', "the default 'on' of field b is no boolean"),
        ("type A { b: String @default(value: 1) }", "the default 1 of field b is no text"),
        ('type A { b: JSONObject @default(value: "[1]") }', "the default .* of field b is no json"),
        ('type A { b: JSONObject @default(value: "{\\"a\\": NaN}") }', "the default .* of field b is no json"),
        ('enum E { X } type A { b: E @default(value: "Y") }', "the default 'Y' of field b is no enum"),
        ("type A { b: Int @default }", "@default needs the argument value"),
        ("type A { b: Int b: Int }", "column 17: .*field A.b is defined twice"),
        ("type A { b(c: Int): Int }", "field A.b has arguments"),
        ("type A { b: [[Int]] }", "field A.b is a list of lists"),
        ("type File { b: Int }", "File is a type of the language"),
        ("enum E { X X } type A { b: E }", "the value X of E stands twice"),
        (
            "enum E @e { X @x } type A { b: E }",
            "(?s)@x does not belong here.*@e does not belong here.*known here: nothing",
        ),
        (
            'type A { b: Int } type B { c: String @mapping(container: "A", property: "b") }',
            "says of sp:A.b what other fields",
        ),
        ("type A { b: Int } union U = A", "union type definitions are not part of data models"),
        ("type A { b: Int } extend type A { c: Int }", "object type extensions are not part of data models"),
    ],
)
def test_every_problem_has_its_line(text: str, message: str) -> None:
    """What is no data model is told as problems of a model."""
    with pytest.raises(ModelError, match=message) as raised:
        read(text)
    assert {"PYG008"} == {problem.code for problem in raised.value.problems}


def test_all_problems_are_told_at_once() -> None:
    """Someone who corrects a schema wants the whole list."""
    with pytest.raises(ModelError) as raised:
        read("type A { b: B c: C }")
    assert 2 == len(raised.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        "type A { b: Int",
        "",
        "type A { b: " + "[" * 100_000 + "Int",
        "type A @view(rawFilter: {a: 1e999}) { b: Int }",
        f"type A {{ b: Int @default(value: {'1' * 5000}) }}",
    ],
    ids=["open", "empty", "deep", "huge", "long"],
)
def test_what_is_not_graphql(text: str) -> None:
    """With the place, and never a traceback."""
    with pytest.raises(
        ConfigError, match=r"m\.graphql: (not valid GraphQL: .*\(line 1, column|not readable|too large)"
    ):
        read(text)


def test_types_that_implement_themselves_end_somewhere() -> None:
    """Whoever looks at the model says that it goes in circles."""
    views = read("interface A implements B { x: Int } interface B implements A { x: Int }")[1]
    assert {"A", "B"} == set(views)


# --- files ---


def test_comments_at_the_top_say_which_data_model_it_is(tmp_path: Path) -> None:
    """Without them it is called after the file."""
    path = tmp_path / "2nd try.graphql"
    path.write_text("# space: sp_movies\n#externalId:Movies\n\n# name: The movies\n# version: v2\ntype A { b: Int }\n")
    assert DataModelId("sp_movies", "Movies", "v2") == load_data_model(path).as_id()
    assert "The movies" == load_raw(path)["name"]
    path.write_text("type A { b: Int }\n# space: late\n")
    assert DataModelId("model_2nd_try", "model_2nd_try", "1") == load_data_model(path).as_id()
    assert (["A"], (path,)) == ([each["externalId"] for each in load_raw_containers(path)], source_files(path))


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a schema needs graphql-core."""
    monkeypatch.setitem(sys.modules, "graphql", None)
    path = tmp_path / "m.graphql"
    path.write_text("type A { b: Int }")
    with pytest.raises(MissingExtraError, match=r"pygen-cdf\[graphql\]"):
        load_raw(path)


SAID_BY_SERVICE = {"createdTime", "lastUpdatedTime", "isGlobal", "constraintState", "version"}


def comparable(found: Any) -> Any:
    """A part of a model without what only a service knows, without versions, and without empty lists."""
    if isinstance(found, dict):
        return {key: comparable(value) for key, value in found.items() if key not in SAID_BY_SERVICE and value != []}
    return [comparable(each) for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize("name", ["movie_actors", "apm_simple"])
def test_real_schemas_read_as_the_api_answered(shared: Path, name: str) -> None:
    """A model that was published as a schema, and then read from the API, is the same but for its versions."""
    expected = load_raw(shared / "models" / f"{name}.json")
    text = (shared / "models" / "graphql" / f"{name}.graphql").read_text(encoding="utf-8")
    definitions = read_graphql(
        text, space=expected["space"], external_id=expected["externalId"], version="1", place=name
    )
    found, containers = definitions.resolve()
    by_name = {view["externalId"]: comparable(view) for view in expected["views"]}
    assert by_name == {view["externalId"]: comparable(view) for view in found["views"]}
    stored = {each["externalId"]: each for each in load_raw_containers(shared / "models" / f"{name}.json")}
    assert stored.keys() == {each["externalId"] for each in containers}


def test_all_real_schemas_are_models(shared: Path) -> None:
    """Nothing in them is degraded."""
    for path in sorted((shared / "models" / "graphql").glob("*.graphql")):
        model, problems = build_model(load_data_model(path), containers=load_containers(path))
        assert (path.name, []) == (path.name, list(problems))
        assert model.classes
