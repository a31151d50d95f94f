"""
What every target has in common: the interface of a generator, and how generators are found.

Generation is pure: an `IRModel`, options and a ledger of names go in, texts and the next ledger come out. Reading the
model and writing files is the business of `pygen.project`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import ClassVar, Generic, TypeAlias, TypeVar

from pygen.client.models.ids import ViewId
from pygen.errors import ConfigError, Problem
from pygen.generation.output import OutputTree
from pygen.generation.symbols import Symbol
from pygen.ir.models import IRModel

__all__ = [
    "BaseGenerator",
    "DeferredContexts",
    "Generated",
    "Ledger",
    "Plan",
    "TargetOptions",
    "available_targets",
    "get_generator",
]

Ledger: TypeAlias = Mapping[str, Mapping[str, str]]
"""Names once given, by scope and key: `{"space:Pump(v1)": {"flowRate": "flow_rate"}}`. Kept in pygen.lock."""

ENTRY_POINT_GROUP = "pygen.generators"
_BUILT_IN = {"python": "pygen.generation.python.generator:PythonGenerator"}


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """
    What a user chooses about a target; every field is part of the lock's recipe.

    Attributes:
        package: Import path of the generated package, e.g. `windfarm.sdk`.
        client_name: Class name of the synchronous client.
        instance_space: Default space of written instances; None when each instance or client must name its own.
        extra: Options of a target from another distribution, as sorted pairs.
    """

    package: str
    client_name: str
    instance_space: str | None = None
    extra: tuple[tuple[str, str], ...] = ()


ClassContext = TypeVar("ClassContext")
ModuleContext = TypeVar("ModuleContext")


class DeferredContexts(Mapping[ViewId, ClassContext]):
    """
    The contexts of views, each built when it is asked for: an incremental run asks for few of them.

    Args:
        views: The views, in order.
        build: Makes the context of one; pure.
    """

    def __init__(self, views: Collection[ViewId], build: Callable[[ViewId], ClassContext]) -> None:
        self._views = dict.fromkeys(views)
        self._build = build

    def __getitem__(self, view: ViewId) -> ClassContext:
        if view not in self._views:
            raise KeyError(view)
        return self._build(view)

    def __iter__(self) -> Iterator[ViewId]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)


@dataclass(frozen=True, slots=True)
class Plan(Generic[ClassContext, ModuleContext]):
    """
    All that templates will print, decided before the first template runs.

    Attributes:
        classes: Per view, the frozen context that its file is rendered from. It holds only the view's own slice of
            the model (its definition, its ancestors, the interface of what it points to), so that a file cannot
            depend on more than its fingerprint covers.
        paths: Per view, the path of its file within the output folder, with `/`.
        module: The context of the package-level files; names only.
        ledger: The names given, old ones and new ones.
        problems: What could not be named or said; warnings degrade one property.
    """

    classes: Mapping[ViewId, ClassContext]
    paths: Mapping[ViewId, str]
    module: ModuleContext
    ledger: Ledger
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Generated:
    """
    The result of a generation.

    Attributes:
        files: Path within the output folder -> text (LF, one final newline). With `only`, the files of other views
            are left out; `paths` names them all the same.
        paths: Every file that belongs to the SDK.
        ledger: The names given.
        problems: Problems of the target, to be shown beside those of the model.
    """

    files: Mapping[str, str]
    paths: frozenset[str]
    ledger: Ledger
    problems: tuple[Problem, ...] = field(default=())


class BaseGenerator(ABC, Generic[ClassContext, ModuleContext]):
    """
    One language's way of saying an `IRModel`.

    A target implements five methods: `plan` decides, `generate_class` and `generate_module` render what was decided,
    `format_code` runs the language's formatter, `get_file_extension` names its files. With `symbols` and `find_line` it
    tells `pygen explain` what its names stand for, if it can. Targets outside this distribution register a subclass
    under the entry point group `pygen.generators`.

    Args:
        options: What the user chose.
        template_dir: A folder whose templates replace the built-in ones of the same name; None for the built-in ones.
    """

    target: ClassVar[str]
    output_revision: ClassVar[int]

    def __init__(self, options: TargetOptions, *, template_dir: Path | None = None) -> None:
        self.options = options
        self.template_dir = template_dir

    @abstractmethod
    def plan(self, model: IRModel, ledger: Ledger) -> Plan[ClassContext, ModuleContext]:
        """Name everything and build one context per file; total, and independent of the order of the input."""

    @abstractmethod
    def generate_class(self, context: ClassContext) -> str:
        """Render the file of one view."""

    @abstractmethod
    def generate_module(self, context: ModuleContext) -> dict[str, str]:
        """Render the package-level files: path -> text."""

    @abstractmethod
    def format_code(self, files: Mapping[str, str]) -> dict[str, str]:
        """
        Run the language's formatter over *files*, in one process.

        Raises:
            MissingExtraError: The formatter is not installed.
        """

    def formatter_version(self) -> str | None:
        """
        Name and version of what `format_code` runs, as in `ruff 0.9.1`; None where it runs nothing.

        The lock notes it, since another version may lay out the same code differently.
        """
        return None

    @abstractmethod
    def get_file_extension(self) -> str:
        """The ending of the target's files, with the dot."""

    def symbols(self, model: IRModel, ledger: Ledger) -> Iterable[Symbol]:  # noqa: ARG002 -- for those who say more
        """The names of the generated code that stand for something in *model*; none where a target does not tell."""
        return ()

    def find_line(self, text: str, name: str) -> int | None:  # noqa: ARG002 -- for those who say more
        """
        The line that declares a name.

        Args:
            text: The text of a generated file.
            name: A symbol's name where it is declared.

        Returns:
            The line, counted from 1; None where the name is not declared there, or a target does not tell.
        """
        return None

    def generate(
        self,
        model: IRModel,
        ledger: Ledger,
        *,
        only: Collection[ViewId] | None = None,
        rendered: Callable[[int, int], None] | None = None,
    ) -> Generated:
        """
        Render an SDK.

        Args:
            model: The model, selected and validated.
            ledger: Names given earlier; `{}` for a new SDK.
            only: Render the files of these views and the package-level ones; None renders all.
            rendered: Told after each view how many files of views are rendered, and how many there will be.

        Raises:
            OutputError: A path of the target leaves the output folder.
        """
        plan = self.plan(model, ledger)
        wanted = [view for view in plan.classes if only is None or view in only]
        files: dict[str, str] = {}
        for view in wanted:
            files[plan.paths[view]] = self.generate_class(plan.classes[view])
            if rendered is not None:
                rendered(len(files), len(wanted))
        package_files = self.generate_module(plan.module)
        return Generated(
            files=OutputTree({**files, **package_files}),
            paths=frozenset(plan.paths.values()) | frozenset(package_files),
            ledger=plan.ledger,
            problems=plan.problems,
        )


def available_targets() -> list[str]:
    """The names of all targets, built-in ones and those of other distributions."""
    from importlib.metadata import entry_points

    return sorted({*_BUILT_IN, *(entry.name for entry in entry_points(group=ENTRY_POINT_GROUP))})


def get_generator(target: str) -> type[BaseGenerator[object, object]]:
    """
    Find the generator of a target; built-in ones without scanning entry points.

    Raises:
        ConfigError: No distribution offers the target, or what it offers is not a generator.
    """
    if target in _BUILT_IN:
        module_name, _, attribute = _BUILT_IN[target].partition(":")
        found: object = getattr(import_module(module_name), attribute)
    else:
        from importlib.metadata import entry_points

        entries = entry_points(group=ENTRY_POINT_GROUP, name=target)
        if not entries:
            raise ConfigError(
                f"no target is called {target!r}", hint=f"known targets: {', '.join(available_targets())}"
            )
        found = next(iter(entries)).load()
    if not (isinstance(found, type) and issubclass(found, BaseGenerator)):
        raise ConfigError(f"the entry point {target!r} in {ENTRY_POINT_GROUP} is not a BaseGenerator")
    return found
