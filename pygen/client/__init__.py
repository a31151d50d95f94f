"""
How to speak the Data Modeling Service: HTTP, authentication, paging, wire models. Knows no generated type.

Names are imported when they are used: the identifiers of `pygen.client.models.ids`, which generation needs, must not
load the HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygen.client.auth import Credentials as Credentials
    from pygen.client.auth import Token as Token
    from pygen.client.core import AsyncPygenClient as AsyncPygenClient
    from pygen.client.core import PygenClient as PygenClient
    from pygen.client.exceptions import DmsAuthError as DmsAuthError
    from pygen.client.exceptions import DmsError as DmsError
    from pygen.client.exceptions import DmsRateLimitError as DmsRateLimitError
    from pygen.client.exceptions import DmsRequestError as DmsRequestError
    from pygen.client.exceptions import DmsTransportError as DmsTransportError
    from pygen.client.http import RetryPolicy as RetryPolicy

__all__ = [
    "AsyncPygenClient",
    "Credentials",
    "DmsAuthError",
    "DmsError",
    "DmsRateLimitError",
    "DmsRequestError",
    "DmsTransportError",
    "PygenClient",
    "RetryPolicy",
    "Token",
]

_MODULES = {
    "AsyncPygenClient": "core",
    "Credentials": "auth",
    "DmsAuthError": "exceptions",
    "DmsError": "exceptions",
    "DmsRateLimitError": "exceptions",
    "DmsRequestError": "exceptions",
    "DmsTransportError": "exceptions",
    "PygenClient": "core",
    "RetryPolicy": "http",
    "Token": "auth",
}

if not TYPE_CHECKING:  # a module that shows __getattr__ to type checkers accepts any name

    def __getattr__(name: str) -> object:
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{module}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
