"""
The data model of an SDK as a picture: its classes, their fields and relations.

Made from the generated classes alone; the service is not asked. A reverse relation and the direct one that it reads are
one arrow, and so are the two ends of an edge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from pygen.client.models.ids import ViewId
from pygen.diagram import Box, Link, mermaid, svg
from pygen.runtime.base import PygenResource
from pygen.runtime.lazy import Direct, Edges, Relation, Reverse
from pygen.runtime.registry import resource_classes

__all__ = ["Diagram", "DiagramFormat", "ViewRef", "draw"]

DiagramFormat: TypeAlias = Literal["svg", "mermaid"]
"""How a notebook shows a diagram."""

ViewRef: TypeAlias = type[PygenResource] | ViewId | str
"""A view: its class, its identifier, the name of its class, or of the client's attribute."""

_SUFFIXES = {".svg": "svg", ".html": "html", ".md": "markdown", ".mmd": "mermaid", ".mermaid": "mermaid"}


class Diagram:
    """
    A data model as boxes and arrows; notebooks show it.

    Args:
        title: What it is called.
        boxes: The classes.
        links: Relations and inheritance.
        format: How notebooks show it.
    """

    def __init__(self, title: str, boxes: Sequence[Box], links: Sequence[Link], format: DiagramFormat) -> None:  # noqa: A002 -- what pygen calls it everywhere
        self._title = title
        self._boxes = boxes
        self._links = links
        self._format = format

    @cached_property
    def svg(self) -> str:
        """The picture, as an `<svg>` element."""
        return svg(self._boxes, self._links, title=self._title)

    @cached_property
    def mermaid(self) -> str:
        """The same in Mermaid's language, e.g. for a README."""
        return mermaid(self._boxes, self._links)

    def save(self, path: str | Path) -> Path:
        """
        Write the diagram to a file, as the end of its name says: `.svg`, `.html`, `.md` or `.mmd`.

        Args:
            path: Where; a file that is there is replaced.

        Returns:
            The path.

        Raises:
            ValueError: The name has another ending.
        """
        target = Path(path)
        kind = _SUFFIXES.get(target.suffix.lower())
        if kind is None:
            raise ValueError(f"cannot tell the format of {target.name!r}; names end with {', '.join(_SUFFIXES)}")
        title = escape(self._title)
        text = {
            "svg": lambda: self.svg,
            "html": lambda: f'<!doctype html><meta charset="utf-8"><title>{title}</title>\n{self.svg}',
            "markdown": lambda: self._fenced,
            "mermaid": lambda: self.mermaid,
        }[kind]()
        target.write_text(text, encoding="utf-8", newline="\n")
        return target

    @property
    def _fenced(self) -> str:
        return f"```mermaid\n{self.mermaid}```\n"

    def _repr_svg_(self) -> str | None:
        return self.svg if self._format == "svg" else None

    def _repr_html_(self) -> str | None:
        if self._format != "svg":
            return None
        return f'<div style="overflow:auto;max-height:50em;background:#fff;padding:.5em">{self.svg}</div>'

    def _repr_markdown_(self) -> str | None:
        return self._fenced if self._format == "mermaid" else None

    def __repr__(self) -> str:
        return f"<Diagram of {self._title}: {len(self._boxes)} views; save('model.svg') writes it to a file>"


def draw(
    client: type[Any],
    views: Iterable[ViewRef],
    format: DiagramFormat,  # noqa: A002 -- what pygen calls it everywhere
) -> Diagram:
    """
    Draw the data model of a client.

    Args:
        client: The class of the client.
        views: The views that are drawn; none: all of them.
        format: How notebooks show it.

    Raises:
        ValueError: A view or the format is unknown.
    """
    if format not in get_args(DiagramFormat):
        raise ValueError(f"a diagram is shown as {' or '.join(get_args(DiagramFormat))}, not as {format!r}")
    classes = resource_classes(client.__module__)
    chosen = _chosen(client, classes, list(views))
    picture = _Picture(chosen)
    return Diagram(str(client.__pygen__.data_model), picture.boxes(), picture.links(), format)


def _chosen(
    client: type[Any], classes: Sequence[type[PygenResource]], views: Sequence[ViewRef]
) -> list[type[PygenResource]]:
    """The classes that were asked for, in the order of the model."""
    if not views:
        return list(classes)
    names: dict[object, type[PygenResource]] = {}
    for kind in classes:
        names |= {kind: kind, kind.__name__: kind, kind.__pygen__.view: kind, kind.__pygen__.view.external_id: kind}
    wanted: set[type[PygenResource]] = set()
    for view in views:
        found = names.get(view)
        if found is None and isinstance(view, str):
            from pygen.runtime.notebook import view_apis

            api = view_apis(client).get(view)
            found = None if api is None else api.resource
        if found is None:
            raise ValueError(f"{client.__name__} has no view {_said(view)}{_hint(view, names)}")
        wanted.add(found)
    return [kind for kind in classes if kind in wanted]


def _said(view: object) -> str:
    return view.__name__ if isinstance(view, type) else repr(view) if isinstance(view, str) else str(view)


def _hint(view: object, names: Iterable[object]) -> str:
    from difflib import get_close_matches

    known = sorted({name for name in names if isinstance(name, str)})
    close = get_close_matches(view, known, n=3) if isinstance(view, str) else []
    return f"; did you mean {' or '.join(close)}?" if close else ""


class _Arrow(NamedTuple):
    """
    A relation between two classes that are drawn.

    Attributes:
        source: Where the arrow starts.
        target: Where it ends.
        label: What it is called at either end.
    """

    source: type[PygenResource]
    target: type[PygenResource]
    label: str


class _Picture:
    """What is drawn of some classes."""

    def __init__(self, classes: Sequence[type[PygenResource]]) -> None:
        self._classes = classes
        self._drawn = set(classes)
        self._ends = {kind: list(self._own_relations(kind)) for kind in classes}

    def boxes(self) -> list[Box]:
        """A box for each class."""
        return [Box(self._id(kind), kind.__name__, tuple(self._lines(kind))) for kind in self._classes]

    def links(self) -> list[Link]:
        """The arrows."""
        relations = [Link(self._id(one.source), self._id(one.target), one.label) for one in self._arrows()]
        parents = [
            Link(self._id(kind), self._id(parent), kind="inherits")
            for kind in self._classes
            for parent in self._parents(kind)
        ]
        return [*parents, *relations]

    @staticmethod
    def _id(kind: type[PygenResource]) -> str:
        return str(kind.__pygen__.view)

    def _parents(self, kind: type[PygenResource]) -> list[type[PygenResource]]:
        """The drawn classes that a class inherits from, in Python or in the model, the nearest of each line."""
        views = {view for base in kind.__mro__ if (info := base.__dict__.get("__pygen__")) for view in info.parents}
        drawn = [each for each in self._classes if each is not kind and self._inherits(kind, each, views)]
        return [base for base in drawn if not any(issubclass(other, base) for other in drawn if other is not base)]

    @staticmethod
    def _inherits(kind: type[PygenResource], other: type[PygenResource], views: Collection[ViewId]) -> bool:
        return issubclass(kind, other) or other.__pygen__.view in views

    def _is_shown_above(self, kind: type[PygenResource], name: str) -> bool:
        """Whether a parent that is drawn has the field or relation already, unchanged."""
        return any(
            base in self._drawn and name in {*base.__pygen_props__, *base.__pygen_relations__}
            for base in kind.__mro__[1:]
            if issubclass(base, PygenResource)
        ) and name not in {*kind.__dict__.get("__pygen_own__", {}), *kind.__dict__}

    def _own_relations(self, kind: type[PygenResource]) -> Iterator[Relation]:
        for name, relation in kind.__pygen_relations__.items():
            if not self._is_shown_above(kind, name):
                yield relation

    def _lines(self, kind: type[PygenResource]) -> Iterator[str]:
        """The fields of a class, and the relations that no arrow can show."""
        stored = {
            relation.spec.field for relation in kind.__pygen_relations__.values() if isinstance(relation.spec, Direct)
        }
        kind.model_rebuild()
        for name in kind.__pygen_props__:
            if name not in stored and not self._is_shown_above(kind, name):
                yield f"{name}: {type_words(kind.__pydantic_fields__[name].annotation)}"
        for relation in self._ends[kind]:
            target = relation.target
            if target not in self._drawn or target is kind:
                yield f"{relation.name}: {f'list[{target.__name__}]' if relation.many else target.__name__}"

    # --- arrows ---

    def _arrows(self) -> list[_Arrow]:
        """The relations, each once."""
        arrows: dict[object, _Arrow] = {}
        for kind, relations in self._ends.items():
            for relation in relations:
                if not isinstance(relation.spec, Reverse):
                    self._add(arrows, kind, relation)
        for kind, relations in self._ends.items():
            for relation in relations:
                if isinstance(relation.spec, Reverse):
                    self._add(arrows, kind, relation)
        return [arrow for arrow in arrows.values() if arrow.source is not arrow.target]

    def _add(self, arrows: dict[object, _Arrow], kind: type[PygenResource], relation: Relation) -> None:
        """Add a relation, or its name to the arrow of its other end."""
        target = relation.target
        if target not in self._drawn:
            return
        spec, label = relation.spec, self._label(relation)
        key: object
        if isinstance(spec, Edges):
            inwards = spec.direction == "inwards"
            source, target = (target, kind) if inwards else (kind, target)
            key = (spec.type, frozenset((source, target)))
        elif isinstance(spec, Direct):
            source, key = kind, (kind, relation.name)
        else:
            source, target = target, kind
            key = self._direct_end(relation, source)
        other = arrows.get(key)
        if other is not None:
            ends = (label, other.label) if kind is other.source else (other.label, label)
            label = " / ".join(ends)
        arrows[key] = _Arrow(source, target, label) if other is None else other._replace(label=label)

    @staticmethod
    def _label(relation: Relation) -> str:
        return (
            f"{relation.name}{' *' if relation.many else ''}{f' ({relation.edge.__name__})' if relation.linked else ''}"
        )

    def _direct_end(self, reverse: Relation, source: type[PygenResource]) -> object:
        """The key of the direct relation that a reverse one reads, of the class that is drawn to have it."""
        assert isinstance(reverse.spec, Reverse)
        for base in source.__mro__:
            for relation in self._ends.get(base, ()):
                spec = relation.spec
                if isinstance(spec, Direct) and source.__pygen_props__[spec.field].name == reverse.spec.property:
                    return base, relation.name
        return reverse.owner, reverse.name


def type_words(annotation: Any) -> str:
    """A type as a box shows it: short, and without `None`, which nearly all fields may be."""
    arguments = [each for each in get_args(annotation) if each is not type(None)]
    origin = getattr(annotation, "__origin__", None)
    if origin is list:
        return f"list[{type_words(arguments[0])}]"
    if origin is dict or annotation is dict:
        return "JSON"
    if origin is Literal:
        return "enum"
    if arguments:
        words = list(dict.fromkeys(type_words(each) for each in arguments))
        return "enum" if "enum" in words else " | ".join(words)
    return getattr(annotation, "__name__", "JSON")
