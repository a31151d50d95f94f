"""
The decisions about a whole SDK: every name, and which class inherits from which.

What is decided here depends on the interfaces of the views only (identifiers, types, nullability, `implements`,
`usedFor`, writable), never on their texts. Each view's file is then built from its `ViewSlice` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pygen.client.models.ids import DataModelId, ViewId
from pygen.errors import ConfigError
from pygen.generation.base import Ledger, TargetOptions
from pygen.generation.naming import Identifier, former_key
from pygen.generation.python.heritage import Heritage
from pygen.generation.python.names import KEYWORDS
from pygen.generation.python.sdk_names import ClassNames, ViewNames, collect_ledger, name_classes, name_view
from pygen.ir.models import EdgeConnection, IRClass, IRMember, IRModel, IRRelationship

__all__ = ["BaseView", "SdkPlan", "ViewSlice", "plan_sdk"]


class BaseView(NamedTuple):
    """An ancestor that the class of a view inherits from."""

    view: IRClass
    names: ViewNames
    class_names: ClassNames
    members: Mapping[str, IRMember]

    def find(self, member: str) -> IRMember | None:
        """The ancestor's property of that identifier; None when it has none."""
        return self.members.get(member)


class ViewSlice(NamedTuple):
    """
    Everything that the file of a view is built from.

    Attributes:
        model: The data model that the SDK is of.
        view: The view.
        names: The names within it.
        class_names: Its names in the SDK.
        bases: The ancestors that its class inherits from, in order; none: it stands alone.
        write_bases: Those of `bases` whose write class its write class inherits from.
        filter_base: The one of `bases` whose filters its filters extend; None: they stand alone.
        targets: The interfaces of the views that its relations lead to, and of the edges on the way.
    """

    model: DataModelId
    view: IRClass
    names: ViewNames
    class_names: ClassNames
    bases: tuple[BaseView, ...]
    write_bases: tuple[BaseView, ...]
    filter_base: BaseView | None
    targets: Mapping[ViewId, ClassNames]

    @property
    def is_edge(self) -> bool:
        """Whether the view's instances are edges, and nothing else."""
        return self.view.used_for == "edge"


class SdkPlan(NamedTuple):
    """
    The plan of an SDK.

    Attributes:
        client: Name of the synchronous client.
        async_client: Name of the asynchronous client.
        classes: The names of each view in the SDK, sorted by view.
        slices: What each file is built from, sorted by view.
        ledger: All names given.
    """

    client: Identifier
    async_client: Identifier
    classes: Mapping[ViewId, ClassNames]
    slices: Mapping[ViewId, ViewSlice]
    ledger: Ledger


def plan_sdk(model: IRModel, options: TargetOptions, ledger: Ledger) -> SdkPlan:
    """
    Name everything and decide who inherits from whom.

    Raises:
        ConfigError: The client's name is no identifier.
    """
    views = {cls.id: cls for cls in sorted(model.classes, key=lambda cls: cls.id)}
    try:
        client = Identifier(options.client_name, KEYWORDS)
    except ValueError as error:
        raise ConfigError(f"the client cannot be called {options.client_name!r}", key="client_name") from error
    async_client = Identifier(f"Async{client}", KEYWORDS)
    present = {str(view) for view in views}
    classes = name_classes(views, (client, async_client), ledger, present)
    names: dict[ViewId, ViewNames] = {}
    for cls in _parents_first(views):
        parents = [names[parent] for parent in cls.parents if parent in names]
        names[cls.id] = name_view(cls, parents, ledger, former_key(ledger, cls.id, present))
    heritage = Heritage(views, names)
    bases = {view: BaseView(cls, names[view], classes[view], heritage.members[view]) for view, cls in views.items()}
    slices: dict[ViewId, ViewSlice] = {}
    for view, cls in views.items():
        filter_base = heritage.filter_base(view)
        slices[view] = ViewSlice(
            model=model.id,
            view=cls,
            names=names[view],
            class_names=classes[view],
            bases=tuple(bases[base] for base in heritage.read[view]),
            write_bases=tuple(bases[base] for base in heritage.write[view]),
            filter_base=bases[filter_base] if filter_base is not None else None,
            targets={target: classes[target] for target in _pointed_at(cls) if target in classes},
        )
    return SdkPlan(client, async_client, classes, slices, collect_ledger(views, classes, names))


def _pointed_at(cls: IRClass) -> list[ViewId]:
    found: set[ViewId] = set()
    for member in cls.members:
        if isinstance(member, IRRelationship):
            if member.target is not None:
                found.add(member.target)
            if isinstance(member.connection, EdgeConnection) and member.connection.edge_view is not None:
                found.add(member.connection.edge_view)
    return sorted(found)


def _parents_first(views: Mapping[ViewId, IRClass]) -> Iterator[IRClass]:
    seen: set[ViewId] = set()

    def visit(view: ViewId) -> Iterator[IRClass]:
        if view in seen or view not in views:
            return
        seen.add(view)
        for parent in views[view].parents:
            yield from visit(parent)
        yield views[view]

    for view in views:
        yield from visit(view)
