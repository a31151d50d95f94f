"""The client of cognite-sdk, for tasks of its environment."""

from __future__ import annotations

from typing import Any

from canned_rows import project

__all__ = ["cognite_client"]


def cognite_client(base_url: str, rows: int) -> Any:
    """A client of a project that holds so many rows."""
    from cognite.client import (  # type: ignore[import-not-found, unused-ignore] # in an environment of its own
        ClientConfig,
        CogniteClient,
        global_config,
    )
    from cognite.client.credentials import Token  # type: ignore[import-not-found, unused-ignore] # the peer's

    global_config.disable_pypi_version_check = True  # it would ask the network
    return CogniteClient(
        ClientConfig(client_name="bench", project=project(rows), base_url=base_url, credentials=Token("token"))
    )
