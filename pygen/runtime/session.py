"""What the objects of an SDK load and save through: a client, and the space that names without one mean."""

from __future__ import annotations

from typing import TypeVar

from pygen.client.calls import Plan
from pygen.client.core import AsyncPygenClient, PygenClient
from pygen.runtime.errors import SdkError

__all__ = ["Session"]

ResultT = TypeVar("ResultT")


class Session:
    """
    A client and a default space.

    Attributes:
        client: Sends requests.
        instance_space: Where instances are written, and looked for, that name no space.
        is_async: Whether results take an await.
    """

    __slots__ = ("client", "instance_space")

    def __init__(self, client: PygenClient | AsyncPygenClient, instance_space: str | None) -> None:
        self.client = client
        self.instance_space = instance_space

    @property
    def is_async(self) -> bool:
        """Whether results take an await."""
        return isinstance(self.client, AsyncPygenClient)

    def run(self, plan: Plan[ResultT]) -> ResultT:
        """
        Carry out a plan.

        Raises:
            SdkError: The client is asynchronous.
        """
        if isinstance(self.client, AsyncPygenClient):
            plan.close()
            raise SdkError(
                "the object comes from an async client: write `await` and the method's name with an a in front"
            )
        return self.client.run(plan)

    async def arun(self, plan: Plan[ResultT]) -> ResultT:
        """Carry out a plan; with a synchronous client it is done when this returns, without giving way meanwhile."""
        if isinstance(self.client, AsyncPygenClient):
            return await self.client.run(plan)
        return self.client.run(plan)
