"""The classes of a generated package, found through what the package says it holds."""

from __future__ import annotations

import sys

from pygen.runtime.base import PygenResource

__all__ = ["children_of", "resource_classes"]


def resource_classes(module: str) -> list[type[PygenResource]]:
    """
    Every class of instances in the package that *module* belongs to, sorted by view; imports what is not loaded yet.

    Args:
        module: The `__module__` of any class of the package, or its own name.
    """
    package = sys.modules[module] if hasattr(sys.modules[module], "__path__") else None
    if package is None:
        package = sys.modules[module.rpartition(".")[0] or module]
    names: list[str] = getattr(package, "__all__", [])
    found = [value for name in names if _is_resource(value := getattr(package, name))]
    return sorted(found, key=lambda kind: kind.__pygen__.view)


def children_of(kind: type[PygenResource]) -> list[type[PygenResource]]:
    """The classes of the package that inherit from *kind*, the most special ones first."""
    heirs = [each for each in resource_classes(kind.__module__) if each is not kind and issubclass(each, kind)]
    return sorted(heirs, key=lambda each: (-len(each.__mro__), each.__pygen__.view))


def _is_resource(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, PygenResource) and hasattr(value, "__pygen__")
