"""An SDK without a project, asked for again: its lock remembers the command line that made it."""

from __future__ import annotations

from pathlib import Path

from pygen.errors import ConfigError
from pygen.project.config import LOCK_NAME, ProjectConfig, adhoc_config
from pygen.project.lock import read_lock

__all__ = ["recorded_config"]


def recorded_config(output: Path, *, model: Path | None = None) -> ProjectConfig:
    """
    The configuration that an output folder was generated with.

    Args:
        output: The generated package's folder, with the lock in it.
        model: Where the model is now; by default where it was.

    Raises:
        ConfigError: The folder holds no lock of an SDK without a project, or the lock is damaged.
    """
    lock = read_lock(output / LOCK_NAME)
    requests = [sdk.request for sdk in lock.sdks.values() if sdk.request is not None]
    if len(requests) != 1:
        reason = f"holds no {LOCK_NAME}" if not lock.exists else f"its {LOCK_NAME} belongs to a project"
        raise ConfigError(
            reason,
            key=str(output),
            hint="pygen generate --model FILE --target python --output DIR makes an SDK without a project",
        )
    (request,) = requests
    return adhoc_config(
        model if model is not None else output.resolve() / request.model,
        request.target,
        output,
        request.package,
        request.client_name or None,
    )
