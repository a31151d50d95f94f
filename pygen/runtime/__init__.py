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
from pygen.runtime.aggregating import Bucket, Group
from pygen.runtime.base import Node, PygenEdge, PygenEdgeWrite, PygenResource, PygenWrite
from pygen.runtime.cache import ResultCache
from pygen.runtime.columns import Aggregate, Choice, Column, Maybe, MaybeChoice, SortKey, Value
from pygen.runtime.declared import CONTRACT, EdgeProp, ModelInfo, Prop, ViewInfo
from pygen.runtime.errors import (
    ContractError,
    CursorExpiredError,
    DecodeError,
    DetachedError,
    MultipleFoundError,
    NotFoundError,
    NotSelectedError,
    NotWritableError,
    RelationNotLoadedError,
    SdkError,
    TooManyGroupsError,
    UpsertError,
)
from pygen.runtime.external_ids import ExternalIds, sha256_ids, uuid_ids
from pygen.runtime.figures import AsyncGroups, Groups
from pygen.runtime.filters import Filter
from pygen.runtime.keywords import EdgeFilters, InstanceFilters
from pygen.runtime.lazy import (
    Api,
    Direct,
    Edges,
    Link,
    Reverse,
    ToMany,
    ToManyLinks,
    ToOne,
    ToOneLink,
    lazy_package,
)
from pygen.runtime.query import AsyncQuery, Query
from pygen.runtime.references import LinkInput, LinkWrite, NodeInput, NodeRef, OneOrMany
from pygen.runtime.related import PygenRelation
from pygen.runtime.results import ResultPage, Results
from pygen.runtime.retrieving import Absence, Retrieved
from pygen.runtime.sdk import AsyncSdkClient, AsyncViewAPI, SdkClient, ViewAPI
from pygen.runtime.searching import AsyncSearch, Search
from pygen.runtime.session import SdkOptions
from pygen.runtime.spec import Where
from pygen.runtime.syncing import AsyncSync, Change, FeedOptions, FeedPage, Sync
from pygen.runtime.upsert_results import UpsertedItem, UpsertPreview, UpsertResult
from pygen.runtime.upserting import UpsertOptions
from pygen.runtime.values import AsyncValues, Values

__all__ = [
    "CONTRACT",
    "Absence",
    "Aggregate",
    "Api",
    "AsyncGroups",
    "AsyncQuery",
    "AsyncSdkClient",
    "AsyncSearch",
    "AsyncSync",
    "AsyncValues",
    "AsyncViewAPI",
    "Bucket",
    "Change",
    "Choice",
    "Column",
    "ContainerId",
    "ContractError",
    "CursorExpiredError",
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
    "ExternalIds",
    "FeedOptions",
    "FeedPage",
    "Filter",
    "Group",
    "Groups",
    "InstanceFilters",
    "Link",
    "LinkInput",
    "LinkWrite",
    "Maybe",
    "MaybeChoice",
    "ModelInfo",
    "MultipleFoundError",
    "Node",
    "NodeId",
    "NodeInput",
    "NodeRef",
    "NotFoundError",
    "NotSelectedError",
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
    "ResultCache",
    "ResultPage",
    "Results",
    "Retrieved",
    "Reverse",
    "SdkClient",
    "SdkError",
    "SdkOptions",
    "Search",
    "SortKey",
    "Sync",
    "ToMany",
    "ToManyLinks",
    "ToOne",
    "ToOneLink",
    "TooManyGroupsError",
    "UpsertError",
    "UpsertOptions",
    "UpsertPreview",
    "UpsertResult",
    "UpsertedItem",
    "Value",
    "Values",
    "ViewAPI",
    "ViewId",
    "ViewInfo",
    "Where",
    "lazy_package",
    "sha256_ids",
    "uuid_ids",
]
