"""
A Data Modeling Service on your laptop, which real clients cannot tell from CDF.

Names are imported when they are used, so that one command does not pay for another one's packages.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygen.sandbox.faults import Fault as Fault
    from pygen.sandbox.faults import Faults as Faults
    from pygen.sandbox.sandbox import Sandbox as Sandbox
    from pygen.sandbox.settings import Settings as Settings

_HOMES = {"Fault": "faults", "Faults": "faults", "Sandbox": "sandbox", "Settings": "settings"}

__all__ = ["Fault", "Faults", "Sandbox", "Settings"]

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
