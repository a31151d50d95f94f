"""What lies on the disk: model, lock, generated files, leftovers, and the folder that pygen keeps for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from pygen._version import __version__
from pygen.errors import ConfigError, LaterGeneratorError, OutputError
from pygen.project.config import LOCK_NAME
from pygen.project.doctor.diagnosis import Check, Diagnosis, Level, Patient
from pygen.project.leftovers import leftovers
from pygen.project.lock import read_lock
from pygen.project.locking import state_file

__all__ = ["CHECKS"]

_CONTRACT = re.compile(rb"^    contract=(\d+),$", re.MULTILINE)


def _model(patient: Patient) -> Iterator[Diagnosis]:
    for sdk in patient.config.sdks:
        if patient.config.model_path(sdk).exists():
            yield Diagnosis("model", Level.FINE, f"{sdk.model} is there")
        else:
            yield Diagnosis(
                "model-missing",
                Level.ERROR,
                f"there is no {sdk.model}",
                "nothing can be generated",
                "pygen pull" if sdk.remote is not None else "put the model there, or correct `model`",
                sdk.model,
            )


def _lock(patient: Patient) -> Iterator[Diagnosis]:
    try:
        lock = read_lock(patient.config.lock_file)
    except LaterGeneratorError as error:
        yield Diagnosis(
            "later-generator", Level.ERROR, error.message, "this pygen cannot read it", "upgrade pygen-cdf", LOCK_NAME
        )
        return
    except ConfigError as error:
        yield Diagnosis(
            "lock-damaged", Level.ERROR, error.message, "names once given may be lost", error.hint, LOCK_NAME
        )
        return
    if not lock.exists:
        yield Diagnosis(
            "never-generated",
            Level.NOTE,
            f"there is no {LOCK_NAME}",
            "the SDK was never generated here",
            "pygen generate, or a build",
            LOCK_NAME,
        )
    elif lock.conflicted:
        yield Diagnosis(
            "lock-conflicts",
            Level.ERROR,
            f"{LOCK_NAME} has merge conflicts",
            "everything counts as stale",
            "pygen generate settles them: it keeps the names of both sides",
            LOCK_NAME,
        )
    elif _numbers(lock.generator) > _numbers(__version__):
        yield Diagnosis(
            "older-than-lock",
            Level.WARNING,
            f"{LOCK_NAME} was written by pygen-cdf {lock.generator}, and this is {__version__}",
            "two versions take turns in generating, and each calls the other's code stale",
            f'upgrade: pip install "pygen-cdf>={lock.generator}"',
            LOCK_NAME,
        )
    else:
        yield Diagnosis("lock", Level.FINE, f"{LOCK_NAME} can be read")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])


def _contract(patient: Patient) -> Iterator[Diagnosis]:
    """Generated Python names the contract of the runtime that it needs."""
    installed: int = import_module("pygen.generation.python.package_files").CONTRACT
    for sdk in patient.config.sdks:
        for target in sdk.targets:
            file = patient.root / target.output / "__init__.py"
            found = _CONTRACT.search(file.read_bytes()) if target.target == "python" and file.is_file() else None
            if found is not None and int(found[1]) != installed:
                newer = int(found[1]) > installed
                yield Diagnosis(
                    "contract",
                    Level.ERROR,
                    f"{target.output} was generated for contract {int(found[1])} of the runtime, and this pygen-cdf "
                    f"speaks {installed}",
                    "importing the SDK stops with a ContractError",
                    "upgrade pygen-cdf" if newer else "pygen generate",
                    target.output,
                )


def _leftovers(patient: Patient) -> Iterator[Diagnosis]:
    found = list(leftovers(patient.root, [patient.root / output for output in patient.outputs]))
    if found:
        shown = ", ".join(path.relative_to(patient.root).as_posix() for path in sorted(found)[:3])
        yield Diagnosis(
            "leftovers",
            Level.WARNING,
            f"{len(found)} temporary files of a run that was killed: {shown}",
            "they are not packed, but they are in the way",
            "the next pygen generate removes them; unless a pygen is at work right now",
        )


def _state_folder(patient: Patient) -> Iterator[Diagnosis]:
    try:
        file = state_file(patient.root, ".lock")
    except OutputError as error:
        yield Diagnosis(
            "state-folder",
            Level.ERROR,
            error.message,
            "generating takes a lock there, so that two writers do not meet",
            error.hint,
        )
    else:
        yield Diagnosis("state-folder", Level.FINE, f"locks are kept in {file.parent}")


CHECKS: tuple[Check, ...] = (_model, _lock, _contract, _leftovers, _state_folder)
