"""The sandbox as people use it from Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pygen.errors import MissingExtraError
from pygen.sandbox.faults import Faults
from pygen.sandbox.service import Service
from pygen.sandbox.settings import Settings
from pygen.sandbox.store import Store

if TYPE_CHECKING:
    from pygen.sandbox.server import BackgroundServer
    from pygen.sandbox.transport import AsyncSandboxTransport, SandboxTransport

__all__ = ["DEFAULT_PROJECT", "Sandbox"]

DEFAULT_PROJECT = "sandbox"


class Sandbox:
    """
    A Data Modeling Service, in this process or behind a port of this machine.

    Use it in a `with` statement, or close it. In process it needs no port: give `transport()` to a client. The first
    look at `base_url` starts a server.

    Args:
        model: Data models to load: snapshots in the API's form, toolkit folders, GraphQL files.
        mock: How many instances each view of the models gets.
        seed: Decides what mock data looks like, and which requests meet faults that are only likely.
        db: A file that keeps the data; None keeps it in memory. Further projects get files of their own beside it.
        projects: The names of the projects; models go into the first.
        token: The bearer token that is demanded; None takes any.
        settings: How open questions about the service are answered.
        port: The port of the server; 0 takes a free one.

    Attributes:
        faults: What goes wrong, and when.
        project: The name of the first project.

    Raises:
        ConfigError: A model cannot be read, or the file is no database of the sandbox.
        ModelError: A model is broken.
    """

    def __init__(
        self,
        model: str | Path | Iterable[str | Path] = (),
        *,
        mock: int = 0,
        seed: int = 0,
        db: str | Path | None = None,
        projects: Sequence[str] = (DEFAULT_PROJECT,),
        token: str | None = None,
        settings: Settings | None = None,
        port: int = 0,
    ) -> None:
        self.project = projects[0]
        stores = {name: Store(_file(db, name, is_first=name == self.project), settings=settings) for name in projects}
        self.faults = Faults(seed)
        self._token = token
        self._service = Service(stores, token=token, faults=self.faults)
        self._port = port
        self._lock = Lock()
        self._server: BackgroundServer | None = None
        paths = [model] if isinstance(model, str | Path) else list(model)
        if paths or mock:
            self.load(*paths, mock=mock, seed=seed)

    @property
    def service(self) -> Service:
        """What answers requests."""
        return self._service

    @property
    def token(self) -> str:
        """A token that is taken."""
        return self._token or "sandbox"

    def store(self, project: str | None = None) -> Store:
        """The data of a project; None: of the first."""
        return self._service.projects[project or self.project]

    def load(self, *paths: str | Path, mock: int = 0, seed: int = 0, project: str | None = None) -> None:
        """
        Load data models, and fill their views with mock data.

        Args:
            *paths: Snapshots in the API's form, toolkit folders, GraphQL files; instances in JSON, YAML or CSV.
            mock: How many instances each view gets.
            seed: Decides what they look like.
            project: Where to; None: into the first project.

        Raises:
            ConfigError: A file cannot be read.
            ModelError: A model is broken.
        """
        from pygen.sandbox.loading import load

        load(self.store(project), [Path(path) for path in paths], mock=mock, seed=seed)

    @property
    def base_url(self) -> str:
        """
        The address of the server, which the first look at it starts.

        Raises:
            MissingExtraError: The extra `sandbox` is not installed.
        """
        with self._lock:
            if self._server is None:
                try:
                    from pygen.sandbox.server import BackgroundServer
                except ImportError as error:
                    raise MissingExtraError(
                        "the sandbox's server", extra="sandbox", module=error.name or "uvicorn"
                    ) from None

                self._server = BackgroundServer(self._service, self._port)
            return self._server.url

    def transport(self) -> SandboxTransport:
        """A transport for `httpx.Client`, `PygenClient` and generated clients."""
        from pygen.sandbox.transport import SandboxTransport

        return SandboxTransport(self._service)

    def async_transport(self) -> AsyncSandboxTransport:
        """The same for asynchronous clients."""
        from pygen.sandbox.transport import AsyncSandboxTransport

        return AsyncSandboxTransport(self._service)

    def close(self) -> None:
        """Stop the server, if there is one, and close the data."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.close()
        self._service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _file(db: str | Path | None, project: str, *, is_first: bool) -> Path | None:
    if db is None:
        return None
    path = Path(db)
    return path if is_first else path.with_name(f"{path.stem}.{project}{path.suffix}")
