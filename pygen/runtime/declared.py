"""What generated classes say about the data model: its views, and the properties behind their fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pygen.client.models.ids import ContainerId, DataModelId, NodeId, ViewId
from pygen.runtime.errors import ContractError
from pygen.runtime.lazy import Edges

if TYPE_CHECKING:
    from pygen.runtime.base import PygenResource, PygenWrite

__all__ = ["CONTRACT", "EdgeProp", "FilterOp", "ModelInfo", "Prop", "PropKind", "PropSpec", "ViewInfo"]

CONTRACT = 2
"""Version of what generated code may expect of this package; a mismatch is a `ContractError`."""

FilterOp: TypeAlias = Literal["is", "min", "max", "prefix"]

PropKind: TypeAlias = Literal["int32", "float32"]
"""What a number is stored as where that is less than `int64` and `float64`."""


class ModelInfo:
    """
    The data model that an SDK was generated from.

    Args:
        data_model: The data model.
        contract: The version of this package's contract that the code was generated for.
        instance_space: Where instances are written that name no space.

    Raises:
        ContractError: The code was generated for another contract.
    """

    __slots__ = ("contract", "data_model", "instance_space")

    def __init__(self, data_model: DataModelId, *, contract: int, instance_space: str | None = None) -> None:
        if contract != CONTRACT:
            raise ContractError(str(data_model), contract, CONTRACT)
        self.data_model = data_model
        self.contract = contract
        self.instance_space = instance_space

    def __repr__(self) -> str:
        return f"ModelInfo({self.data_model!r}, contract={self.contract}, instance_space={self.instance_space!r})"


class ViewInfo:
    """
    The view behind a generated class.

    Args:
        view: The view.
        used_for: What kind of instance the view reads.
        node_type: The type that written nodes get.
        parents: The views that it implements.
        containers: Where the view's values are stored, if in several places. A new instance gets a row in each, since
            the view shows only instances that have all of them (dms-api.md 9.6).
        filters: Keyword filters whose names differ from the rule (`x`, `min_x`, `max_x`, `x_prefix`): the field and
            what is compared.
        filter: The view's own filter in the form of the wire: which instances are seen through it. None where it has
            none; then they are those with data in all its containers (dms-api.md 3).

    Attributes:
        resource: The class of instances that are read.
        write: The class of instances that are written; None when nothing can be written through the view.
    """

    __slots__ = ("containers", "filter", "filters", "node_type", "parents", "resource", "used_for", "view", "write")

    def __init__(
        self,
        view: ViewId,
        *,
        used_for: Literal["node", "edge", "all"] = "node",
        node_type: NodeId | None = None,
        parents: tuple[ViewId, ...] = (),
        containers: tuple[ContainerId, ...] = (),
        filters: Mapping[str, tuple[str, FilterOp]] | None = None,
        filter: Mapping[str, Any] | str | None = None,  # noqa: A002 -- as DMS calls it
    ) -> None:
        self.view = view
        self.used_for = used_for
        self.node_type = node_type
        self.parents = parents
        self.containers = containers
        self.filters: Mapping[str, tuple[str, FilterOp]] = filters or {}
        self.filter: Mapping[str, Any] | None = json.loads(filter) if isinstance(filter, str) else filter
        self.resource: type[PygenResource] | None = None
        self.write: type[PygenWrite] | None = None

    @property
    def key(self) -> str:
        """The view's key in an instance's properties: `WindTurbine/v1`."""
        return f"{self.view.external_id}/{self.view.version}"

    def path(self, name: str) -> list[str]:
        """The view's property *name* as filters and sort keys name it."""
        return [self.view.space, self.key, name]

    def __repr__(self) -> str:
        return f"ViewInfo({self.view!r})"


class PropSpec:
    """A property as a generated class declares it."""

    __slots__ = ("default", "edges", "kind", "name", "unit")

    def __init__(
        self,
        name: str,
        default: Any,
        unit: str | None = None,
        edges: Edges | None = None,
        kind: PropKind | None = None,
    ) -> None:
        self.name = name
        self.default = default
        self.unit = unit
        self.edges = edges
        self.kind = kind


def Prop(name: str, default: Any = ..., *, unit: str | None = None, kind: PropKind | None = None) -> Any:  # noqa: N802 -- reads as a type, like Field
    """
    Declare a field that holds a property of the view.

    Args:
        name: The property's identifier in DMS.
        default: The value when the service has none. Written as a keyword, since type checkers know it only so.
        unit: The unit the value is stored in, e.g. `power:megaw`.
        kind: How a number is stored, where that is not `int64` or `float64`.
    """
    return PropSpec(name, default, unit, kind=kind)


def EdgeProp(name: str, edges: Edges, default: Any = None) -> Any:  # noqa: N802 -- reads as a type, like Field
    """
    Declare a field of a write class whose values become edges.

    Args:
        name: The connection's identifier in DMS.
        edges: Type and direction of the edges.
        default: None. Written as a keyword, since type checkers know it only so.
    """
    return PropSpec(name, default, edges=edges)
