"""Calls as spans and measurements of OpenTelemetry; needs the extra `otel`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from pygen._version import __version__
from pygen.client.events import AbandonEvent, CallInfo, ErrorEvent, Hook, RequestEvent, ResponseEvent, RetryEvent
from pygen.client.exceptions import DmsError, DmsRequestError
from pygen.client.redaction import Redactor
from pygen.errors import MissingExtraError

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

__all__ = ["OpenTelemetryHook"]

_SCHEMA_URL = "https://opentelemetry.io/schemas/1.23.1"  # the release that made the HTTP conventions stable
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


class _Attempt(NamedTuple):
    """What is kept of an attempt while it is under way."""

    span: Span
    began_at: float
    attributes: dict[str, Any]


class OpenTelemetryHook(Hook):
    """
    Makes a client span of each attempt, measures how long it took, and sends the trace's context along.

    Names follow the semantic conventions for HTTP clients; beside them stand `cdf.operation`, `cdf.project` and
    `cdf.request_id`. The parent is the span that is current where the call is made.

    Args:
        tracer_provider: Where spans go; the global one by default.
        meter_provider: Where measurements go; the global one by default.
        clock: A clock that never goes back, in seconds; tests pass time in.

    Raises:
        MissingExtraError: OpenTelemetry is not installed.
    """

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            from opentelemetry import metrics, trace
        except ModuleNotFoundError as error:
            raise MissingExtraError("OpenTelemetryHook", extra="otel", module="opentelemetry") from error
        self._tracer = trace.get_tracer("pygen.client", __version__, tracer_provider, schema_url=_SCHEMA_URL)
        meter = metrics.get_meter("pygen.client", __version__, meter_provider, schema_url=_SCHEMA_URL)
        self._duration = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._clock = clock
        self._text = Redactor().text

    def on_request(self, event: RequestEvent, /) -> Mapping[str, str]:
        """Start a span, and say in headers which."""
        from opentelemetry import propagate
        from opentelemetry.trace import SpanKind, set_span_in_context

        info = event.info
        attributes = _attributes(info)
        resent = {"http.request.resend_count": event.attempt - 1} if event.attempt > 1 else {}
        span = self._tracer.start_span(
            f"{info.call.method} {info.call.operation}",
            kind=SpanKind.CLIENT,
            attributes={**attributes, "url.full": self._text(_full_url(info)), **resent},
        )
        info.state[self] = _Attempt(span, self._clock(), attributes)
        headers: dict[str, str] = {}
        propagate.inject(headers, set_span_in_context(span))
        return headers

    def on_response(self, event: ResponseEvent, /) -> None:
        """End the span of an attempt that was answered."""
        self._end(event.info, event.error, event.request_id, status=event.status, duration_s=event.duration_s)

    def on_retry(self, event: RetryEvent, /) -> None:
        """End the span of an attempt that was not answered."""
        self._end(event.info, event.error, event.error.request_id)

    def on_error(self, event: ErrorEvent, /) -> None:
        """End the span of the last attempt, where it was not answered."""
        self._end(event.info, event.error, event.error.request_id)

    def on_abandon(self, event: AbandonEvent, /) -> None:
        """End the span of an attempt whose answer nobody waits for."""
        self._end(event.info, event.error)

    def _end(
        self,
        info: CallInfo,
        error: BaseException | None,
        request_id: str | None = None,
        *,
        status: int | None = None,
        duration_s: float | None = None,
    ) -> None:
        attempt: _Attempt | None = info.state.pop(self, None)
        if attempt is None:  # answered before, or never begun
            return
        outcome: dict[str, Any] = {}
        if status is not None:
            outcome["http.response.status_code"] = status
        if error is not None:
            outcome["error.type"] = _error_type(error)
            self._set_failed(attempt.span, error)
        attempt.span.set_attributes(outcome)
        if request_id is not None:
            attempt.span.set_attribute("cdf.request_id", self._text(request_id))
        attempt.span.end()
        duration_s = self._clock() - attempt.began_at if duration_s is None else duration_s
        self._duration.record(duration_s, {**attempt.attributes, **outcome})

    def _set_failed(self, span: Span, error: BaseException) -> None:
        from opentelemetry.trace import Status, StatusCode

        # A status says all that a description could; what an exception that is not ours says may hold a secret.
        said = error.message if isinstance(error, DmsError) and not isinstance(error, DmsRequestError) else None
        span.set_status(Status(StatusCode.ERROR, None if said is None else self._text(said)))


def _attributes(info: CallInfo) -> dict[str, Any]:
    """What spans and measurements have in common: few different values."""
    address = urlsplit(info.base_url)
    return {
        "http.request.method": info.call.method,
        "server.address": address.hostname or "",
        "server.port": address.port or (80 if address.scheme == "http" else 443),
        "cdf.operation": info.call.operation,
        "cdf.project": info.project,
    }


def _full_url(info: CallInfo) -> str:
    """The address with its query, in which cursors are replaced: they hold values of properties."""
    shown: dict[str, Any] = {}
    for name, value in (info.call.params or {}).items():
        if value is not None:
            known = str(value).lower() if isinstance(value, bool) else value
            shown[name] = "REDACTED" if "cursor" in name.lower() else known
    return f"{info.url}?{urlencode(shown, doseq=True)}" if shown else info.url


def _error_type(error: BaseException) -> str:
    """The status where there is one, else the class."""
    if isinstance(error, DmsRequestError):
        return str(error.status)
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
