"""The example's wind farm in a sandbox, asked over HTTP by clients of both kinds, without real waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, Unpack

from windfarm.sdk import AsyncWindfarmClient, WindfarmClient, WindTurbineWrite

from pygen.client import AsyncPygenClient, PygenClient
from pygen.client.retry import RetryPolicy
from pygen.runtime import PygenWrite, SdkOptions
from pygen.sandbox import Sandbox

MODEL = Path(__file__).resolve().parents[2] / "example_project" / "model" / "windfarm.json"
SPACE = "windfarm_data"
ResultT = TypeVar("ResultT")


class WindSandbox:
    """
    A sandbox with the example's data model.

    Attributes:
        sandbox: The sandbox.
        client: A synchronous client.
        waits: How long the clients would have waited, in seconds.
    """

    def __init__(self, sandbox: Sandbox, options: SdkOptions) -> None:
        self.sandbox = sandbox
        self.waits: list[float] = []
        self.on_wait: Callable[[], Any] = lambda: None
        self._options = options
        self._under = PygenClient(
            base_url=sandbox.base_url,
            project=sandbox.project,
            credentials=sandbox.token,
            retry=RetryPolicy(sleep=self._wait, base_s=0.001),
        )
        self._under.spaces.upsert({"space": SPACE})
        self.client = WindfarmClient.from_client(self._under, **options)

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.on_wait()

    async def _awaited(self, seconds: float) -> None:
        self._wait(seconds)
        await asyncio.sleep(0)

    def run(self, work: Callable[[AsyncWindfarmClient], Awaitable[ResultT]]) -> ResultT:
        """Do something with an asynchronous client."""

        async def main() -> ResultT:
            async with AsyncPygenClient(
                base_url=self.sandbox.base_url,
                project=self.sandbox.project,
                credentials=self.sandbox.token,
                retry=RetryPolicy(asleep=self._awaited, base_s=0.001),
            ) as under:
                return await work(AsyncWindfarmClient.from_client(under, **self._options))

        return asyncio.run(main())

    def write(self, *objects: PygenWrite) -> None:
        """Write objects."""
        self.client.upsert(objects)

    def close(self) -> None:
        """Close the client."""
        self._under.close()


@contextmanager
def wind_sandbox(objects: Iterable[PygenWrite] = (), **options: Unpack[SdkOptions]) -> Iterator[WindSandbox]:
    """
    A sandbox that holds some objects.

    Args:
        objects: What is in it.
        **options: Of the SDK's clients.
    """
    with Sandbox(MODEL) as sandbox:
        found = WindSandbox(sandbox, {"instance_space": SPACE, **options})
        try:
            if given := list(objects):
                found.write(*given)
            yield found
        finally:
            found.close()


def turbine(external_id: str, **values: Any) -> WindTurbineWrite:
    """A wind turbine; its name is its external id in capitals."""
    return WindTurbineWrite(external_id=external_id, **{"name": external_id.upper(), **values})
