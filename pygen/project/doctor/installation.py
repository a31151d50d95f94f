"""What is installed here: other programs of the same name, missing extras, the variables of environments."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path

from pygen.project.doctor.diagnosis import Check, Diagnosis, Level, Patient
from pygen.project.setup.requirements import DISTRIBUTION, canonical_name
from pygen.sources.files import is_graphql, is_toolkit

__all__ = ["CHECKS", "programs"]

_SCRIPT = "pygen"


def programs() -> Iterator[Diagnosis]:
    """Other distributions that bring a `pygen`, as a package or as a program; no project is needed for that."""
    from importlib.metadata import PackageNotFoundError, distribution, entry_points

    try:
        stranger = distribution("pygen")
    except PackageNotFoundError:
        pass
    else:
        yield Diagnosis(
            "strangers-package",
            Level.ERROR,
            f"the distribution pygen {stranger.version} is installed here",
            "it is somebody else's, and its files lie in the same import package",
            f'pip uninstall pygen, then pip install --force-reinstall --no-deps "{DISTRIBUTION}"',
        )
    owners = {
        canonical_name(point.dist.name)
        for point in entry_points(group="console_scripts", name=_SCRIPT)
        if point.dist is not None
    }
    for owner in sorted(owners - {DISTRIBUTION, "pygen"}):
        yield Diagnosis(
            "another-script",
            Level.WARNING,
            f"{owner} is installed here, and brings a program `pygen`, too",
            "whichever was installed last is what `pygen` means",
            "write python -m pygen; or keep the two in different environments",
        )
    yield from _first_on_path()


def _first_on_path() -> Iterator[Diagnosis]:
    from shutil import which

    found = which(_SCRIPT)
    if found is None:
        yield Diagnosis("program", Level.FINE, "no pygen is on PATH; python -m pygen works everywhere")
        return
    here = Path(sysconfig.get_path("scripts")).resolve()
    try:
        text = Path(found).read_bytes()[:4096]
    except OSError:
        text = b""
    is_script = text.startswith(b"#!")
    if is_script and b"from pygen.cli import" not in text:
        yield Diagnosis(
            "another-program",
            Level.WARNING,
            f"the first pygen on PATH is not ours: {found}",
            "commands, hooks and scripts that say `pygen` run something else",
            "write python -m pygen, or put its folder behind ours on PATH",
        )
    elif Path(found).parent.resolve() != here:
        yield Diagnosis(
            "program-of-another-environment",
            Level.NOTE,
            f"the first pygen on PATH is that of another environment: {found}",
            "its version may differ from the one that speaks now",
            "write python -m pygen where that matters",
        )
    else:
        yield Diagnosis("program", Level.FINE, f"pygen on PATH is this one: {found}")


def _extras(patient: Patient) -> Iterator[Diagnosis]:
    wanted = {"jinja2": ("build", "generating"), "watchfiles": ("watch", "pygen watch")}
    paths = [patient.config.model_path(sdk) for sdk in patient.config.sdks]
    if any(is_toolkit(path) or path.suffix.lower() in (".yaml", ".yml") for path in paths):
        wanted["yaml"] = ("build", "reading the model")
    if any(is_graphql(path) for path in paths):
        wanted["graphql"] = ("graphql", "reading the model")
    if any(target.format for sdk in patient.config.sdks for target in sdk.targets):
        wanted["ruff"] = ("format", "`format = true`")
    from importlib.util import find_spec
    from shutil import which

    for module, (extra, use) in wanted.items():
        if find_spec(module) is None and not (module == "ruff" and which("ruff")):
            yield Diagnosis(
                "missing-extra",
                Level.NOTE if extra == "watch" else Level.WARNING,
                f"{module} is not installed here",
                f"{use} needs it{'' if extra == 'watch' else '; builds have an environment of their own'}",
                f'pip install "{DISTRIBUTION}[{extra}]"',
            )


def _environments(patient: Patient) -> Iterator[Diagnosis]:
    """The names of variables are told, their values never."""
    for environment in patient.config.environments:
        if environment.toml is not None:
            yield from _toml(patient, environment.name, environment.toml)
            continue
        prefix = environment.prefix or ""
        needed = [("CDF_PROJECT",), ("CDF_CLUSTER", "CDF_URL"), ("CDF_TOKEN", "IDP_CLIENT_ID")]
        missing = [
            " or ".join(f"{prefix}{name}" for name in names)
            for names in needed
            if not any(patient.environ.get(f"{prefix}{name}", "").strip() for name in names)
        ]
        if missing:
            yield Diagnosis(
                "environment-variables",
                Level.WARNING,
                f"the environment {environment.name} lacks {', '.join(missing)}",
                f"pygen pull and pygen drift cannot use --env {environment.name} here",
                "set them; docs/credentials.md lists all",
            )


def _toml(patient: Patient, name: str, toml: str) -> Iterator[Diagnosis]:
    from pygen.project.ignored import is_ignored

    path = patient.root / toml
    if not path.is_file():
        yield Diagnosis(
            "environment-file",
            Level.WARNING,
            f"the environment {name} is described in {toml}, which is not there",
            f"pygen pull and pygen drift cannot use --env {name} here",
            "write the file; docs/credentials.md says what belongs into it",
            toml,
        )
    elif patient.found.git_root is not None and is_ignored(path) is False:
        yield Diagnosis(
            "environment-file-in-git",
            Level.WARNING,
            f"git does not ignore {toml}",
            "such files hold secrets, and git never forgets",
            f"add {toml} to .gitignore",
            toml,
        )


def _virtual(patient: Patient) -> Iterator[Diagnosis]:  # noqa: ARG001 - a check takes a patient
    yield from programs()


CHECKS: tuple[Check, ...] = (_virtual, _extras, _environments)
