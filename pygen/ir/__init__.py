"""
What a data model means, in DMS terms, for no language in particular.

`build_model` is the whole way from wire models to a model that a generator can take. The dataclasses of `models` and
`types` load without pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygen.ir.build import build_model as build_model

__all__ = ["build_model"]


def __getattr__(name: str) -> object:
    if name == "build_model":
        from pygen.ir.build import build_model

        return build_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
