"""Recorded exchanges: what goes out, and what comes back."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from pygen.client.models.ids import ViewId

Json = dict[str, Any]
FOLDER = Path(__file__).resolve().parent / "exchanges"
CLUSTER = "/api/v1"
PREFIX = f"{CLUSTER}/projects/plant"
CONNECTION: Json = {"base_url": "https://cluster.example", "project": "plant", "credentials": "token"}


def document(name: str) -> Json:
    """One file, as it is."""
    found: Json = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def exchanges(name: str) -> list[Json]:
    """The exchanges of one file."""
    found: list[Json] = document(name)["exchanges"]
    return found


class Asked(NamedTuple):
    """A request: the method, the whole path, the query as text, and the body (None where there was none)."""

    method: str
    path: str
    query: dict[str, str]
    body: Json | None


def as_recorded(exchange: Mapping[str, Any]) -> Asked:
    """The request of an exchange."""
    inside = exchange["path"] != "/token/inspect"  # the only one outside of projects (dms-api.md 1.1)
    path = f"{PREFIX if inside else CLUSTER}{exchange['path']}"
    query = {name: _text(value) for name, value in exchange.get("query", {}).items()}
    return Asked(exchange["method"], path, query, exchange.get("request"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class Replay:
    """
    Answers with recorded answers, in order, and remembers what it was asked.

    Attributes:
        asked: Each request.
    """

    def __init__(self, recorded: Sequence[Json]) -> None:
        self._recorded = list(recorded)
        self.asked: list[Asked] = []

    @property
    def sent(self) -> list[tuple[str, Json]]:
        """Path below the project and body of each request; the body is empty where there was none."""
        return [(request.path.removeprefix(PREFIX), request.body or {}) for request in self.asked]

    @property
    def transport(self) -> httpx.MockTransport:
        """The transport of either client."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer token"
        content = request.read()
        if request.headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        body = json.loads(content) if content else None
        path = request.url.raw_path.decode().partition("?")[0]
        self.asked.append(Asked(request.method, path, dict(request.url.params), body))
        recorded = self._recorded.pop(0)
        return httpx.Response(
            recorded["status"], json=recorded["response"], headers=recorded.get("responseHeaders", {})
        )


def view_of(reference: Json) -> ViewId:
    """A view reference as an identifier."""
    return ViewId(reference["space"], reference["externalId"], reference["version"])
