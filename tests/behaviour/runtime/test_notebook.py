"""What notebooks and terminals show of instances, results, queries, upserts and clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from windfarm.sdk import (
    AsyncWindfarmClient,
    BladeWrite,
    Distance,
    DistanceWrite,
    MetmastWrite,
    NacelleWrite,
    WindfarmClient,
    WindTurbine,
    WindTurbineWrite,
)

from pygen.client import AsyncPygenClient, PygenClient
from pygen.client.exceptions import DmsError
from pygen.client.models.ids import NodeId
from pygen.runtime import LinkWrite, UpsertedItem, UpsertResult
from pygen.sandbox import Sandbox
from tests.conftest import ROOT

MODEL = ROOT / "example_project" / "model" / "windfarm.json"
SPACE = "windfarm_data"
HOSTILE = "<script>alert('&amp;\"')</script>\u202e"


class Shown(HTMLParser):
    """
    What a browser makes of HTML.

    Attributes:
        tags: The elements.
        texts: The texts outside of styles.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Elements end in the order in which they were opened."""
        assert tag == self._open.pop()

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self._open[-1] != "style":
            self.texts.append(data)

    def after(self, text: str) -> str:
        """The text that comes after another one."""
        return self.texts[self.texts.index(text) + 1]


def html_of(shown: object) -> Shown:
    """What a notebook shows of an object."""
    return Shown(shown._repr_html_())  # type: ignore[attr-defined]  # notebooks call it


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with the example's model and an empty space."""
    with (
        Sandbox(MODEL) as made,
        PygenClient(
            base_url="http://localhost", project=made.project, credentials=made.token, transport=made.transport()
        ) as client,
    ):
        client.spaces.upsert({"space": SPACE})
        yield made


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[WindfarmClient]:
    """A client of the sandbox."""
    with WindfarmClient(
        base_url="http://localhost",
        project=sandbox.project,
        credentials="a-secret-token",
        transport=sandbox.transport(),
    ) as made:
        yield made


def test_an_instance_is_a_table_of_its_fields(client: WindfarmClient) -> None:
    """Fields come with their values, a missing value is a dash, and no text is taken for HTML."""
    client.upsert(
        WindTurbineWrite(external_id="t", name=HOSTILE, capacity=0.0, aliases=["a", "b"], settings={"a": {"b": [1]}})
    )
    turbine = client.wind_turbine.retrieve("t")
    shown = html_of(turbine)
    assert {"WindTurbine", "sp_windfarm:WindTurbine(v1)"} <= set(shown.texts)
    assert HOSTILE.replace("\u202e", "\ufffd") == shown.after("name")
    assert "0.0" == shown.after("capacity")
    assert "a, b" == shown.after("aliases")
    assert "{'a': {'b': [1]}}" == shown.after("settings")
    assert "-" == shown.after("hub_height")
    assert "script" not in shown.tags


def test_relations_are_shown_as_they_are_and_not_fetched(client: WindfarmClient) -> None:
    """What is not loaded is said to be so; then counts, objects, and nothing where there is nothing."""
    turbine_write = WindTurbineWrite(external_id="t", name="T", nacelle=NacelleWrite(external_id="n", name="N"))
    turbine_write.blades = [BladeWrite(external_id=f"b{number}", name="B") for number in range(3)]
    client.upsert(turbine_write)
    turbine = client.wind_turbine.retrieve("t")
    assert turbine is not None
    before = client.request_count
    shown = html_of(turbine)
    assert ["not loaded", "not loaded", "none"] == [shown.after(name) for name in ("nacelle", "blades", "windfarm")]
    assert before == client.request_count
    assert turbine.nacelle is not None
    assert 3 == len(turbine.blades)
    assert 0 == len(turbine.metmasts)
    before = client.request_count
    shown = html_of(turbine)
    assert ["Nacelle('n')", "3 loaded", "none"] == [shown.after(name) for name in ("nacelle", "blades", "metmasts")]
    assert before == client.request_count


def test_results_are_a_table_of_the_first_twenty(client: WindfarmClient) -> None:
    """However many there are, a notebook and a terminal show a few, and say how many there are."""
    client.upsert(WindTurbineWrite(external_id=f"t{number:04}", name=HOSTILE, capacity=1.5) for number in range(1234))
    found = client.wind_turbine.list().all()
    shown = html_of(found)
    assert 21 == shown.tags.count("tr")
    assert any("1,234 items, the first 20 are shown" in text for text in shown.texts)
    assert "script" not in shown.tags
    assert "description" not in shown.texts  # no value in any row
    assert 20_000 > len(found._repr_html_())
    lines = repr(found).splitlines()
    assert "<Results of WindTurbine: 1,234>" == lines[0]
    assert "  ... and 1,229 more" == lines[-1]
    assert 1500 > len(repr(found))
    page = client.wind_turbine.list().order_by(lambda t: t.external_id).chunk_size(5).page()
    assert any("5 items, more follow" in text for text in html_of(page).texts)
    assert repr(page).startswith("<page of 5, more follow>\n  WindTurbine(space='windfarm_data', external_id='t0000'")


def test_nothing_found_is_shown_as_that(client: WindfarmClient) -> None:
    """Empty results and pages have no table."""
    found = client.wind_turbine.list()
    for empty in (found.all(), found.page()):
        assert "table" not in html_of(empty).tags
        assert any("0 items" in text for text in html_of(empty).texts)
    assert "<Results of WindTurbine: 0>" == repr(found.all())


def test_items_of_several_classes_name_theirs(client: WindfarmClient) -> None:
    """A table of a parent's results says of each row what it is, where that is not the parent."""
    client.upsert([WindTurbineWrite(external_id="t", name="T"), NacelleWrite(external_id="n", name="N")])
    found = client.describable.list(narrow=True).all()
    shown = html_of(found)
    assert {"WindTurbine", "Nacelle"} <= set(shown.texts)
    assert "Describable" in shown.texts


def test_edges_show_their_ends(client: WindfarmClient) -> None:
    """A table of edges begins with where they start and end."""
    link = LinkWrite(MetmastWrite(external_id="m", name="M"), DistanceWrite(distance=12.0))
    client.upsert(WindTurbineWrite(external_id="t", name="T", metmasts=[link]))
    (edge,) = client.distance.list()
    assert isinstance(edge, Distance)
    shown = html_of(client.distance.list().all())
    assert {"start_node", "end_node", f"{SPACE}:t", f"{SPACE}:m", "12.0"} <= set(shown.texts)
    assert f"start_node='{SPACE}:t'" in repr(edge)


def test_a_query_is_shown_in_words_and_not_carried_out(client: WindfarmClient) -> None:
    """Looking at a query asks nothing."""
    query = (
        client.wind_turbine.list(lambda t: (t.capacity > 6) & t.name.prefix(HOSTILE), state="running")
        .order_by(lambda t: t.capacity.desc())
        .limit(10)
    )
    shown = html_of(query)
    assert "Query of WindTurbine" in shown.texts
    assert "sorted by capacity (descending)" in shown.texts
    assert "at most 10" in shown.texts
    assert any(text.startswith("where capacity > 6 and name begins with ") for text in shown.texts)
    assert "script" not in shown.tags
    assert repr(query).endswith("sorted by capacity (descending), at most 10>")
    assert 0 == client.request_count


def test_an_instance_is_one_line_in_a_terminal(client: WindfarmClient) -> None:
    """The line holds what identifies it and values as far as they fit, never None, and never a line break."""
    client.upsert(WindTurbineWrite(external_id="t", name="a\nb" * 80, capacity=6.0, state="running"))
    turbine = client.wind_turbine.retrieve("t")
    line = repr(turbine)
    assert line.startswith("WindTurbine(space='windfarm_data', external_id='t', name='a\\nb")
    assert "capacity=6.0" in line
    assert "None" not in line
    assert "\n" not in line
    assert 200 > len(line)
    assert line == str(turbine)


def test_a_write_object_is_one_line_of_what_is_set() -> None:
    """Also when objects are nested in a circle."""
    turbine = WindTurbineWrite(external_id="t", name="T", capacity=None)
    blade = BladeWrite(external_id="b", name="B", wind_turbine=turbine)
    turbine.blades = [blade]
    assert "WindTurbineWrite(external_id='t', name='T', capacity=None, blades=[BladeWrite('b')])" == repr(turbine)
    assert "BladeWrite(external_id='b', name='B', wind_turbine=WindTurbineWrite('t'))" == repr(blade)


def test_an_upsert_shows_what_was_not_written(client: WindfarmClient) -> None:
    """Counts first, then what was refused and why."""
    done = client.upsert(WindTurbineWrite(external_id="t", name="T"))
    assert "1" == html_of(done).after("created")
    refused = UpsertedItem(NodeId(SPACE, HOSTILE), "failed", error=DmsError("no <b>such</b> space"))
    shown = html_of(UpsertResult([refused] * 30))
    assert "30" == shown.after("failed")
    assert "no <b>such</b> space" in shown.texts
    assert "... and 10 more" in shown.texts
    assert {"b", "div", "span", "style", "table", "tbody", "td", "th", "thead", "tr"} == set(shown.tags)
    assert 1 == shown.tags.count("b")


def test_a_client_shows_its_views_and_no_secret(client: WindfarmClient, sandbox: Sandbox) -> None:
    """Both kinds of client say where they connect to, and what each view is about."""

    async def use() -> Shown:
        async with AsyncPygenClient(
            base_url="http://localhost", project=sandbox.project, credentials="a-secret-token"
        ) as other:
            return html_of(AsyncWindfarmClient.from_client(other))

    for shown in (html_of(client), asyncio.run(use())):
        assert sandbox.project == shown.after("project")
        assert "http://localhost" == shown.after("base_url")
        assert "sp_windfarm:Windfarm(v1)" == shown.after("data model")
        assert "12 views" in shown.texts
        assert "A wind turbine, on land or at sea." == shown.after("wind_turbine")
        assert not any("secret" in text for text in shown.texts)
    assert 0 == client.request_count


def test_what_is_shown_of_a_class_is_the_class() -> None:
    """Notebooks ask classes for their look, too; those have none of their own."""
    assert "<class 'windfarm.sdk.wind_turbine.WindTurbine'>" == repr(WindTurbine)
    assert not hasattr(WindTurbine, "_ipython_display_")
