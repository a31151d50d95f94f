"""What the build is told: the hook, its plug-in, what goes into the wheel, and what uv watches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pygen.project.config import LOCK_NAME
from pygen.project.doctor.diagnosis import Check, Diagnosis, Level, Patient
from pygen.project.setup.packaging import build_extras, cache_keys, hook_table, unlisted_packages
from pygen.project.setup.requirements import (
    DISTRIBUTION,
    OLDEST_PYTHON,
    allows_older_python,
    find_requirement,
)
from pygen.project.setup.surroundings import Backend, Manager, at, covers, wheel_packages

__all__ = ["CHECKS", "is_built"]

_FILE = "pyproject.toml"
_STRANGER = "pygen"
_YES = frozenset({"1", "true", "yes", "on"})


def is_built(patient: Patient) -> bool:
    """Whether a build makes the SDK: hatchling builds, and the hook is on."""
    return patient.found.backend is Backend.HATCHLING and hook_table(patient.document) is not None


def _requires(patient: Patient) -> Any:
    return at(patient.document, "build-system", "requires")


def _hook(patient: Patient) -> Iterator[Diagnosis]:
    table = hook_table(patient.document)
    if table is None:
        return
    if patient.found.backend is not Backend.HATCHLING:
        yield Diagnosis(
            "hook-without-hatchling",
            Level.ERROR,
            f"the build hook is on, but the project has {patient.found.backend}",
            "only hatchling reads [tool.hatch]: builds do not generate",
            "remove [tool.hatch.build.hooks.pygen], or build with hatchling",
            _FILE,
        )
    elif (present := find_requirement(_requires(patient), DISTRIBUTION)) is None:
        yield Diagnosis(
            "hook-without-plugin",
            Level.ERROR,
            f"the build hook is on, but build-system.requires lacks {DISTRIBUTION}",
            "the build stops with `UnknownPluginError: Unknown build hook: pygen`",
            f'add "{DISTRIBUTION}[build]" to build-system.requires',
            _FILE,
        )
    elif missing := build_extras(patient.config) - present.extras:
        yield Diagnosis(
            "build-extra",
            Level.ERROR,
            f"{DISTRIBUTION} is required for the build without {', '.join(sorted(missing))}",
            "a build that has to generate stops, because packages are missing",
            f'require "{present.with_extras(missing)}"',
            _FILE,
        )
    else:
        yield Diagnosis("build-hook", Level.FINE, "the build hook is on, and its plug-in is required")
    if isinstance(table, Mapping) and table.get("enable-by-default") is False:
        yield Diagnosis(
            "hook-disabled",
            Level.WARNING,
            "the hook is off by default",
            "builds generate only where HATCH_BUILD_HOOK_ENABLE_PYGEN is set",
            "remove enable-by-default, unless that is meant",
            _FILE,
        )
    if patient.environ.get("HATCH_BUILD_NO_HOOKS", "").lower() in _YES:
        yield Diagnosis(
            "hooks-switched-off",
            Level.WARNING,
            "HATCH_BUILD_NO_HOOKS is set",
            "builds run no hook: nothing is generated, and a wheel may go out without an ignored SDK",
            "unset it",
        )


def _stranger(patient: Patient) -> Iterator[Diagnosis]:
    lists: dict[str, Any] = {
        "build-system.requires": _requires(patient),
        "project.dependencies": at(patient.document, "project", "dependencies"),
    }
    for place in (("project", "optional-dependencies"), ("dependency-groups",)):
        groups = at(patient.document, *place)
        for name, listed in groups.items() if isinstance(groups, Mapping) else ():
            lists[".".join((*place, name))] = listed
    poetry = at(patient.document, "tool", "poetry", "dependencies")
    lists["tool.poetry.dependencies"] = list(poetry) if isinstance(poetry, Mapping) else None
    for place_name, listed in lists.items():
        if find_requirement(listed, _STRANGER) is not None:
            yield Diagnosis(
                "strangers-pygen",
                Level.ERROR,
                f"{place_name} names pygen, which is somebody else's distribution",
                "a stranger's code is installed, into the same import package",
                f"write {DISTRIBUTION}",
                _FILE,
            )


def _runtime(patient: Patient) -> Iterator[Diagnosis]:
    if not patient.document:
        return
    poetry = at(patient.document, "tool", "poetry", "dependencies")
    listed = [at(patient.document, "project", "dependencies"), list(poetry) if isinstance(poetry, Mapping) else None]
    if any(find_requirement(each, DISTRIBUTION) for each in listed):
        yield Diagnosis("runtime-dependency", Level.FINE, f"the project depends on {DISTRIBUTION}")
    elif "dependencies" in (at(patient.document, "project", "dynamic") or ()) and poetry is None:
        yield Diagnosis(
            "runtime-dependency",
            Level.NOTE,
            f"dependencies are dynamic: nobody here can tell whether {DISTRIBUTION} is among them",
            "the SDK needs it at run time",
            "see to it that it is",
            _FILE,
        )
    elif at(patient.document, "project") is not None or poetry is not None:
        yield Diagnosis(
            "runtime-dependency",
            Level.ERROR,
            f"the project does not depend on {DISTRIBUTION}",
            "the SDK needs it at run time: whoever installs the wheel cannot import it",
            f'add "{DISTRIBUTION}" to project.dependencies',
            _FILE,
        )


def _python(patient: Patient) -> Iterator[Diagnosis]:
    places = (("project", "requires-python"), ("tool", "poetry", "dependencies", "python"))
    for place in places:
        specifier = at(patient.document, *place)
        if specifier is not None and allows_older_python(specifier):
            oldest = ".".join(map(str, OLDEST_PYTHON))
            yield Diagnosis(
                "python-version",
                Level.WARNING,
                f"{'.'.join(place)} is {specifier!r}, and the SDK needs Python {oldest}",
                "uv, poetry and pdm find no solution for the older ones; others install what does not run",
                f'write ">={oldest}"',
                _FILE,
            )


def _wheel(patient: Patient) -> Iterator[Diagnosis]:
    if patient.found.backend is Backend.SETUPTOOLS:
        for package in unlisted_packages(patient.document, patient.config):
            yield Diagnosis(
                "output-outside-wheel",
                Level.ERROR,
                f"tool.setuptools.packages does not list {package}",
                "the wheel lacks the SDK: the list holds every package by itself",
                f'add "{package}" to the list, or let setuptools find packages',
                _FILE,
            )
    packages = wheel_packages(patient.found)
    if packages is None:
        return
    python = [target.output for sdk in patient.config.sdks for target in sdk.targets if target.target == "python"]
    outside = [output for output in python if not covers(packages, output)]
    for output in outside:
        holds = f"it holds {', '.join(packages)}" if packages else "no package is found"
        yield Diagnosis(
            "output-outside-wheel",
            Level.ERROR,
            f"{output} lies outside of what goes into the wheel ({holds})",
            "the wheel lacks the SDK; with the hook the build says so, without it nobody does",
            "put the output below a package, or add its package to those of the build",
            _FILE,
        )
    if python and not outside:
        yield Diagnosis("wheel-contents", Level.FINE, "the SDK lies in what goes into the wheel")


def _uv(patient: Patient) -> Iterator[Diagnosis]:
    from fnmatch import fnmatchcase

    keys = at(patient.document, "tool", "uv", "cache-keys")
    patterns = [str(each.get("file")) for each in keys or () if isinstance(each, Mapping)]
    if any(fnmatchcase(LOCK_NAME, pattern) for pattern in patterns):
        yield Diagnosis(
            "lock-in-cache-keys",
            Level.WARNING,
            f"tool.uv.cache-keys names {LOCK_NAME}",
            "builds write it, so uv builds once more each time",
            "remove it from the keys",
            _FILE,
        )
    if patient.found.manager is not Manager.UV or not is_built(patient):
        return
    unwatched = [
        key["file"]
        for key in cache_keys(patient.config)
        if not any(fnmatchcase(key["file"], pattern) for pattern in patterns) and ".containers." not in key["file"]
    ]
    if unwatched:
        yield Diagnosis(
            "uv-cache-keys",
            Level.WARNING,
            f"uv does not look at {', '.join(unwatched)}",
            "after a change of the model, uv sync and uv run keep the SDK of before",
            "pygen init adds them to tool.uv.cache-keys",
            _FILE,
        )


CHECKS: tuple[Check, ...] = (_hook, _stranger, _runtime, _python, _wheel, _uv)
