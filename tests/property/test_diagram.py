"""Pictures of any boxes and arrows: well-formed, nothing on top of anything, whatever texts say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import example, given
from hypothesis import strategies as st

from pygen.diagram import Box, Link, mermaid, svg

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["<script>", '"quoted"', "a]--b|c", "\x00\x1b", "\ud800", "æøå", "&amp;"]
)


@st.composite
def diagrams(draw: st.DrawFn) -> tuple[list[Box], list[Link]]:
    """Boxes with any texts, and any arrows between them."""
    count = draw(st.integers(0, 12))
    boxes = [
        Box(str(number), draw(TEXTS), tuple(draw(st.lists(TEXTS, max_size=3))), draw(TEXTS)) for number in range(count)
    ]
    ends = st.integers(0, max(count, 1)).map(str)
    links = st.builds(Link, ends, ends, TEXTS, st.sampled_from(["relation", "inherits"]))
    return boxes, draw(st.lists(links, max_size=20))


def rectangles(picture: str) -> list[tuple[float, float, float, float]]:
    """Place and size of each box."""
    root = ET.fromstring(picture)
    found = root.iter("{http://www.w3.org/2000/svg}rect")
    return [
        (float(r.attrib["x"]), float(r.attrib["y"]), float(r.attrib["width"]), float(r.attrib["height"]))
        for r in found
        if r.attrib["class"] == "b"
    ]


@given(diagrams())
@example(([Box("0", "a"), Box("1", "b")], [Link("0", "1"), Link("1", "0"), Link("0", "0"), Link("0", "7")]))
def test_boxes_are_all_there_and_apart(diagram: tuple[list[Box], list[Link]]) -> None:
    """The picture is XML, shows each box once, and no two of them overlap."""
    boxes, links = diagram
    places = rectangles(svg(boxes, links, title="a < b"))
    assert len(boxes) == len(places)
    for number, (x, y, width, height) in enumerate(places):
        for other_x, other_y, other_width, other_height in places[:number]:
            beside = x + width <= other_x or other_x + other_width <= x
            assert beside or y + height <= other_y or other_y + other_height <= y


@given(diagrams())
@example(([Box("0", "a"), Box("1", "b")], [Link("0", "1", "a relation with a name that is wider than both boxes")]))
def test_labels_lie_within_the_picture(diagram: tuple[list[Box], list[Link]]) -> None:
    """What an arrow is called is cut off nowhere."""
    root = ET.fromstring(svg(*diagram))
    for label in root.iter("{http://www.w3.org/2000/svg}text"):
        if label.get("class") == "k":
            x = float(label.attrib["x"])
            assert 0 <= x
            assert x + 6 * len(label.text or "") <= float(root.attrib["width"]) + 1


@given(diagrams())
def test_the_same_input_gives_the_same_bytes(diagram: tuple[list[Box], list[Link]]) -> None:
    """Neither picture nor text depends on anything else."""
    boxes, links = diagram
    assert (svg(boxes, links), mermaid(boxes, links)) == (svg(boxes, links), mermaid(boxes, links))


@given(diagrams())
def test_texts_stay_texts_in_mermaid(diagram: tuple[list[Box], list[Link]]) -> None:
    """However a text looks, each line of the chart is one box or one arrow."""
    boxes, links = diagram
    ids = {box.id for box in boxes}
    kept = [link for link in links if link.source in ids and link.target in ids]
    head, *lines = mermaid(boxes, links).splitlines()
    assert "flowchart TD" == head
    text = r"[A-Za-z0-9 _.,:()/#;-]*"
    box = re.compile(rf'  n\d+\["<b>{text}</b>(<br/>{text})*"\]')
    arrow = re.compile(rf'  n\d+ (-->|-\.->)(\|"{text}"\|)? n\d+')
    assert [True] * len(boxes) == [bool(box.fullmatch(line)) for line in lines[: len(boxes)]]
    assert [True] * len(kept) == [bool(arrow.fullmatch(line)) for line in lines[len(boxes) :]]


def test_arrows_point_down() -> None:
    """Who points to another stands above it, over any number of rows."""
    boxes = [Box(name, name) for name in "dcba"]
    links = [Link("a", "b"), Link("b", "c"), Link("c", "d"), Link("a", "d")]
    heights = {box.id: place[1] for box, place in zip(boxes, rectangles(svg(boxes, links)), strict=True)}
    assert ["a", "b", "c", "d"] == sorted(heights, key=heights.__getitem__)


def test_hundreds_of_boxes_make_a_picture_of_some_shape() -> None:
    """A model of 200 views in a ring is neither one row nor one column."""
    boxes = [Box(str(number), f"View {number}") for number in range(200)]
    links = [Link(str(number), "0") for number in range(1, 200)]
    places = rectangles(svg(boxes, links))
    width, height = max(x + w for x, _, w, _ in places), max(y + h for _, y, _, h in places)
    assert 0.2 < width / height < 5
