"""
The configuration of a project: `[tool.pygen]` in pyproject.toml, or `[pygen]` in pygen.toml.

Everything that can be wrong with it is said here, with the full key at fault, before anything is read or written.
Standard library only, and no scan of installed distributions unless a target is not built in. The values are named
tuples, here and in the other modules of the freshness path: a dataclass takes five times as long to define, and the
module that defines it a sixth of the time of a whole check.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pygen.errors import ConfigError
from pygen.project.keys import BUILT_IN_TARGETS, PROJECT_KEYS, SDK_KEYS, TARGET_KEYS, Key
from pygen.project.paths import resolved

__all__ = [
    "DEFAULT_SDK",
    "LOCK_NAME",
    "EnvironmentConfig",
    "ProjectConfig",
    "RemoteConfig",
    "SdkConfig",
    "TargetConfig",
    "adhoc_config",
    "is_project",
    "load_config",
    "parse_config",
]

LOCK_NAME = "pygen.lock"
DEFAULT_SDK = "default"
"""The name of the only SDK of a project that does not name it."""

_PROJECT_FILES = ("pygen.toml", "pyproject.toml")
# What hatch itself understands in the table of any build hook.
_HOOK_SWITCHES = {"enable-by-default", "require-runtime-dependencies", "require-runtime-features", "dependencies"}


class RemoteConfig(NamedTuple):
    """The data model in CDF that a snapshot is a copy of."""

    space: str
    external_id: str
    version: str


class EnvironmentConfig(NamedTuple):
    """
    Where a connection to CDF is described, outside of the configuration: exactly one of *prefix* and *toml* is given.

    Attributes:
        name: What `--env` calls it.
        prefix: What the environment variables of the connection start with.
        toml: A file with the connection, relative to the project's root.
        table: The table of that file.
    """

    name: str
    prefix: str | None = None
    toml: str | None = None
    table: str = "cognite"


class TargetConfig(NamedTuple):
    """
    One target of an SDK.

    Attributes:
        target: Name of the target, e.g. `python`.
        output: The generated package's folder, posix, relative to the project's root; `.` for an SDK without a project.
        package: Import path of the generated package.
        client_name: Class name of the client; None derives it from the data model.
        instance_space: Default space of written instances.
        templates: Folder of replaced templates, posix, relative to the project's root.
        format: Whether the target's formatter runs over the generated files.
    """

    target: str
    output: str
    package: str
    client_name: str | None = None
    instance_space: str | None = None
    templates: str | None = None
    format: bool = False


class SdkConfig(NamedTuple):
    """
    One SDK: a model and its targets.

    Attributes:
        name: Its name in the lock and on the command line.
        model: Path of the model, posix, relative to the project's root unless it was given as an absolute one.
        remote: The data model in CDF; None when the snapshot has no such origin.
        include: Patterns of the views to generate.
        exclude: Patterns of the views to leave out.
        strict: Whether warnings are errors.
        targets: In the order of their names.
    """

    name: str
    model: str
    remote: RemoteConfig | None = None
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    strict: bool = False
    targets: tuple[TargetConfig, ...] = ()

    @property
    def selects_all(self) -> bool:
        """Whether every view of the model is part of the SDK."""
        return self.include == ("*",) and not self.exclude


class ProjectConfig(NamedTuple):
    """
    A project.

    Attributes:
        root: The folder that paths are relative to; absolute and resolved. The lock lies in it.
        file: The configuration file; None for an SDK without a project.
        sdks: In the order of their names.
        environments: In the order of their names.
        ignored_changes: What `pygen diff` passes over: a code, and after a blank perhaps a pattern of places.
    """

    root: Path
    file: Path | None
    sdks: tuple[SdkConfig, ...]
    environments: tuple[EnvironmentConfig, ...] = ()
    ignored_changes: tuple[str, ...] = ()

    @property
    def lock_file(self) -> Path:
        """Where pygen.lock is, or will be."""
        return self.root / LOCK_NAME

    def model_path(self, sdk: SdkConfig) -> Path:
        """Where the model of an SDK is."""
        # The root is resolved, and it may not exist yet: `..` is taken from the text.
        return Path(os.path.normpath(self.root / sdk.model))

    def select(self, names: Collection[str] | None) -> tuple[SdkConfig, ...]:
        """
        The SDKs of these names; all of them for None.

        Raises:
            ConfigError: No SDK has that name.
        """
        if names is None:
            return self.sdks
        known = [sdk.name for sdk in self.sdks]
        for name in names:
            if name not in known:
                raise ConfigError(
                    f"no SDK is called {name!r}", hint=_suggest(name, known) or f"known: {_listed(known)}"
                )
        return tuple(sdk for sdk in self.sdks if sdk.name in names)

    def environment(self, name: str) -> EnvironmentConfig:
        """
        The environment of this name.

        Raises:
            ConfigError: None is called that.
        """
        known = [environment.name for environment in self.environments]
        if name not in known:
            table = "pygen.environments" if self.file is not None and self.file.name == "pygen.toml" else ""
            table = table or "tool.pygen.environments"
            hint = _suggest(name, known) or (f"known: {_listed(known)}" if known else "")
            raise ConfigError(
                f"no environment is called {name!r}", key="--env", hint=hint or f"add a table [{table}.{name}]"
            )
        return self.environments[known.index(name)]


# ---------------------------------------------------------------------------------------------------------------------
# Finding and reading


def load_config(start: Path | None = None) -> ProjectConfig:
    """
    Read the configuration of the project that *start* (by default the working directory) is in.

    The folder itself and then its parents are searched; the first one with a `pygen.toml`, or with a
    `pyproject.toml` that has `[tool.pygen]`, is the project.

    Raises:
        ConfigError: There is none, or it is wrong.
    """
    path, document = _find(start)
    return parse_config(document, path)


def is_project(folder: Path) -> bool:
    """
    Whether a folder is in a project, be its configuration right or wrong.

    Raises:
        ConfigError: A pyproject.toml on the way is not TOML.
    """
    return any(
        (candidate / "pygen.toml").is_file()
        or (
            (candidate / "pyproject.toml").is_file()
            and "pygen" in _tool_tables(_read_toml(candidate / "pyproject.toml"))
        )
        for candidate in (folder.absolute(), *folder.absolute().parents)
    )


def _find(start: Path | None) -> tuple[Path, dict[str, Any]]:
    folder = (start or Path()).absolute()
    if os.path.isfile(folder):  # noqa: PTH113 - `Path.is_file` fails where a folder may not be entered
        folder = folder.parent
    if not os.path.isdir(folder):  # noqa: PTH112 - as above
        raise ConfigError(f"there is no folder {start}")
    for candidate in (folder, *folder.parents):
        own = candidate / "pygen.toml"
        project = candidate / "pyproject.toml"
        document = _read_toml(project) if _is_file(project) else {}
        in_project = "pygen" in _tool_tables(document)
        is_own = _is_file(own)
        if is_own and in_project:
            raise ConfigError(
                f"both pygen.toml and [tool.pygen] in pyproject.toml configure {candidate.name or candidate}",
                hint="keep one of them",
            )
        if is_own:
            return own, _read_toml(own)
        if in_project:
            return project, document
    raise ConfigError(
        f"no pygen.toml and no [tool.pygen] in a pyproject.toml, here or above ({folder})",
        hint="pygen init adds one; docs/cli.md says what goes without",
    )


def _is_file(path: Path) -> bool:
    """Whether there is a file; a folder that may not be entered is not one without a file."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except PermissionError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except OSError:
        return False


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"cannot read {path.name}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}") from error


def _tool_tables(document: Mapping[str, Any]) -> Mapping[str, Any]:
    tool = document.get("tool")
    return tool if isinstance(tool, dict) else {}


def parse_config(document: Mapping[str, Any], path: Path) -> ProjectConfig:
    """
    Make a configuration of a parsed TOML document.

    Args:
        document: The whole document, as `tomllib` reads it.
        path: The file it came from; decides whether the keys start with `tool.`, and what paths are relative to.

    Raises:
        ConfigError: A key is unknown or wrong.
    """
    if path.name == "pygen.toml":
        prefix, tables = "pygen", document
        for key in document:
            if key != "pygen":
                raise ConfigError("unknown key", key=key, hint=_suggest(key, ["pygen"]) or "the table is [pygen]")
    else:
        prefix, tables = "tool.pygen", _tool_tables(document)
    _refuse_hook_options(document)
    table = _table(tables.get("pygen"), prefix)
    root = path.parent.resolve()
    whole = _values({key: table[key] for key in PROJECT_KEYS if key in table}, PROJECT_KEYS, prefix)
    table = {key: value for key, value in table.items() if key not in PROJECT_KEYS}
    sdks = _several(table, prefix, root) if "sdk" in table else [_sdk(table, prefix, root, name=DEFAULT_SDK)]
    _refuse_overlaps(sdks, root)
    return ProjectConfig(
        root=root,
        file=path,
        sdks=tuple(sorted(sdks, key=lambda sdk: sdk.name)),
        environments=tuple(
            _environment(name, values, f"{prefix}.environments.{name}")
            for name, values in sorted((whole["environments"] or {}).items())
        ),
        ignored_changes=(whole["diff"] or {"ignore": ()})["ignore"],
    )


def _environment(name: str, values: Mapping[str, Any], where: str) -> EnvironmentConfig:
    if (values["prefix"] is None) == (values["toml"] is None):
        said = "has both prefix and toml" if values["prefix"] is not None else "has neither prefix nor toml"
        raise ConfigError(
            said, key=where, hint='prefix = "PROD_" reads environment variables, toml = "config.toml" a file'
        )
    if values["table"] is not None and values["toml"] is None:
        raise ConfigError("is the table of a file", key=f"{where}.table", hint="add toml, the file's path")
    toml = values["toml"]
    if toml is not None and "\\" in toml:
        raise ConfigError(f"{toml!r} has a backslash", key=f"{where}.toml", hint="write paths with /")
    return EnvironmentConfig(name, values["prefix"], toml, values["table"] or "cognite")


def _several(table: Mapping[str, Any], prefix: str, root: Path) -> list[SdkConfig]:
    for key in table:
        if key != "sdk":
            raise ConfigError(
                f"stands beside [[{prefix}.sdk]]", key=f"{prefix}.{key}", hint="move it into the SDK that it is for"
            )
    entries = table["sdk"]
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"must be an array of tables, one [[{prefix}.sdk]] per SDK", key=f"{prefix}.sdk")
    sdks: list[SdkConfig] = []
    for index, entry in enumerate(entries):
        where = f"{prefix}.sdk[{index}]"
        values = _table(entry, where)
        name = values.get("name")
        if name is None:
            raise ConfigError("is missing", key=f"{where}.name", hint="each of several SDKs has a name")
        sdk = _sdk(values, where, root, name=_string(name, f"{where}.name", SDK_KEYS["name"]))
        if any(sdk.name == other.name for other in sdks):
            raise ConfigError(f"{sdk.name!r} is the name of two SDKs", key=f"{where}.name")
        sdks.append(sdk)
    return sdks


def _sdk(table: Mapping[str, Any], prefix: str, root: Path, *, name: str) -> SdkConfig:
    own = {key: value for key, value in table.items() if key in SDK_KEYS}
    targets: list[TargetConfig] = []
    for key, value in table.items():
        if key in SDK_KEYS:
            continue
        if not _is_target(key):
            known = [*SDK_KEYS, *PROJECT_KEYS, *_targets_worth_suggesting()]
            raise _unknown(key, prefix, known, nested=TARGET_KEYS)
        targets.append(_target(key, _table(value, f"{prefix}.{key}"), f"{prefix}.{key}", root))
    values = _values(own, SDK_KEYS, prefix)
    if not targets:
        raise ConfigError("has no target", key=prefix, hint=f"add a table [{prefix}.python] with an output")
    remote = values.get("remote")
    if values.get("name") is not None:
        name = values["name"]
    return SdkConfig(
        name=name,
        model=_model_path(values["model"], f"{prefix}.model"),
        remote=RemoteConfig(**remote) if remote else None,
        include=values["include"],
        exclude=values["exclude"],
        strict=values["strict"],
        targets=tuple(sorted(targets, key=lambda target: target.target)),
    )


def _target(target: str, table: Mapping[str, Any], prefix: str, root: Path) -> TargetConfig:
    for key in table:
        if key not in TARGET_KEYS:
            hint_tables = {"model", "remote", "include", "exclude", "strict"}
            hint = f"it belongs one table up: {prefix.rpartition('.')[0]}.{key}" if key in hint_tables else None
            raise _unknown(key, prefix, TARGET_KEYS, hint=hint)
    values = _values(table, TARGET_KEYS, prefix)
    output = _inside(values["output"], f"{prefix}.output", root)
    package = values["package"]
    if package is None:
        package = _derived_package(output, prefix)
    templates = values["templates"]
    return TargetConfig(
        target=target,
        output=output,
        package=package,
        client_name=values["client_name"],
        instance_space=values["instance_space"],
        templates=_inside(templates, f"{prefix}.templates", root) if templates is not None else None,
        format=values["format"],
    )


def _derived_package(output: str, prefix: str) -> str:
    parts = PurePosixPath(output).parts
    if len(parts) > 1 and parts[0] == "src":
        parts = parts[1:]
    package = ".".join(parts)
    pattern = TARGET_KEYS["package"].pattern
    if pattern is not None and not pattern.accepts(package):
        raise ConfigError(
            f"{output!r} does not make an import path ({package!r})",
            key=f"{prefix}.output",
            hint=f"choose another folder, or say {prefix}.package",
        )
    return package


# ---------------------------------------------------------------------------------------------------------------------
# An SDK without a project


def adhoc_config(
    model: Path,
    target: str,
    output: Path,
    package: str | None = None,
    client_name: str | None = None,
) -> ProjectConfig:
    """
    The configuration of an SDK without a project: `pygen generate --model FILE --target python --output DIR`.

    The output folder is the package itself, and the lock lies inside it.

    Args:
        model: The model file or folder.
        target: Name of the target.
        output: The generated package's folder.
        package: Import path; by default the folder's name.
        client_name: Class name of the client; by default the data model's external id in PascalCase, plus `Client`.

    Raises:
        ConfigError: A name is not one, the target is unknown, or the model lies in the output.
    """
    if not _is_target(target):
        known = _targets_worth_suggesting()
        raise ConfigError(
            f"no target is called {target!r}",
            key="--target",
            hint=_suggest(target, known) or f"known: {_listed(known)}",
        )
    root = output.resolve()
    if package is None:
        package = root.name
        if not _accepts("package", package):
            raise ConfigError(f"{package!r} is not a package's name", key="--output", hint="say one with --package")
    elif not _accepts("package", package):
        raise ConfigError(f"{package!r} is not an import path", key="--package")
    if client_name is not None and not _accepts("client_name", client_name):
        raise ConfigError(f"{client_name!r} is not an identifier", key="--client-name")
    resolved = model.resolve()
    if resolved.is_relative_to(root):
        raise ConfigError("the model lies in the output folder", key="--output", hint="choose a folder of its own")
    if resolved.is_dir() and root.is_relative_to(resolved):
        raise ConfigError("the output lies in the model's folder", key="--output", hint="choose a folder of its own")
    return ProjectConfig(
        root=root,
        file=None,
        sdks=(
            SdkConfig(
                name=root.name,
                model=_relative(resolved, root),
                targets=(TargetConfig(target=target, output=".", package=package, client_name=client_name),),
            ),
        ),
    )


def _accepts(key: str, value: str) -> bool:
    pattern = TARGET_KEYS[key].pattern
    return pattern is None or pattern.accepts(value)


def _relative(path: Path, root: Path) -> str:
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive, on Windows
        return path.as_posix()


# ---------------------------------------------------------------------------------------------------------------------
# Values and keys


def _values(table: Mapping[str, Any], keys: Mapping[str, Key], prefix: str) -> dict[str, Any]:
    """Check a table against its keys; every key is present in the result."""
    for key in table:
        if key not in keys:
            raise _unknown(key, prefix, keys)
    values: dict[str, Any] = {}
    for name, spec in keys.items():
        where = f"{prefix}.{name}"
        if name in table:
            values[name] = _value(table[name], where, spec)
        elif spec.required:
            raise ConfigError("is missing", key=where, hint=spec.about)
        else:
            values[name] = spec.default
    return values


def _value(value: Any, where: str, key: Key) -> Any:
    match key.kind:
        case "string":
            return _string(value, where, key)
        case "boolean":
            if not isinstance(value, bool):
                raise _wrong_type(value, where, "true or false")
            return value
        case "strings":
            if not isinstance(value, list):
                raise _wrong_type(value, where, "an array of strings", hint="write it in brackets")
            return tuple(_string(item, f"{where}[{index}]", key) for index, item in enumerate(value))
        case "table":
            return _values(_table(value, where), key.keys or {}, where)
        case "tables":
            named = _table(value, where)
            return {
                _string(name, where, key): _values(_table(entry, f"{where}.{name}"), key.keys or {}, f"{where}.{name}")
                for name, entry in named.items()
            }


def _string(value: Any, where: str, key: Key) -> str:
    if not isinstance(value, str):
        raise _wrong_type(value, where, "a string", hint="write it in quotes" if isinstance(value, int | float) else "")
    if key.pattern is not None and not key.pattern.accepts(value):
        raise ConfigError(f"{value!r} is not valid: {key.pattern.says}", key=where)
    return value


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_type(value, where, "a table")
    return value


_TYPE_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    list: "an array",
    dict: "a table",
}


def _wrong_type(value: Any, where: str, expected: str, *, hint: str = "") -> ConfigError:
    found = _TYPE_NAMES.get(type(value), f"a {type(value).__name__}")
    return ConfigError(f"must be {expected}, not {found}", key=where, hint=hint)


def _unknown(
    key: str, prefix: str, known: Iterable[str], *, nested: Mapping[str, Key] | None = None, hint: str | None = None
) -> ConfigError:
    if hint is None:
        hint = _suggest(key, known, prefix)
    if not hint and nested is not None and key in nested:
        hint = f"it belongs to a target: {prefix}.python.{key}"
    return ConfigError("unknown key", key=f"{prefix}.{key}", hint=hint or f"known: {_listed(known)}")


def _suggest(word: str, known: Iterable[str], prefix: str = "") -> str:
    """`did you mean ...?`, or nothing when no known word is like it."""
    import difflib

    close = difflib.get_close_matches(word.replace("-", "_").lower(), list(known), n=1, cutoff=0.6)
    return f"did you mean {prefix}{'.' if prefix else ''}{close[0]}?" if close else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _is_target(name: str) -> bool:
    return name in BUILT_IN_TARGETS or name in _targets_worth_suggesting()


def _targets_worth_suggesting() -> list[str]:
    from pygen.generation.base import available_targets

    return available_targets()


# ---------------------------------------------------------------------------------------------------------------------
# Paths


def _model_path(value: str, where: str) -> str:
    if "\\" in value:
        raise ConfigError(f"{value!r} has a backslash", key=where, hint="write paths with /")
    return PurePosixPath(value).as_posix()


def _inside(value: str, where: str, root: Path) -> str:
    """A path within the project, normalised; links are followed to where they lead."""
    if "\\" in value:
        raise ConfigError(f"{value!r} has a backslash", key=where, hint="write paths with /")
    path = PurePosixPath(value)
    if path.is_absolute() or ":" in path.parts[0:1] or (len(value) > 1 and value[1] == ":"):
        raise ConfigError(f"{value!r} is an absolute path", key=where, hint="write it relative to the project")
    if ".." in path.parts:
        raise ConfigError(f"{value!r} leads out of the project", key=where, hint="it must be a folder inside it")
    if not path.parts:
        raise ConfigError(f"{value!r} is the project itself", key=where, hint="it must be a folder of its own")
    if path.parts[0] == ".git":
        raise ConfigError(f"{value!r} belongs to git", key=where)
    place = resolved(root / path)
    if not place.is_relative_to(root) or place == root:
        raise ConfigError(f"{value!r} leads out of the project through a link", key=where)
    return path.as_posix()


def _refuse_overlaps(sdks: Iterable[SdkConfig], root: Path) -> None:
    """Refuse an output folder that holds a model, templates or another output: one would overwrite the other."""
    outputs: list[tuple[str, Path]] = []
    inputs: list[tuple[str, Path]] = []
    for sdk in sdks:
        inputs.append((f"the model of {sdk.name}", resolved(root / sdk.model)))
        for target in sdk.targets:
            outputs.append((f"{sdk.name}, {target.target}", resolved(root / target.output)))
            if target.templates is not None:
                inputs.append((f"the templates of {sdk.name}", resolved(root / target.templates)))
    for index, (owner, output) in enumerate(outputs):
        for what, path in inputs:
            if path == output or path.is_relative_to(output):
                raise ConfigError(f"the output of {owner} holds {what}", hint="give the output a folder of its own")
        for other_owner, other in outputs[index + 1 :]:
            if output.is_relative_to(other) or other.is_relative_to(output):
                raise ConfigError(
                    f"the outputs of {owner} and of {other_owner} overlap", hint="give each a folder of its own"
                )


def _refuse_hook_options(document: Mapping[str, Any]) -> None:
    """The table of the build hook is only its switch: options there would be a second truth."""
    hatch = _tool_tables(document).get("hatch")
    build = hatch.get("build") if isinstance(hatch, dict) else None
    if not isinstance(build, dict):
        return
    places = {"tool.hatch.build.hooks.pygen": build.get("hooks")}
    targets = build.get("targets")
    if isinstance(targets, dict):
        for name, target in targets.items():
            if isinstance(target, dict):
                places[f"tool.hatch.build.targets.{name}.hooks.pygen"] = target.get("hooks")
    for where, hooks in places.items():
        options = hooks.get("pygen") if isinstance(hooks, dict) else None
        for key in options if isinstance(options, dict) else ():
            if key not in _HOOK_SWITCHES:
                example = f", e.g. tool.pygen.python.{key}" if key in TARGET_KEYS else ""
                raise ConfigError(
                    "the hook's table is only its switch",
                    key=f"{where}.{key}",
                    hint=f"options belong to [tool.pygen]{example}",
                )
