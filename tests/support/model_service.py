"""A service that knows nothing but data models and containers, as raw JSON, and answers in an order of its own."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import httpx

from pygen.client import PygenClient
from pygen.client.retry import RetryPolicy
from pygen.project.config import ProjectConfig

__all__ = ["ModelService"]

_KINDS = {"datamodels", "containers"}


class ModelService:
    """
    Answers `byids` of data models and containers.

    Attributes:
        models: The data models.
        containers: The containers.
        asked: The path of every request, with what it asked for.
        fail: What all requests are answered with instead; None: the truth.
    """

    def __init__(self, *models: dict[str, Any], containers: list[dict[str, Any]] | None = None) -> None:
        self.models = [copy.deepcopy(model) for model in models]
        self.containers = copy.deepcopy(containers or [])
        self.asked: list[tuple[str, list[dict[str, Any]]]] = []
        self.fail: httpx.Response | None = None
        self.environments: list[str | None] = []
        self._random = random.Random(3)

    def connect(self, config: ProjectConfig, environment: str | None = None) -> PygenClient:
        """A client that asks this service, and never waits."""
        self.environments.append(environment)
        return PygenClient(
            base_url="http://127.0.0.1",
            project="plant",
            credentials="a-token",
            transport=httpx.MockTransport(self._answer),
            retry=RetryPolicy(retries=0),
            gzip_requests=False,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        kind = request.url.path.split("/")[-2]
        assert kind in _KINDS
        wanted = json.loads(request.content)["items"]
        self.asked.append((request.url.path, wanted))
        if self.fail is not None:
            return self.fail
        known = self.models if kind == "datamodels" else self.containers
        found = [each for each in known if any(item.items() <= each.items() for item in wanted)]
        self._random.shuffle(found)
        text = json.dumps({"items": [self._mixed(each) for each in found]})
        return httpx.Response(200, text=text)

    def _mixed(self, value: Any) -> Any:
        """The same with keys, views and properties in another order: lists of views have none that means something."""
        if isinstance(value, dict):
            keys = list(value)
            self._random.shuffle(keys)
            mixed = {key: self._mixed(value[key]) for key in keys}
            for key in ("views", "mappedContainers"):
                if isinstance(mixed.get(key), list):
                    self._random.shuffle(mixed[key])
            return mixed
        if isinstance(value, list):
            return [self._mixed(each) for each in value]
        return value
