"""Requests and answers in the log, for those who ask for it."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from pygen.client.events import (
    AbandonEvent,
    CallInfo,
    ErrorEvent,
    Hook,
    RequestEvent,
    ResponseEvent,
    RetryEvent,
)
from pygen.client.redaction import Redactor

__all__ = ["RequestLog"]

logger = logging.getLogger("pygen.client.traffic")


class RequestLog(Hook):
    """
    Writes requests and answers to the logger `pygen.client.traffic`.

    Each record is one line of text, and carries the same facts as attributes whose names start with `dms_`
    (docs/observability.md lists them). Neither shows a header, a credential or a control character.

    Args:
        bodies: Whether bodies and query parameters are shown; otherwise only their sizes are.
        max_body_chars: Where a body is cut.
        redact: Names of properties whose values are hidden in bodies, in any case, at any depth.
        level: The level of all records.
    """

    def __init__(
        self,
        *,
        bodies: bool = False,
        max_body_chars: int = 2000,
        redact: Collection[str] = (),
        level: int = logging.INFO,
    ) -> None:
        self._bodies = bodies
        self._max_body_chars = max_body_chars
        self._redactor = Redactor(redact)
        self._level = level

    def on_request(self, event: RequestEvent, /) -> None:
        """Log the request."""
        if not logger.isEnabledFor(self._level):
            return
        call = event.info.call
        facts: dict[str, Any] = {"waited_s": event.waited_s}
        if self._bodies:
            facts |= {"params": self._shown(call.params), "body": self._shown(call.body)}
        self._log("request", event, f"attempt {event.attempt}", facts)

    def on_response(self, event: ResponseEvent, /) -> None:
        """Log the answer."""
        if not logger.isEnabledFor(self._level):
            return
        facts: dict[str, Any] = {
            "status": event.status,
            "request_id": event.request_id,
            "duration_s": event.duration_s,
            "sent_bytes": event.sent_bytes,
            "received_bytes": len(event.content),
            **_error_facts(event.error),
        }
        if self._bodies and event.content:
            facts["body"] = self._redactor.content(event.content, self._max_body_chars)
        sizes = f"{event.sent_bytes} bytes sent, {len(event.content)} received"
        self._log("response", event, f"{event.status} in {event.duration_s:.3f} s, {sizes}", facts)

    def on_retry(self, event: RetryEvent, /) -> None:
        """Log that the call is sent again."""
        facts = {"delay_s": event.delay_s, "request_id": event.error.request_id, **_error_facts(event.error)}
        outcome = f"attempt {event.attempt} failed, the next follows in {event.delay_s:.1f} s: {event.error.message}"
        self._log("retry", event, outcome, facts)

    def on_error(self, event: ErrorEvent, /) -> None:
        """Log that the call has failed."""
        facts = {"request_id": event.error.request_id, **_error_facts(event.error)}
        self._log("error", event, f"failed after {_attempts(event.attempt)}: {event.error.message}", facts)

    def on_abandon(self, event: AbandonEvent, /) -> None:
        """Log that the call was given up by its caller."""
        outcome = f"abandoned after {_attempts(event.attempt)}: {type(event.error).__name__}"
        self._log("abandon", event, outcome, _error_facts(event.error))

    def _shown(self, value: Any) -> str | None:
        return None if value is None else self._redactor.json(value, self._max_body_chars)

    def _log(
        self,
        kind: str,
        event: RequestEvent | ResponseEvent | RetryEvent | ErrorEvent | AbandonEvent,
        outcome: str,
        facts: dict[str, Any],
    ) -> None:
        if not logger.isEnabledFor(self._level):
            return
        known = {"event": kind, **_call_facts(event.info), "attempt": event.attempt, **facts}
        text = self._redactor.text
        # Bodies are safe already, and a second pass would hide what only looks like an assignment in their JSON.
        safe = {
            name: text(value) if isinstance(value, str) and name not in {"body", "params"} else value
            for name, value in known.items()
            if value is not None
        }
        line = f"{safe['operation']}: {safe['method']} {safe['path']}: {text(outcome)}"
        shown = [f"{name} {safe[name]}" for name in ("params", "body") if name in safe]
        request_id = [f"request id {safe['request_id']}"] if "request_id" in safe else []
        logger.log(
            self._level, "%s", ", ".join([line, *request_id, *shown]), extra={f"dms_{k}": v for k, v in safe.items()}
        )


def _call_facts(info: CallInfo) -> dict[str, Any]:
    call = info.call
    return {
        "operation": call.operation,
        "method": call.method,
        "path": call.path,
        "project": info.project,
        "app": info.app or None,
    }


def _error_facts(error: BaseException | None) -> dict[str, str]:
    return {} if error is None else {"error": type(error).__name__}


def _attempts(count: int) -> str:
    return f"{count} attempt{'' if count == 1 else 's'}"
