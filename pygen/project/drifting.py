"""
Whether the data model in CDF is still that of the project: per environment, SDK, view and property.

Nothing is written. A project may ask several environments; one that does not answer leaves the others their say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.errors import ConfigError, PygenError
from pygen.project import remote
from pygen.project.config import ProjectConfig, SdkConfig
from pygen.project.plain_model import PlainModel, mapped_containers, read_plain_model
from pygen.project.progress import Progress, no_progress
from pygen.project.pulling import Connect, without_remote
from pygen.project.snapshot import is_selected
from pygen.sources.files import is_graphql

if TYPE_CHECKING:
    from pygen.project.diff import Change

__all__ = ["Drift", "DriftReport", "drift", "severities"]

CDF_EXIT_CODE = 3


class Drift(NamedTuple):
    """
    How one SDK's model differs from the one in an environment.

    Attributes:
        sdk: Name of the SDK.
        path: Its model, as the configuration names it.
        environment: The environment; None for what the environment variables of the process describe.
        project: The CDF project that was asked.
        model: `space:ExternalId(version)` in CDF.
        changes: What is different, as changes from the project's model to the one in CDF.
        not_generated: The views among them that the SDK leaves out.
        error: Why there is no answer; None where there is one.
    """

    sdk: str
    path: str
    environment: str | None
    project: str
    model: str
    changes: tuple[Change, ...] = ()
    not_generated: frozenset[str] = frozenset()
    error: PygenError | None = None

    @property
    def asked(self) -> str:
        """Who was asked, for people."""
        return self.environment or f"the project {self.project}"

    @property
    def same(self) -> bool:
        """Whether both are known to be the same."""
        return self.error is None and not self.changes


class DriftReport(NamedTuple):
    """
    The answer of `drift`.

    Attributes:
        drifts: One for each environment and SDK.
        skipped: SDKs that were passed over, and why.
    """

    drifts: tuple[Drift, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """3 where an answer is missing, else 1 where something is different, else 0."""
        if any(each.error is not None for each in self.drifts):
            return CDF_EXIT_CODE
        return 0 if all(each.same for each in self.drifts) else 1


def severities(found: Drift) -> str:
    """How many changes of which severity: `2 breaking, 1 safe`."""
    from pygen.project.diff import ChangeSeverity

    counts = Counter(change.severity for change in found.changes)
    return ", ".join(f"{counts[severity]} {severity}" for severity in ChangeSeverity if counts[severity])


def drift(
    config: ProjectConfig,
    *,
    names: Collection[str] | None = None,
    environments: Sequence[str] = (),
    connect: Connect = remote.connect,
    progress: Progress = no_progress,
) -> DriftReport:
    """
    Compare the models of SDKs with the ones in CDF.

    Args:
        config: The project.
        names: The SDKs; None takes all that have a `remote`.
        environments: Where to ask; none: where the environment variables of the process say.
        connect: Makes the clients.
        progress: Told how far it is.

    Raises:
        ConfigError: No SDK has a `remote`, a connection is not described, or a model cannot be read.
        ModelError: A model does not fit together.
        MissingExtraError: A package is missing that reads a model.
    """
    chosen = config.select(names)
    asked = [(sdk, sdk.remote) for sdk in chosen if sdk.remote is not None]
    if not asked:
        raise without_remote(config, chosen)
    skipped = tuple(
        f"{sdk.name}: has no remote, so there is nothing to compare with" for sdk in chosen if sdk.remote is None
    )
    progress("connecting", 0, None)
    models = {sdk.name: _local(config, sdk) for sdk, _ in asked}
    drifts: list[Drift] = []
    with ExitStack() as stack:
        # What is wrong with a connection's description is told before anybody is asked.
        places: list[str | None] = [*dict.fromkeys(environments)] or [None]
        clients = [(place, stack.enter_context(connect(config, place))) for place in places]
        total = len(clients) * len(asked)
        for place, client in clients:
            for sdk, wanted in asked:
                model = f"{wanted.space}:{wanted.external_id}({wanted.version})"
                progress(f"fetching {model}{f' from {place}' if place else ''}", len(drifts), total)
                found = Drift(sdk.name, sdk.model, place, client.project, model)
                try:
                    live = remote.fetch(client, wanted, with_containers=models[sdk.name].containers is not None)
                except PygenError as error:
                    if error.exit_code != CDF_EXIT_CODE:
                        raise
                    drifts.append(found._replace(error=error))
                    continue
                drifts.append(_compared(found, sdk, models[sdk.name], live))
        progress("compared", total, total)
    return DriftReport(tuple(drifts), skipped)


def _local(config: ProjectConfig, sdk: SdkConfig) -> PlainModel:
    path = config.model_path(sdk)
    try:
        return read_plain_model(path)
    except ConfigError as error:
        if not isinstance(error.__cause__, FileNotFoundError) or is_graphql(path):
            raise
        raise ConfigError(error.message, key=sdk.model, hint="pygen pull fetches it") from error


def _compared(found: Drift, sdk: SdkConfig, local: PlainModel, live: PlainModel) -> Drift:
    from pygen.project.diff import compare

    changes = compare(*_as_far_as_known(local, live))
    outside = frozenset(change.view for change in changes if change.view and not is_selected(change.view, sdk))
    return found._replace(changes=changes, not_generated=outside)


def _as_far_as_known(local: PlainModel, live: PlainModel) -> tuple[PlainModel, PlainModel]:
    """
    Both models with the containers that the project has and its views map.

    Whatever else lies in a file of containers was not asked for, and of a container that the project lacks the view
    that maps it tells.
    """
    if local.containers is None or live.containers is None:
        return local, live
    mapped = mapped_containers(local.raw)
    wanted = {key for key in map(_key, local.containers) if key in mapped}
    one, other = ([each for each in some.containers or () if _key(each) in wanted] for some in (local, live))
    return local._replace(containers=one), live._replace(containers=other)


def _key(container: Mapping[str, Any]) -> tuple[str, str]:
    return container["space"], container["externalId"]
