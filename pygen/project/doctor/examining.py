"""One look at all of a set-up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pygen.errors import ConfigError, PygenError
from pygen.project.doctor import build, installation, state, version_control
from pygen.project.doctor.diagnosis import Diagnosis, Level, Patient
from pygen.project.setup.surroundings import look_around

__all__ = ["examine", "find_patient"]

_ROOMS = (build, version_control, state, installation)


def find_patient(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Patient | Diagnosis:
    """The project that *start* is in; or what keeps anybody from looking further."""
    from pygen.project.config import load_config

    try:
        config = load_config(start)
        found = look_around(config.root)
    except PygenError as error:
        return Diagnosis(
            "configuration",
            Level.ERROR,
            _said(error),
            "without it nothing can be generated, checked or pulled",
            getattr(error, "hint", "") or "pygen init writes one, docs/configuration.md explains it",
        )
    return Patient(found, config, os.environ if environ is None else environ)


def _said(error: PygenError) -> str:
    """What is wrong, without the hint, which is the remedy."""
    return str(ConfigError(error.message, key=error.key)) if isinstance(error, ConfigError) else str(error)


def examine(patient: Patient | Diagnosis) -> Iterator[Diagnosis]:
    """
    Look at everything, offline.

    A check that cannot look says so, and the others go on.
    """
    if isinstance(patient, Diagnosis):
        yield patient
        yield from installation.programs()
        return
    yield Diagnosis("configuration", Level.FINE, f"{patient.config.file} is well")
    for room in _ROOMS:
        for check in room.CHECKS:
            try:
                yield from check(patient)
            except (PygenError, OSError) as error:
                name = check.__name__.strip("_").replace("_", "-")
                yield Diagnosis(
                    f"{name}-unknown", Level.WARNING, str(error), "nobody can tell more about it", "correct that first"
                )
