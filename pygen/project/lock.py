"""
pygen.lock: what was generated from what, and the names once given.

Committed beside the configuration. JSON, sorted, LF, posix paths relative to the lock, no timestamps, no host names,
so that it merges and reads well in a review. The format is docs/lock.md.

A lock with merge conflicts can still be read: names of both sides are kept, everything else counts as stale, and
`pygen generate` writes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from pygen._version import __version__
from pygen.errors import ConfigError, LaterGeneratorError
from pygen.project.canonical import parse_json
from pygen.project.paths import is_plain_relative

__all__ = ["AdhocRequest", "Formatter", "Lock", "ModelLock", "SdkLock", "TargetLock", "lock_text", "read_lock"]

LOCK_VERSION = 1

_Names = Mapping[str, Mapping[str, str]]
_T = TypeVar("_T")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ModelLock(NamedTuple):
    """
    The model an SDK was generated from.

    Attributes:
        sha256: Digest of the model as far as the SDK shows it, without the server's noise.
        source_sha256: Digest of the source files, byte for byte after CRLF -> LF.
    """

    space: str = ""
    external_id: str = ""
    version: str = ""
    sha256: str = ""
    source_sha256: str = ""


class Formatter(NamedTuple):
    """The formatter that ran over the files of a target, when the configuration asks for one."""

    name: str
    version: str


class TargetLock(NamedTuple):
    """
    What was generated for one target.

    Attributes:
        recipe: Options, templates and generator, see `pygen.project.recipe`.
        output: The output folder, relative to the lock.
        files: Path within the output folder -> digest of its text.
        names: Names once given, by scope and key.
        formatter: The formatter that ran, if one did.
        other_files: The files of the other side of a merge conflict.
    """

    recipe: str
    output: str
    files: Mapping[str, str] = _NOTHING
    names: _Names = _NOTHING
    formatter: Formatter | None = None
    other_files: Mapping[str, str] = _NOTHING


class AdhocRequest(NamedTuple):
    """
    What an SDK without a project was asked for on the command line, so that `check` can ask again.

    An empty `client_name` was left to the data model.
    """

    model: str
    target: str
    package: str
    client_name: str


class SdkLock(NamedTuple):
    """
    One SDK.

    Attributes:
        views: `space:ExternalId(version)` -> fingerprint.
        request: Only in the lock of an SDK without a project.
    """

    model: ModelLock
    views: Mapping[str, str] = _NOTHING
    targets: Mapping[str, TargetLock] = _NOTHING
    request: AdhocRequest | None = None


class Lock(NamedTuple):
    """
    The whole file.

    Attributes:
        generator: The version of pygen-cdf that wrote it.
        conflicted: It was read from a file with merge conflicts.
        exists: Whether there was a file at all.
    """

    sdks: Mapping[str, SdkLock] = _NOTHING
    generator: str = __version__
    conflicted: bool = False
    exists: bool = True


# ---------------------------------------------------------------------------------------------------------------------
# Writing


def lock_text(lock: Lock) -> str:
    """The file's text: equal locks give equal bytes."""
    document = {
        "lockVersion": LOCK_VERSION,
        "generator": lock.generator,
        "sdks": {name: _sdk_document(sdk) for name, sdk in lock.sdks.items()},
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _sdk_document(sdk: SdkLock) -> dict[str, Any]:
    document: dict[str, Any] = {
        "model": {
            "space": sdk.model.space,
            "externalId": sdk.model.external_id,
            "version": sdk.model.version,
            "sha256": sdk.model.sha256,
            "sourceSha256": sdk.model.source_sha256,
        },
        "views": dict(sdk.views),
        "targets": {name: _target_document(target) for name, target in sdk.targets.items()},
    }
    if sdk.request is not None:
        document["request"] = {
            "model": sdk.request.model,
            "target": sdk.request.target,
            "package": sdk.request.package,
            "clientName": sdk.request.client_name,
        }
    return document


def _target_document(target: TargetLock) -> dict[str, Any]:
    document: dict[str, Any] = {
        "recipe": target.recipe,
        "output": target.output,
        "files": dict(target.files),
        "names": {scope: dict(names) for scope, names in target.names.items()},
    }
    if target.formatter is not None:
        document["formatter"] = {"name": target.formatter.name, "version": target.formatter.version}
    return document


# ---------------------------------------------------------------------------------------------------------------------
# Reading


def read_lock(path: Path) -> Lock:
    """
    Read a lock; an empty one when there is no file.

    Raises:
        ConfigError: The file cannot be read, is damaged, or comes from a later pygen-cdf.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Lock(exists=False)
    except OSError as error:
        raise ConfigError(f"cannot read {path.name}: {error.strerror}") from error
    if _has_conflicts(content):
        return _merge(content.decode("utf-8", "replace"), path)
    return _parse(content, path)


def _parse(content: bytes, path: Path) -> Lock:
    try:
        return _lock(parse_json(content))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"{path.name} is damaged ({error})",
            hint="restore it from version control; without it, names are given anew",
        ) from error


def _lock(document: Any) -> Lock:
    version = document["lockVersion"]
    if not isinstance(version, int) or version > LOCK_VERSION:
        raise LaterGeneratorError(
            f"pygen.lock has format {version}, written by pygen-cdf {document.get('generator', '?')}",
            hint="upgrade pygen-cdf",
        )
    return Lock(
        sdks={_text(name): _read_sdk(sdk) for name, sdk in document["sdks"].items()},
        generator=_text(document["generator"]),
    )


def _read_sdk(document: Any) -> SdkLock:
    model = document["model"]
    request = document.get("request")
    return SdkLock(
        model=ModelLock(
            space=_text(model["space"]),
            external_id=_text(model["externalId"]),
            version=_text(model["version"]),
            sha256=_text(model["sha256"]),
            source_sha256=_text(model["sourceSha256"]),
        ),
        views=_mapping(document["views"], _text),
        targets=_mapping(document["targets"], _read_target),
        request=None
        if request is None
        else AdhocRequest(
            model=_text(request["model"]),
            target=_text(request["target"]),
            package=_text(request["package"]),
            client_name=_text(request["clientName"]),
        ),
    )


def _read_target(document: Any) -> TargetLock:
    output = _text(document["output"])
    files = _mapping(document["files"], _text)
    # Files that the lock lists may be removed: a path that leads elsewhere is an attack or an accident.
    for path in [*files, *([] if output == "." else [output])]:
        if not is_plain_relative(path):
            raise ValueError(f"{path!r} is not a path below the project")
    formatter = document.get("formatter")
    return TargetLock(
        recipe=_text(document["recipe"]),
        output=output,
        files=files,
        names=_mapping(document["names"], lambda names: _mapping(names, _text)),
        formatter=None if formatter is None else Formatter(_text(formatter["name"]), _text(formatter["version"])),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be a string")
    return value


def _mapping(value: Any, read: Callable[[Any], _T]) -> dict[str, _T]:
    return {_text(key): read(item) for key, item in value.items()}


# ---------------------------------------------------------------------------------------------------------------------
# Merge conflicts


def _has_conflicts(content: bytes) -> bool:
    # No line of ours starts with such a mark: the text is JSON, indented.
    return content.startswith(b"<<<<<<<") or b"\n<<<<<<<" in content or b"\n>>>>>>>" in content


def _merge(text: str, path: Path) -> Lock:
    """Read both sides of a file with conflict markers; at least one of them must be readable."""
    locks: list[Lock] = []
    failure: ConfigError | None = None
    for side in _sides(text):
        try:
            locks.append(_parse(_with_commas(side).encode(), path))
        except ConfigError as error:
            failure = error
    if not locks:
        assert failure is not None
        raise failure
    ours, theirs = locks[0], locks[-1]
    sdks = {name: _merge_sdk(ours.sdks.get(name), theirs.sdks.get(name)) for name in sorted({*ours.sdks, *theirs.sdks})}
    return Lock(sdks=sdks, generator=ours.generator, conflicted=True)


def _sides(text: str) -> tuple[str, str]:
    """Our and their version of the whole text; the common ancestor of diff3 style belongs to neither."""
    ours: list[str] = []
    theirs: list[str] = []
    place = "both"
    for line in text.splitlines():
        marker = line[:7] if line[7:8] in ("", " ") else ""
        if marker == "<<<<<<<":
            place = "ours"
        elif marker == "|||||||":
            place = "base"
        elif marker == "=======":
            place = "theirs"
        elif marker == ">>>>>>>":
            place = "both"
        else:
            if place in ("both", "ours"):
                ours.append(line)
            if place in ("both", "theirs"):
                theirs.append(line)
    return "\n".join(ours), "\n".join(theirs)


def _with_commas(text: str) -> str:
    """
    Put the commas right: a line-wise merge of two valid locks may lose one or leave one over.

    Relies on our own layout of one item per line.
    """
    lines = [line.rstrip().removesuffix(",") for line in text.splitlines() if line.strip()]
    following = [*(line.lstrip()[:1] for line in lines[1:]), "}"]
    return "\n".join(
        line if line.endswith(("{", "[")) or first in "}]" else f"{line},"
        for line, first in zip(lines, following, strict=True)
    )


def _merge_sdk(ours: SdkLock | None, theirs: SdkLock | None) -> SdkLock:
    one = ours or theirs
    assert one is not None
    targets = {
        name: _merge_target(ours.targets.get(name) if ours else None, theirs.targets.get(name) if theirs else None)
        for name in sorted({*(ours.targets if ours else ()), *(theirs.targets if theirs else ())})
    }
    return SdkLock(model=ModelLock(), targets=targets, request=one.request)


def _merge_target(ours: TargetLock | None, theirs: TargetLock | None) -> TargetLock:
    one = ours or theirs
    assert one is not None
    if ours is None or theirs is None or ours is theirs:
        return TargetLock(recipe="", output=one.output, files=one.files, names=one.names)
    return TargetLock(
        recipe="",
        output=ours.output,
        files=ours.files,
        names=_merge_names(ours.names, theirs.names),
        other_files=theirs.files if theirs.output == ours.output else {},
    )


def _merge_names(ours: _Names, theirs: _Names) -> _Names:
    """Names of both sides; where they disagree ours hold, and one name is never given twice in a scope."""
    merged: dict[str, dict[str, str]] = {scope: dict(names) for scope, names in ours.items()}
    for scope, names in theirs.items():
        known = merged.setdefault(scope, {})
        taken = set(ours.get(scope, {}).values())
        for key, name in names.items():
            if key not in known and name not in taken:
                known[key] = name
    return merged
