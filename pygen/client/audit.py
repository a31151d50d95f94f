"""Who wrote what, when: a record of each call that may have changed something."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from pygen.client.events import AbandonEvent, CallInfo, DmsVetoError, ErrorEvent, Hook, RequestEvent, ResponseEvent
from pygen.client.exceptions import DmsError, DmsRequestError
from pygen.errors import ConfigError

if TYPE_CHECKING:
    from pygen.client.calls import Call, JsonObject

__all__ = ["AuditLog", "AuditOutcome", "AuditRecord"]

logger = logging.getLogger("pygen.client.audit")

AuditOutcome: TypeAlias = Literal["begun", "done", "refused", "unknown", "not_sent"]
"""
What became of a call: it is about to be sent (`begun`, only of a strict log), the service said yes (`done`) or no
(`refused`), the answer was lost or nobody waited for it, so it may have been carried out (`unknown`), or the service
never heard of it (`not_sent`).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """
    One call that may have changed something; holds identifiers and names of properties, never a value.

    Attributes:
        when: When it was recorded, in UTC.
        call_id: The same in all records of a call.
        who: Who asked.
        app: The name of the application; may be empty.
        project: The CDF project.
        base_url: The cluster's address.
        operation: What was asked for, e.g. `instances.apply`.
        method: The HTTP method.
        path: Relative to the project.
        outcome: What became of it.
        status: The HTTP status of the last answer.
        error: The class of the error that the caller got.
        request_id: The `x-request-id` of the last answer.
        attempts: How many requests were sent.
        duration_s: From the first request to the outcome, waits included.
        options: Flags of the request, e.g. `replace`.
        items: What was written: for each item its identifiers and the names of its properties, by source where it
            has sources.
        deletes: The identifiers of what an apply deletes beside that.
    """

    when: datetime
    call_id: str
    who: str
    app: str
    project: str
    base_url: str
    operation: str
    method: str
    path: str
    outcome: AuditOutcome
    status: int | None
    error: str | None
    request_id: str | None
    attempts: int
    duration_s: float
    options: dict[str, bool]
    items: list[JsonObject]
    deletes: list[JsonObject]

    def to_json(self) -> JsonObject:
        """The record as a line of the log says it."""
        return {
            "when": self.when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "call": self.call_id,
            "who": self.who,
            "app": self.app,
            "project": self.project,
            "base_url": self.base_url,
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "outcome": self.outcome,
            "status": self.status,
            "error": self.error,
            "request_id": self.request_id,
            "attempts": self.attempts,
            "duration_s": round(self.duration_s, 3),
            "counts": {"items": len(self.items), "delete": len(self.deletes)},
            "options": self.options,
            "items": self.items,
            "delete": self.deletes,
        }


class _Begun(NamedTuple):
    """What is kept of a call while it is under way."""

    call_id: str
    at: float


class AuditLog(Hook):
    """
    Records each call that writes, deletes or changes a schema, and every other call that is not known to only read.

    A file gets one line of JSON for each call, in one piece, however many threads and processes write to it. It is
    created for its owner alone, only ever added to, and opened anew for each record, so it may be moved away at any
    time. A record that cannot be written is logged as an error to `pygen.client.audit`, with all it says.

    Args:
        sink: A file (on a local disk), or a function that takes each record.
        who: Who asks; where it is not given, whom the token names, else `unknown`.
        strict: Whether a call that cannot be recorded is not made: a record with the outcome `begun` is written before
            the first request of each call, and where that fails, so does the call, with `DmsVetoError`. A process that
            dies during a call leaves such a record without a second one.
        wall_clock: The time of day, in seconds since 1970; tests pass time in.
        clock: A clock that never goes back, in seconds; likewise.

    Raises:
        ConfigError: The file cannot be opened.
    """

    def __init__(
        self,
        sink: str | os.PathLike[str] | Callable[[AuditRecord], None],
        *,
        who: str | None = None,
        strict: bool = False,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = sink if callable(sink) else _AppendedFile(Path(sink)).write
        self._who = who
        self._strict = strict
        self._wall_clock = wall_clock
        self._clock = clock

    def on_request(self, event: RequestEvent, /) -> None:
        """
        Note that a call begins.

        Raises:
            DmsVetoError: The log is strict, and the record cannot be written.
        """
        info = event.info
        if self in info.state or not _may_write(info.call):
            return
        begun = info.state[self] = _Begun(os.urandom(8).hex(), self._clock())
        if not self._strict:
            return
        try:
            self._write(self._record(info, begun, "begun", attempts=0))
        except Exception as error:  # noqa: BLE001 -- whatever a sink raises, the record is missing
            reason = f"not sent: the audit log cannot be written ({_reason(error)})"
            raise DmsVetoError(reason, operation=info.call.operation, project=info.project) from None

    def on_response(self, event: ResponseEvent, /) -> None:
        """Record a call that is done."""
        if event.error is None:
            self._end(event.info, "done", event.attempt, status=event.status, request_id=event.request_id)

    def on_error(self, event: ErrorEvent, /) -> None:
        """Record a call that has failed."""
        error = event.error
        self._end(
            event.info,
            _outcome(error),
            event.attempt,
            status=error.status if isinstance(error, DmsRequestError) else None,
            request_id=error.request_id,
            error=error,
        )

    def on_abandon(self, event: AbandonEvent, /) -> None:
        """Record a call that nobody waits for any more."""
        self._end(event.info, "unknown" if event.attempt else "not_sent", event.attempt, error=event.error)

    def _end(
        self,
        info: CallInfo,
        outcome: AuditOutcome,
        attempts: int,
        *,
        status: int | None = None,
        request_id: str | None = None,
        error: BaseException | None = None,
    ) -> None:
        if not _may_write(info.call):
            return
        begun = info.state.pop(self, None) or _Begun(os.urandom(8).hex(), self._clock())
        record = self._record(
            info, begun, outcome, attempts=attempts, status=status, request_id=request_id, error=error
        )
        try:
            self._write(record)
        except Exception as failure:  # noqa: BLE001 -- the call has been made; what is left is to say so elsewhere
            logger.error(  # noqa: TRY400 -- a traceback of the sink's code may show what the sink keeps secret
                "the audit log cannot be written (%s); the record is: %s",
                _reason(failure),
                _line(record),
                extra={"dms_audit": record.to_json()},
            )

    def _record(
        self,
        info: CallInfo,
        begun: _Begun,
        outcome: AuditOutcome,
        *,
        attempts: int,
        status: int | None = None,
        request_id: str | None = None,
        error: BaseException | None = None,
    ) -> AuditRecord:
        call = info.call
        body = call.body or {}
        return AuditRecord(
            when=datetime.fromtimestamp(self._wall_clock(), UTC),
            call_id=begun.call_id,
            who=self._who or info.subject or "unknown",
            app=info.app,
            project=info.project,
            base_url=info.base_url,
            operation=call.operation,
            method=call.method,
            path=call.path,
            outcome=outcome,
            status=status,
            error=None if error is None else type(error).__name__,
            request_id=request_id,
            attempts=attempts,
            duration_s=self._clock() - begun.at,
            options={name: value for name, value in body.items() if isinstance(value, bool)},
            items=_described(body.get("items")),
            deletes=_described(body.get("delete")),
        )


def _may_write(call: Call) -> bool:
    """
    Whether the call may change something.

    What a call of the family `other` does is not known, so it counts unless its method only reads.
    """
    if call.family == "other":
        return call.method.upper() not in {"GET", "HEAD", "OPTIONS"}
    return call.family in {"write", "delete", "schema_write"}


def _outcome(error: DmsError) -> AuditOutcome:
    if error.lost_since_ms is not None:
        return "unknown"
    return "refused" if isinstance(error, DmsRequestError) else "not_sent"


_IDENTIFYING = (
    *("instanceType", "space", "externalId", "version", "existingVersion"),
    *("containerExternalId", "identifier", "id", "instanceId"),
)


def _described(items: object) -> list[JsonObject]:
    if not isinstance(items, (list, tuple)):
        return []
    return [_description(item) for item in items if isinstance(item, Mapping)]


def _description(item: Mapping[str, Any]) -> JsonObject:
    """What identifies an item, and the names of what it sets."""
    described: JsonObject = {}
    for key in _IDENTIFYING:
        value = item.get(key)
        if isinstance(value, (str, int)):
            described[key] = value
    for key in ("properties", "constraints", "indexes"):
        if isinstance(item.get(key), Mapping):
            described[key] = sorted(item[key])
    sources = item.get("sources")
    if isinstance(sources, (list, tuple)):
        described["sources"] = {
            _source_name(source.get("source")): sorted(source.get("properties") or ())
            for source in sources
            if isinstance(source, Mapping)
        }
    return described


def _source_name(source: object) -> str:
    """`space:View(version)` or `space:Container`, as its identifier prints itself."""
    if not isinstance(source, Mapping):
        return str(source)
    version = f"({source['version']})" if source.get("version") else ""
    return f"{source.get('space')}:{source.get('externalId')}{version}"


def _line(record: AuditRecord) -> str:
    return json.dumps(record.to_json(), separators=(",", ":"))


def _reason(error: Exception) -> str:
    """Why a sink failed, without what its message may repeat."""
    explained = error.strerror if isinstance(error, OSError) else None
    return explained or type(error).__name__


class _AppendedFile:
    """A file that gets whole lines from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._lock = Lock()
        self._torn = False
        try:
            os.close(self._open())
        except OSError as error:
            raise ConfigError(f"cannot open the audit log {path}: {error.strerror}", key="sink") from error

    def write(self, record: AuditRecord) -> None:
        """Add a record; on return the operating system has it."""
        line = f"{_line(record)}\n".encode()
        with self._lock:
            file = self._open()
            try:
                with _turn(file):
                    self._append(file, line)
            finally:
                os.close(file)

    def _append(self, file: int, line: bytes) -> None:
        """Write in one piece, which is what keeps lines of other processes out of it."""
        if self._torn:
            line = b"\n" + line
        written = os.write(file, line)
        while written < len(line):  # only a disk that is nearly full takes less
            self._torn = True
            written += os.write(file, line[written:])
        self._torn = False

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return os.open(self._path, flags, 0o600)


if sys.platform == "win32":
    import msvcrt

    _FAR_AWAY = 2**31 - 2  # the runtime library counts positions of locks in 32 bits

    @contextmanager
    def _turn(file: int) -> Generator[None, None, None]:
        """Windows finds the end of the file and writes there in two steps: other processes must wait."""
        os.lseek(file, _FAR_AWAY, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            os.lseek(file, _FAR_AWAY, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:

    @contextmanager
    def _turn(file: int) -> Generator[None, None, None]:  # noqa: ARG001 -- the other one needs it
        """Adding to the end of a file is one step."""
        yield
