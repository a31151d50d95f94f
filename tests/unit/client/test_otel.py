"""Calls as spans and measurements."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from pygen.client.calls import Call
from pygen.client.events import AbandonEvent, ErrorEvent, RetryEvent
from pygen.client.exceptions import DmsTransportError
from pygen.client.otel import OpenTelemetryHook
from pygen.errors import MissingExtraError
from tests.support.call_events import CANARY, answered, asked, info_of, refused

LIST = Call("instances.list", "/models/instances/list", {"cursor": CANARY})


class Telemetry(NamedTuple):
    """A hook and what it exports."""

    hook: OpenTelemetryHook
    tracers: TracerProvider
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def span(self) -> ReadableSpan:
        """The only span that has ended."""
        (span,) = self.exporter.get_finished_spans()
        return span

    def measurements(self) -> list[Any]:
        """The durations measured, by their attributes."""
        data = self.reader.get_metrics_data()
        assert data is not None
        (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
        assert ("http.client.request.duration", "s") == (metric.name, metric.unit)
        return list(metric.data.data_points)


@pytest.fixture
def telemetry() -> Telemetry:
    """A hook that exports into memory; its clock says 1, 3, 5..."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    meters = MeterProvider([reader], shutdown_on_exit=False)
    ticks = iter(range(1, 1000, 2))
    return Telemetry(OpenTelemetryHook(tracers, meters, clock=lambda: float(next(ticks))), tracers, exporter, reader)


def test_span(telemetry: Telemetry) -> None:
    """An attempt is a client span that follows the conventions."""
    info = info_of(LIST)
    telemetry.hook.on_request(asked(info))
    assert () == telemetry.exporter.get_finished_spans()
    telemetry.hook.on_response(answered(info, CANARY.encode()))
    span = telemetry.span()
    expected = {
        "http.request.method": "POST",
        "url.full": "https://cluster.example/api/v1/projects/my-project/models/instances/list",
        "server.address": "cluster.example",
        "server.port": 443,
        "http.response.status_code": 200,
        "cdf.operation": "instances.list",
        "cdf.project": "my-project",
        "cdf.request_id": "r-1",
    }
    assert expected == dict(span.attributes or {})
    assert ("POST instances.list", SpanKind.CLIENT) == (span.name, span.kind)
    assert StatusCode.UNSET is span.status.status_code
    assert CANARY not in span.to_json()
    assert {} == info.state


def test_measurement(telemetry: Telemetry) -> None:
    """Durations are measured in seconds, in buckets made for them, by attributes of few values."""
    info = info_of(LIST)
    telemetry.hook.on_request(asked(info))
    telemetry.hook.on_response(answered(info, CANARY.encode()))
    (point,) = telemetry.measurements()
    assert (0.125, 1) == (point.sum, point.count)
    assert 0.005 == point.explicit_bounds[0]
    expected = {
        "http.request.method": "POST",
        "server.address": "cluster.example",
        "server.port": 443,
        "http.response.status_code": 200,
        "cdf.operation": "instances.list",
        "cdf.project": "my-project",
    }
    assert expected == dict(point.attributes)


def test_retries(telemetry: Telemetry) -> None:
    """Each attempt has its span; those after the first say how many went before."""
    hook, info = telemetry.hook, info_of(LIST)
    hook.on_request(asked(info))
    hook.on_response(answered(info, status=429, error=refused(429, CANARY)))
    hook.on_retry(RetryEvent(info, 1, refused(429, CANARY), 0.5))
    hook.on_request(asked(info, 2))
    hook.on_response(answered(info, CANARY.encode()))
    first, second = telemetry.exporter.get_finished_spans()
    assert first.attributes is not None
    assert second.attributes is not None
    assert ("429", 429) == (first.attributes["error.type"], first.attributes["http.response.status_code"])
    assert (StatusCode.ERROR, None) == (first.status.status_code, first.status.description)
    assert (None, 1) == (
        first.attributes.get("http.request.resend_count"),
        second.attributes["http.request.resend_count"],
    )
    assert {None, "429"} == {point.attributes.get("error.type") for point in telemetry.measurements()}


def test_no_answer(telemetry: Telemetry) -> None:
    """An attempt without an answer ends with the retry or the error that follows, and is measured by the clock."""
    hook, info = telemetry.hook, info_of(LIST)
    error = DmsTransportError("no answer within 30 s (ReadTimeout)")
    hook.on_request(asked(info))
    hook.on_retry(RetryEvent(info, 1, error, 0.5))
    hook.on_request(asked(info, 2))
    hook.on_error(ErrorEvent(info, 2, error))
    spans = telemetry.exporter.get_finished_spans()
    assert ["pygen.client.exceptions.DmsTransportError"] * 2 == [(s.attributes or {})["error.type"] for s in spans]
    assert [error.message] * 2 == [span.status.description for span in spans]
    (point,) = telemetry.measurements()
    assert (4.0, 2) == (point.sum, point.count)


@pytest.mark.parametrize("error", [asyncio.CancelledError(CANARY), KeyboardInterrupt(), RuntimeError(CANARY)])
def test_abandoned(error: BaseException, telemetry: Telemetry) -> None:
    """A cancelled attempt ends its span, too; what a stranger's exception says is not repeated."""
    info = info_of(LIST)
    telemetry.hook.on_request(asked(info))
    telemetry.hook.on_abandon(AbandonEvent(info, 1, error))
    span = telemetry.span()
    expected = (
        "asyncio.exceptions.CancelledError" if isinstance(error, asyncio.CancelledError) else type(error).__name__
    )
    assert expected == (span.attributes or {})["error.type"]
    assert CANARY not in span.to_json()


def test_never_begun(telemetry: Telemetry) -> None:
    """A call that failed before its first attempt has no span."""
    info = info_of(LIST)
    telemetry.hook.on_error(ErrorEvent(info, 0, DmsTransportError("no turn")))
    telemetry.hook.on_abandon(AbandonEvent(info, 0, KeyboardInterrupt()))
    assert () == telemetry.exporter.get_finished_spans()


@pytest.mark.parametrize(
    ("call", "base_url", "expected"),
    [
        (
            Call("views.list", "/models/views", method="GET", params={"limit": 3, "cursor": CANARY, "space": None}),
            "http://localhost:8080/base",
            "http://localhost:8080/base/api/v1/projects/my-project/models/views?limit=3&cursor=REDACTED",
        ),
        (
            Call(
                "views.list", "/models/views", method="GET", params={"allVersions": True, "usedFor": ["node", "edge"]}
            ),
            "https://cluster.example",
            "https://cluster.example/api/v1/projects/my-project/models/views?allVersions=true&usedFor=node&usedFor=edge",
        ),
        (
            Call("x", "/x", method="GET", params={"access_token": CANARY}),
            "https://cluster.example",
            "https://cluster.example/api/v1/projects/my-project/x?access_token=[redacted]",
        ),
    ],
)
def test_url(call: Call, base_url: str, expected: str, telemetry: Telemetry) -> None:
    """The address is whole but for cursors and credentials."""
    info = info_of(call, base_url=base_url)
    telemetry.hook.on_request(asked(info))
    telemetry.hook.on_response(answered(info, CANARY.encode()))
    attributes = telemetry.span().attributes or {}
    assert expected == attributes["url.full"]
    assert (8080 if "8080" in base_url else 443) == attributes["server.port"]


def test_context(telemetry: Telemetry) -> None:
    """The current span is the parent, and the headers name the attempt's own span."""
    info = info_of(LIST)
    with telemetry.tracers.get_tracer("app").start_as_current_span("work") as work:
        headers = telemetry.hook.on_request(asked(info))
    telemetry.hook.on_response(answered(info, CANARY.encode()))
    span = next(span for span in telemetry.exporter.get_finished_spans() if span.name != "work")
    assert span.context is not None
    assert span.parent is not None
    assert work.get_span_context().span_id == span.parent.span_id
    assert f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-" == headers["traceparent"][:-2]


def test_threads_and_tasks(telemetry: Telemetry) -> None:
    """Calls in worker threads and in tasks have the parent of where they were started."""
    tracer = telemetry.tracers.get_tracer("app")

    def call() -> None:
        info = info_of(LIST)
        telemetry.hook.on_request(asked(info))
        telemetry.hook.on_response(answered(info, CANARY.encode()))

    async def one() -> None:
        await asyncio.sleep(0)
        call()

    async def several() -> None:
        with tracer.start_as_current_span("tasks"):
            await asyncio.gather(one(), one())

    with tracer.start_as_current_span("threads"), ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(contextvars.copy_context().run, call) for _ in range(2)]:
            future.result()
    asyncio.run(several())
    spans = telemetry.exporter.get_finished_spans()
    names = {span.context.span_id: span.name for span in spans if span.context is not None}
    parents = [names[span.parent.span_id] for span in spans if span.parent is not None]
    assert ["tasks", "tasks", "threads", "threads"] == sorted(parents)


def test_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OpenTelemetry the error names the extra."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(MissingExtraError, match=r"pygen-cdf\[otel\]"):
        OpenTelemetryHook()
