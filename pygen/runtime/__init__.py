"""
What generated Python is made of.

Generated packages import this package and nothing else of ours; `__all__` is what they may use, and `CONTRACT`
versions it.
"""

from pygen.client.exceptions import (
    DmsAuthError,
    DmsError,
    DmsRateLimitError,
    DmsRequestError,
    DmsTransportError,
)
from pygen.client.models.ids import ContainerId, DataModelId, EdgeId, NodeId, ViewId
from pygen.runtime.base import (
    CONTRACT,
    EdgeProp,
    ModelInfo,
    Node,
    Prop,
    PygenEdge,
    PygenEdgeWrite,
    PygenResource,
    PygenWrite,
    ViewInfo,
)
from pygen.runtime.errors import (
    ContractError,
    DecodeError,
    DetachedError,
    MultipleFoundError,
    NotFoundError,
    NotWritableError,
    RelationNotLoadedError,
    SdkError,
    UpsertError,
)
from pygen.runtime.filters import EdgeFilters, Filter, InstanceFilters
from pygen.runtime.lazy import (
    Api,
    Direct,
    Edges,
    Link,
    PygenRelation,
    Reverse,
    ToMany,
    ToManyLinks,
    ToOne,
    ToOneLink,
    lazy_package,
)
from pygen.runtime.pagination import ResultPage
from pygen.runtime.query import AsyncQuery, Query
from pygen.runtime.references import LinkInput, LinkWrite, NodeInput, NodeRef, OneOrMany
from pygen.runtime.sdk import AsyncSdkClient, AsyncViewAPI, SdkClient, ViewAPI
from pygen.runtime.serialization import UpsertedItem, UpsertResult

__all__ = [
    "CONTRACT",
    "Api",
    "AsyncQuery",
    "AsyncSdkClient",
    "AsyncViewAPI",
    "ContainerId",
    "ContractError",
    "DataModelId",
    "DecodeError",
    "DetachedError",
    "Direct",
    "DmsAuthError",
    "DmsError",
    "DmsRateLimitError",
    "DmsRequestError",
    "DmsTransportError",
    "EdgeFilters",
    "EdgeId",
    "EdgeProp",
    "Edges",
    "Filter",
    "InstanceFilters",
    "Link",
    "LinkInput",
    "LinkWrite",
    "ModelInfo",
    "MultipleFoundError",
    "Node",
    "NodeId",
    "NodeInput",
    "NodeRef",
    "NotFoundError",
    "NotWritableError",
    "OneOrMany",
    "Prop",
    "PygenEdge",
    "PygenEdgeWrite",
    "PygenRelation",
    "PygenResource",
    "PygenWrite",
    "Query",
    "RelationNotLoadedError",
    "ResultPage",
    "Reverse",
    "SdkClient",
    "SdkError",
    "ToMany",
    "ToManyLinks",
    "ToOne",
    "ToOneLink",
    "UpsertError",
    "UpsertResult",
    "UpsertedItem",
    "ViewAPI",
    "ViewId",
    "ViewInfo",
    "lazy_package",
]
