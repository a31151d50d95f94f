"""
The system's word that files changed, through watchfiles, in a thread of its own.

What is watched are folders, not recursively; a survey says which, and which names in them matter. Where folders come
or go, or are made anew, another thread takes over, and the old one ends only when the new one listens.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping

from pygen.errors import MissingExtraError, WatchError
from pygen.watch.paths import Survey

__all__ = ["FileEvents", "polling_wanted"]

DEBOUNCE_MS = 200
"""Longest time that changes are gathered for."""
STEP_MS = 10
"""How long nothing more may change before it is told; how often this process wakes up, too."""
_ESTABLISHED_S = 30.0


def polling_wanted(environment: Mapping[str, str] = os.environ) -> int | None:
    """
    How often to look at the files, in milliseconds, where the system's word cannot be had; None: it can.

    Says what watchfiles itself would do: its variables, and Linux under Windows, whose mounts tell nothing.
    """
    forced = environment.get("WATCHFILES_FORCE_POLLING", "").lower()
    if forced in ("false", "disable", "disabled"):
        return None
    if forced or (sys.platform == "linux" and "microsoft-standard" in os.uname().release.lower()):
        delay = environment.get("WATCHFILES_POLL_DELAY_MS", "")
        return int(delay) if delay.isdecimal() and int(delay) else 300
    return None


class FileEvents:
    """
    Listens to the folders of a survey.

    Args:
        heard: Called, from another thread, when something that matters may have changed.

    Raises:
        MissingExtraError: watchfiles is not installed.
    """

    def __init__(self, heard: Callable[[], None]) -> None:
        try:
            import watchfiles  # noqa: F401 - asks only whether it is there
        except ImportError as error:
            raise MissingExtraError("pygen watch", extra="watch", module=error.name or "watchfiles") from error
        self._heard = heard
        self._listener: _Listener | None = None

    def follow(self, survey: Survey) -> bool:
        """
        Listen to what a survey names from now on.

        Returns:
            Whether these are other folders or names than before: then what happened meanwhile may have been missed.

        Raises:
            WatchError: The system allows no more watches.
        """
        before = self._listener
        if before is not None and before.alive and before.survey.identities == survey.identities:
            same = before.survey.folders == survey.folders
            before.survey = survey
            return not same
        self._listener = _Listener(survey, self._heard)
        self._listener.begin()
        if before is not None:
            before.end()
        return True

    def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            self._listener.end()
            self._listener = None


class _Listener:
    """One thread that listens to a set of folders; the event that ends it, as watchfiles wants one."""

    def __init__(self, survey: Survey, heard: Callable[[], None]) -> None:
        self.survey = survey
        self._heard = heard
        self._ended = False
        self._over = False
        self._begun = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._listen, name="pygen-file-events", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return not self._over

    def begin(self) -> None:
        """
        Wait until it listens; where a folder has gone meanwhile, it does not, and another survey will tell.

        Raises:
            WatchError: The system does not let it.
        """
        self._begun.wait(_ESTABLISHED_S)
        if self._error is not None and not isinstance(self._error, FileNotFoundError):
            raise _explained(self._error)

    def end(self) -> None:
        self._ended = True

    def is_set(self) -> bool:
        """Whether to end; watchfiles asks in each step, for the first time when the folders are being watched."""
        self._begun.set()
        return self._ended

    def _listen(self) -> None:
        from watchfiles import watch

        try:
            for _ in watch(
                *sorted(self.survey.folders),
                watch_filter=lambda _, path: self.survey.matters(path),
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                stop_event=self,
                raise_interrupt=False,
                recursive=False,
                force_polling=False,
            ):
                self._heard()
        except Exception as error:  # noqa: BLE001 - told by whoever waits; later, by a thread that is no more
            self._error = error
        finally:
            self._over = True
            self._begun.set()
            if not self._ended:
                self._heard()  # whoever looks finds that it is no more


def _explained(error: Exception) -> WatchError:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return WatchError(
        f"the system does not tell when files change: {said}",
        hint="pygen watch --poll looks at them from time to time instead; on Linux, fs.inotify.max_user_watches and"
        " max_user_instances are the limits",
    )
