"""Data models: lists of views, by reference or written out."""

import pytest

from pygen.sandbox.containers import apply_containers
from pygen.sandbox.data_models import apply_data_models
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.views import apply_views
from tests.support.sandbox_schema import Json, Project, container, recorded, shown, view, view_reference


def model(*views: Json, **fields: object) -> Json:
    """A data model in space `s`."""
    return {"space": "s", "externalId": "M", "version": "v1", "views": list(views), **fields}


@pytest.fixture
def here() -> Project:
    """A project with the container `C` and the views `A` and `B`."""
    here = Project()
    apply_containers(here.store, [container()])
    apply_views(here.store, [view("A", properties={"a": shown("name")}), view("B")])
    return here


@pytest.mark.parametrize("number", range(4))
def test_recorded_requests_are_answered_as_recorded(number: int) -> None:
    """The recorded requests about data models are answered with exactly what was recorded."""
    here = Project(spaces=())
    for position, name in enumerate(["spaces", "containers", "views", "datamodels"]):
        here.now_ms = 1_767_225_600_000 + 1000 * position
        here.replay(recorded(name)[0])
    exchange = recorded("datamodels")[number]
    assert exchange["response"] == here.replay(exchange)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"externalId": "a-b"}, "Invalid value for items[0].externalId: "),
        ({"version": None}, "Invalid value for items[0].version: "),
        ({"space": "gone"}, "One or more spaces do not exist: 'gone'."),
        ({"isGlobal": False}, "Unexpected field - items[0].isGlobal"),
        ({"name": "n" * 256}, "[name size must be between 0 and 255]"),
        ({"views": {}}, "Invalid value for items[0].views: "),
        ({"views": [1]}, "Invalid value for items[0].views[0]: "),
        ({"views": [{"type": "view", "space": "s", "externalId": "A"}]}, "items[0].views[0].version must not be null"),
        ({"views": [view_reference("X")]}, "One or more views do not exist: 's:X/v1'."),
        ({"views": [view("X", extra=1)]}, "Unexpected field - items[0].views[0].extra"),
        ({"views": [view("X", properties={"p": shown("gone")})]}, "container 's:C' has no property 'gone'"),
    ],
)
def test_what_is_no_data_model_is_refused_by_name(here: Project, change: Json, message: str) -> None:
    """A data model of another shape is refused with a message that names the field."""
    assert message in here.refusal("datamodels", {**model(), **change})
    assert [] == here.get("datamodels")


def test_a_view_can_be_written_out(here: Project) -> None:
    """A view that is written out is created or updated as a view, beside references, and shown as a reference."""
    written = view("C", properties={"c": shown("name")}, implements=[view_reference("A")])
    (found,) = here.post("datamodels", model(view_reference("B"), written, view("B", name="b")))
    assert [view_reference("B"), view_reference("C")] == found["views"]
    assert [("A", None), ("B", "b"), ("C", None)] == [
        (each["externalId"], each.get("name")) for each in here.get("views")
    ]


def test_a_view_that_is_written_out_badly_takes_the_model_along(here: Project) -> None:
    """Neither the data model nor another view is written where one view is refused."""
    here.refusal("datamodels", model(view("C"), view("A", properties={"a": shown("gone")})))
    assert (["A", "B"], []) == ([each["externalId"] for each in here.get("views")], here.get("datamodels"))


def test_views_can_be_inlined(here: Project) -> None:
    """With `inlineViews` the views are there in full; where a view is gone, its reference remains."""
    here.post("datamodels", model(view_reference("A"), view_reference("B")))
    here.post("views/delete", {"space": "s", "externalId": "B", "version": "v1"})
    expected = [*here.post("views/byids", {"space": "s", "externalId": "A"}), view_reference("B")]
    (listed,) = here.get("datamodels", inlineViews=True)
    (found,) = here.post("datamodels/byids", {"space": "s", "externalId": "M"}, inlineViews=True)
    assert (expected, expected) == (listed["views"], found["views"])


def test_views_are_added_and_never_removed(here: Project) -> None:
    """An update adds views and replaces names; views that it leaves out stay."""
    here.post("datamodels", model(view_reference("A"), name="N", description="D"))
    here.now_ms += 1000
    (found,) = here.post("datamodels", model(view_reference("B"), name="M"))
    assert [view_reference("A"), view_reference("B")] == found["views"]
    assert ("M", None, here.now_ms) == (found["name"], found.get("description"), found["lastUpdatedTime"])


def test_a_data_model_that_says_the_same_again_is_not_altered(here: Project) -> None:
    """Writing what is there already, in any order of views, keeps `lastUpdatedTime`."""
    before = here.post("datamodels", model(view_reference("A"), view_reference("B")))
    here.now_ms += 1000
    assert before == here.post("datamodels", model(view_reference("B"), view_reference("A"), view_reference("A")))


def test_a_view_cannot_give_way_to_another_version(here: Project) -> None:
    """Another version of a view needs a new version of the data model."""
    apply_views(here.store, [view("A", version="v2")])
    here.post("datamodels", model(view_reference("A")))
    message = here.refusal("datamodels", model(view_reference("A", "v2")), status=409)
    assert "Data model 's:M/v1' cannot get another version of view 's:A'" in message
    (found,) = here.post("datamodels", model(view_reference("A", "v2"), version="v2"))
    assert [view_reference("A", "v2")] == found["views"]


def test_a_data_model_may_be_empty(here: Project) -> None:
    """A data model without views is one."""
    (found,) = here.post("datamodels", {"space": "s", "externalId": "M", "version": "v1", "views": None})
    assert [] == found["views"]


def test_lists_have_the_version_that_was_created_last(here: Project) -> None:
    """Of each external id a list has the version created last, or all of them."""
    here.post("datamodels", model(version="v2"))
    here.now_ms += 1
    here.post("datamodels", model(version="v1"))
    assert ["v1"] == [each["version"] for each in here.get("datamodels")]
    assert ["v2", "v1"] == [each["version"] for each in here.get("datamodels", allVersions=True)]
    assert ["v2", "v1"] == [
        each["version"] for each in here.post("datamodels/byids", {"space": "s", "externalId": "M"})
    ]


def test_deleting_a_data_model_keeps_its_views(here: Project) -> None:
    """A deleted data model leaves views and containers in place."""
    here.post("datamodels", model(view_reference("A")))
    keys = [{"space": "s", "externalId": name, "version": "v1"} for name in ("M", "Gone")]
    assert [{"externalId": "M", "space": "s", "version": "v1"}] == here.post("datamodels/delete", *keys)
    assert (2, []) == (len(here.get("views")), here.get("datamodels"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(most_data_models=1), "Too many data models: 2, while the limit is 1."),
        (Settings(most_versions=1), "Too many versions of data model 's:M': 2, while the limit is 1."),
        (Settings(most_views_of_data_model=1), "Too many views of data model 's:M/v2': 2, while the limit is 1."),
        (Settings(most_views=1), "Too many views: 2, while the limit is 1."),
    ],
)
def test_limits_of_the_project_are_kept(settings: Settings, message: str) -> None:
    """More data models, versions or views than there may be are refused, and not written."""
    here = Project(settings)
    here.post("datamodels", model())
    assert message == here.refusal("datamodels", model(view("A"), view("B"), version="v2"))
    assert ["v1"] == [each["version"] for each in here.get("datamodels", allVersions=True)]


def test_loaders_may_leave_references_dangling(here: Project) -> None:
    """Of a published data model, views that are not there are passed over if that is wanted."""
    written = model(view_reference("Gone"), view("C", properties={"p": shown("gone")}))
    (found,) = apply_data_models(here.store, [written], dangling=True)
    assert [view_reference("Gone"), view_reference("C")] == found["views"]


def test_global_data_models_cannot_be_modified(here: Project) -> None:
    """Data models of the system can be read by anybody, and changed in no way."""
    apply_spaces(here.store, [{"space": "sys"}], is_global=True)
    (found,) = apply_data_models(here.store, [model(view("G"))], is_global=True)
    assert found["isGlobal"]
    assert ([], [found]) == (here.get("datamodels"), here.get("datamodels", includeGlobal=True))
    assert [True] == [each["isGlobal"] for each in here.post("views/byids", {"space": "s", "externalId": "G"})]
    message = "Global data models cannot be modified: 's:M/v1'."
    assert message == here.refusal("datamodels", model())
    assert message == here.refusal("datamodels/delete", {"space": "s", "externalId": "M", "version": "v1"})
    assert "Global views cannot be modified: 's:G/v1'." == here.refusal("datamodels", model(view("G"), version="v2"))
    assert "Global spaces cannot be modified: 'sys'." == here.refusal("datamodels", {**model(), "space": "sys"})
