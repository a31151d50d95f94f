"""
Model files of every kind, read as wire models.

Names are loaded when they are touched: `load_raw` on JSON needs the standard library only, which is what the freshness
check lives on.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygen.sources.files import RawModel as RawModel
    from pygen.sources.files import load_raw as load_raw
    from pygen.sources.files import load_raw_containers as load_raw_containers
    from pygen.sources.files import load_raw_model as load_raw_model
    from pygen.sources.files import source_files as source_files
    from pygen.sources.wire import load_containers as load_containers
    from pygen.sources.wire import load_data_model as load_data_model
    from pygen.sources.wire import read_containers as read_containers
    from pygen.sources.wire import read_data_model as read_data_model

_HOMES = {
    "RawModel": "files",
    "load_containers": "wire",
    "load_data_model": "wire",
    "load_raw": "files",
    "load_raw_containers": "files",
    "load_raw_model": "files",
    "read_containers": "wire",
    "read_data_model": "wire",
    "source_files": "files",
}

__all__ = [
    "RawModel",
    "load_containers",
    "load_data_model",
    "load_raw",
    "load_raw_containers",
    "load_raw_model",
    "read_containers",
    "read_data_model",
    "source_files",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
