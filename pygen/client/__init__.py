"""
How to speak the Data Modeling Service: HTTP, authentication, paging, wire models. Knows no generated type.

Names are imported when they are used: the identifiers of `pygen.client.models.ids`, which generation needs, must not
load the HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygen.client.audit import AuditLog as AuditLog
    from pygen.client.audit import AuditRecord as AuditRecord
    from pygen.client.auth import Credentials as Credentials
    from pygen.client.auth import Token as Token
    from pygen.client.core import AsyncPygenClient as AsyncPygenClient
    from pygen.client.core import PygenClient as PygenClient
    from pygen.client.events import AbandonEvent as AbandonEvent
    from pygen.client.events import CallInfo as CallInfo
    from pygen.client.events import DmsVetoError as DmsVetoError
    from pygen.client.events import ErrorEvent as ErrorEvent
    from pygen.client.events import Hook as Hook
    from pygen.client.events import RequestEvent as RequestEvent
    from pygen.client.events import ResponseEvent as ResponseEvent
    from pygen.client.events import RetryEvent as RetryEvent
    from pygen.client.exceptions import DmsApplyError as DmsApplyError
    from pygen.client.exceptions import DmsAuthError as DmsAuthError
    from pygen.client.exceptions import DmsConflictError as DmsConflictError
    from pygen.client.exceptions import DmsCursorExpiredError as DmsCursorExpiredError
    from pygen.client.exceptions import DmsError as DmsError
    from pygen.client.exceptions import DmsGraphQLError as DmsGraphQLError
    from pygen.client.exceptions import DmsInputError as DmsInputError
    from pygen.client.exceptions import DmsRateLimitError as DmsRateLimitError
    from pygen.client.exceptions import DmsRequestError as DmsRequestError
    from pygen.client.exceptions import DmsTransportError as DmsTransportError
    from pygen.client.exceptions import InputProblem as InputProblem
    from pygen.client.http import ClientOptions as ClientOptions
    from pygen.client.http import Connections as Connections
    from pygen.client.limits import Limits as Limits
    from pygen.client.models.ids import ContainerId as ContainerId
    from pygen.client.models.ids import DataModelId as DataModelId
    from pygen.client.models.ids import EdgeId as EdgeId
    from pygen.client.models.ids import NodeId as NodeId
    from pygen.client.models.ids import ViewId as ViewId
    from pygen.client.oauth import OAuthClientCredentials as OAuthClientCredentials
    from pygen.client.oauth import OAuthDeviceCode as OAuthDeviceCode
    from pygen.client.oauth import OAuthInteractive as OAuthInteractive
    from pygen.client.otel import OpenTelemetryHook as OpenTelemetryHook
    from pygen.client.paging import AsyncListing as AsyncListing
    from pygen.client.paging import Listing as Listing
    from pygen.client.paging import Page as Page
    from pygen.client.request_log import RequestLog as RequestLog
    from pygen.client.resources.containers import InvolvedViews as InvolvedViews
    from pygen.client.resources.containers import SubObject as SubObject
    from pygen.client.resources.instance_calls import QueryResult as QueryResult
    from pygen.client.resources.instance_calls import Records as Records
    from pygen.client.results import ApplyProgress as ApplyProgress
    from pygen.client.results import ApplyResult as ApplyResult
    from pygen.client.results import ItemResult as ItemResult
    from pygen.client.results import ItemStatus as ItemStatus
    from pygen.client.retry import RetryPolicy as RetryPolicy

_MODULES = {
    "audit": ("AuditLog", "AuditRecord"),
    "auth": ("Credentials", "Token"),
    "core": ("AsyncPygenClient", "PygenClient"),
    "events": (
        "AbandonEvent",
        "CallInfo",
        "DmsVetoError",
        "ErrorEvent",
        "Hook",
        "RequestEvent",
        "ResponseEvent",
        "RetryEvent",
    ),
    "exceptions": (
        "DmsApplyError",
        "DmsAuthError",
        "DmsConflictError",
        "DmsCursorExpiredError",
        "DmsError",
        "DmsGraphQLError",
        "DmsInputError",
        "DmsRateLimitError",
        "DmsRequestError",
        "DmsTransportError",
        "InputProblem",
    ),
    "http": ("ClientOptions", "Connections"),
    "limits": ("Limits",),
    "models.ids": ("ContainerId", "DataModelId", "EdgeId", "NodeId", "ViewId"),
    "oauth": ("OAuthClientCredentials", "OAuthDeviceCode", "OAuthInteractive"),
    "otel": ("OpenTelemetryHook",),
    "paging": ("AsyncListing", "Listing", "Page"),
    "request_log": ("RequestLog",),
    "resources.containers": ("InvolvedViews", "SubObject"),
    "resources.instance_calls": ("QueryResult", "Records"),
    "results": ("ApplyProgress", "ApplyResult", "ItemResult", "ItemStatus"),
    "retry": ("RetryPolicy",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AbandonEvent",
    "ApplyProgress",
    "ApplyResult",
    "AsyncListing",
    "AsyncPygenClient",
    "AuditLog",
    "AuditRecord",
    "CallInfo",
    "ClientOptions",
    "Connections",
    "ContainerId",
    "Credentials",
    "DataModelId",
    "DmsApplyError",
    "DmsAuthError",
    "DmsConflictError",
    "DmsCursorExpiredError",
    "DmsError",
    "DmsGraphQLError",
    "DmsInputError",
    "DmsRateLimitError",
    "DmsRequestError",
    "DmsTransportError",
    "DmsVetoError",
    "EdgeId",
    "ErrorEvent",
    "Hook",
    "InputProblem",
    "InvolvedViews",
    "ItemResult",
    "ItemStatus",
    "Limits",
    "Listing",
    "NodeId",
    "OAuthClientCredentials",
    "OAuthDeviceCode",
    "OAuthInteractive",
    "OpenTelemetryHook",
    "Page",
    "PygenClient",
    "QueryResult",
    "Records",
    "RequestEvent",
    "RequestLog",
    "ResponseEvent",
    "RetryEvent",
    "RetryPolicy",
    "SubObject",
    "Token",
    "ViewId",
]

if not TYPE_CHECKING:  # a module that shows __getattr__ to type checkers accepts any name

    def __getattr__(name: str) -> object:
        module = _HOMES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{module}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
