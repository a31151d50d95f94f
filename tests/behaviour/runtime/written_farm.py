"""A sandbox with the example's data model, and clients of it, for tests of what is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from windfarm.sdk import AsyncWindfarmClient, WindfarmClient

from pygen.client import AsyncPygenClient, Hook, PygenClient, RequestEvent
from pygen.client.retry import RetryPolicy
from pygen.runtime import SdkOptions
from pygen.sandbox import Sandbox

__all__ = ["SPACE", "Farm", "open_farm"]

MODEL = Path(__file__).resolve().parents[3] / "example_project" / "model" / "windfarm.json"
SPACE = "windfarm_data"


class Sent(Hook):
    """
    Notes what is sent.

    Attributes:
        bodies: Path and body of each request.
    """

    def __init__(self) -> None:
        self.bodies: list[tuple[str, Any]] = []

    def on_request(self, event: RequestEvent, /) -> None:
        """Note one."""
        self.bodies.append((event.info.call.path, event.info.call.body))

    def items(self) -> list[dict[str, Any]]:
        """The items of all writes so far."""
        return [item for path, body in self.bodies if path == "/models/instances" for item in body["items"]]


class Farm:
    """
    A sandbox that holds no instances yet.

    Attributes:
        sandbox: The sandbox.
        sent: What the clients made here have sent.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.sent = Sent()

    def client(self, *, over_http: bool = False, **options: Any) -> WindfarmClient:
        """A client; it tries again at once."""
        client = PygenClient(
            base_url=self.sandbox.base_url if over_http else "http://localhost",
            project=self.sandbox.project,
            credentials=self.sandbox.token,
            transport=None if over_http else self.sandbox.transport(),
            hooks=[self.sent],
            retry=RetryPolicy(base_s=0.0, cap_s=0.0),
        )
        given: SdkOptions = {**options}  # type: ignore[typeddict-item]  # what tests give is right, or meant to be wrong
        return WindfarmClient.from_client(client, **given)

    def aclient(self, **options: Any) -> AsyncWindfarmClient:
        """An asynchronous client."""
        client = AsyncPygenClient(
            base_url="http://localhost",
            project=self.sandbox.project,
            credentials=self.sandbox.token,
            transport=self.sandbox.async_transport(),
            hooks=[self.sent],
            retry=RetryPolicy(base_s=0.0, cap_s=0.0),
        )
        given: SdkOptions = {**options}  # type: ignore[typeddict-item]  # as above
        return AsyncWindfarmClient.from_client(client, **given)


@contextmanager
def open_farm(*, seed: int = 0) -> Iterator[Farm]:
    """A farm; nothing is left of it afterwards. The same *seed* makes the same requests fail."""
    with Sandbox(MODEL, seed=seed) as sandbox:
        farm = Farm(sandbox)
        with farm.client() as client:
            client.client.spaces.upsert([{"space": SPACE}, {"space": "elsewhere"}])
        farm.sent.bodies.clear()
        yield farm
