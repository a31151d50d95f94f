"""
The snapshot of a data model, brought up to date with CDF.

Everything is fetched and compared before the first file is touched, so an error leaves all as it was; containers are
written before the model, each file as a whole, and only where its bytes differ. Generating is the next step, and
somebody else's: `pygen.project.pipeline.generate`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pygen.errors import ConfigError, ModelError, OutputError
from pygen.project import remote
from pygen.project.config import ProjectConfig, RemoteConfig, SdkConfig
from pygen.project.paths import resolved
from pygen.project.plain_model import PlainModel, snapshot_bytes
from pygen.project.progress import Progress, no_progress
from pygen.sources.files import containers_files, is_graphql, is_toolkit, load_items, load_raw, source_files

if TYPE_CHECKING:
    from pygen.client import PygenClient
    from pygen.project.diff import Change

__all__ = ["Connect", "PullReport", "SnapshotChange", "is_pulled", "pull", "refresh_snapshot", "without_remote"]

Connect: TypeAlias = "Callable[[ProjectConfig, str | None], PygenClient]"
"""Makes a client for an environment of a project; None stands for the environment variables of the process."""

_SNAPSHOT_SUFFIXES = (".json", ".yaml", ".yml")


class SnapshotChange(NamedTuple):
    """
    What a pull makes of one snapshot.

    Attributes:
        path: The snapshot, as the configuration names it.
        sdks: The SDKs that are generated from it.
        model: `space:ExternalId(version)`.
        views: How many views the data model has now.
        properties: How many properties they have together.
        first: Whether there was no snapshot before.
        unreadable: Whether there was one that nobody can read, so that nobody knows what changed.
        changes: What changed, per view and property; empty where only the layout of the file did, and where there is
            nothing to compare with.
        files: The files whose bytes differ, relative to the project.
        warnings: What a person should know besides.
    """

    path: str
    sdks: tuple[str, ...]
    model: str
    views: int
    properties: int
    first: bool
    unreadable: bool
    changes: tuple[Change, ...]
    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything on the disk is different."""
        return bool(self.files)


class PullReport(NamedTuple):
    """
    The answer of `pull`.

    Attributes:
        snapshots: One for each snapshot, in the order of the SDKs.
        skipped: Which of the SDKs were passed over, and why.
        dry_run: Whether nothing was written in spite of what `snapshots` says.
    """

    snapshots: tuple[SnapshotChange, ...] = ()
    skipped: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def changed(self) -> bool:
        """Whether any snapshot is different."""
        return any(snapshot.changed for snapshot in self.snapshots)


def pull(
    config: ProjectConfig,
    *,
    names: Collection[str] | None = None,
    environment: str | None = None,
    containers: bool | None = None,
    dry_run: bool = False,
    connect: Connect = remote.connect,
    progress: Progress = no_progress,
) -> PullReport:
    """
    Bring the snapshots of SDKs up to date with CDF.

    Args:
        config: The project.
        names: The SDKs; None takes all that have a `remote`.
        environment: Where to ask; None: where the environment variables of the process say.
        containers: Whether the containers beside the model are fetched; None does so where their file exists, and at
            the first pull. False leaves an existing file as it is.
        dry_run: Fetch and compare, but write nothing.
        connect: Makes the client.
        progress: Told how far it is.

    Raises:
        ConfigError: No SDK can be pulled, or the connection is not described.
        RemoteError: A data model is not there, or what is there is none.
        DmsRequestError: The service refused.
        DmsTransportError: There was no usable answer.
        OutputError: A snapshot cannot be written.
        LockedError: Another instance is writing.
        MissingExtraError: A snapshot is YAML and PyYAML is not installed.
    """
    places, skipped = _places(config, names, containers)
    pending: list[_Pending] = []
    progress("connecting", 0, len(places))
    with connect(config, environment) as client:
        for done, place in enumerate(places):
            progress(f"fetching {place.model}", done, len(places))
            pending.append(_fetch(config, place, client))
        progress("fetched", len(places), len(places))
    if not dry_run:
        _write(config, pending)
    return PullReport(tuple(each.change for each in pending), skipped, dry_run)


def is_pulled(config: ProjectConfig, sdk: SdkConfig) -> bool:
    """Whether the model of an SDK is a snapshot of one in CDF, rather than written by people."""
    return sdk.remote is not None and not _is_by_hand(config.model_path(sdk))


def refresh_snapshot(config: ProjectConfig, sdk: SdkConfig, client: PygenClient) -> SnapshotChange | None:
    """
    Fetch the data model of one SDK, and write its snapshot if it is different.

    Args:
        config: The project.
        sdk: An SDK with a `remote`.
        client: Where to ask.

    Returns:
        What changed; None where all is as it was.

    Raises:
        ConfigError: The SDK has no `remote`, or its model is written by people.
        RemoteError: The data model is not there, or what is there is none.
        DmsRequestError: The service refused.
        DmsTransportError: There was no usable answer.
        OutputError: The snapshot cannot be written.
        LockedError: Another instance is writing.
        MissingExtraError: The snapshot is YAML and PyYAML is not installed.
    """
    found = _fetch(config, _place(config, [sdk], None), client)
    _write(config, [found])
    return found.change if found.change.changed else None


# ---------------------------------------------------------------------------------------------------------------------
# What to fetch, and where to


class _Place(NamedTuple):
    """
    A snapshot on the disk.

    Attributes:
        sdks: The SDKs that are generated from it.
        path: The model; a link is followed, so that it stays one.
        containers: The file of the containers, be it there or not.
        with_containers: Whether it is fetched.
        before: The model that is there; None where there is none, or none that can be read.
        first: Whether there is no file.
        warnings: What a person should know.
    """

    sdks: tuple[SdkConfig, ...]
    remote: RemoteConfig
    path: Path
    containers: Path
    with_containers: bool
    before: PlainModel | None
    first: bool
    warnings: tuple[str, ...]

    @property
    def model(self) -> str:
        return f"{self.remote.space}:{self.remote.external_id}({self.remote.version})"


def _places(
    config: ProjectConfig, names: Collection[str] | None, containers: bool | None
) -> tuple[list[_Place], tuple[str, ...]]:
    """The snapshots of the chosen SDKs, and which SDKs have none to pull."""
    shared: dict[Path, list[SdkConfig]] = {}
    skipped: list[str] = []
    chosen = config.select(names)
    for sdk in chosen:
        path = config.model_path(sdk)
        if sdk.remote is None:
            skipped.append(f"{sdk.name}: has no remote, so there is nothing to pull")
        elif names is None and _is_by_hand(path):
            skipped.append(f"{sdk.name}: {sdk.model} is written by people, not pulled; pygen drift compares it")
        else:
            shared.setdefault(resolved(path), []).append(sdk)
    if not shared:
        by_hand = [sdk for sdk in chosen if sdk.remote is not None]
        raise _by_hand(config, by_hand[0]) if by_hand else without_remote(config, chosen)
    return [_place(config, sdks, containers) for sdks in shared.values()], tuple(skipped)


def without_remote(config: ProjectConfig, chosen: Collection[SdkConfig]) -> ConfigError:
    """The error that no SDK says which data model in CDF is meant; its hint says what the model there is called."""
    known = next((text for sdk in chosen if (text := _identity(config.model_path(sdk)))), None)
    example = known or 'space = "...", external_id = "...", version = "..."'
    return ConfigError(
        "is missing, so nobody knows which data model in CDF is meant",
        key=_key(config, "remote"),
        hint=f"add remote = {{ {example} }}",
    )


def _identity(path: Path) -> str | None:
    """What `remote` would say of the model that is there."""
    with suppress(Exception):  # it only makes a hint better
        raw = load_raw(path)
        return f'space = "{raw["space"]}", external_id = "{raw["externalId"]}", version = "{raw["version"]}"'
    return None


def _key(config: ProjectConfig, key: str) -> str:
    table = "pygen" if config.file is not None and config.file.name == "pygen.toml" else "tool.pygen"
    return f"{table}.{key}" if len(config.sdks) == 1 else f"{table}.sdk.{key}"


def _is_by_hand(path: Path) -> bool:
    return is_toolkit(path) or is_graphql(path)


def _by_hand(config: ProjectConfig, sdk: SdkConfig) -> ConfigError:
    return ConfigError(
        f"{sdk.model} is written by people, so pygen pull does not overwrite it",
        key=_key(config, "model"),
        hint="pygen drift compares it with CDF",
    )


def _place(config: ProjectConfig, sdks: Collection[SdkConfig], containers: bool | None) -> _Place:
    sdk, *others = sdks
    configured = config.model_path(sdk)
    if sdk.remote is None:
        raise without_remote(config, sdks)
    if _is_by_hand(configured):
        raise _by_hand(config, sdk)
    if configured.suffix.lower() not in _SNAPSHOT_SUFFIXES:
        kinds = ", ".join(_SNAPSHOT_SUFFIXES)
        raise ConfigError(
            f"{sdk.model} is no file for a snapshot", key=_key(config, "model"), hint=f"name one: {kinds}"
        )
    for other in others:
        if other.remote != sdk.remote:
            raise ConfigError(
                f"{sdk.name} and {other.name} share {sdk.model}, but not the data model that it is a copy of",
                key=_key(config, "remote"),
                hint="give each its own model",
            )
    path = resolved(configured)
    first = not os.path.exists(path)  # noqa: PTH110 - `Path.exists` fails where a folder may not be entered
    beside = next((file for file in source_files(path) if file != path), None)
    with_containers = containers if containers is not None else first or beside is not None
    before, warnings = (None, []) if first else _before(path, sdk)
    if before is not None and beside is not None and with_containers:
        before, unread = _with_containers(before, beside, _shown(beside, config.root))
        warnings += unread
    if beside is not None and not with_containers:
        warnings.append(f"{_shown(beside, config.root)} stays as it is, and may no longer belong to the model")
    return _Place(
        sdks=tuple(sdks),
        remote=sdk.remote,
        path=path,
        containers=beside or containers_files(path)[0],
        with_containers=with_containers,
        before=before,
        first=first,
        warnings=tuple(warnings),
    )


def _before(path: Path, sdk: SdkConfig) -> tuple[PlainModel | None, list[str]]:
    """
    The snapshot that is there.

    A file that cannot be read, such as one with the marks of a merge conflict, is replaced; one that can be read and is
    something else is somebody's.
    """
    from pygen.sources import read_data_model

    try:
        items = load_items(path)
    except ConfigError as error:
        return None, [f"{sdk.model} could not be read ({error.message}), so nobody can tell what changed"]
    if len(items) != 1 or not {"space", "externalId", "version"} <= items[0].keys():
        raise ConfigError(
            f"{sdk.model} holds something else than a data model, and is not overwritten",
            key=str(path),
            hint="move it away, or name another file",
        )
    try:
        read_data_model(items[0])
    except ModelError:
        return None, [f"{sdk.model} was no valid data model, so nobody can tell what changed"]
    return PlainModel(items[0]), []


def _with_containers(before: PlainModel, beside: Path, shown: str) -> tuple[PlainModel, list[str]]:
    """The same with the containers that are there; without them where they cannot be read."""
    from pygen.sources import read_containers

    try:
        containers = load_items(beside)
        read_containers(containers)
    except (ConfigError, ModelError):
        return before, [f"{shown} could not be read, so nobody can tell what changed in the containers"]
    return before._replace(containers=containers or None), []


# ---------------------------------------------------------------------------------------------------------------------
# Fetching and writing


class _Pending(NamedTuple):
    """What is to be written, in this order, and what it means."""

    change: SnapshotChange
    files: tuple[tuple[Path, bytes], ...]


def _fetch(config: ProjectConfig, place: _Place, client: PygenClient) -> _Pending:
    model = remote.fetch(client, place.remote, with_containers=place.with_containers)
    files = [(place.path, snapshot_bytes([model.raw], place.path))]
    if model.containers or (model.containers is not None and place.containers.exists()):
        files.insert(0, (place.containers, snapshot_bytes(model.containers, place.containers)))
    different = tuple((path, content) for path, content in files if not _says(path, content))
    warnings = list(place.warnings)
    if unseen := remote.unseen_containers(model):
        warnings.append(
            f"{len(unseen)} of the containers that the views map cannot be seen with these credentials: "
            + ", ".join(unseen[:5])
        )
    views = model.raw["views"]
    change = SnapshotChange(
        path=place.sdks[0].model,
        sdks=tuple(sdk.name for sdk in place.sdks),
        model=model.name,
        views=len(views),
        properties=sum(len(view["properties"]) for view in views),
        first=place.first,
        unreadable=place.before is None and not place.first,
        changes=_changes(place.before, model) if different else (),
        files=tuple(_shown(path, config.root) for path, _ in different),
        warnings=tuple(warnings),
    )
    return _Pending(change, different)


def _changes(before: PlainModel | None, now: PlainModel) -> tuple[Change, ...]:
    if before is None:
        return ()
    from pygen.project.diff import compare

    return compare(before, now)


def _says(path: Path, content: bytes) -> bool:
    """Whether a file says this already; git may have given its lines other endings."""
    try:
        return path.read_bytes().replace(b"\r\n", b"\n") == content
    except OSError:
        return False


def _write(config: ProjectConfig, pending: Sequence[_Pending]) -> None:
    files = [file for each in pending for file in each.files]
    folders = {path.parent for each in pending for path, _ in each.files} | {
        resolved(config.model_path(sdk)).parent for sdk in config.sdks
    }
    if not files and not any(_leftovers(folder) for folder in folders):
        return
    from pygen.project.locking import one_writer

    with one_writer(config.root):
        for leftover in [leftover for folder in folders for leftover in _leftovers(folder)]:
            with suppress(OSError):
                leftover.unlink()
        for path, content in files:
            _write_file(path, content, config.root)


def _leftovers(folder: Path) -> list[Path]:
    """The temporary files of pulls that were killed."""
    from pygen.project.leftovers import TEMPORARY_PREFIX, TEMPORARY_SUFFIX

    return list(folder.glob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}"))


def _write_file(path: Path, content: bytes, root: Path) -> None:
    from pygen.project.writing import write_atomically

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content, root, sync=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unwritable(f"cannot make the folder: {reason}", [_shown(path.parent, root)]) from error
    except OutputError as error:
        raise _unwritable(error.message, error.paths) from error


def _unwritable(message: str, paths: Sequence[str]) -> OutputError:
    hint = "the file is as it was; run pygen pull again when it can be written"
    return OutputError(message, paths=paths, hint=hint, exit_code=2)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
