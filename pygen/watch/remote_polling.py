"""
The data models in CDF, looked at from time to time.

A thread asks for them and writes the snapshots that are different; that is all it does. The file watcher sees the
snapshots change, as if somebody had pulled: one way from a model to code, whoever changed it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection
from typing import NamedTuple

from pygen.errors import ConfigError, PygenError, RemoteError
from pygen.project.config import ProjectConfig, SdkConfig
from pygen.project.pulling import SnapshotChange, is_pulled, refresh_snapshot
from pygen.project.remote import connect, is_refusal
from pygen.watch.events import Event, RemoteChanged, RemoteState, RemoteStateChanged

__all__ = ["DEFAULT_INTERVAL_S", "RemoteOptions", "RemotePolling"]

DEFAULT_INTERVAL_S = 60.0
_LONGEST_S = 900.0
"""The longest pause after failures, unless the interval itself is longer."""
_JITTER = 0.1
_PATIENCE_S = (1.0, 20.0)
"""How long one question may take, its repetitions included: as long as the interval, but no less and no more."""
_FAREWELL_S = 0.3


class RemoteOptions(NamedTuple):
    """
    How to look at the data models in CDF.

    Attributes:
        environment: An environment of the configuration; None: what the environment variables say.
        interval_s: The time between two looks.
    """

    environment: str | None = None
    interval_s: float = DEFAULT_INTERVAL_S


class RemotePolling:
    """
    Looks at the data models of a project in CDF until it is closed, or refused.

    Args:
        config: The project; `config` may be set to another one at any time.
        names: The SDKs; None: all that have a `remote`.
        options: Where, and how often.
        tell: Called, from another thread, with what happened.
        chance: Decides how much the pauses vary, so that many watchers do not ask at the same moment.

    Raises:
        ConfigError: No SDK has a `remote`, or the connection is not described.
    """

    def __init__(
        self,
        config: ProjectConfig,
        *,
        names: Collection[str] | None,
        options: RemoteOptions,
        tell: Callable[[Event], None],
        chance: random.Random | None = None,
    ) -> None:
        self.config = config
        self._names = names
        self._options = options
        self._tell = tell
        self._chance = chance or random.Random()  # noqa: S311 - no secret
        self._said: tuple[RemoteState, str] | None = None
        self._failures = 0
        self._closed = threading.Event()
        if not self._sdks():
            raise self._nothing_to_look_at()
        least, most = _PATIENCE_S
        patience_s = min(max(options.interval_s, least), most)
        self._client = connect(config, options.environment, patience_s=patience_s)
        self._thread = threading.Thread(target=self._run, name="pygen-remote", daemon=True)

    def start(self) -> None:
        """Look for the first time, and go on."""
        self._thread.start()

    def close(self) -> None:
        """Look no more. A request that is under way is left to its end."""
        self._closed.set()
        if self._thread.ident is not None:
            self._thread.join(_FAREWELL_S)
        if not self._thread.is_alive():
            self._client.close()

    def _sdks(self) -> list[SdkConfig]:
        return [sdk for sdk in self._chosen() if is_pulled(self.config, sdk)]

    def _chosen(self) -> list[SdkConfig]:
        return [sdk for sdk in self.config.sdks if self._names is None or sdk.name in self._names]

    def _nothing_to_look_at(self) -> ConfigError:
        by_hand = [sdk.model for sdk in self._chosen() if sdk.remote is not None]
        if by_hand:
            return ConfigError(
                f"{', '.join(by_hand)}: written by people, so nothing is pulled",
                key="--remote",
                hint="pygen drift compares it with CDF",
            )
        return ConfigError(
            "no SDK has a remote: nobody knows which data model in CDF to look at",
            key="--remote",
            hint='add remote = { space = "...", external_id = "...", version = "..." } to the configuration',
        )

    def _run(self) -> None:
        while not self._closed.is_set():
            state, reason, well = self._look()
            if self._closed.is_set():
                return
            # The words of a failed connection vary from one attempt to the next, and mean the same.
            said = (state, "" if state is RemoteState.UNREACHABLE else reason)
            if said != self._said:
                self._said = said
                self._tell(RemoteStateChanged(state, reason))
            if state is RemoteState.REFUSED:
                return
            self._failures = 0 if well else self._failures + 1
            self._closed.wait(self.pause_s(self._failures))

    def pause_s(self, failures: int) -> float:
        """How long to wait after so many failures in a row."""
        longest = max(_LONGEST_S, self._options.interval_s)
        pause = min(self._options.interval_s * 2.0 ** min(failures, 32), longest)
        return pause * self._chance.uniform(1 - _JITTER, 1 + _JITTER)

    def _look(self) -> tuple[RemoteState, str, bool]:
        """Look at each model: how it stands, why, and whether any of them could be looked at."""
        sdks = self._sdks()
        worst, well = RemoteState.REACHABLE, not sdks
        reasons: list[str] = []
        for sdk in sdks:
            state, reason = self._look_at(sdk)
            if state in (RemoteState.UNREACHABLE, RemoteState.REFUSED):  # so would be the others
                return state, reason, False
            if state is RemoteState.REACHABLE:
                well = True
                continue
            worst = state
            reasons.append(reason)
        return worst, "; ".join(reasons), well

    def _look_at(self, sdk: SdkConfig) -> tuple[RemoteState, str]:
        try:
            change = refresh_snapshot(self.config, sdk, self._client)
            if change is not None:
                self._tell(RemoteChanged(sdk.name, change.path, _summary(change)))
        except RemoteError as error:
            return RemoteState.MISSING, str(error)
        except PygenError as error:
            if is_refusal(error):
                return RemoteState.REFUSED, str(error)
            return (RemoteState.UNREACHABLE if error.exit_code == 3 else RemoteState.FAILED), str(error)
        except Exception as error:  # noqa: BLE001 - the thread goes on, whatever happens
            return RemoteState.FAILED, f"internal error: {type(error).__name__}: {error}"
        return RemoteState.REACHABLE, ""


def _summary(change: SnapshotChange) -> str:
    if change.first:
        return f"first snapshot of {change.model}, {change.views} views"
    if change.unreadable:
        return f"{change.model} in place of a snapshot that could not be read, {change.views} views"
    if not change.changes:
        return "laid out anew"
    shown = ", ".join(dict.fromkeys(each.where for each in change.changes[:3]))
    more = f" and {len(change.changes) - 3} more" if len(change.changes) > 3 else ""
    return f"{len(change.changes)} change{'s' if len(change.changes) != 1 else ''}: {shown}{more}"
