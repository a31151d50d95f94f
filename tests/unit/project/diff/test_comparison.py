"""How two models are matched, what is told once, and what is told where."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pygen.project.diff import Change, ChangeSeverity, change_document, compare
from pygen.project.plain_model import PlainModel
from tests.support.plant_model import Draft, container_ref, plant, ref, stored


def changes(edit: Any) -> tuple[Change, ...]:
    """What an edit of the plant changes."""
    draft = Draft()
    edit(draft)
    return compare(plant(), draft.plain)


def test_a_model_is_equal_to_itself() -> None:
    """Nothing changed, nothing is told."""
    assert () == compare(plant(), plant())


USUAL = {
    "immutable": False,
    "autoIncrement": False,
    "targetsList": False,
    "nullable": True,
    "direction": "outwards",
    "usedFor": "node",
    "writable": True,
    "implements": [],
    "list": False,
    "collation": "ucs_basic",
    "bySpace": False,
    "connectionType": "multi_edge_connection",
}


def without_the_usual(value: Any) -> Any:
    """A definition in which nothing is said that goes without saying."""
    if isinstance(value, list):
        return [without_the_usual(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_the_usual(item) for key, item in value.items() if USUAL.get(key, item) != item or key not in USUAL
    }


def test_absent_is_the_documented_default() -> None:
    """A key that says what its absence says is no change."""
    raw, containers = without_the_usual(plant().raw), without_the_usual(plant().containers)
    assert raw != plant().raw
    assert () == compare(plant(), PlainModel(raw, containers))
    assert () == compare(PlainModel(raw, containers), plant())


def test_numbers_and_booleans_are_told_apart() -> None:
    """Python takes 1, 1.0 and true for the same; JSON and DMS do not."""
    for before, after in ((1, True), (1, 1.0), (0, False)):
        old, new = Draft(), Draft()
        old.change("Pump.total", defaultValue=before)
        new.change("Pump.total", defaultValue=after)
        assert ["PYG425"] == [change.code for change in compare(old.plain, new.plain)]


def test_a_new_version_of_a_view_is_compared_with_the_old_one() -> None:
    """One version went, one came: the properties are compared, at the place of the new one."""

    def edit(draft: Draft) -> None:
        draft.view("Note")["version"] = "v2"
        draft.change("Note.text", nullable=False)

    assert [("sp:Note(v2)", "PYG307"), ("sp:Note(v2).text", "PYG405")] == [
        (change.where, change.code) for change in changes(edit)
    ]


def test_versions_side_by_side_are_views_of_their_own() -> None:
    """A second version is a new view, and a relation that goes to it another relation."""

    def edit(draft: Draft) -> None:
        twin = copy.deepcopy(draft.view("Site"))
        twin["version"] = "v2"
        draft.model["views"].append(twin)
        draft.shown("Pump.near")["source"] = ref("Site", "v2")

    assert [("sp:Pump(v1).near", "PYG434"), ("sp:Site(v2)", "PYG305")] == [
        (change.where, change.code) for change in changes(edit)
    ]


def test_versions_of_views_outside_the_model_are_versions() -> None:
    """Nobody has to choose between two versions that the SDK does not know."""
    old, new = Draft(), Draft()
    old.shown("Pump.near")["source"] = ref("Elsewhere", "v1")
    new.shown("Pump.near")["source"] = ref("Elsewhere", "v2")
    assert ["PYG435"] == [change.code for change in compare(old.plain, new.plain)]


def test_what_is_inherited_is_told_with_its_origin() -> None:
    """The view that inherits has the change too, and says whose it is."""
    found = {
        change.where: change.inherited_from
        for change in changes(lambda draft: draft.change("Thing.name", nullable=False))
    }
    assert {"sp:Pump(v1).name": "sp:Thing(v1)", "sp:Thing(v1).name": ""} == found


def test_a_view_that_goes_its_own_way_inherits_nothing() -> None:
    """The same property changed otherwise is a change of its own."""

    def edit(draft: Draft) -> None:
        draft.shown("Thing.name")["description"] = "A name"
        draft.shown("Pump.name")["name"] = "Name"

    assert ["", ""] == [change.inherited_from for change in changes(edit)]


def test_a_container_is_not_told_twice() -> None:
    """What the view shows of a property is told there; what no view shows, at the container."""

    def edit(draft: Draft) -> None:
        draft.change("Pump.code", nullable=False)
        draft.kept("Pump.hidden")["nullable"] = False

    assert [("sp:Pump(v1).code", "PYG405"), ("sp:Pump.hidden", "PYG510")] == [
        (change.where, change.code) for change in changes(edit)
    ]


def test_containers_are_compared_where_both_are_known() -> None:
    """A model without containers tells nothing of them."""
    draft = Draft()
    draft.kept("Pump.hidden")["nullable"] = False
    assert () == compare(PlainModel(plant().raw), draft.plain)
    assert () == compare(plant(), PlainModel(draft.model))


def test_a_container_that_one_model_does_not_know_is_not_compared() -> None:
    """A toolkit folder does not define the system's containers, and the service shows them: nothing changed."""
    draft = Draft()
    draft.containers.remove(draft.container("Thing"))
    assert () == compare(plant(), draft.plain)
    assert () == compare(draft.plain, plant())


def test_a_property_that_was_renamed_says_so() -> None:
    """The same values under another name: the message of the one that is gone names the one that came."""

    def edit(draft: Draft) -> None:
        properties = draft.view("Pump")["properties"]
        properties["caption"] = properties.pop("label")

    gone = next(change for change in changes(edit) if change.code == "PYG403")
    assert "is gone: text; caption is new and shows the same property of the container" == gone.message


def test_a_filter_takes_the_place_of_the_need_for_data() -> None:
    """Only a view without a filter hides what has no data in one of its containers."""

    def add_a_container(draft: Draft) -> None:
        extra = {**stored("text"), "container": container_ref("Extra"), "containerPropertyIdentifier": "extra"}
        draft.view("Site")["properties"]["extra"] = extra

    assert ["PYG319", "PYG401"] == [change.code for change in changes(add_a_container)]
    old, new = Draft(), Draft()
    for draft in (old, new):
        draft.view("Site")["filter"] = {"hasData": [container_ref("Site")]}
    add_a_container(new)
    assert ["PYG401"] == [change.code for change in compare(old.plain, new.plain)]


def test_a_view_that_is_only_named_is_gone() -> None:
    """Its definition is what an SDK is made of."""

    def edit(draft: Draft) -> None:
        draft.model["views"].remove(draft.view("Note"))
        draft.model["views"].append(ref("Note"))

    (change,) = changes(edit)
    assert ("PYG306", "is only named, was defined") == (change.code, change.message)


def test_a_view_that_stands_twice_is_told() -> None:
    """It is an error of the model, and no reason to look away."""
    (change,) = changes(lambda draft: draft.model["views"].append(copy.deepcopy(draft.view("Note"))))
    assert ("PYG305", "sp:Note(v1)") == (change.code, change.where)


def test_parents_that_come_go_and_move_are_told_apart() -> None:
    """One that is new, one that is gone, one of another version, and those that stay in another order."""
    old, new = Draft(), Draft()
    old.view("Pump")["implements"] = [ref("A"), ref("B"), ref("C"), ref("D")]
    new.view("Pump")["implements"] = [ref("B"), ref("A"), ref("C", "v2"), ref("E")]
    was = ["sp:A(v1)", "sp:B(v1)", "sp:C(v1)", "sp:D(v1)"]
    now = ["sp:B(v1)", "sp:A(v1)", "sp:C(v2)", "sp:E(v1)"]
    assert [
        ("PYG309", "implements sp:E(v1)"),
        ("PYG310", "no longer implements sp:D(v1)"),
        (
            "PYG311",
            f"implements {', '.join(now)} in this order, was {', '.join(was)}",
        ),
        ("PYG312", "implements sp:C(v2), was sp:C(v1)"),
    ] == [(change.code, change.message) for change in compare(old.plain, new.plain)]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("int32", "int64", "PYG409"),
        ("int64", "int32", "PYG410"),
        ("float32", "float64", "PYG409"),
        ("float64", "float32", "PYG410"),
        ("int32", "float64", "PYG411"),
        ("text", "timeseries", "PYG411"),
        ("timestamp", "date", "PYG411"),
    ],
)
def test_types_of_one_family_have_more_or_fewer_bits(old: str, new: str, code: str) -> None:
    """All other types are other types."""
    before, after = Draft(), Draft()
    before.add("Pump.x", stored(old))
    after.add("Pump.x", stored(new))
    assert [code] == [change.code for change in compare(before.plain, after.plain)]


@pytest.mark.parametrize(
    ("kind", "key", "old", "new", "code"),
    [
        ("text", "maxTextSize", None, 10, "PYG415"),
        ("text", "maxTextSize", 10, None, "PYG414"),
        ("text", "maxTextSize", 10, 11, "PYG414"),
        ("text", "maxListSize", None, 1200, "PYG416"),
        ("text", "maxListSize", None, 999, "PYG417"),
        ("direct", "maxListSize", None, 1000, "PYG416"),
        ("direct", "maxListSize", None, 99, "PYG417"),
    ],
)
def test_limits_are_compared_with_the_usual_ones(
    kind: str, key: str, old: int | None, new: int | None, code: str
) -> None:
    """A limit where none was given is a rise or a fall, depending on what goes without saying."""
    before, after = Draft(), Draft()
    for draft, limit in ((before, old), (after, new)):
        draft.add("Pump.x", stored({"type": kind, "list": True} | ({} if limit is None else {key: limit})))
    assert [code] == [change.code for change in compare(before.plain, after.plain)]


def test_a_view_s_need_for_data_is_handed_down_too() -> None:
    """A container that comes with a property of the parent is told once; one of the view's own is the view's."""

    def edit(draft: Draft) -> None:
        for view, container in (("Thing", "Extra"), ("Pump", "Extra"), ("Pump", "Own")):
            draft.view(view)["properties"][container.lower()] = {
                **stored("text"),
                "container": container_ref(container),
                "containerPropertyIdentifier": "text",
            }

    assert [
        ("sp:Pump(v1)", "needs data in sp:Extra as well", "sp:Thing(v1)"),
        ("sp:Pump(v1)", "needs data in sp:Own as well", ""),
        ("sp:Thing(v1)", "needs data in sp:Extra as well", ""),
    ] == [(change.where, change.message, change.inherited_from) for change in changes(edit) if change.code == "PYG319"]


def test_a_new_value_that_stands_for_unknown_ones_breaks_nobody() -> None:
    """Nobody can have written it; one that was there could be written, and cannot be any more."""

    def without_unknown(draft: Draft) -> None:
        draft.retype("Pump.status", values={"run": {}, "stop": {}}, unknownValue=None)

    old, new, other = Draft(), Draft(), Draft()
    for draft in (old, new, other):
        without_unknown(draft)
    new.retype("Pump.status", values={"run": {}, "stop": {}, "else": {}}, unknownValue="else")
    other.retype("Pump.status", unknownValue="stop")
    (change,) = compare(old.plain, new.plain)
    assert ("PYG419", "value else added, which stands for unknown ones") == (change.code, change.message)
    assert ["PYG422"] == [change.code for change in compare(old.plain, other.plain)]


def test_a_limit_that_is_the_usual_one_is_no_longer_limit() -> None:
    """It is told, for a fingerprint sees it, and not as if it were another one."""
    old, new = Draft(), Draft()
    for draft, limit in ((old, {}), (new, {"maxListSize": 100})):
        draft.add("Pump.x", stored({"type": "direct", "list": True, **limit}))
    assert ["maxListSize is 100 values, which was the default"] == [
        change.message for change in compare(old.plain, new.plain)
    ]
    assert ["maxListSize is 100 values (the default), as it was"] == [
        change.message for change in compare(new.plain, old.plain)
    ]


def test_constraints_and_indexes_are_told_like_properties() -> None:
    """What is new or gone comes first."""

    def edit(draft: Draft) -> None:
        draft.container("Pump")["constraints"].clear()
        draft.container("Pump")["indexes"]["byCode"] = {"indexType": "btree", "properties": ["code"]}

    assert [
        ("byCode", "is new: a btree index over code"),
        ("needsThing", "is gone: a requirement of data in sp:Thing"),
        ("serialUnique", "is gone: a uniqueness constraint over serial"),
    ] == [(change.property, change.message) for change in changes(edit)]


def test_messages_say_what_is_and_what_was() -> None:
    """Values are shown as JSON, in short."""
    (change,) = changes(lambda draft: draft.change("Pump.state", defaultValue="x" * 100))
    assert f'default is "{"x" * 56}..., was "new"' == change.message
    (change,) = changes(lambda draft: draft.retype("Pump.count", list=True))
    assert "is a list of int32, was int32" == change.message


def test_a_change_for_programs() -> None:
    """All that a person is told, and every effect."""
    (change,) = changes(lambda draft: draft.change("Pump.zone", nullable=True))
    document = change_document(change)
    effects = document.pop("effects")
    assert {
        "where": "sp:Pump(v1).zone",
        "code": "PYG406",
        "severity": "breaking",
        "title": "A property may have no value",
        "message": "may have no value",
        "view": "sp:Pump(v1)",
        "property": "zone",
        "inheritedFrom": None,
        "advice": "look for None before you use it",
    } == document
    assert ("breaking", "safe") == (effects["reading code"], effects["writing code"])
    assert ChangeSeverity.BREAKING == change.severity
    assert "sp:Pump(v1).zone: breaking PYG406: may have no value" == str(change)


def test_the_data_model_is_a_place_of_its_own() -> None:
    """Its changes are of no view."""
    (change,) = changes(lambda draft: draft.model.update(name="Plant"))
    assert ("sp:Plant(v1)", "", "the data model's name changed") == (change.where, change.view, change.message)
