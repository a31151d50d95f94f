"""
The data model in CDF that a snapshot is a copy of: how to connect, and how to fetch it as plain dicts.

Nothing here writes. `pull`, `drift`, `diff` and `watch --remote` are the only commands that come here, and with it the
only ones that load httpx.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pygen.errors import ConfigError, ModelError, RemoteError
from pygen.project.config import EnvironmentConfig, ProjectConfig, RemoteConfig
from pygen.project.fingerprints import view_key
from pygen.project.plain_model import PlainModel, mapped_containers, normalised

if TYPE_CHECKING:
    from pygen.client import PygenClient, RetryEvent

__all__ = ["PATIENCE_S", "SIGN_IN_S", "connect", "fetch", "is_refusal", "unseen_containers"]

PATIENCE_S = 60.0
"""How long an answer is waited for, all attempts and the pauses between them counted."""

SIGN_IN_S = 300.0
"""The same where a person signs in before the first answer: as long as that may take."""

_MOST_ITEMS = 100
"""Most items of one request about schema (dms-api.md 2.1)."""


def connect(
    config: ProjectConfig,
    environment: str | None = None,
    *,
    patience_s: float | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> PygenClient:
    """
    A client for an environment; without one, for what the environment variables of the process say.

    Args:
        config: The project, which knows the environments.
        environment: The name of one.
        patience_s: How long an answer may take, all attempts and the pauses between them counted; None means
            `PATIENCE_S`, or `SIGN_IN_S` where a person has to sign in meanwhile.
        on_wait: Told, in one sentence, when an attempt failed and another one follows.

    Raises:
        ConfigError: There is no such environment, or a setting of the connection is missing or wrong.
    """
    from pygen.client import Hook, OAuthDeviceCode, OAuthInteractive, PygenClient, RetryPolicy
    from pygen.client.settings import connection_from_env, connection_from_toml

    class Waits(Hook):
        """Says what is waited for."""

        def on_retry(self, event: RetryEvent) -> None:
            if on_wait is not None:
                said = event.error.message.removesuffix(".")
                on_wait(f"{event.info.call.operation}: {said}; asking again in {event.delay_s:.1f} s")

    found = config.environment(environment) if environment is not None else EnvironmentConfig("")
    if found.toml is not None:
        connection = connection_from_toml(config.root / found.toml, found.table)
    else:
        connection = connection_from_env(prefix=found.prefix or "")
    if patience_s is None:
        is_person = isinstance(connection.credentials, OAuthDeviceCode | OAuthInteractive)
        patience_s = SIGN_IN_S if is_person else PATIENCE_S
    return PygenClient(
        base_url=connection.base_url,
        project=connection.project,
        credentials=connection.credentials,
        timeout_s=min(connection.timeout_s, patience_s),
        retry=RetryPolicy(deadline_s=patience_s),
        hooks=[Waits()],
        app="pygen",
    )


def fetch(client: PygenClient, remote: RemoteConfig, *, with_containers: bool) -> PlainModel:
    """
    Fetch a data model, normalised.

    Args:
        client: Where to ask.
        remote: The data model.
        with_containers: Whether the containers that its views map are fetched, too. The service leaves out those that
            the credentials may not see: `unseen_containers` tells them.

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
    keys = sorted(mapped_containers(raw))
    containers: list[dict[str, Any]] = []
    for start in range(0, len(keys), _MOST_ITEMS):
        ids = [{"space": space, "externalId": name} for space, name in keys[start : start + _MOST_ITEMS]]
        containers += _items(client, "containers", ids)
    _refuse_strange_containers(containers, keys)
    return normalised(PlainModel(raw, containers))


def is_refusal(error: Exception) -> bool:
    """Whether an error says that the credentials do not suffice, so that asking again is of no use."""
    from pygen.client.exceptions import DmsAuthError, DmsRequestError

    return isinstance(error, DmsAuthError) or (isinstance(error, DmsRequestError) and error.status in (401, 403))


def unseen_containers(model: PlainModel) -> tuple[str, ...]:
    """`space:externalId` of the containers that views map and the service did not show; none where none were asked."""
    if model.containers is None:
        return ()
    seen = {(each["space"], each["externalId"]) for each in model.containers}
    return tuple(f"{space}:{name}" for space, name in sorted(mapped_containers(model.raw) - seen))


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


# ---------------------------------------------------------------------------------------------------------------------
# An answer becomes a snapshot only if it is what was asked for, and can be read again


def _refuse_strangers(raw: dict[str, Any], wanted: Mapping[str, str]) -> None:
    from pygen.sources import read_data_model

    try:
        read = read_data_model(raw, place="the answer")
    except ModelError as error:
        raise RemoteError("the answer of CDF is no data model", hint=str(error.problems[0])) from error
    if (read.space, read.external_id, read.version) != tuple(wanted.values()):
        raise RemoteError(f"CDF answered with another data model: {read.as_id()}")
    named = [view_key(view) for view in raw.get("views") or () if "properties" not in view]
    if named:
        raise RemoteError(f"CDF named views without saying what is in them: {', '.join(sorted(named)[:5])}")
    _refuse_unwritable(raw)


def _refuse_strange_containers(containers: list[dict[str, Any]], wanted: list[tuple[str, str]]) -> None:
    from pygen.sources import read_containers

    try:
        read = read_containers(containers, place="the answer")
    except ModelError as error:
        raise RemoteError("the answer of CDF holds what is no container", hint=str(error.problems[0])) from error
    strangers = sorted(str(each.as_id()) for each in read if (each.space, each.external_id) not in wanted)
    if strangers:
        raise RemoteError(f"CDF answered with other containers: {', '.join(strangers[:5])}")
    _refuse_unwritable(containers)


def _refuse_unwritable(answer: Any) -> None:
    """Python reads NaN and halves of surrogate pairs from an answer, but they are neither JSON nor text."""
    from pygen.sources.json_text import refuse_surrogates

    try:
        json.dumps(answer, allow_nan=False)
        refuse_surrogates(answer, place="the answer of CDF")
    except (ValueError, RecursionError) as error:
        raise RemoteError("the answer of CDF holds what no file can", hint=str(error)) from error
    except ConfigError as error:
        raise RemoteError("the answer of CDF holds what no file can", hint=error.message) from error
