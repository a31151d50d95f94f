"""The picture of a data model that a client draws."""

from __future__ import annotations

import importlib
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from windfarm.sdk import AsyncWindfarmClient, Blade, Nacelle, WindfarmClient, WindTurbine

from pygen.client.models.ids import ViewId
from pygen.diagram import Box, Link
from pygen.runtime import SdkClient
from pygen.runtime.diagrams import draw, type_words
from tests.golden.cases import CASES, generate

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def client() -> Iterator[WindfarmClient]:
    """A client that could ask nobody."""
    with WindfarmClient(base_url="http://localhost", project="p", credentials="t") as made:
        yield made


def boxes(diagram: Any) -> dict[str, Box]:
    """The boxes by their titles."""
    return {box.title: box for box in diagram._boxes}


def arrows(diagram: Any) -> set[tuple[str, str, str, str]]:
    """Kind, ends and label of each arrow."""
    titles = {box.id: box.title for box in diagram._boxes}
    links: list[Link] = diagram._links
    return {(link.kind, titles[link.source], titles[link.target], link.label) for link in links}


def test_every_view_is_a_box_with_its_own_fields(client: WindfarmClient) -> None:
    """What a parent that is drawn shows already is not repeated; ids of relations are arrows instead."""
    diagram = client.diagram()
    assert 12 == len(boxes(diagram))
    assert ("aliases: list[str]", "description: str", "name: str") == boxes(diagram)["Describable"].lines
    assert (
        "class_: enum",
        "datasheets: list[str]",
        "hub_height: float",
        "power_curve: str",
        "serial_number: int",
        "settings: JSON",
    ) == boxes(diagram)["WindTurbine"].lines
    assert 0 == client.request_count


def test_both_ends_of_a_relation_are_one_arrow(client: WindfarmClient) -> None:
    """From the class that holds it, with the name of either end, a star where it leads to many."""
    found = arrows(client.diagram())
    assert ("relation", "WorkOrder", "WindTurbine", "turbine / work_orders *") in found
    assert ("relation", "WindTurbine", "Blade", "blades * / wind_turbine") in found
    assert ("relation", "WindTurbine", "Metmast", "metmasts * (Distance) / wind_turbines * (Distance)") in found
    assert ("relation", "GeneratingUnit", "Windfarm", "windfarm / turbines *") in found
    assert ("relation", "OpenWorkOrder", "WindTurbine", "turbine") in found
    ends = [(kind, source, target) for kind, source, target, _ in found]
    assert 1 == ends.count(("relation", "WindTurbine", "Blade"))
    assert 0 == ends.count(("relation", "Blade", "WindTurbine"))
    assert 0 == ends.count(("relation", "WindTurbine", "WorkOrder"))


def test_inheritance_is_an_arrow_to_the_nearest_parent(client: WindfarmClient) -> None:
    """A grandparent gets none of its own."""
    found = arrows(client.diagram())
    assert ("inherits", "WindTurbine", "GeneratingUnit", "") in found
    assert ("inherits", "GeneratingUnit", "Describable", "") in found
    assert ("inherits", "WindTurbine", "Describable", "") not in found


def test_a_relation_without_an_arrow_is_a_line(client: WindfarmClient) -> None:
    """Of a class to itself, and to a class that is not drawn."""
    assert "mentor: Technician" in boxes(client.diagram())["Technician"].lines
    lines = boxes(client.diagram(WindTurbine))["WindTurbine"].lines
    assert {"nacelle: Nacelle", "blades: list[Blade]", "windfarm: Windfarm"} <= set(lines)


@pytest.mark.parametrize(
    "view",
    [WindTurbine, "wind_turbine", "WindTurbine", ViewId("sp_windfarm", "WindTurbine", "v1")],
    ids=["class", "attribute", "name", "id"],
)
def test_views_are_chosen_in_any_form(client: WindfarmClient, view: Any) -> None:
    """Only what was chosen is drawn, with the fields of parents that are not."""
    diagram = client.diagram(view, Blade, Blade)
    assert ["Blade", "WindTurbine"] == sorted(boxes(diagram))
    assert {("relation", "WindTurbine", "Blade", "blades * / wind_turbine")} == arrows(diagram)
    assert {"name: str", "capacity: float"} <= set(boxes(diagram)["WindTurbine"].lines)


def test_a_parent_that_is_left_out_is_stepped_over(client: WindfarmClient) -> None:
    """The arrow leads to the nearest one that is drawn."""
    found = arrows(client.diagram("WindTurbine", "Describable"))
    assert {("inherits", "WindTurbine", "Describable", "")} == found


def test_what_is_unknown_is_refused(client: WindfarmClient) -> None:
    """The message names what is near."""
    with pytest.raises(ValueError, match=r"^WindfarmClient has no view 'WindTurbin'; did you mean WindTurbine"):
        client.diagram("WindTurbin")
    with pytest.raises(ValueError, match=r"^WindfarmClient has no view a:B\(c\)$"):
        client.diagram(ViewId("a", "B", "c"))
    with pytest.raises(ValueError, match=r"^a diagram is shown as svg or mermaid, not as 'png'$"):
        client.diagram(format="png")  # type: ignore[arg-type]  # that is the point


def test_a_notebook_shows_the_form_that_was_asked_for(client: WindfarmClient) -> None:
    """A picture, or a block of Mermaid; never both."""
    picture, text = client.diagram(), client.diagram(format="mermaid")
    assert picture.svg == picture._repr_svg_()
    assert picture.svg in (picture._repr_html_() or "")
    assert picture._repr_markdown_() is None
    assert f"```mermaid\n{text.mermaid}```\n" == text._repr_markdown_()
    assert [None, None] == [text._repr_svg_(), text._repr_html_()]
    assert picture.svg == text.svg
    assert "<Diagram of sp_windfarm:Windfarm(v1): 12 views; save('model.svg') writes it to a file>" == repr(picture)


def test_the_picture_is_well_formed_and_named(client: WindfarmClient) -> None:
    """It says which data model it shows, to programs that read aloud, too."""
    root = ET.fromstring(client.diagram().svg)
    assert "sp_windfarm:Windfarm(v1)" == root.findtext(f"{SVG}title")
    assert "WindTurbine" in {text.text for text in root.iter(f"{SVG}text")}


def test_a_diagram_is_saved_by_the_ending_of_the_name(client: WindfarmClient, tmp_path: Path) -> None:
    """In four forms; another ending is refused before anything is written."""
    diagram = client.diagram(Blade, Nacelle)
    saved = {name: diagram.save(tmp_path / name).read_text("utf-8") for name in ("a.svg", "a.SVG", "a.mmd", "a.md")}
    assert diagram.svg == saved["a.svg"] == saved["a.SVG"]
    assert diagram.mermaid == saved["a.mmd"]
    assert f"```mermaid\n{diagram.mermaid}```\n" == saved["a.md"]
    assert diagram.svg in diagram.save(str(tmp_path / "a.html")).read_text("utf-8")
    with pytest.raises(ValueError, match=r"cannot tell the format of 'a.png'; names end with .svg, .html"):
        diagram.save(tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_asynchronous_clients_draw_the_same(client: WindfarmClient) -> None:
    """The classes are shared, and so is the picture; drawing takes no await."""
    other = draw(AsyncWindfarmClient, [], "svg")
    assert client.diagram().svg == other.svg


def test_types_are_short() -> None:
    """A box has room for little: no None, no module, no values of an enum."""
    from typing import Literal

    shown = {
        "float": float | None,
        "list[str]": list[str] | None,
        "enum": Literal["a", "b"] | str | None,
        "list[enum]": list[Literal["a"] | str],
        "JSON": dict[str, Any] | None,
        "list[JSON]": list[dict[str, Any]],
        "int | str": int | str,
    }
    assert list(shown) == [type_words(annotation) for annotation in shown.values()]


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> Any:
    """The diagram of the SDK of a small model."""
    package = f"{case}_drawn"
    folder = tmp_path / package
    folder.mkdir()
    for path, text in generate(case, "python").items():
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    monkeypatch.syspath_prepend(tmp_path)
    sdk = importlib.import_module(package)
    values = [getattr(sdk, name) for name in sdk.__all__]
    (client,) = [value for value in values if isinstance(value, type) and issubclass(value, SdkClient)]
    yield draw(client, [], "svg")
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[module]


@pytest.mark.parametrize("case", CASES)
def test_every_model_of_the_corpus_is_drawn(drawn: Any) -> None:
    """Whatever a model says, the picture is well-formed, and every arrow has both its boxes."""
    ET.fromstring(drawn.svg)
    assert drawn.mermaid.startswith("flowchart TD\n")
    assert all(box.lines is not None for box in drawn._boxes)
    ids = {box.id for box in drawn._boxes}
    assert len(ids) == len(drawn._boxes)
    assert all(link.source in ids and link.target in ids for link in drawn._links)


@pytest.mark.parametrize("case", ["reverse_through_list", "reverse_through_container", "reverse_through_parent"])
def test_a_reverse_relation_finds_the_direct_one_that_it_reads(drawn: Any) -> None:
    """Also through a container, a parent, or a list: one arrow, with two names."""
    relations = [link for link in drawn._links if link.kind == "relation"]
    assert relations
    assert all(" / " in link.label for link in relations)
