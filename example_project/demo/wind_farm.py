"""The demo's Data Modeling Service: a sandbox with the project's data model, and a client that counts its requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pygen.client import Hook, PygenClient, RequestEvent
from pygen.sandbox import Sandbox

from demo.data import EVERYTHING
from windfarm.sdk import WindfarmClient

MODEL = Path(__file__).resolve().parent.parent / "model" / "windfarm.json"
INSTANCE_SPACE = "windfarm_data"


class Requests(Hook):
    """
    Notes what is asked of the service.

    Attributes:
        paths: The path of each request.
    """

    def __init__(self) -> None:
        self.paths: list[str] = []

    def on_request(self, event: RequestEvent, /) -> None:
        """Note one."""
        self.paths.append(event.info.call.path)


@contextmanager
def wind_farm(requests: Requests) -> Iterator[WindfarmClient]:
    """A client on a sandbox that holds everything of `demo.data`; nothing is left of it afterwards."""
    with (
        Sandbox(MODEL) as sandbox,
        PygenClient(
            base_url="http://localhost",
            project=sandbox.project,
            credentials=sandbox.token,
            transport=sandbox.transport(),
            hooks=[requests],
        ) as client,
    ):
        client.spaces.upsert({"space": INSTANCE_SPACE})
        windfarm = WindfarmClient.from_client(client)
        windfarm.upsert(EVERYTHING)
        requests.paths.clear()
        yield windfarm
