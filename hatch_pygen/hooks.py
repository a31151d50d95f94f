"""What hatch looks up under the entry point `pygen` of the group `hatch`."""

from __future__ import annotations

from hatchling.plugin import hookimpl

from hatch_pygen.plugin import PygenBuildHook

__all__ = ["hatch_register_build_hook"]


@hookimpl
def hatch_register_build_hook() -> type[PygenBuildHook]:
    """Offer the build hook `pygen`."""
    return PygenBuildHook
