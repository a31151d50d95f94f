"""The body of `POST /models/instances` (dms-api.md 4.1)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field

from pygen.sandbox.instance_rows import InstanceKey, InstanceName
from pygen.sandbox.problems import Refusal, constraint_violations
from pygen.sandbox.schema_rows import quoted
from pygen.sandbox.shapes import Shape
from pygen.sandbox.values import Link
from pygen.sandbox.write_plans import SourceKey

__all__ = ["InstanceReference", "Item", "Source", "SourceReference", "Writes"]

MOST_ITEMS = 1000


class InstanceReference(Shape):
    """An instance that another one leads to."""

    space: str
    external_id: InstanceName

    def as_link(self) -> Link:
        """The same as a value."""
        return Link(self.space, self.external_id)


class SourceReference(Shape):
    """A view or a container."""

    type: Literal["view", "container"]
    space: str
    external_id: str
    version: str | None = None

    def check(self, where: str) -> None:
        """
        See that views have a version, and containers have none.

        Raises:
            Refusal: It is otherwise.
        """
        if self.type == "view" and self.version is None:
            raise Refusal(f"{where}.version must not be null")
        if self.type == "container" and self.version is not None:
            raise Refusal(f"Unexpected field - {where}.version")


class Source(Shape):
    """Properties, and the view or container that they are written through."""

    source: SourceReference
    properties: dict[str, Any] | None = None

    def key(self) -> SourceKey:
        """The view or container."""
        return self.source.space, self.source.external_id, self.source.version


class Item(Shape):
    """A node or an edge to write."""

    instance_type: Literal["node", "edge"]
    space: str
    external_id: InstanceName
    existing_version: int | None = None
    type: InstanceReference | None = None
    start_node: InstanceReference | None = None
    end_node: InstanceReference | None = None
    sources: Annotated[list[Source], Field(max_length=100)] | None = None

    def check(self, where: str) -> None:
        """
        See that nodes have no ends, that edges have both and a type, and that sources are in order.

        Raises:
            Refusal: It is otherwise.
        """
        for place, source in enumerate(self.sources or ()):
            source.source.check(f"{where}.sources[{place}].source")
        ends = {"startNode": self.start_node, "endNode": self.end_node}
        if self.instance_type == "node":
            for name, end in ends.items():
                if end is not None:
                    raise Refusal(f"Unexpected field - {where}.{name}")
            return
        for name, end in {"type": self.type, **ends}.items():
            if end is None:
                raise Refusal(f"{where}.{name} must not be null")


class Writes(Shape):
    """A request."""

    items: Annotated[list[Item], Field(max_length=MOST_ITEMS)]
    delete: Annotated[list[InstanceKey], Field(max_length=MOST_ITEMS)] | None = None
    auto_create_start_nodes: bool | None = None
    auto_create_end_nodes: bool | None = None
    auto_create_direct_relations: bool | None = None
    skip_on_version_conflict: bool | None = None
    replace: bool | None = None

    def check(self) -> None:
        """
        See to what holds for the request as a whole.

        Raises:
            Refusal: It has nothing or too much to do, or says two things of one instance.
        """
        number = len(self.items) + len(self.delete or ())
        if not 0 < number <= MOST_ITEMS:
            raise constraint_violations([f"items size must be between 1 and {MOST_ITEMS}"])
        for place, item in enumerate(self.items):
            item.check(f"items[{place}]")
        keys = Counter((each.space, each.external_id) for each in (*self.items, *(self.delete or ())))
        if len(keys) < number:
            twice = [f"{space}:{external_id}" for (space, external_id), count in keys.items() if count > 1]
            raise Refusal(f"The same instance must not occur twice in a request: {quoted(twice[:10])}.")
