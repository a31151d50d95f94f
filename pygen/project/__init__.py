"""
A user's project: configuration, lock, fingerprints, the pipeline, writing.

The functions that other rooms call are re-exported lazily, so that reading a configuration costs no more than that.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygen.project.config import ProjectConfig as ProjectConfig
    from pygen.project.config import SdkConfig as SdkConfig
    from pygen.project.config import TargetConfig as TargetConfig
    from pygen.project.config import adhoc_config as adhoc_config
    from pygen.project.config import load_config as load_config
    from pygen.project.pipeline import check as check
    from pygen.project.pipeline import generate as generate
    from pygen.project.pipeline import manifest as manifest
    from pygen.project.pipeline import validate as validate
    from pygen.project.reports import CheckReport as CheckReport
    from pygen.project.reports import Finding as Finding
    from pygen.project.reports import GenerateReport as GenerateReport
    from pygen.project.reports import State as State
    from pygen.project.reports import ValidateReport as ValidateReport

_HOMES = {
    "CheckReport": "reports",
    "Finding": "reports",
    "GenerateReport": "reports",
    "ProjectConfig": "config",
    "SdkConfig": "config",
    "State": "reports",
    "TargetConfig": "config",
    "ValidateReport": "reports",
    "adhoc_config": "config",
    "check": "pipeline",
    "generate": "pipeline",
    "load_config": "config",
    "manifest": "pipeline",
    "validate": "pipeline",
}

__all__ = [
    "CheckReport",
    "Finding",
    "GenerateReport",
    "ProjectConfig",
    "SdkConfig",
    "State",
    "TargetConfig",
    "ValidateReport",
    "adhoc_config",
    "check",
    "generate",
    "load_config",
    "manifest",
    "validate",
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
