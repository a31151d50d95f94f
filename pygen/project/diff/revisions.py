"""
A model as it was at a revision of git.

What the model is made of is read from git's objects into a temporary folder, in the places that it has in the
repository; the working tree and the index are neither read nor touched. Not `git archive`: attributes could leave out
or change what it packs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import NamedTuple

from pygen.errors import ConfigError, ModelError, OutputError, PygenError
from pygen.project.git import ask_git
from pygen.project.plain_model import PlainModel, read_plain_model
from pygen.sources.files import MODEL_SUFFIXES, containers_files, is_toolkit_file
from pygen.sources.toolkit_files import VARIABLES, kind_of

__all__ = ["read_at_revision"]

_FROM_HERE = ("./", "../", f".{os.sep}", f"..{os.sep}")
_LFS = b"version https://git-lfs.github.com/spec/"
_WORKTREE = "`git worktree add FOLDER REVISION`, and name the model's path in that folder"
_TREE, _LINK, _MODULE = "040000", "120000", "160000"


def read_at_revision(folder: Path, revision: str, path: str) -> tuple[str, PlainModel]:
    """
    Read a model as it was.

    Args:
        folder: A folder of the repository.
        revision: What git calls the revision: `HEAD~1`, a tag, a branch, a commit.
        path: The model: an absolute path into the working tree, one that starts with `./` or `../` from where the
            process is, or else one from the root of the repository; as git has it.

    Returns:
        What people call it, and the model.

    Raises:
        ConfigError: There is no git, no repository, no such revision or no such path in it; or the model cannot be
            read.
        ModelError: What is there is no data model.
        MissingExtraError: A package is missing that reads such a file.
        OutputError: There is no room for a temporary copy.
    """
    repository = _Repository.around(folder)
    tree = repository.tree_of(revision)
    place = repository.place_of(path)
    name = f"git:{revision}:{place}"
    files = _files_of_model(repository, tree, place, name)
    with _temporary_folder() as root:
        try:
            repository.copy(files, root, f"git:{revision}")
        except OSError as error:
            raise _unwritable(error) from error
        try:
            return name, read_plain_model(root / place)
        except PygenError as error:
            raise _named_as_in_git(error, root, f"git:{revision}:") from error


class _Entry(NamedTuple):
    """One file, folder or link of a tree."""

    mode: str
    object_id: str
    path: PurePosixPath


class _Repository:
    """A repository, asked for what it holds rather than for what lies in its working tree."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def around(cls, folder: Path) -> _Repository:
        """The repository that a folder is in."""
        try:
            done = ask_git(folder, "rev-parse", "--show-toplevel")
        except FileNotFoundError as error:
            raise ConfigError("git is not installed, or not on the PATH", key="git") from error
        except OSError as error:
            raise ConfigError(f"git cannot be run: {error.strerror or error}", key="git") from error
        if done.returncode and b"safe.directory" in done.stderr:
            raise ConfigError(
                "git does not trust this repository: it belongs to somebody else",
                key=str(folder),
                hint=next(line.strip() for line in _lines(done.stderr) if "safe.directory" in line),
            )
        if done.returncode:
            raise ConfigError(
                f"no repository of git: {_first_line(done.stderr)}",
                key=str(folder),
                hint="compare with a file, or with CDF: `pygen diff --help`",
            )
        return cls(Path(os.fsdecode(done.stdout).rstrip("\r\n")))

    def tree_of(self, revision: str) -> str:
        """The object id of a revision's root folder."""
        wanted = f"{revision}^{{tree}}"
        done = ask_git(self._root, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        if done.returncode:
            if revision == "HEAD":
                raise ConfigError("nothing is committed yet", key="git:HEAD")
            shallow = ask_git(self._root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
            hint = "the clone is shallow: fetch more of its history (actions/checkout: fetch-depth: 0)"
            raise ConfigError("no such revision", key=f"git:{revision}", hint=hint if shallow else "")
        return done.stdout.decode("ascii").split()[-1]

    def place_of(self, path: str) -> PurePosixPath:
        """A path as the repository has it, from its root."""
        if not Path(path).is_absolute() and not path.startswith(_FROM_HERE):
            return PurePosixPath(os.path.normpath(path).replace(os.sep, "/"))
        folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - the model itself may be a link
        try:
            place = os.path.relpath(Path(os.path.realpath(folder), name), self._root)
        except ValueError:  # another drive, on Windows
            place = os.pardir
        if Path(place).parts[:1] == (os.pardir,):
            raise ConfigError(f"is outside of the repository {self._root}", key=path)
        return PurePosixPath(place.replace(os.sep, "/"))

    def entries(self, tree: str, path: PurePosixPath, *, within: bool = False, deep: bool = False) -> list[_Entry]:
        """
        What a tree has at a path.

        Args:
            tree: The root.
            path: The path; `.` is the root itself.
            within: What is in the folder at that path, rather than the folder.
            deep: What is in its folders, too.
        """
        options = ["-r"] if deep else []
        place = f"{path}/" if within else str(path)
        places = [] if path == PurePosixPath() else [place]
        done = ask_git(self._root, "ls-tree", "-z", "--full-tree", *options, tree, "--", *places)
        if done.returncode:
            raise ConfigError(f"git: {_first_line(done.stderr)}", key="git")
        return [_entry(line) for line in done.stdout.split(b"\0") if line]

    def copy(self, entries: Sequence[_Entry], root: Path, revision: str) -> None:
        """Write files of the repository below a folder; *revision* is what people call it."""
        asked = "".join(f"{entry.object_id}\n" for entry in entries).encode("ascii")
        done = ask_git(self._root, "cat-file", "--batch", stdin=asked)
        if done.returncode:
            raise ConfigError(f"git: {_first_line(done.stderr)}", key="git")
        answer, start = done.stdout, 0
        for entry in entries:
            head_end = answer.index(b"\n", start)
            told = answer[start:head_end].split()[-1]
            if not told.isdigit():
                raise ConfigError(f"git does not have the content of {entry.path} ({os.fsdecode(told)})", key="git")
            size = int(told)
            start = head_end + 1
            if answer.startswith(_LFS, start):
                raise ConfigError(
                    "is a pointer of git LFS: git's objects do not have the content",
                    key=f"{revision}:{entry.path}",
                    hint=_WORKTREE,
                )
            target = root / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(answer[start : start + size])
            start += size + 1


def _entry(line: bytes) -> _Entry:
    facts, _, path = line.partition(b"\t")
    mode, _, object_id = facts.decode("ascii").split()
    return _Entry(mode, object_id, PurePosixPath(os.fsdecode(path)))


def _files_of_model(repository: _Repository, tree: str, place: PurePosixPath, name: str) -> list[_Entry]:
    """The files that a model is read from, as `pygen.sources.source_files` would find them in a working tree."""
    is_folder = place == PurePosixPath()
    if not is_folder:
        found = repository.entries(tree, place)
        if not found:
            raise ConfigError("no such path at that revision", key=name, hint=_other_path(place))
        is_folder = found[0].mode == _TREE
        _refuse_links(found, name)
    if is_folder or is_toolkit_file(place):
        folder = place if is_folder else place.parent
        return _files_of_toolkit(repository, tree, folder, name)
    names = {place.name, *(file.name for file in containers_files(Path(place)))}
    beside = [entry for entry in repository.entries(tree, place.parent, within=True) if entry.path.name in names]
    _refuse_links(beside, name)
    return [entry for entry in beside if entry.mode != _TREE]


def _files_of_toolkit(repository: _Repository, tree: str, folder: PurePosixPath, name: str) -> list[_Entry]:
    below = [entry for entry in repository.entries(tree, folder, within=True, deep=True) if _may_matter(entry)]
    above = [
        entry
        for ancestor in folder.parents
        for entry in repository.entries(tree, ancestor, within=True)
        if entry.mode != _TREE and kind_of(Path(entry.path)) == VARIABLES
    ]
    files = [*below, *above]
    _refuse_links(files, name)
    return files


def _may_matter(entry: _Entry) -> bool:
    if entry.mode == _LINK:  # it may be a folder of files that matter
        return entry.path.suffix in ("", *MODEL_SUFFIXES)
    return entry.mode != _MODULE and entry.path.suffix.lower() in MODEL_SUFFIXES


def _refuse_links(entries: Iterable[_Entry], name: str) -> None:
    """A link leads to somewhere in a working tree, and there is none."""
    for entry in entries:
        if entry.mode in (_LINK, _MODULE):
            kind = "a link" if entry.mode == _LINK else "a submodule"
            raise ConfigError(
                f"{entry.path} is {kind}, which is not followed at a revision",
                key=name,
                hint=_WORKTREE,
            )


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    try:
        folder = TemporaryDirectory(prefix="pygen-diff-")
    except OSError as error:
        raise _unwritable(error) from error
    with folder as place:
        yield Path(place).resolve()


def _unwritable(error: OSError) -> OutputError:
    """What there is to say when a revision finds no room."""
    return OutputError(
        f"the temporary folder cannot be written: {error.strerror or error}",
        hint="the variable TMPDIR names another",
        exit_code=2,
    )


def _named_as_in_git(error: PygenError, root: Path, prefix: str) -> PygenError:
    """The same error, about the file that a person knows."""

    def renamed(text: str) -> str:
        return text.replace(f"{root}{os.sep}", prefix).replace(str(root), prefix)

    match error:
        case ConfigError():
            return ConfigError(renamed(error.message), key=renamed(error.key), hint=renamed(error.hint))
        case ModelError():
            return ModelError(
                [
                    problem._replace(
                        where=renamed(problem.where), message=renamed(problem.message), hint=renamed(problem.hint)
                    )
                    for problem in error.problems
                ]
            )
        case _:
            return error


def _other_path(place: PurePosixPath) -> str:
    """The way out where a path is not there."""
    if Path(place).exists():
        return f"./{place} counts from here"
    return "git:REVISION:PATH names another path"


def _lines(stderr: bytes) -> list[str]:
    return stderr.decode("utf-8", "replace").strip().splitlines()


def _first_line(stderr: bytes) -> str:
    lines = _lines(stderr)
    return lines[0].removeprefix("fatal: ") if lines else "git said nothing"
