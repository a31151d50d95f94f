"""
Measure `pygen sandbox serve`, as a process of its own, over HTTP.

    python benchmarks/sandbox.py [--quick] [--runs 3] [--output benchmarks/results_sandbox.md]

Needs `pip install -e '.[dev]'` in the running Python. The client is this process, on the same cores: bodies are made
and compressed beforehand, and answers are taken as bytes, so that it is the service that is measured. Numbers depend on
the machine; the fastest of all runs says most on one that is not idle.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from statistics import median
from threading import Lock
from typing import Any, NamedTuple, Self

import httpx
from canned_rows import PAGE, SPACE, VIEW, external_id, record
from measure import as_installed, peak_mb
from run import ROOT, ms

from pygen.client import PygenClient
from pygen.client.models import ViewId

Json = dict[str, Any]

_PROJECT = "sandbox"
_TYPES: Mapping[type, Json] = {
    str: {"type": "text"},
    float: {"type": "float64"},
    int: {"type": "int64"},
    bool: {"type": "boolean"},
    dict: {"type": "direct"},
    list: {"type": "text", "list": True},
}
_TIMES = ("installedAt", "inspectedAt")
_CONNECTIONS = 2
"""How many requests are under way at once while instances are applied."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    what: str
    measured: str
    aim: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.measured} | {self.aim} |"


@dataclass(frozen=True, slots=True)
class Size:
    """
    How much is measured.

    Attributes:
        rows: Nodes of 18 properties.
        instances: Instances that the query looks through.
        runs: How often each is measured.
        starts: How often the start is.
        queries: How often each query is.
    """

    rows: int
    instances: int
    runs: int
    starts: int
    queries: int

    @classmethod
    def of(cls, *, quick: bool, runs: int) -> Size:
        """The one that the aims speak of, or one that takes a few seconds."""
        if quick:
            return cls(rows=10_000, instances=20_000, runs=1, starts=2, queries=3)
        return cls(rows=100_000, instances=1_000_000, runs=runs, starts=runs * 4, queries=runs * 10)


class Cost(NamedTuple):
    """
    What some work took.

    Attributes:
        rows: How many rows it was about.
        seconds: Wall time.
        server_s: Processor time of the server.
        client_s: Processor time of this process.
    """

    rows: int
    seconds: float
    server_s: float
    client_s: float


class Served:
    """
    `pygen sandbox serve`, running; use it in a `with` statement.

    Attributes:
        url: Its address.
        start_s: The time from the start of the process to the line that says that requests are answered.
    """

    def __init__(self, db: Path) -> None:
        command = [sys.executable, "-m", "pygen", "sandbox", "serve", "-q", "--db", str(db)]
        started = time.perf_counter()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=as_installed())
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.start_s = time.perf_counter() - started
        self.url = line.removeprefix("listening on ").strip()

    def cost(self, rows: int, work: Callable[[], int]) -> Cost:
        """
        Measure what makes it work.

        Args:
            rows: How many rows there are.
            work: Returns how many rows it was about.

        Raises:
            RuntimeError: That was another number.
        """
        began, server, client = time.perf_counter(), self._processor_s(), time.process_time()
        count = work()
        cost = Cost(rows, time.perf_counter() - began, self._processor_s() - server, time.process_time() - client)
        if count != rows:
            raise RuntimeError(f"{count} rows in place of {rows}")
        return cost

    def _processor_s(self) -> float:
        """The processor time it has had so far; only Linux tells that of a process that goes on."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except FileNotFoundError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> float:
        """Stop it; its largest resident size, in MB."""
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._process.stdout.close()
        return peak_mb(usage)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.returncode is None:
            self.stop()


class Load:
    """A client that does little."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(
            base_url=f"{url}/api/v1/projects/{_PROJECT}/models",
            headers={"authorization": "Bearer token", "content-type": "application/json"},
            timeout=60,
        )

    def post(self, path: str, body: bytes, **headers: str) -> bytes:
        """The answer to a request that is carried out."""
        answer = self._http.post(path, content=body, headers=headers)
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:500]}")
        return answer.content

    def create(self, path: str, *items: Json) -> None:
        """Create parts of a schema."""
        self.post(path, json.dumps({"items": items}).encode())

    def apply(self, bodies: Iterable[bytes]) -> int:
        """Apply instances; how many that were."""
        left, turn = iter(bodies), Lock()

        def send() -> int:
            count = 0
            while True:
                with turn:
                    body = next(left, None)
                if body is None:
                    return count
                count += self.post("/instances", body, **{"content-encoding": "gzip"}).count(b'"instanceType"')

        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            return sum(sender.result() for sender in [pool.submit(send) for _ in range(_CONNECTIONS)])

    def list(self, encoding: str) -> int:
        """List all nodes, page by page; how many there are."""
        cursor, count = b"null", 0
        while cursor:
            body = b'{"instanceType":"node","sources":[{"source":%b}],"limit":%d,"cursor":%b}'
            page = self.post(
                "/instances/list", body % (json.dumps(_view()).encode(), PAGE, cursor), **{"accept-encoding": encoding}
            )
            count += page.count(b'"instanceType"')
            cursor = page.rpartition(b'"nextCursor":')[2].rstrip(b"}") if page.endswith(b'"}') else b""
        return count


# --- nodes of 18 properties ---


def _view(name: str = VIEW[1]) -> Json:
    return {"type": "view", "space": SPACE, "externalId": name, "version": VIEW[2]}


def _create(load: Load, name: str, types: Mapping[str, Json]) -> None:
    """A container, and a view of all its properties."""
    container = {"type": "container", "space": SPACE, "externalId": name}
    load.create(
        "/containers",
        {"space": SPACE, "externalId": name, "properties": {key: {"type": kind} for key, kind in types.items()}},
    )
    mapped = {key: {"container": container, "containerPropertyIdentifier": key} for key in types}
    load.create("/views", {"space": SPACE, "externalId": name, "version": VIEW[2], "properties": mapped})


def _create_pumps(load: Load) -> None:
    load.create("/spaces", {"space": SPACE})
    types = {name: _TYPES[type(value)] for name, value in record(0).items()}
    _create(load, VIEW[1], types | {name: {"type": "timestamp"} for name in _TIMES})


def _node(identifier: str, view: str, properties: Json) -> Json:
    source = {"source": _view(view), "properties": properties}
    return {"instanceType": "node", "space": SPACE, "externalId": identifier, "sources": [source]}


def _pumps(rows: int) -> Iterator[Json]:
    return (_node(external_id(number), VIEW[1], record(number)) for number in range(rows))


def _bodies(items: Iterator[Json]) -> Iterator[bytes]:
    """Compressed requests of a thousand instances each."""
    while chunk := list(islice(items, PAGE)):
        body = {"items": chunk, "autoCreateDirectRelations": True, "replace": False}
        yield gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 1)


def nodes(size: Size, folder: Path) -> Iterator[Row]:
    """Apply nodes and list them."""
    rows, bodies, peaks = size.rows, list(_bodies(_pumps(size.rows))), list[float]()
    applied, listed, compressed = list[Cost](), list[Cost](), list[Cost]()
    for run in range(size.runs):
        with Served(folder / f"nodes-{run}.db") as served:
            load = Load(served.url)
            _create_pumps(load)
            applied.append(served.cost(rows, lambda: load.apply(bodies)))  # noqa: B023 -- called at once
            listed.append(served.cost(rows, lambda: load.list("identity")))  # noqa: B023 -- called at once
            compressed.append(served.cost(rows, lambda: load.list("gzip")))  # noqa: B023 -- called at once
            peaks.append(served.stop())
    yield Row(f"apply {rows:,} nodes", _speed(applied), "10,000 rows/s")
    yield Row(f"list {rows:,} nodes", _speed(listed), "50,000 rows/s")
    yield Row("... with compressed answers", _speed(compressed), "")
    yield Row("memory of the server after that", f"{max(peaks):.0f} MB", "300 MB")


def by_client(size: Size, folder: Path) -> Iterator[Row]:
    """The same by a client that makes the nodes, and reads them."""
    rows, pumps = size.rows, list(_pumps(min(size.rows, 10 * PAGE)))
    applied, listed = list[Cost](), list[Cost]()
    for run in range(size.runs):
        with Served(folder / f"client-{run}.db") as served:
            _create_pumps(Load(served.url))
            with PygenClient(base_url=served.url, project=_PROJECT, credentials="token") as client:
                items = ({**pumps[number % len(pumps)], "externalId": external_id(number)} for number in range(rows))
                applied.append(served.cost(rows, partial(_count, client.instances.apply_each(items))))
                listed.append(served.cost(rows, partial(_count, client.instances.list(sources=[ViewId(*VIEW)]))))
    yield Row(f"make and apply {rows:,} nodes with `PygenClient`", _speed(applied), "")
    yield Row(f"list {rows:,} nodes with `PygenClient`, one by one", _speed(listed), "")


def _count(found: Iterable[object]) -> int:
    return sum(1 for _ in found)


# --- two hops ---

_AREAS_PER_MILLION = 1_000
_SYSTEMS_PER_AREA = 40
_PRIME = 7_919
_STATUSES = ("running", "stopped", "maintenance", "scrapped")


def _plant(instances: int) -> Iterator[Json]:
    """Areas, systems in them, components in those, and edges from component to component."""
    areas = max(10, instances * _AREAS_PER_MILLION // 1_000_000)
    systems = areas * _SYSTEMS_PER_AREA
    edges = instances * 4 // 10
    components = instances - areas - systems - edges
    for number in range(areas):
        yield _node(f"area-{number}", "Area", {"name": f"Area {number}", "code": number % 50})
    for number in range(systems):
        area = {"space": SPACE, "externalId": f"area-{number % areas}"}
        yield _node(f"system-{number}", "System", {"name": f"System {number}", "level": number % 7, "area": area})
    for number in range(components):
        system = {"space": SPACE, "externalId": f"system-{number % systems}"}
        status, pressure = _STATUSES[number // systems % len(_STATUSES)], number * _PRIME % 10_007 % 1_000 / 10
        properties = {"name": f"Component {number}", "status": status, "pressure": pressure, "system": system}
        yield _node(f"component-{number}", "Component", properties)
    for number in range(edges):
        yield {
            "instanceType": "edge",
            "space": SPACE,
            "externalId": f"flow-{number}",
            "type": {"space": SPACE, "externalId": "flows-to"},
            "startNode": {"space": SPACE, "externalId": f"component-{number % components}"},
            "endNode": {"space": SPACE, "externalId": f"component-{(number * 7 + 1) % components}"},
        }


def _create_plant(load: Load) -> None:
    text, relation = {"type": "text"}, {"type": "direct"}
    load.create("/spaces", {"space": SPACE})
    _create(load, "Area", {"name": text, "code": {"type": "int32"}})
    _create(load, "System", {"name": text, "level": {"type": "int32"}, "area": relation})
    _create(load, "Component", {"name": text, "status": text, "pressure": {"type": "float64"}, "system": relation})


def _property(view: str, name: str) -> list[str]:
    return [SPACE, f"{view}/{VIEW[2]}", name]


def _equals(view: str, name: str, value: object) -> Json:
    return {"equals": {"property": _property(view, name), "value": value}}


def _above(view: str, name: str, value: float) -> Json:
    return {"range": {"property": _property(view, name), "gt": value}}


def _inwards(start: str, view: str, relation: str, condition: Json) -> Json:
    through = {"source": _view(view), "identifier": relation}
    return {
        "nodes": {"from": start, "through": through, "direction": "inwards", "filter": condition},
        "limit": 10 * PAGE,
    }


def _select(**views: str) -> Json:
    return {
        name: {"sources": [{"source": _view(view), "properties": ["*"]}], "limit": PAGE} for name, view in views.items()
    }


_BY_RELATIONS: Json = {
    "with": {
        "areas": {"nodes": {"filter": _equals("Area", "code", 7)}, "limit": 10},
        "systems": _inwards("areas", "System", "area", _above("System", "level", 3)),
        "components": _inwards(
            "systems",
            "Component",
            "system",
            {"and": [_equals("Component", "status", "running"), _above("Component", "pressure", 50.0)]},
        ),
    },
    "select": _select(areas="Area", systems="System", components="Component"),
}
_FLOW = {"equals": {"property": ["edge", "type"], "value": {"space": SPACE, "externalId": "flows-to"}}}
_BY_EDGES: Json = {
    "with": {
        "start": {
            "nodes": {
                "filter": {"and": [_above("Component", "pressure", 99.0), _equals("Component", "status", "stopped")]}
            },
            "limit": 100,
        },
        "flows": {
            "edges": {
                "from": "start",
                "maxDistance": 2,
                "filter": _FLOW,
                "nodeFilter": _above("Component", "pressure", 5.0),
            },
            "limit": 10 * PAGE,
        },
        "reached": {"nodes": {"from": "flows", "filter": _above("Component", "pressure", 50.0)}, "limit": PAGE},
    },
    "select": {**_select(start="Component", reached="Component"), "flows": {"limit": PAGE}},
}


def hops(size: Size, folder: Path) -> Iterator[Row]:
    """Queries of two hops with filters over many instances."""
    with Served(folder / "hops.db") as served:
        load = Load(served.url)
        _create_plant(load)
        applied = served.cost(size.instances, lambda: load.apply(_bodies(_plant(size.instances))))
        yield Row(f"make and apply {size.instances:,} nodes and edges", _speed([applied]), "")
        for what, query in [
            ("two hops along direct relations, a filter at each step", _BY_RELATIONS),
            ("two hops along edges, filters on nodes and edges", _BY_EDGES),
        ]:
            times, found = _asked(load, query, size.queries)
            yield Row(
                f"{what}, among {size.instances:,} instances; finds {found}",
                f"{ms(min(times))} (median {ms(median(times))}, first {ms(times[0])})",
                "200 ms",
            )
        yield Row("memory of the server after that", f"{served.stop():.0f} MB", "300 MB")


def _asked(load: Load, query: Json, times: int) -> tuple[list[float], str]:
    """The seconds that a query takes, each time, and what it finds, as text a person reads."""
    body, found, taken = json.dumps(query).encode(), b"", list[float]()
    for _ in range(times):
        began = time.perf_counter()
        found = load.post("/instances/query", body)
        taken.append(time.perf_counter() - began)
    return taken, ", ".join(f"{len(items):,} {name}" for name, items in json.loads(found)["items"].items())


# --- start ---


def starts(size: Size, folder: Path) -> Iterator[Row]:
    """From the start of the process to `listening on`."""
    times: list[float] = []
    for run in range(size.starts):
        with Served(folder / f"start-{run}.db") as served:
            times.append(served.start_s)
    yield Row("start, with an empty file", f"{ms(min(times))} (median {ms(median(times))})", "500 ms")


def _speed(costs: Sequence[Cost]) -> str:
    """Rows per second, and the processor time of a page, which other work on the machine changes least."""
    rates = [cost.rows / cost.seconds for cost in costs]
    rate = f"{max(rates):,.0f} rows/s" + (f" (median {median(rates):,.0f})" if len(rates) > 1 else "")
    server, client = (
        min(seconds) * PAGE / costs[0].rows
        for seconds in ([cost.server_s for cost in costs], [cost.client_s for cost in costs])
    )
    return f"{rate}; {server * 1000:.1f} + {client * 1000:.1f} ms"


def main() -> None:
    """Run every measurement and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rows and one run: whether it works, not how fast")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results_sandbox.md")
    arguments = parser.parse_args()
    size = Size.of(quick=arguments.quick, runs=arguments.runs)
    loads: list[float] = [os.getloadavg()[0]]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in (starts, nodes, by_client, hops):
            for row in part(size, Path(folder)):
                print(row, flush=True)
                rows.append(row)
            loads.append(os.getloadavg()[0])
    options = "--quick" if arguments.quick else f"--runs {arguments.runs}"
    versions = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "pydantic", "httpx"))
    measured = (
        f"`python benchmarks/sandbox.py {options}`: `pygen sandbox serve --db FILE` in a process of its own, its "
        f"client on the same {os.cpu_count()} cores, over HTTP; the fastest of all runs. {platform.system()}, Python "
        f"{platform.python_version()}, {versions}. Nodes have 18 properties, memory is the largest resident size of "
        f"the process. Milliseconds beside rows are processor time per 1,000 rows, server + client. Load average "
        f"before and after each part: {', '.join(f'{load:.1f}' for load in loads)}."
    )
    head = ["# Measured: the sandbox", "", measured, "", "| what | measured | aim |", "|---|---|---|"]
    arguments.output.write_text("\n".join([*head, *map(str, rows), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
