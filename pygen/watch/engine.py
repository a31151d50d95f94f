"""
What happens when something may have changed: one look at the project, and what is told about it.

An event of the file system is only a hint. Each look takes stamps of all that matters; where one differs from the last
look, the pipeline runs, and its fingerprints decide what there is to do. So nothing depends on which events come, in
which order, or whether one is lost.

The stamps are taken before anything is read: what changes while the pipeline runs differs at the next look. After a
generation the pipeline always runs once more, and finds its own files as it left them; stamps alone would not tell
where files were missing before and are missing again.

No thread, no clock and no sleep: whoever drives the engine tells it the time and is told when to come back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

from pygen._version import __version__
from pygen.errors import ConfigError, LaterGeneratorError, Problem, PygenError, Severity
from pygen.project.config import LOCK_NAME, load_config
from pygen.project.inputs import input_places
from pygen.project.lock import Lock, read_lock
from pygen.project.paths import project_path
from pygen.project.pipeline import generate
from pygen.project.reports import GenerateReport
from pygen.watch.events import Broken, ConfigReloaded, Event, Fresh, Generated, Repaired, Upgraded, Warned
from pygen.watch.git import is_at_work
from pygen.watch.paths import Places, Survey, survey

__all__ = ["GRACE_S", "Engine", "StopRequested"]

GRACE_S = 0.5
"""How long something may be broken before it is told: editors empty a file before they fill it, and git checks out one
file after the other."""

_RETRIES_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""After how long something broken is tried again though nothing changed: a full disk, another writer."""

_GIT_PATIENCE_S = 5.0
_GIT_POLL_S = 0.02
_CONFIG_NAMES = ("pygen.toml", "pyproject.toml")


class StopRequested(BaseException):
    """What is under way is not to be finished; raised where nothing can be torn by it."""


class Engine:
    """
    Keeps the code of one project fresh, look by look.

    Args:
        start: A folder of the project; None: the working directory.
        names: The SDKs; None: all.
        emit: Told what happened.
        stopping: Whether the work is to end; asked during a generation, before it writes.

    Attributes:
        root: The project's folder.
        config: The configuration that holds; the last good one where it is broken.

    Raises:
        ConfigError: There is no project, its configuration is wrong, or it has no SDK of that name.
    """

    def __init__(
        self,
        start: Path | None,
        *,
        names: Collection[str] | None = None,
        emit: Callable[[Event], None],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.config = load_config(start)
        self.config.select(names)
        self.root = self.config.root
        self._names = names
        self._emit = emit
        self._stopping = stopping
        self._lock: Lock | None = None
        self._seen: Survey | None = None
        self._wrote = False
        self._causes: set[str] = set()
        self._failure: Exception | None = None
        self._failing_since: float | None = None
        self._told: str | None = None
        self._retries = 0
        self._retry_at: float | None = None
        self._git_since: float | None = None
        self._come_back: float | None = None
        self._warned: dict[str, frozenset[Problem]] = {}
        self._upgrade_told = False

    @property
    def sdks(self) -> tuple[str, ...]:
        """The names of the SDKs that are kept fresh."""
        return tuple(sdk.name for sdk in self.config.sdks if self._names is None or sdk.name in self._names)

    @property
    def broken(self) -> bool:
        """Whether code cannot be generated, be it told or not."""
        return self._failure is not None

    @property
    def due(self) -> float | None:
        """When to look again though nothing is heard, on the clock of `look`; None: never."""
        moments = [moment for moment in (self._come_back, self._retry_at, self._telling_at) if moment is not None]
        return min(moments, default=None)

    @property
    def _telling_at(self) -> float | None:
        if self._failure is None or self._failing_since is None or self._told == _key(self._failure):
            return None
        return self._failing_since + GRACE_S

    def survey(self) -> Survey:
        """What matters to the project, as it is now."""
        root = str(self.root)
        files = [f"{root}{os.sep}{name}" for name in (*_CONFIG_NAMES, LOCK_NAME)]
        inputs = input_places(self.config)
        files += map(str, inputs.files)
        if self._lock is not None:
            files += [f"{root}{os.sep}{path}" for path in _generated_files(self._lock)]
        return survey(Places(root, tuple(dict.fromkeys(files)), tuple(map(str, inputs.folders))))

    def look(self, found: Survey, now: float) -> bool:
        """
        Generate what is not fresh, if anything changed since the last look.

        Args:
            found: The answer of `survey`.
            now: The time, in seconds of a clock that only goes forward.

        Returns:
            Whether to survey and look again at once: something was written, or other places matter now.

        Raises:
            StopRequested: A generation was given up.
        """
        changed = self._changes_in(found)
        retry = self._retry_at is not None and now >= self._retry_at
        if not changed and not retry and not self._wrote:
            self._tell_failure(now)
            return False
        if self._is_git_at_work(now):
            return False
        self._causes.update(changed)
        first, self._seen = self._seen is None, found
        again = self._round(now, first=first)
        self._tell_failure(now)
        return again

    # -- what changed -------------------------------------------------------------------------------------------------

    def _changes_in(self, found: Survey) -> tuple[str, ...]:
        if self._seen is None:
            return (str(self.root),)
        return self._seen.differences(found)

    def _is_git_at_work(self, now: float) -> bool:
        """A checkout changes one file after the other: wait for its end, unless git's mark is a leftover."""
        if not is_at_work(self.root):
            self._git_since = self._come_back = None
            return False
        if self._git_since is None:
            self._git_since = now
        if now - self._git_since > _GIT_PATIENCE_S:
            self._come_back = None
            return False
        self._come_back = now + _GIT_POLL_S
        return True

    # -- one round ----------------------------------------------------------------------------------------------------

    def _round(self, now: float, *, first: bool) -> bool:
        started = time.perf_counter()
        unknown, config = self._lock is None, self.config
        self._wrote = False
        before: Lock | None = None
        try:
            self._reload_config()
            before = self._lock or read_lock(self.config.lock_file)
            report = generate(self.config, names=self._names, progress=self._progress)
            self._lock = read_lock(self.config.lock_file)
        except Exception as error:  # noqa: BLE001 - the loop goes on, whatever happens
            self._failed(error, now)
            return config is not self.config
        self._wrote = report.changed
        self._succeeded()
        self._tell_upgrade(self._lock.generator)
        causes = () if first else self._inputs_among(self._causes)
        self._causes.clear()
        if report.changed:
            self._emit(
                Generated(
                    written=tuple(sorted(report.written)),
                    removed=report.removed,
                    left=report.left,
                    views=_changed_views(before, self._lock),
                    causes=causes,
                    milliseconds=(time.perf_counter() - started) * 1000,
                )
            )
        elif first or causes:
            self._emit(Fresh(causes))
        self._tell_warnings(report)
        return report.changed or config is not self.config or unknown

    def _progress(self, step: str, done: int, total: int | None) -> None:  # noqa: ARG002 - as it is called
        if self._stopping():
            raise StopRequested

    def _reload_config(self) -> None:
        if self._seen is None:
            return
        config = load_config(self.root)
        if config.root != self.root:
            raise ConfigError(
                f"the project's configuration is gone ({' or '.join(_CONFIG_NAMES)} with a table of pygen's)",
                hint="bring it back, or stop watching",
            )
        config.select(self._names)
        if config != self.config:
            self.config = config
            self._emit(ConfigReloaded(self.sdks))

    def _inputs_among(self, paths: Collection[str]) -> tuple[str, ...]:
        """Those that are neither generated nor the lock, relative to the project."""
        root = self.root
        made = {str(root / path) for path in _generated_files(self._lock)} if self._lock is not None else set()
        shown = (os.path.relpath(path, root) for path in paths if path not in made and path != str(root / LOCK_NAME))
        return tuple(sorted(path.replace(os.sep, "/") for path in shown))

    # -- what is told -------------------------------------------------------------------------------------------------

    def _failed(self, error: Exception, now: float) -> None:
        if _key(error) == self._told:
            self._failing_since = None
        elif self._failing_since is None:
            self._failing_since = now
        if self._failure is None or _key(self._failure) != _key(error):
            self._retries = 0
        self._failure = error
        self._retry_at = now + _RETRIES_S[min(self._retries, len(_RETRIES_S) - 1)]
        self._retries += 1

    def _succeeded(self) -> None:
        self._failure = self._failing_since = self._retry_at = None
        self._retries = 0
        if self._told is not None:
            self._told = None
            self._emit(Repaired())

    def _tell_failure(self, now: float) -> None:
        due = self._telling_at
        if due is None or now < due or self._failure is None:
            return
        self._told = _key(self._failure)
        self._failing_since = None
        if isinstance(self._failure, LaterGeneratorError):
            self._tell_upgrade("")
        else:
            self._emit(Broken(self._failure))

    def _tell_upgrade(self, generator: str) -> None:
        if self._upgrade_told or (generator and not _is_later(generator)):
            return
        self._upgrade_told = True
        self._emit(Upgraded(__version__, generator))

    def _tell_warnings(self, report: GenerateReport) -> None:
        for sdk in report.problems:
            worth = frozenset(problem for problem in sdk.problems if problem.severity is not Severity.INFO)
            new = worth - self._warned.get(sdk.sdk, frozenset())
            self._warned[sdk.sdk] = worth
            if new:
                self._emit(Warned(sdk.sdk, tuple(sorted(new))))


def _key(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if not isinstance(error, PygenError) else str(error)


def _generated_files(lock: Lock) -> list[str]:
    return [
        project_path(target.output, path)
        for sdk in lock.sdks.values()
        for target in sdk.targets.values()
        for path in target.files
    ]


def _changed_views(before: Lock | None, now: Lock) -> tuple[str, ...]:
    old = before.sdks if before is not None else {}
    changed: set[str] = set()
    for name, sdk in now.sdks.items():
        views = old[name].views if name in old else {}
        changed.update(view for view in {*views, *sdk.views} if views.get(view) != sdk.views.get(view))
    return tuple(sorted(changed))


def _is_later(version: str) -> bool:
    return _numbers(version) > _numbers(__version__)


def _numbers(version: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in version.split("."):
        digits = "".join(char for char in part if char.isascii() and char.isdecimal())
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)
