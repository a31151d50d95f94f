"""Filters as SQL: every operator, on every type, and what is said of missing values (dms-api.md 5.1-5.3)."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.filters import compile_filter, global_spaces_hidden, has_data, view_condition
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.sql import Scope, Sql
from pygen.sandbox.store import Store
from pygen.sandbox.views import apply_views
from tests.contract.exchange import Json, document
from tests.support.sandbox_reading import Writer, container_ref, pump_station, view_ref
from tests.support.sandbox_things import NODES, VALUES, of_extra, of_thing, things

Truth = bool | None
FALSE, UNKNOWN = False, None
Kind = Literal["node", "edge"]


@pytest.fixture(scope="module")
def store() -> Store:
    """Things of every type."""
    return things()


def ref(external_id: str) -> Json:
    """An instance, as values refer to it."""
    return {"space": "data", "externalId": external_id}


def truths(store: Store, condition: Sql, scope: Scope) -> dict[str, Truth]:
    """What a condition says of each instance that is there."""
    kind = 1 if scope.kind == "edge" else 0
    rows = store.db.execute(
        f"SELECT i.external_id, {condition.text} FROM {scope.tables()} WHERE i.kind = {kind} AND i.deleted IS NULL",
        condition.params,
    )
    return {external_id: None if truth is None else bool(truth) for external_id, truth in rows}


def judge(store: Store, filter: Json, kind: Kind = "node", **options: Any) -> dict[str, Truth]:  # noqa: A002 -- as DMS calls it
    """What a filter says of each instance; the faster form must find the same."""
    with store.reading():
        scope = Scope("i", kind)
        judged = truths(store, compile_filter(store, filter, scope, **options), scope)
        scope = Scope("i", kind)
        required = truths(store, compile_filter(store, filter, scope, required=True, **options), scope)
    assert matches(judged) == matches(required)
    return judged


def matches(judged: dict[str, Truth]) -> set[str]:
    """Those of which a filter is true."""
    return {external_id for external_id, truth in judged.items() if truth}


def refused(store: Store, filter: Any, kind: Kind = "node", **options: Any) -> str:  # noqa: A002 -- as DMS calls it
    """What a filter is refused with."""
    with store.reading(), pytest.raises(Refusal) as refusal:
        compile_filter(store, filter, Scope("i", kind), **options)
    assert 400 == refusal.value.status
    return refusal.value.message


def expected(true: str, false: str = "", unknown: str = "") -> dict[str, Truth]:
    """The nodes by what is said of them; those that are not named are unknown."""
    found: dict[str, Truth] = dict.fromkeys(NODES, UNKNOWN)
    return {
        **found,
        **dict.fromkeys(true.split(), True),
        **dict.fromkeys(false.split(), FALSE),
        **dict.fromkeys(unknown.split()),
    }


# --- equals, in ---


@pytest.mark.parametrize("name", VALUES["one"])
def test_equals_compares_values_of_every_type_and_whole_lists(store: Store, name: str) -> None:
    """A value equals itself, however stored, and is unlike another; of a missing value nothing is said."""
    # An empty list is a value (dms-api.md 5.3).
    judged = judge(store, {"equals": {"property": of_thing(name), "value": VALUES["one"][name]}})
    assert expected("one", "two empty" if name == "names" else "two") == judged


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("moment", "2024-03-01T09:30:00.250+01:00"),
        ("double", 1.1),
        ("single", 3.29999998),
        ("meta", {"b": {"c": ["x"]}, "a": 1}),
        ("metas", [{"b": 2, "a": 1}]),
    ],
)
def test_equal_values_are_equal_however_they_are_written(store: Store, name: str, value: Any) -> None:
    """Zones, digits beyond float32 and the order of keys make no difference."""
    assert {"one"} == matches(judge(store, {"equals": {"property": of_thing(name), "value": value}}))


def test_text_is_compared_exactly(store: Store) -> None:
    """Upper and lower case differ."""
    assert set() == matches(judge(store, {"equals": {"property": of_thing("name"), "value": "Alpha"}}))


def test_lists_are_equal_with_order_and_duplicates(store: Store) -> None:
    """The same values in another order, or fewer times, are another list."""
    assert set() == matches(judge(store, {"equals": {"property": of_thing("names"), "value": ["x", "x", "y"]}}))
    assert set() == matches(judge(store, {"equals": {"property": of_thing("names"), "value": ["x", "y"]}}))
    assert {"empty"} == matches(judge(store, {"equals": {"property": of_thing("names"), "value": []}}))


@pytest.mark.parametrize("name", [name for name in VALUES["one"] if not name.endswith("s") or name == "series"])
def test_in_finds_any_of_the_values(store: Store, name: str) -> None:
    """One equal value is enough, for every type."""
    values = [VALUES["one"][name], VALUES["two"][name]]
    assert expected("one two") == judge(store, {"in": {"property": of_thing(name), "values": values}})
    assert expected("two", "one") == judge(store, {"in": {"property": of_thing(name), "values": values[1:]}})


@pytest.mark.parametrize("name", [name for name in VALUES["one"] if name.endswith("s") and name != "series"])
def test_in_finds_lists_with_an_element_among_the_values(store: Store, name: str) -> None:
    """Of a list, one element is enough."""
    judged = judge(store, {"in": {"property": of_thing(name), "values": VALUES["two"][name][:1]}})
    shared = {"flags", "smalls", "doubles"}
    assert ({"one", "two"} if name in shared else {"two"}) == matches(judged)
    assert judged["bare"] is UNKNOWN


def test_in_takes_no_values(store: Store) -> None:
    """Nothing is among no values."""
    assert set() == matches(judge(store, {"in": {"property": of_thing("name"), "values": []}}))


def test_targets_that_do_not_exist_equal_nothing(store: Store) -> None:
    """A relation is not equal to what there is not, rather than unknown."""
    filter_ = {"equals": {"property": of_thing("target"), "value": ref("never")}}
    assert expected("", "one two") == judge(store, filter_)
    assert expected("one two") == judge(store, {"not": filter_})


def test_dangling_relations_match(store: Store) -> None:
    """A relation to a deleted node is still equal to it (dms-api.md 4.6)."""
    filter_ = {"equals": {"property": of_thing("target"), "value": ref("gone")}}
    assert {"two"} == matches(judge(store, filter_))


# --- range, overlaps, prefix ---


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("name", "alpha", "alphabet"),
        ("state", "off", "on"),
        ("small", -2, 1),
        ("big", 5, 9007199254740993),
        ("single", -0.5, 3.3),
        ("double", 1.1, 8.0),
        ("moment", "1969-12-31T23:59:59.999Z", "2024-03-01T08:30:00.25Z"),
        ("day", "0001-01-01", "2024-03-01"),
        ("series", "ts:1", "ts:2"),
    ],
)
def test_range_keeps_to_its_bounds(store: Store, name: str, least: Any, most: Any) -> None:
    """Inclusive bounds take the value itself, exclusive ones do not; of a missing value nothing is said."""
    path = of_thing(name)
    assert expected("one two") == judge(store, {"range": {"property": path, "gte": least, "lte": most}})
    assert expected("", "one two") == judge(store, {"range": {"property": path, "gt": least, "lt": most}})
    above = judge(store, {"range": {"property": path, "gt": least}})
    below = judge(store, {"range": {"property": path, "lt": most}})
    assert {"one", "two"} == matches(above) | matches(below)
    assert set() == matches(above) & matches(below)


def test_range_takes_fractions_between_whole_numbers(store: Store) -> None:
    """A bound of 0.5 lies between whole numbers."""
    assert expected("one", "two") == judge(store, {"range": {"property": of_thing("small"), "gt": 0.5}})


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({"gte": "2024-03-01T12:00:00Z"}, {"one"}),
        ({"gt": "2024-03-02T00:00:00Z"}, set()),
        ({"gte": "2024-03-02T00:00:00Z"}, {"one"}),
        ({"lt": "1969-12-31T23:59:59.999Z"}, set()),
        ({"lte": "1969-12-31T23:59:59.999Z"}, {"two"}),
        ({"gte": "2024-03-01T12:00:00Z", "lt": "2024-03-01T13:00:00Z"}, {"one"}),
        ({"gte": "1900-01-01T00:00:00Z", "lt": "2100-01-01T00:00:00Z"}, {"one", "two"}),
    ],
)
def test_overlaps_finds_intervals_that_meet_the_range(store: Store, bounds: Json, found: set[str]) -> None:
    """The end is compared with the lower bound, the start with the upper one."""
    body = {"startProperty": of_thing("moment"), "endProperty": of_thing("later"), **bounds}
    judged = judge(store, {"overlaps": body})
    assert found == matches(judged)
    assert judged["empty"] is UNKNOWN


def test_an_interval_that_ends_before_it_begins_overlaps_nothing(store: Store) -> None:
    """It holds no moment."""
    body = {"startProperty": of_thing("later"), "endProperty": of_thing("moment"), "gte": "1900-01-01T00:00:00Z"}
    assert expected("", "one two") == judge(store, {"overlaps": body})


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("alpha", {"one", "two"}),
        ("alphab", {"two"}),
        ("Alpha", set()),
        ("", {"one", "two"}),
        ("alpha%", set()),
        ("\U0010ffff", set()),
        ("\ud7ff", set()),
    ],
)
def test_prefix_finds_the_beginning_of_a_text(store: Store, prefix: str, found: set[str]) -> None:
    """Case counts, and no character stands for others."""
    judged = judge(store, {"prefix": {"property": of_thing("name"), "value": prefix}})
    assert found == matches(judged)
    assert judged["empty"] is UNKNOWN


def test_prefix_takes_base_properties(store: Store) -> None:
    """External ids and spaces are texts."""
    assert {"two"} == matches(judge(store, {"prefix": {"property": ["node", "externalId"], "value": "tw"}}))
    assert set(NODES) == matches(judge(store, {"prefix": {"property": ["node", "space"], "value": "da"}}))


# --- exists, lists ---


@pytest.mark.parametrize("name", VALUES["one"])
def test_exists_is_never_unknown(store: Store, name: str) -> None:
    """A value exists or not; an empty list does."""
    found = {"one", "two"} | ({"empty"} if name == "names" else set())
    judged = judge(store, {"exists": {"property": of_thing(name)}})
    assert {external_id: external_id in found for external_id in NODES} == judged


@pytest.mark.parametrize(
    ("name", "values", "any_of", "all_of"),
    [
        ("names", ["x", "y"], {"one"}, {"one"}),
        ("names", ["x", "z"], {"one", "two"}, set()),
        ("names", [], set(), {"one", "two", "empty"}),
        ("flags", [False], {"one", "two"}, {"one", "two"}),
        ("flags", [True, False], {"one", "two"}, {"one"}),
        ("smalls", [2, 3], {"one", "two"}, {"two"}),
        ("singles", [0.1, 2], {"one"}, {"one"}),
        ("doubles", [1, 2.5], {"one", "two"}, {"one"}),
        ("moments", ["2024-03-01T01:00:00+01:00"], {"one"}, {"one"}),
        ("metas", [{"b": 2, "a": 1}], {"one"}, {"one"}),
        ("targets", [{"space": "data", "externalId": "empty"}], {"one"}, {"one"}),
        ("targets", [{"space": "data", "externalId": "never"}], set(), set()),
    ],
)
def test_lists_contain_values(store: Store, name: str, values: Any, any_of: set[str], all_of: set[str]) -> None:
    """One, or all, of the values are elements; of a missing list nothing is said."""
    for operator, found in (("containsAny", any_of), ("containsAll", all_of)):
        judged = judge(store, {operator: {"property": of_thing(name), "values": values}})
        assert found == matches(judged)
        assert judged["bare"] is UNKNOWN


# --- combinations ---


def test_not_leaves_missing_values_out(store: Store) -> None:
    """What is neither true nor false stays so (dms-api.md 5.3)."""
    filter_ = {"not": {"equals": {"property": of_thing("name"), "value": "alpha"}}}
    assert expected("two", "one") == judge(store, filter_)


def test_not_can_match_missing_values() -> None:
    """A setting decides what is not known."""
    filter_ = {"not": {"equals": {"property": of_thing("name"), "value": "alpha"}}}
    store = things(Settings(nulls_match_not=True))
    assert {"two", "empty", "bare"} == matches(judge(store, filter_))
    nested = {"not": {"and": [filter_, {"exists": {"property": of_thing("name")}}]}}
    assert {"one", "empty", "bare"} == matches(judge(store, nested))


IS_ALPHA: Json = {"equals": {"property": of_thing("name"), "value": "alpha"}}
IS_SECOND: Json = {"equals": {"property": of_extra("label"), "value": "second"}}
EXISTS: Json = {"exists": {"property": of_thing("name")}}


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"and": [IS_ALPHA]}, expected("one", "two")),
        ({"and": [IS_ALPHA, EXISTS]}, expected("one", "two empty bare")),
        ({"or": [IS_ALPHA, EXISTS]}, expected("one two")),
        ({"or": [IS_ALPHA, IS_SECOND]}, expected("one two")),
        ({"and": [IS_ALPHA, IS_SECOND]}, expected("", "two")),
        ({"and": [{"not": IS_ALPHA}, IS_SECOND]}, expected("two", "one")),
        ({"or": [{"not": EXISTS}, {"not": IS_ALPHA}]}, expected("two empty bare", "one")),
        ({"matchAll": {}}, expected(" ".join(NODES))),
        ({"not": {"matchAll": {}}}, expected("", " ".join(NODES))),
    ],
)
def test_combinations_follow_three_valued_logic(store: Store, filter_: Json, found: dict[str, Truth]) -> None:
    """Unknown and false is false, unknown or true is true, and the rest of what is unknown stays so."""
    assert found == judge(store, filter_)


def test_filters_may_be_long(store: Store) -> None:
    """A list of identifiers written as thousands of alternatives is no problem."""
    alternatives = [{"equals": {"property": ["node", "externalId"], "value": f"n{n}"}} for n in range(3000)]
    filter_ = {"or": [*alternatives, {"equals": {"property": ["node", "externalId"], "value": "two"}}]}
    assert {"two"} == matches(judge(store, filter_))


# --- data, instances ---


def test_has_data_means_data_in_all_that_is_listed(store: Store) -> None:
    """A container: a row is there; a view: in all its containers; never unknown."""
    thing, extra = container_ref("Thing", "schema"), container_ref("Extra", "schema")
    assert expected("one two empty", "bare") == judge(store, {"hasData": [thing]})
    assert expected("two", "one empty bare") == judge(store, {"hasData": [thing, extra]})
    assert expected("two", "one empty bare") == judge(store, {"hasData": [view_ref("Both", "schema")]})
    assert expected("one empty bare", "two") == judge(store, {"not": {"hasData": [extra]}})


def test_a_view_without_containers_has_no_data(store: Store) -> None:
    """There is nothing to have data in."""
    reverse = {"connectionType": "multi_reverse_direct_relation", "source": view_ref("Thing", "schema")}
    through = {"source": view_ref("Thing", "schema"), "identifier": "target"}
    apply_views(
        store,
        [
            {
                "space": "schema",
                "externalId": "Hollow",
                "version": "v1",
                "properties": {"back": {**reverse, "through": through}},
            }
        ],
    )
    view = store.catalog.view(ViewId("schema", "Hollow", "v1"))
    with store.reading():
        scope = Scope()
        assert set() == matches(truths(store, view_condition(store, view, scope), scope))


def test_instances_are_found_by_reference(store: Store) -> None:
    """Those that exist, of the kind that is looked for."""
    references = {
        "instanceReferences": [ref("one"), ref("never"), ref("link"), {"space": "other", "externalId": "two"}]
    }
    assert expected("one", "two empty bare") == judge(store, references)
    assert {"link": True} == judge(store, references, "edge")


# --- base properties ---


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"equals": {"property": ["node", "externalId"], "value": "two"}}, {"two"}),
        ({"in": {"property": ["node", "externalId"], "values": ["one", "two", "never"]}}, {"one", "two"}),
        ({"range": {"property": ["node", "externalId"], "gte": "one", "lt": "two"}}, {"one"}),
        ({"equals": {"property": ["node", "space"], "value": "data"}}, set(NODES)),
        ({"in": {"property": ["node", "space"], "values": ["schema", "never"]}}, set()),
        ({"equals": {"property": ["node", "instanceType"], "value": "node"}}, set(NODES)),
        ({"in": {"property": ["node", "instanceType"], "values": ["edge"]}}, set()),
        ({"equals": {"property": ["node", "version"], "value": 1}}, set(NODES)),
        ({"range": {"property": ["node", "createdTime"], "gte": 1767225700000}}, set(NODES)),
        ({"range": {"property": ["node", "lastUpdatedTime"], "gt": 1767225700000}}, set()),
        ({"exists": {"property": ["node", "deletedTime"]}}, set()),
        ({"exists": {"property": ["node", "type"]}}, {"two"}),
        ({"equals": {"property": ["node", "type"], "value": {"space": "data", "externalId": "two"}}}, {"two"}),
    ],
)
def test_base_properties_are_filtered(store: Store, filter_: Json, found: set[str]) -> None:
    """Names, versions, times, kinds and types, as every instance has them."""
    assert found == matches(judge(store, filter_))


@pytest.mark.parametrize(
    "filter_",
    [
        {"equals": {"property": ["edge", "startNode"], "value": {"space": "data", "externalId": "one"}}},
        {"in": {"property": ["edge", "endNode"], "values": [{"space": "data", "externalId": "two"}]}},
        {"equals": {"property": ["edge", "type"], "value": {"space": "data", "externalId": "two"}}},
        {"equals": {"property": ["edge", "externalId"], "value": "link"}},
        {"nested": {"scope": ["edge", "startNode"], "filter": {"equals": {"property": of_thing("small"), "value": 1}}}},
    ],
)
def test_edges_are_filtered_by_their_ends(store: Store, filter_: Json) -> None:
    """Ends compare with references, and lead to the nodes."""
    assert {"link": True} == judge(store, filter_, "edge")


# --- nested ---


def is_named(name: str) -> Json:
    """Things of a name."""
    return {"equals": {"property": of_thing("name"), "value": name}}


def test_nested_looks_at_the_target(store: Store) -> None:
    """What is true of the target; unknown without one, with a deleted one, and where the target lacks the value."""
    filter_ = {"nested": {"scope": of_thing("target"), "filter": is_named("alphabet")}}
    assert expected("one", "", "two empty bare") == judge(store, filter_)
    assert expected("", "one", "two empty bare") == judge(store, {"not": filter_})
    base = {
        "nested": {
            "scope": of_thing("target"),
            "filter": {"equals": {"property": ["node", "externalId"], "value": "two"}},
        }
    }
    assert expected("one") == judge(store, base)


def test_nested_filters_with_many_targets_find_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether SQLite starts from the targets or from the instances."""
    monkeypatch.setattr("pygen.sandbox.filters.FEW_TARGETS", 0)
    filter_ = {"nested": {"scope": of_thing("target"), "filter": is_named("alphabet")}}
    assert expected("one") == judge(store, filter_)


def test_nested_filters_nest(store: Store) -> None:
    """The target's target is looked at, and deleted nodes lead nowhere."""
    inner = {"nested": {"scope": of_thing("target"), "filter": {"matchAll": {}}}}
    filter_ = {"nested": {"scope": of_thing("target"), "filter": inner}}
    assert {"one"} == matches(judge(store, inner))
    assert set() == matches(judge(store, filter_))


def test_nested_through_a_list_needs_one_target(store: Store) -> None:
    """Of several targets one is enough; deleted ones do not count."""
    filter_ = {"nested": {"scope": of_thing("targets"), "filter": is_named("alphabet")}}
    assert expected("one") == judge(store, filter_)
    bare = {
        "nested": {"scope": of_thing("targets"), "filter": {"not": {"hasData": [container_ref("Thing", "schema")]}}}
    }
    assert expected("two", "one") == judge(store, bare)


# --- other properties, parameters ---


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"equals": {"property": of_thing("small"), "value": {"property": of_thing("small")}}}, {"one", "two"}),
        ({"range": {"property": of_thing("moment"), "lt": {"property": of_thing("later")}}}, {"one", "two"}),
        ({"range": {"property": of_thing("double"), "gt": {"property": of_thing("single")}}}, {"two"}),
        ({"equals": {"property": of_thing("target"), "value": {"property": ["node", "type"]}}}, set()),
        ({"in": {"property": of_thing("small"), "values": {"property": of_thing("smalls")}}}, {"one"}),
        ({"containsAny": {"property": of_thing("names"), "values": {"property": of_thing("names")}}}, {"one", "two"}),
        (
            {"containsAll": {"property": of_thing("targets"), "values": {"property": of_thing("targets")}}},
            {"one", "two"},
        ),
        (
            {"equals": {"property": of_thing("names"), "value": {"property": of_thing("names")}}},
            {"one", "two", "empty"},
        ),
    ],
)
def test_properties_are_compared_with_others(store: Store, filter_: Json, found: set[str]) -> None:
    """The other property's value is taken of the same instance; nothing is said if it is missing."""
    judged = judge(store, filter_)
    assert found == matches(judged)
    assert judged["bare"] is UNKNOWN


@pytest.mark.parametrize(
    "filter_",
    [
        {"equals": {"property": of_thing("name"), "value": {"parameter": "name"}}},
        {"in": {"property": of_thing("name"), "values": {"parameter": "names"}}},
        {"in": {"property": of_thing("name"), "values": ["x", {"parameter": "name"}]}},
        {"prefix": {"property": of_thing("name"), "value": {"parameter": "name"}}},
        {"range": {"property": of_thing("name"), "gte": {"parameter": "name"}, "lte": {"parameter": "name"}}},
        {"containsAny": {"property": of_thing("smalls"), "values": {"parameter": "smalls"}}},
        {"equals": {"property": of_thing("targets"), "value": {"parameter": "targets"}}},
    ],
)
def test_parameters_stand_for_values(store: Store, filter_: Json) -> None:
    """A parameter may be any value, or all values."""
    parameters = {"name": "alphabet", "names": ["alphabet"], "smalls": [3], "targets": VALUES["two"]["targets"]}
    assert {"two"} == matches(judge(store, filter_, parameters=parameters))


# --- what is refused ---


def leaf(operator: str, name: str, **body: Any) -> Json:
    """A filter on a property of things."""
    return {operator: {"property": of_thing(name), **body}}


@pytest.mark.parametrize(
    ("filter_", "message"),
    [
        ({}, "filter must be an object with one operator"),
        ([], "filter must be an object with one operator"),
        ({**EXISTS, **IS_ALPHA}, "filter must be an object with one operator"),
        ({"same": {}}, "Unknown filter 'same' in filter.same"),
        ({"and": []}, "filter.and must be a list of filters, and not empty"),
        ({"or": {}}, "filter.or must be a list of filters, and not empty"),
        ({"not": [EXISTS]}, "filter.not must be a single filter, not a list"),
        ({"and": [EXISTS, {"or": [{"wrong": {}}]}]}, "Unknown filter 'wrong' in filter.and[1].or[0].wrong"),
        ({"exists": {}}, "filter.exists.property must not be null"),
        ({"exists": {"property": of_thing("name"), "value": 1}}, "Unexpected field - filter.exists.value"),
        ({"exists": {"property": ["externalId"]}}, "['externalId'] in filter.exists.property is not a property"),
        ({"exists": {"property": of_thing("never")}}, "Unknown property"),
        ({"exists": {"property": ["schema", "Never/v1", "name"]}}, "do not exist: 'schema:Never/v1'"),
        ({"exists": {"property": ["schema", "Never", "name"]}}, "do not exist: 'schema:Never'"),
        ({"exists": {"property": ["node", "startNode"]}}, "Unknown property"),
        ({"exists": {"property": ["edge", "type"]}}, "is no property of nodes"),
        (leaf("equals", "name"), "filter.equals.value must not be null"),
        (leaf("equals", "name", value=None), "filter.equals.value must not be null"),
        (leaf("equals", "name", value=1), "filter.equals.value"),
        (leaf("equals", "names", value="x"), "filter.equals.value must be a list"),
        (leaf("equals", "name", value=["alpha"]), "filter.equals.value"),
        (leaf("equals", "target", value="two"), "filter.equals.value"),
        (leaf("equals", "moment", value="yesterday"), "filter.equals.value"),
        (leaf("equals", "name", value={"property": of_thing("small")}), "cannot be compared with 'name'"),
        (leaf("equals", "name", value={"parameter": "x"}), "parameters are for query and sync only"),
        (leaf("in", "name", values="x"), "filter.in.values must be a list"),
        (leaf("in", "name", values=["x", None]), "filter.in.values must not be null"),
        (leaf("in", "name", values={"property": of_thing("name")}), "is not a list of values"),
        (leaf("range", "small"), "filter.range needs one of gt, gte, lt, lte"),
        (leaf("range", "small", gt=None), "filter.range needs one of gt, gte, lt, lte"),
        (leaf("range", "small", gt=1, gte=1), "filter.range: gt and gte exclude each other"),
        (leaf("range", "small", lt=1, lte=1), "filter.range: lt and lte exclude each other"),
        (leaf("range", "small", gt="1"), "filter.range.gt"),
        (leaf("range", "smalls", gt=1), "has no order"),
        (leaf("range", "flag", gt=False), "has no order"),
        (leaf("range", "meta", gt={}), "has no order"),
        (leaf("range", "target", gt={"space": "data", "externalId": "one"}), "has no order"),
        ({"range": {"property": ["node", "instanceType"], "gt": "edge"}}, "has no order"),
        ({"equals": {"property": ["node", "instanceType"], "value": "thing"}}, "must be one of node, edge"),
        ({"range": {"property": ["node", "createdTime"], "gt": "2024-01-01T00:00:00Z"}}, "filter.range.gt"),
        (leaf("prefix", "small", value="1"), "is not a single text"),
        (leaf("prefix", "names", value="x"), "is not a single text"),
        (leaf("prefix", "name", value=1), "filter.prefix.value must be a text"),
        (leaf("containsAny", "name", values=["x"]), "is not a list"),
        (leaf("containsAll", "name", values=["x"]), "is not a list"),
        (leaf("containsAny", "names", values=[1]), "filter.containsAny.values"),
        ({"nested": {"scope": of_thing("name"), "filter": EXISTS}}, "is not a direct relation"),
        ({"nested": {"scope": of_thing("target")}}, "filter.nested.filter must not be null"),
        ({"nested": {"scope": of_thing("target"), "filter": {"x": 1}}}, "in filter.nested.filter.x"),
        (
            {"overlaps": {"startProperty": of_thing("day"), "endProperty": of_thing("moment"), "gt": 1}},
            "cannot be compared",
        ),
        ({"overlaps": {"startProperty": of_thing("day"), "endProperty": of_thing("day")}}, "needs one of"),
        ({"hasData": {}}, "filter.hasData must be a list"),
        ({"hasData": ["Thing"]}, "filter.hasData[0] must be a reference"),
        ({"hasData": [container_ref("Never", "schema")]}, "do not exist: 'schema:Never'"),
        ({"hasData": [view_ref("Never", "schema")]}, "do not exist: 'schema:Never/v1'"),
        (leaf("in", "name", values=["alpha\0x"]), "must not contain the NUL character"),
        ({"instanceReferences": {}}, "filter.instanceReferences must be a list"),
        ({"instanceReferences": [{"space": "data", "externalId": "two\0"}]}, "must not contain the NUL character"),
        ({"matchAll": {"all": True}}, "filter.matchAll must be an empty object"),
        ({"instanceReferences": [{"space": "data"}]}, "Invalid value for filter.instanceReferences[0]: "),
        ({"invalid": {"previouslyReferencedProperties": [], "filterType": "equals"}}, "can be read only"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(store: Store, filter_: Any, message: str) -> None:
    """The refusal names the place."""
    assert message in refused(store, filter_)


def test_connections_cannot_be_filtered() -> None:
    """Edges and reverse relations are no values (dms-api.md 5.1)."""
    path = ["ops_model", "Pump/v1", "maintainedBy"]
    assert "is a connection" in refused(pump_station(), {"exists": {"property": path}})


def test_unknown_parameters_are_refused(store: Store) -> None:
    """There must be a value for each name; those that are not used are ignored."""
    filter_ = leaf("equals", "name", value={"parameter": "x"})
    assert "Unknown parameter 'x' in filter.equals.value" == refused(store, filter_, parameters={"y": 1})
    assert "filter.equals.value must not be null" == refused(store, filter_, parameters={"x": None})


def test_the_number_of_values_is_limited() -> None:
    """More values than the setting says are refused."""
    store = things(Settings(most_in_values=2))
    filter_ = leaf("in", "small", values=[1, 2, 3])
    assert "filter.in.values must hold at most 2 values, not 3" == refused(store, filter_)
    assert "at most 2 values" in refused(store, {"instanceReferences": [ref("one")] * 3})
    assert {"one"} == matches(judge(store, leaf("in", "small", values=[1, 2])))


# --- views, spaces ---


def members(store: Store, external_id: str, *, required: bool) -> set[str]:
    """The instances of a view."""
    view = store.catalog.view(ViewId("schema", external_id, "v1"))
    with store.reading():
        scope = Scope()
        return matches(truths(store, view_condition(store, view, scope, required=required), scope))


@pytest.mark.parametrize("required", [True, False])
def test_views_hold_what_has_data_in_all_their_containers(store: Store, *, required: bool) -> None:
    """Without a filter of its own, data is what counts."""
    assert {"one", "two", "empty"} == members(store, "Thing", required=required)
    assert {"two"} == members(store, "Both", required=required)


@pytest.mark.parametrize("required", [True, False])
def test_a_view_filter_replaces_the_default(*, required: bool) -> None:
    """Data in its containers is not needed then (dms-api.md 3.5)."""
    store = things()
    mapped = {"container": container_ref("Extra", "schema"), "containerPropertyIdentifier": "label"}
    view = {"space": "schema", "externalId": "Named", "version": "v1", "properties": {"label": mapped}}
    apply_views(store, [{**view, "filter": {"prefix": {"property": of_thing("name"), "value": "al"}}}])
    assert {"one", "two"} == members(store, "Named", required=required)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    "broken",
    [
        {"exists": {"property": ["schema", "Gone", "name"]}},
        {"hasData": [container_ref("Gone", "schema")]},
        {"invalid": {"previouslyReferencedProperties": [["schema", "Gone", "name"]], "filterType": "exists"}},
    ],
)
def test_what_a_view_filter_says_of_vanished_properties_is_unknown(broken: Json, *, required: bool) -> None:
    """The rest of the filter counts (dms-api.md 2.3)."""
    store = things()
    mapped = {"container": container_ref("Thing", "schema"), "containerPropertyIdentifier": "name"}
    filter_ = {"or": [broken, {"not": broken}, is_named("alpha")]}
    view = {"space": "schema", "externalId": "Named", "version": "v1", "properties": {"name": mapped}}
    apply_views(store, [view])
    view_def = store.catalog.view(ViewId("schema", "Named", "v1"))
    view_def.body["filter"] = filter_
    with store.reading():
        scope = Scope()
        assert {"one"} == matches(truths(store, view_condition(store, view_def, scope, required=required), scope))


def test_instances_of_global_spaces_are_hidden_unless_asked_for() -> None:
    """They appear only where the filter speaks of spaces, but not of those of targets (dms-api.md 4.3)."""
    store = things()
    apply_spaces(store, [{"space": "cdf_units"}], is_global=True)
    Writer(store).put({"instanceType": "node", "space": "cdf_units", "externalId": "unit"})
    in_system = {"equals": {"property": ["node", "space"], "value": "cdf_units"}}
    by_name: Json = {"instanceReferences": [{"space": "cdf_units", "externalId": "unit"}]}
    nested = {"nested": {"scope": of_thing("target"), "filter": in_system}}
    everything: Json = {"matchAll": {}}
    shown: list[Json] = [in_system, by_name, {"not": in_system}, {"and": [everything, in_system]}, {"or": [by_name]}]
    hidden: list[Json | None] = [
        None,
        everything,
        nested,
        {"in": {"property": ["node", "externalId"], "values": ["unit"]}},
    ]
    with store.reading():
        for filter_ in shown:
            scope = Scope()
            assert "unit" in matches(truths(store, global_spaces_hidden(store, filter_, scope), scope))
        for other in hidden:
            scope = Scope()
            assert set(NODES) == matches(truths(store, global_spaces_hidden(store, other, scope), scope))


def test_more_containers_than_sqlite_joins_are_read_one_by_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit each container is asked for by itself, with the same answers."""
    monkeypatch.setattr("pygen.sandbox.sql.MOST_JOINS", 1)
    filter_ = {
        "and": [{"exists": {"property": of_thing("name")}}, IS_SECOND, {"hasData": [view_ref("Both", "schema")]}]
    }
    assert {"two"} == matches(judge(store, filter_))
    container = store.catalog.containers[ContainerId("schema", "Extra")]
    scope = Scope()
    has_data(store.catalog.containers[ContainerId("schema", "Thing")], scope)
    assert "(SELECT id FROM" in has_data(container, scope).text


# --- the recorded filters ---


@pytest.mark.parametrize(
    ("name", "found"),
    {
        "and": {"pump:P-101", "pump:P-102"},
        "or": {"pump:P-101", "pump:P-102"},
        "not": {"site:north", "pump:P-102", "tech:1", "tech:2", "Pump", "Pump.maintainedBy"},
        "equals_base": {"pump:P-101"},
        "equals_view": {"pump:P-101"},
        "equals_container": {"pump:P-101"},
        "equals_direct": {"pump:P-101", "pump:P-102"},
        "equals_edge_type": {"maint:P-101:1", "maint:P-101:2", "maint:P-102:1"},
        "equals_property_value": set(),
        "in": {"site:north", "pump:P-101", "pump:P-102", "tech:1", "tech:2"},
        "in_direct": {"pump:P-101", "pump:P-102"},
        "range": {"pump:P-102"},
        "range_timestamp": {"pump:P-101", "pump:P-102"},
        "range_created": {"site:north", "pump:P-101", "pump:P-102", "tech:1", "tech:2", "Pump", "Pump.maintainedBy"},
        "prefix": {"pump:P-101", "pump:P-102"},
        "exists": {"pump:P-101", "pump:P-102"},
        "containsAny": {"pump:P-101"},
        "containsAll": {"pump:P-101"},
        "nested": {"pump:P-101", "pump:P-102"},
        "overlaps": {"pump:P-101", "pump:P-102"},
        "hasData": set(),
        "matchAll": {"site:north", "pump:P-101", "pump:P-102", "tech:1", "tech:2", "Pump", "Pump.maintainedBy"},
        "match_none": set(),
        "instanceReferences": {"pump:P-101", "pump:P-102"},
    }.items(),
)
def test_recorded_filters_find_what_they_say(name: str, found: set[str]) -> None:
    """Each filter of the recorded exchanges, on the pump station."""
    filter_ = document("filters")["filters"][name]
    assert found == matches(judge(pump_station(), filter_, "edge" if "edge" in name else "node"))


@pytest.mark.parametrize(
    ("name", "parameters"), [("equals_parameter", {"tag": "P-101"}), ("in_parameter", {"tags": ["P-101"]})]
)
def test_recorded_filters_with_parameters_find_what_they_say(name: str, parameters: Json) -> None:
    """Those that query and sync take."""
    filter_ = document("filters")["queryOnly"][name]
    assert {"pump:P-101"} == matches(judge(pump_station(), filter_, parameters=parameters))
