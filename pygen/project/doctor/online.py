"""Whether CDF can be reached, and lets us see the data models that snapshots are copies of."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pygen.errors import PygenError, RemoteError
from pygen.project.config import ProjectConfig
from pygen.project.doctor.diagnosis import Diagnosis, Level
from pygen.project.pulling import Connect
from pygen.project.remote import fetch

__all__ = ["ask_cdf"]


def ask_cdf(config: ProjectConfig, environments: Collection[str], connect: Connect) -> Iterator[Diagnosis]:
    """
    Ask for every data model, as every environment.

    Args:
        config: The project.
        environments: Names; none of them stands for what the environment variables say.
        connect: Makes the clients.
    """
    for name in environments or (None,):
        place = f"the environment {name}" if name is not None else "the environment variables"
        remotes = sorted({sdk.remote for sdk in config.sdks if sdk.remote is not None})
        try:
            with connect(config, name) as client:
                for remote in remotes:
                    model = fetch(client, remote, with_containers=False)
                    count = len(model.raw.get("views") or ())
                    yield Diagnosis("connection", Level.FINE, f"{place}: {model.name} is there, with {count} views")
                if not remotes:
                    client.token.inspect()
                    yield Diagnosis("connection", Level.FINE, f"{place}: CDF answers")
        except PygenError as error:
            refused = error.exit_code == RemoteError.exit_code
            yield Diagnosis(
                "connection",
                Level.ERROR,
                f"{place}: {error}",
                "pull, drift and watch --remote need it",
                "check address, credentials and access" if refused else "docs/credentials.md lists what has to be set",
            )
