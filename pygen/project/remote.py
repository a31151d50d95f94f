"""
The data model in CDF that a snapshot is a copy of: how to connect, and how to fetch it as plain dicts.

Nothing here writes. `pull`, `drift`, `diff` and `watch --remote` are the only commands that come here, and with it the
only ones that load httpx.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pygen.errors import ModelError, RemoteError
from pygen.project.config import ProjectConfig, RemoteConfig
from pygen.project.plain_model import PlainModel, normalised

if TYPE_CHECKING:
    from pygen.client import PygenClient

__all__ = ["connect", "fetch"]

_MOST_ITEMS = 100
"""Most items of one request about schema (dms-api.md 2.1)."""


def connect(config: ProjectConfig, environment: str | None = None) -> PygenClient:
    """
    A client for an environment; without one, for what the environment variables of the process say.

    Raises:
        ConfigError: There is no such environment, or a setting of the connection is missing or wrong.
    """
    from pygen.client import PygenClient

    if environment is None:
        return PygenClient.from_env(app="pygen")
    found = config.environment(environment)
    if found.toml is not None:
        return PygenClient.from_toml(config.root / found.toml, found.table, app="pygen")
    return PygenClient.from_env(prefix=found.prefix or "", app="pygen")


def fetch(client: PygenClient, remote: RemoteConfig, *, with_containers: bool) -> PlainModel:
    """
    Fetch a data model, normalised.

    Args:
        client: Where to ask.
        remote: The data model.
        with_containers: Whether the containers that its views map are fetched, too.

    Raises:
        RemoteError: There is no such data model, it cannot be seen, or the answer is none.
        DmsRequestError: The service refused.
        DmsTransportError: There was no usable answer.

    Source: dms-api.md 3.7, 3.2
    """
    wanted = {"space": remote.space, "externalId": remote.external_id, "version": remote.version}
    found = _items(client, "datamodels", [wanted], {"inlineViews": True})
    if not found:
        raise _missing(client, remote)
    raw = found[0]
    _refuse_strangers(raw, wanted)
    if not with_containers:
        return normalised(PlainModel(raw))
    keys = sorted({key for view in raw["views"] for key in _mapped(view)})
    containers: list[dict[str, Any]] = []
    for start in range(0, len(keys), _MOST_ITEMS):
        ids = [{"space": space, "externalId": name} for space, name in keys[start : start + _MOST_ITEMS]]
        containers += _items(client, "containers", ids)
    return normalised(PlainModel(raw, containers))


def _items(
    client: PygenClient, kind: str, ids: list[dict[str, str]], params: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    from pygen.client.calls import Answer, Call

    call = Call(
        f"{kind}.byids",
        f"/models/{kind}/byids",
        {"items": ids},
        params=params,
        family="schema_read",
        read=Answer.items,
    )
    items: list[dict[str, Any]] = client.send(call).value
    return items


def _missing(client: PygenClient, remote: RemoteConfig) -> RemoteError:
    named = f"{remote.space}:{remote.external_id}({remote.version})"
    others = client.data_models.retrieve([(remote.space, remote.external_id)])
    versions = ", ".join(sorted(other.version for other in others))
    return RemoteError(
        f"{named} is not in the project {client.project}, or these credentials may not see it",
        hint=f"versions there: {versions}" if versions else "`remote` in the configuration names it",
    )


def _refuse_strangers(raw: Any, wanted: Mapping[str, str]) -> None:
    """An answer becomes a snapshot only if it is what was asked for."""
    from pygen.sources import read_data_model

    try:
        read = read_data_model(raw, place="the answer")
    except ModelError as error:
        raise RemoteError("the answer of CDF is no data model", hint=str(error.problems[0])) from error
    if (read.space, read.external_id, read.version) != tuple(wanted.values()):
        raise RemoteError(f"CDF answered with another data model: {read.as_id()}")


def _mapped(view: Mapping[str, Any]) -> set[tuple[str, str]]:
    mapped = [each["container"] for each in (view.get("properties") or {}).values() if "container" in each]
    return {(each["space"], each["externalId"]) for each in [*mapped, *(view.get("mappedContainers") or ())]}
