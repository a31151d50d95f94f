"""
Boxes and arrows, as a picture (SVG) and as text that others draw (Mermaid).

Standard library only, and the same bytes for the same input. The layout is layered, after Sugiyama, Tagawa and Toda
(1981): arrows point down, layers are ordered so that few of them cross, and long ones go around the boxes on their way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt
from typing import Literal, NamedTuple
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Box", "Link", "mermaid", "svg"]


@dataclass(frozen=True, slots=True)
class Box:
    """
    A node of a diagram.

    Attributes:
        id: What links call it; unique within the diagram.
        title: What it shows above.
        lines: What it shows below, a line each.
        href: Where a click leads, in the picture; empty for nowhere.
    """

    id: str
    title: str
    lines: tuple[str, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """
    An edge of a diagram.

    Attributes:
        source: The id of the box it comes from.
        target: The id of the box it leads to; a link to a box that is not there is left out.
        label: What it shows beside it.
        kind: A `relation` or, dashed, `inherits`.
    """

    source: str
    target: str
    label: str = ""
    kind: Literal["relation", "inherits"] = "relation"


# --- Mermaid ---

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.,:()/-")
_ARROWS = {"relation": "-->", "inherits": "-.->"}


def mermaid(boxes: Sequence[Box], links: Iterable[Link]) -> str:
    """
    A flowchart in Mermaid's language, e.g. for a README.

    Args:
        boxes: The boxes; their texts may hold anything.
        links: The arrows.
    """
    names = {box.id: f"n{number}" for number, box in enumerate(boxes)}
    lines = ["flowchart TD"]
    for box in boxes:
        text = "<br/>".join([f"<b>{_entities(box.title)}</b>", *(_entities(line) for line in box.lines)])
        lines.append(f'  {names[box.id]}["{text}"]')
    for link in links:
        if link.source in names and link.target in names:
            label = f'|"{_entities(link.label)}"|' if link.label else ""
            lines.append(f"  {names[link.source]} {_ARROWS[link.kind]}{label} {names[link.target]}")
    return "\n".join([*lines, ""])


def _entities(text: str) -> str:
    """Text whose every special character is a number, which is how Mermaid quotes."""
    return "".join(character if character in _PLAIN else f"#{ord(character)};" for character in text)


# --- layers ---


class _Graph:
    """Vertices in layers: the boxes, and a bend for each layer that a long link passes."""

    def __init__(self, boxes: Sequence[Box], links: Sequence[Link]) -> None:
        self.boxes = boxes
        places = {box.id: number for number, box in enumerate(boxes)}
        self.links = _bundled([link for link in links if link.source in places and link.target in places])
        self.ends = [(places[link.source], places[link.target]) for link in self.links]
        self.layers = self._layers(_without_cycles(len(boxes), self.ends))
        self.layer_of = {vertex: row for row, layer in enumerate(self.layers) for vertex in layer}
        self.paths = [self._path(source, target) for source, target in self.ends]
        self._order()

    def _layers(self, arcs: set[tuple[int, int]]) -> list[list[int]]:
        """
        The boxes in rows, each below all that point to it; unconnected ones at the end.

        A row that would be much wider than the picture is high is broken into several.
        """
        depth = _depths(len(self.boxes), arcs)
        connected = {end for arc in self.ends for end in arc}
        rows: dict[int, list[int]] = defaultdict(list)
        for box in range(len(self.boxes)):
            rows[depth[box] if box in connected else len(self.boxes)].append(box)
        widest = max(4, ceil(1.2 * sqrt(len(self.boxes))))
        return [row[start : start + widest] for _, row in sorted(rows.items()) for start in range(0, len(row), widest)]

    def _path(self, source: int, target: int) -> list[int]:
        """The vertices of a link: its ends, and a new bend in each layer between."""
        start, end = self.layer_of[source], self.layer_of[target]
        step = 1 if end > start else -1
        path = [source]
        for row in range(start + step, end, step):
            bend = len(self.layer_of)
            self.layer_of[bend] = row
            self.layers[row].append(bend)
            path.append(bend)
        return [*path, target]

    def _order(self) -> None:
        """Move each vertex to the middle of its neighbours, layer by layer, down and up again."""
        above: dict[int, list[int]] = defaultdict(list)
        below: dict[int, list[int]] = defaultdict(list)
        for path in self.paths:
            for one, other in pairwise(path):
                if self.layer_of[one] != self.layer_of[other]:
                    upper, lower = sorted((one, other), key=self.layer_of.__getitem__)
                    above[lower].append(upper)
                    below[upper].append(lower)
        for sweep in range(8):
            neighbours = above if sweep % 2 == 0 else below
            for layer in self.layers if sweep % 2 == 0 else reversed(self.layers):
                position = {vertex: place for row in self.layers for place, vertex in enumerate(row)}
                layer.sort(
                    key=lambda vertex: _middle([position[each] for each in neighbours[vertex]], position[vertex])
                )


def _bundled(links: Iterable[Link]) -> list[Link]:
    """Links of one kind between the same boxes as one, with the labels of all."""
    labels: dict[tuple[str, str, Literal["relation", "inherits"]], list[str]] = {}
    for link in links:
        labels.setdefault((link.source, link.target, link.kind), []).append(link.label)
    return [
        Link(source, target, ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""), kind)
        for (source, target, kind), names in labels.items()
    ]


def _middle(positions: list[int], own: int) -> float:
    return sum(positions) / len(positions) if positions else float(own)


def _without_cycles(count: int, ends: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """The arcs, those turned around that would close a circle."""
    targets: dict[int, list[int]] = defaultdict(list)
    for source, target in ends:
        targets[source].append(target)
    state = [0] * count  # 0 new, 1 on the way, 2 done
    arcs: set[tuple[int, int]] = set()
    for root in range(count):
        stack = [(root, iter(targets[root]))] if state[root] == 0 else []
        state[root] = state[root] or 1
        while stack:
            vertex, rest = stack[-1]
            for target in rest:
                if state[target] == 1:
                    arcs |= {(target, vertex)} if target != vertex else set()
                    continue
                arcs.add((vertex, target))
                if state[target] == 0:
                    state[target] = 1
                    stack.append((target, iter(targets[target])))
                    break
            else:
                state[vertex] = 2
                stack.pop()
    return arcs


def _depths(count: int, arcs: set[tuple[int, int]]) -> list[int]:
    """How many boxes stand above each one, at least."""
    targets: dict[int, list[int]] = defaultdict(list)
    waiting = [0] * count
    for source, target in sorted(arcs):
        targets[source].append(target)
        waiting[target] += 1
    depth = [0] * count
    ready = [vertex for vertex in range(count) if waiting[vertex] == 0]
    for vertex in ready:
        for target in targets[vertex]:
            depth[target] = max(depth[target], depth[vertex] + 1)
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return depth


# --- SVG ---

_CHARACTER, _LINE, _PADDING, _GAP, _LAYER_GAP = 7.2, 17.0, 10.0, 36.0, 64.0
_BEND, _BEND_GAP = 2.0, 14.0
_LABEL_CHARACTER, _LABEL_HEIGHT = 6.0, 11.0
_STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2933}.t{font-weight:700}.b{fill:#fff;stroke:#52606d}"
    ".h{fill:#e4ecf5;stroke:#52606d}.l{fill:none;stroke:#52606d}.i{stroke-dasharray:5 4}.k{fill:#52606d;"
    "font-size:10px;stroke:#fff;stroke-width:3px;paint-order:stroke}"
)


_HEAD = (
    '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L10 5L0 10z" fill="#52606d"/></marker></defs>'
)


class _Rectangle(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    def overlaps(self, other: _Rectangle) -> bool:
        beside = self.x + self.width <= other.x or other.x + other.width <= self.x
        return not (beside or self.y + self.height <= other.y or other.y + other.height <= self.y)


def svg(boxes: Sequence[Box], links: Iterable[Link], *, title: str = "") -> str:
    """
    A picture of its own, to be put into a file or a page.

    Args:
        boxes: The boxes; their texts may hold anything.
        links: The arrows.
        title: What the picture is called by programs that read aloud.

    Returns:
        An `<svg>` element without a document around it.
    """
    graph = _Graph(boxes, list(links))
    sizes = {number: _size(box) for number, box in enumerate(boxes)}
    places = _places(graph, sizes)
    longest = max((_columns(link.label) for link in graph.links), default=0) * _LABEL_CHARACTER
    width = max([longest, *(place.x + place.width for place in places.values())]) + _PADDING
    height = max((place.y + place.height for place in places.values()), default=0) + _PADDING
    size = f'width="{width:.0f}" height="{height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" {size} role="img">',
        f"<title>{_text(title)}</title><style>{_STYLE}</style>",
        _HEAD,
    ]
    leaving: dict[str, int] = defaultdict(int)
    labels = _Labels(width)
    floors: dict[float, float] = defaultdict(float)
    for place in places.values():
        floors[place.y] = max(floors[place.y], place.y + place.height)
    for link, path in zip(graph.links, graph.paths, strict=True):
        leaving[link.source] += 1
        parts.append(_arrow(link, [places[each] for each in path], floors, leaving[link.source], labels))
    parts += [_drawn(box, places[number]) for number, box in enumerate(boxes)]
    return "\n".join([*parts, "</svg>", ""])


def _size(box: Box) -> tuple[float, float]:
    longest = max(_columns(text) for text in (box.title, *box.lines))
    lines = 1 + len(box.lines)
    return longest * _CHARACTER + 2 * _PADDING, lines * _LINE + _PADDING * (2 if box.lines else 1)


def _places(graph: _Graph, sizes: Mapping[int, tuple[float, float]]) -> dict[int, _Rectangle]:
    """Where everything stands: rows centred above each other."""
    room = {vertex: sizes[vertex][0] + _GAP if vertex in sizes else _BEND + _BEND_GAP for vertex in graph.layer_of}
    widths = [sum(room[each] for each in layer) for layer in graph.layers]
    whole = max(widths, default=0)
    places: dict[int, _Rectangle] = {}
    y = _PADDING
    for layer, width in zip(graph.layers, widths, strict=True):
        x = _PADDING + (whole - width) / 2
        tallest = max(sizes.get(each, (0, 0))[1] for each in layer)
        for vertex in layer:
            box_width, box_height = sizes.get(vertex, (_BEND, tallest))
            places[vertex] = _Rectangle(x, y, box_width, box_height)
            x += room[vertex]
        y += tallest + _LAYER_GAP
    return places


class _Labels:
    """
    Where the labels of arrows stand: along their arrow, and on no other label if there is such a place.

    A label that would not fit into the width of the picture stands further to the left.
    """

    def __init__(self, width: float) -> None:
        self._width = width
        self._taken: list[_Rectangle] = []

    def place(
        self, text: str, start: tuple[float, float], end: tuple[float, float], number: int
    ) -> tuple[float, float]:
        """Where the *number*-th label that leaves a box stands; they begin at different heights."""
        places = [
            self._rectangle(text, start, end, 0.25 + 0.2 * ((number + step) % 4) + offset)
            for offset in (0.0, -0.1)
            for step in range(4)
        ]
        found = next((place for place in places if not any(map(place.overlaps, self._taken))), places[0])
        self._taken.append(found)
        return found.x, found.y

    def _rectangle(self, text: str, start: tuple[float, float], end: tuple[float, float], along: float) -> _Rectangle:
        width = _columns(text) * _LABEL_CHARACTER
        x, y = start[0] + (end[0] - start[0]) * along, start[1] + (end[1] - start[1]) * along
        return _Rectangle(min(x, self._width - width), y, width, _LABEL_HEIGHT)


def _arrow(link: Link, path: list[_Rectangle], floors: Mapping[float, float], number: int, labels: _Labels) -> str:
    """
    An arrow.

    Args:
        link: What it stands for.
        path: Its boxes, and its bends between them.
        floors: Where a row begins -> where it ends: below its tallest box, which an arrow must not run through.
        number: The how many-th it is that leaves its box.
        labels: Where labels stand.
    """
    start, end = path[0], path[-1]
    kind = "l i" if link.kind == "inherits" else "l"
    if start is end or len(path) < 2:
        return ""
    if start.y == end.y:
        points = _beside(start, end, floors[start.y])
    else:
        down = end.y > start.y
        upper, lower = (start, end) if down else (end, start)
        below = [(upper.centre, upper.y + upper.height), (upper.centre, floors[upper.y])]
        points = below if down else [(lower.centre, lower.y)]
        for bend in path[1:-1]:
            points += [(bend.centre, bend.y), (bend.centre, bend.y + bend.height)][:: 1 if down else -1]
        points += [(lower.centre, lower.y)] if down else below[::-1]
    points = list(dict.fromkeys(points))
    drawn = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    label = ""
    if link.label:
        is_stub = len(points) > 2 and points[0][0] == points[1][0] and points[1][1] == floors[start.y]
        first = 1 if is_stub else 0
        x, y = labels.place(link.label, points[first], points[first + 1], number)
        label = f'<text class="k" x="{x:.0f}" y="{y:.0f}">{_text(link.label)}</text>'
    return f'<polyline class="{kind}" points="{drawn}" marker-end="url(#a)"/>{label}'


def _beside(start: _Rectangle, end: _Rectangle, floor: float) -> list[tuple[float, float]]:
    """An arc under two boxes of one row, which ends at *floor*."""
    below = floor + _LAYER_GAP / 3
    return [
        (start.centre, start.y + start.height),
        (start.centre, below),
        (end.centre, below),
        (end.centre, end.y + end.height),
    ]


def _drawn(box: Box, place: _Rectangle) -> str:
    x, y, width, height = place
    head = _LINE + _PADDING
    parts = [
        f'<rect class="b" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="4"/>',
        f'<rect class="h" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{head:.0f}" rx="4"/>',
        f'<text class="t" x="{x + _PADDING:.0f}" y="{y + _LINE:.0f}">{_text(box.title)}</text>',
    ]
    for number, line in enumerate(box.lines):
        below = y + head + _LINE * (number + 1) - 3
        parts.append(f'<text x="{x + _PADDING:.0f}" y="{below:.0f}">{_text(line)}</text>')
    drawn = "".join(parts)
    return f"<a href={quoteattr(_printable(box.href))}>{drawn}</a>" if box.href else drawn


def _columns(text: str) -> int:
    """How many columns of a fixed width a text takes: characters of East Asia take two each."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(char) in ("W", "F") else 1 for char in text)


def _printable(text: str) -> str:
    """XML cannot hold most control characters, not even quoted; half surrogates cannot be encoded."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _text(text: str) -> str:
    return escape(_printable(text))
