"""Spaces: what is written, read, listed and deleted."""

from typing import Any

import pytest

from pygen.sandbox.containers import apply_containers
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from tests.support.sandbox_schema import Project, container, recorded

VIOLATIONS = "constraint violations. Please fix the request and try again."
NAME_SIZE = "name size must be between 0 and 255"


def project() -> Project:
    """A project without spaces."""
    return Project(spaces=())


@pytest.mark.parametrize("number", range(4))
def test_recorded_requests_are_answered_as_recorded(number: int) -> None:
    """The recorded requests about spaces are answered with exactly what was recorded."""
    here = project()
    if number:
        here.replay(recorded("spaces")[0])
    exchange = recorded("spaces")[number]
    assert exchange["response"] == here.replay(exchange)


def test_a_space_that_is_written_again_keeps_its_creation_time() -> None:
    """A changed space is updated now; it was created when it was first written."""
    here = project()
    here.post("spaces", {"space": "a", "name": "A"})
    here.now_ms += 1000
    (found,) = here.post("spaces", {"space": "a", "name": "B", "description": None})
    assert {
        "space": "a",
        "name": "B",
        "createdTime": here.now_ms - 1000,
        "lastUpdatedTime": here.now_ms,
        "isGlobal": False,
    } == found


def test_a_space_that_says_the_same_again_is_not_altered() -> None:
    """Writing what is there already keeps `lastUpdatedTime`."""
    here = project()
    before = here.post("spaces", {"space": "a", "name": "A"})
    here.now_ms += 1000
    assert before == here.post("spaces", {"name": "A", "space": "a"})


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"space": "1a"}, "Invalid value for items[0].space: String should match pattern"),
        ({"space": "a b"}, "Invalid value for items[0].space: String should match pattern"),
        ({"space": "a" * 44}, "[space size must be between 0 and 43]"),
        ({"space": "edge"}, "Invalid value for items[0].space: 'edge' is reserved"),
        ({"space": "history"}, "Invalid value for items[0].space: 'history' is reserved"),
        ({"space": 1}, "Invalid value for items[0].space: "),
        ({}, "items[0].space must not be null"),
        ({"space": "a", "isGlobal": True}, "Unexpected field - items[0].isGlobal"),
        ({"space": "a", "name": "n" * 256}, f"Request had 1 {VIOLATIONS} [{NAME_SIZE}]"),
        (
            {"space": "a", "name": "n" * 256, "description": "d" * 1025},
            f"Request had 2 {VIOLATIONS} [{NAME_SIZE}, description size must be between 0 and 1024]",
        ),
    ],
)
def test_what_is_no_space_is_refused_by_name(space: dict[str, Any], message: str) -> None:
    """A space of another shape is refused with a message that names the field."""
    assert message in project().refusal("spaces", space)


@pytest.mark.parametrize("path", ["spaces", "spaces/byids", "spaces/delete", "statistics/spaces/byids"])
@pytest.mark.parametrize("count", [0, 101])
def test_one_to_a_hundred_items_are_taken(path: str, count: int) -> None:
    """A request without items, or with more than a hundred, is refused."""
    assert "items size must be" in project().refusal(path, *({"space": f"s{number}"} for number in range(count)))


def test_one_request_cannot_say_two_things() -> None:
    """A space that occurs twice in a request is refused."""
    message = project().refusal("spaces", {"space": "a", "name": "A"}, {"space": "a", "name": "B"})
    assert message == "items must not contain duplicates: 'a'."


def test_a_refused_request_writes_nothing() -> None:
    """Where one space of a request is refused, none is written."""
    here = Project(Settings(most_spaces=2), spaces=("a",))
    assert "Too many spaces: 3, while the limit is 2." == here.refusal("spaces", {"space": "b"}, {"space": "c"})
    assert ["a"] == [space["space"] for space in here.get("spaces")]


def test_any_number_is_applied_without_a_request() -> None:
    """Loaders are bound neither to a hundred items nor to the limits of a project."""
    assert 150 == len(apply_spaces(project().store, [{"space": f"s{number}"} for number in range(150)]))


def test_byids_answers_each_space_once_in_the_order_of_the_request() -> None:
    """Spaces that are asked for twice come once; the order is that of the request."""
    here = Project(spaces=("a", "b"))
    found = here.post("spaces/byids", {"space": "b"}, {"space": "a"}, {"space": "b"})
    assert ["b", "a"] == [space["space"] for space in found]


def test_an_empty_space_can_be_deleted() -> None:
    """A deleted space is gone, and the answer names what was there."""
    here = Project(spaces=("a", "b"))
    assert [{"space": "a"}] == here.post("spaces/delete", {"space": "a"}, {"space": "never"})
    assert ["b"] == [space["space"] for space in here.get("spaces")]


def test_a_space_with_anything_in_it_cannot_be_deleted() -> None:
    """A space that has schema or instances is refused, and says what it has."""
    here = Project(spaces=("s", "data"))
    apply_containers(here.store, [container()])
    here.put_row("C", "x", space="data", name="x")
    assert "Space 's' is not empty and cannot be deleted: it has containers." == here.refusal(
        "spaces/delete", {"space": "s"}
    )
    assert "it has instances." in here.refusal("spaces/delete", {"space": "data"})
    here.store.db.execute("UPDATE instance SET deleted = 1")
    assert [{"space": "data"}] == here.post("spaces/delete", {"space": "data"})


def test_a_number_is_not_used_again() -> None:
    """The number of a deleted space, which rows of deleted instances still have, does not pass to another space."""
    here = Project(spaces=("a", "b"))
    number = here.store.catalog.spaces["b"]
    here.post("spaces/delete", {"space": "b"})
    here.post("spaces", {"space": "c"})
    assert number < here.store.catalog.spaces["c"]


@pytest.mark.parametrize("path", ["spaces", "spaces/delete"])
def test_global_spaces_cannot_be_modified(path: str) -> None:
    """A space of the system can be neither written nor deleted."""
    here = Project(spaces=("a",))
    apply_spaces(here.store, [{"space": "cdf_cdm"}], is_global=True)
    assert "Global spaces cannot be modified: 'cdf_cdm'." == here.refusal(path, {"space": "cdf_cdm"})


def test_global_spaces_are_listed_on_demand_and_always_found() -> None:
    """Spaces of the system are in lists with `includeGlobal` only; byids answers them always."""
    here = Project(spaces=("a",))
    apply_spaces(here.store, [{"space": "cdf_cdm"}], is_global=True)
    assert ["a"] == [space["space"] for space in here.get("spaces")]
    assert ["a", "cdf_cdm"] == [space["space"] for space in here.get("spaces", includeGlobal=True)]
    assert [True] == [space["isGlobal"] for space in here.post("spaces/byids", {"space": "cdf_cdm"})]


def test_a_space_of_the_project_can_become_the_systems() -> None:
    """A space that is applied as global is global from then on, even with nothing else changed."""
    here = Project(spaces=("a",))
    (found,) = apply_spaces(here.store, [{"space": "a"}], is_global=True)
    assert found["isGlobal"]
    (found,) = apply_spaces(here.store, [{"space": "a", "name": "A"}], is_global=True)
    assert found["isGlobal"]


class TestList:
    """Pages of a list, which all schema resources share."""

    def test_ten_are_listed_usually(self) -> None:
        """Without a limit a page has ten resources, in the order of their creation."""
        here = Project(spaces=tuple(f"s{number}" for number in range(12)))
        assert [f"s{number}" for number in range(10)] == [space["space"] for space in here.get("spaces")]

    def test_pages_follow_each_other(self) -> None:
        """The cursor of a page leads to the next one; the last one has none."""
        here = Project(spaces=tuple("abcde"))
        pages, query = [], {"limit": 2}
        while True:
            answer = here.call("GET", "spaces", query=query)
            pages.append([space["space"] for space in answer["items"]])
            if "nextCursor" not in answer:
                break
            query = {"limit": 2, "cursor": answer["nextCursor"]}
        assert [["a", "b"], ["c", "d"], ["e"]] == pages

    @pytest.mark.parametrize(("on_full_page", "has_cursor"), [(True, True), (False, False)])
    def test_a_full_last_page_has_a_cursor_by_settings(self, *, on_full_page: bool, has_cursor: bool) -> None:
        """Whether a page that is full, and the last, has a cursor is a setting."""
        here = Project(Settings(cursor_on_full_page=on_full_page), spaces=("a", "b"))
        answer = here.call("GET", "spaces", query={"limit": 2})
        assert has_cursor == ("nextCursor" in answer)
        assert "nextCursor" in here.call("GET", "spaces", query={"limit": 1})

    def test_a_limit_above_a_thousand_is_capped(self) -> None:
        """A limit beyond the greatest is no error."""
        here = Project(spaces=("a",))
        assert ["a"] == [space["space"] for space in here.get("spaces", limit=10**30)]

    @pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "", "\u0661"])
    def test_a_limit_that_is_none_is_refused(self, limit: str) -> None:
        """A limit must be a whole number of at least one."""
        with pytest.raises(Refusal, match="Invalid value for limit: it must be a whole number of at least 1"):
            project().get("spaces", limit=limit)

    def test_a_flag_that_is_none_is_refused(self) -> None:
        """A flag is true or false."""
        with pytest.raises(Refusal, match="Invalid value for includeGlobal: it must be true or false"):
            project().get("spaces", includeGlobal="yes")

    @pytest.mark.parametrize("query", [{"includeGlobal": True}, {"cursor": "nonsense"}])
    def test_a_cursor_of_another_request_is_refused(self, query: dict[str, Any]) -> None:
        """A cursor is good for the request that it came with, and for nothing else."""
        here = Project(spaces=("a", "b"))
        cursor = here.call("GET", "spaces", query={"limit": 1})["nextCursor"]
        with pytest.raises(Refusal, match="Invalid cursor"):
            here.get("spaces", **{"limit": 1, "cursor": cursor, **query})
