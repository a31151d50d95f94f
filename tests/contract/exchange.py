"""Recorded exchanges: what goes out, and what comes back."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from pygen.client.models.ids import ViewId

Json = dict[str, Any]
FOLDER = Path(__file__).resolve().parent / "exchanges"
PREFIX = "/api/v1/projects/plant"
CONNECTION: Json = {"base_url": "https://cluster.example", "project": "plant", "credentials": "token"}


def exchanges(name: str) -> list[Json]:
    """The exchanges of one file."""
    found: list[Json] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["exchanges"]
    return found


class Replay:
    """
    Answers with recorded answers, in order, and remembers what it was asked.

    Attributes:
        sent: Path and body of each request.
    """

    def __init__(self, recorded: Sequence[Json]) -> None:
        self._recorded = list(recorded)
        self.sent: list[tuple[str, Json]] = []

    @property
    def transport(self) -> httpx.MockTransport:
        """The transport of either client."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        assert request.headers["authorization"] == "Bearer token"
        content = request.read()
        if request.headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        self.sent.append((request.url.path.removeprefix(PREFIX), json.loads(content)))
        recorded = self._recorded.pop(0)
        return httpx.Response(
            recorded["status"], json=recorded["response"], headers=recorded.get("responseHeaders", {})
        )


def view_of(reference: Json) -> ViewId:
    """A view reference as an identifier."""
    return ViewId(reference["space"], reference["externalId"], reference["version"])
