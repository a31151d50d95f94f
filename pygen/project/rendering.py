"""One SDK from snapshot to texts: the part of the pipeline that needs pydantic, the IR and a generator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pygen.errors import ConfigError, MissingExtraError, ModelError, Problem, PygenError, Severity
from pygen.project.canonical import paused_collector, text_digest
from pygen.project.config import ProjectConfig, SdkConfig, TargetConfig
from pygen.project.lock import Formatter, ModelLock, SdkLock, TargetLock
from pygen.project.progress import Progress, no_progress
from pygen.project.recipe import Recipe
from pygen.project.snapshot import Snapshot

if TYPE_CHECKING:
    from pygen.generation.base import BaseGenerator
    from pygen.ir.models import IRModel

__all__ = [
    "Rendered",
    "RenderedTarget",
    "find_problems",
    "read_model",
    "render_sdk",
    "target_generator",
    "verify_syntax",
]


@dataclass(frozen=True, slots=True)
class RenderedTarget:
    """
    One target of an SDK, in memory.

    Attributes:
        files: Path within the output folder -> text; those that had to be rendered.
        lock: What the lock will say.
    """

    config: TargetConfig
    files: Mapping[str, str]
    lock: TargetLock


@dataclass(frozen=True, slots=True)
class Rendered:
    """An SDK, in memory: its targets, what the lock will say, and what is wrong with its model."""

    targets: tuple[RenderedTarget, ...]
    lock: SdkLock
    problems: tuple[Problem, ...]


def render_sdk(
    config: ProjectConfig,
    sdk: SdkConfig,
    snapshot: Snapshot,
    recipes: Mapping[str, Recipe],
    before: SdkLock | None,
    *,
    changed_views: frozenset[str] | None,
    reset_names: bool = False,
    strict: bool = False,
    progress: Progress = no_progress,
) -> Rendered:
    """
    Generate an SDK without touching the disk.

    Args:
        config: The project.
        sdk: The SDK.
        snapshot: The model.
        recipes: The recipe in force, per target.
        before: What the lock says; its names are kept.
        changed_views: The only views whose files can differ from what *before* lists; None renders all.
        reset_names: Forget the names once given.
        strict: Whether warnings are errors.
        progress: Told which step it is at, and how many views are rendered.

    Raises:
        ModelError: The model cannot be generated.
        MissingExtraError: A package of the extra `build` or `format` is missing.
    """
    progress("reading the model", 0, None)
    model, problems = read_model(sdk, snapshot, strict=strict)
    targets: list[RenderedTarget] = []

    def rendered(done: int, total: int) -> None:
        progress("rendering views", done, total)

    for target in sdk.targets:
        generator = target_generator(config, target, model)
        locked = before.targets.get(target.target) if before is not None else None
        formatter = _formatter(generator) if target.format else None
        only = None
        if changed_views is not None and locked is not None and not reset_names and locked.formatter == formatter:
            only = frozenset(item.id for item in model.classes if str(item.id) in changed_views)
        ledger = locked.names if locked is not None and not reset_names else {}
        with paused_collector():
            generated = generator.generate(model, ledger, only=only, rendered=rendered)
            if only is not None and locked is not None and generated.paths != locked.files.keys():
                # The lock lists other files than the generator makes.
                generated = generator.generate(model, ledger, rendered=rendered)
        if target.format:
            progress("formatting", 0, None)
        files = generator.format_code(generated.files) if target.format else generated.files
        problems += generated.problems
        unchanged = dict(locked.files) if locked is not None else {}
        digests = {path: text_digest(text.encode("utf-8")) for path, text in files.items()}
        targets.append(
            RenderedTarget(
                target,
                files,
                TargetLock(
                    recipe=str(recipes[target.target]),
                    output=target.output,
                    files={path: digests.get(path) or unchanged[path] for path in generated.paths},
                    names=generated.ledger,
                    formatter=formatter,
                ),
            )
        )
    _refuse_errors(problems, strict=strict)
    views = _views(sdk, snapshot, model)
    lock = SdkLock(
        model=_model_lock(snapshot, views),
        views=views,
        targets={target.config.target: target.lock for target in targets},
    )
    return Rendered(tuple(targets), lock, tuple(sorted(set(problems))))


def find_problems(config: ProjectConfig, sdk: SdkConfig, snapshot: Snapshot) -> tuple[Problem, ...]:
    """Every problem of a model, those of its targets included, with what can be generated in spite of them."""
    try:
        model, problems = read_model(sdk, snapshot, strict=False)
    except ModelError as error:
        return error.problems
    for target in sdk.targets:
        problems += target_generator(config, target, model).plan(model, {}).problems
    return tuple(sorted(set(problems)))


def verify_syntax(path: str, content: bytes, *, templates: str | None) -> None:
    """
    Refuse a generated Python file that Python does not accept.

    Raises:
        ConfigError: Replaced templates made it.
        PygenError: Our own did.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(content, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f"{path}:{getattr(error, 'lineno', None) or 1}"
        said = getattr(error, "msg", None) or str(error)
        if templates is not None:
            raise ConfigError(
                f"generated code is not valid Python: {said}", key=line, hint=f"see {templates}"
            ) from error
        raise PygenError(f"{line}: generated code is not valid Python: {said}; nothing was written") from error


def read_model(sdk: SdkConfig, snapshot: Snapshot, *, strict: bool = False) -> tuple[IRModel, tuple[Problem, ...]]:
    """
    The model that an SDK shows, and what is wrong with it.

    Raises:
        ModelError: There are errors; or warnings, when *strict*.
    """
    from pygen.ir import build_model
    from pygen.sources import read_containers, read_data_model

    with paused_collector():
        wire = read_data_model(snapshot.raw, place=sdk.model)
        containers = read_containers(snapshot.containers, place=sdk.model)
        return build_model(wire, containers=containers, include=sdk.include, exclude=sdk.exclude, strict=strict)


def target_generator(config: ProjectConfig, target: TargetConfig, model: IRModel) -> BaseGenerator[object, object]:
    """
    The generator of a target, with its options.

    Raises:
        ConfigError: There is no such target, or its templates do not fit.
        MissingExtraError: A package of the extra `build` is missing.
    """
    from pygen.generation.base import TargetOptions, get_generator
    from pygen.generation.casing import pascal_case

    try:
        generator = get_generator(target.target)
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] == "pygen":
            raise
        raise MissingExtraError(f"the target {target.target}", extra="build", module=error.name) from error
    client_name = target.client_name or f"{pascal_case(model.id.external_id, prefix='Model')}Client"
    options = TargetOptions(
        package=target.package, client_name=client_name, instance_space=target.instance_space, extra=()
    )
    return generator(options, template_dir=config.root / target.templates if target.templates is not None else None)


def _refuse_errors(problems: tuple[Problem, ...], *, strict: bool) -> None:
    stops = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(problem.severity in stops for problem in problems):
        raise ModelError([problem for problem in problems if problem.severity is not Severity.INFO])


def _formatter(generator: BaseGenerator[object, object]) -> Formatter | None:
    """The formatter of a target and its version, where the target tells."""
    described = generator.formatter_version()
    if described is None:
        return None
    name, _, version = described.partition(" ")
    return Formatter(name, version)


def _views(sdk: SdkConfig, snapshot: Snapshot, model: IRModel) -> dict[str, str]:
    """The fingerprints of the views that the SDK shows."""
    fingerprints = snapshot.fingerprints.views
    if sdk.selects_all:
        return dict(fingerprints)
    return {key: fingerprints[key] for key in sorted(str(item.id) for item in model.classes) if key in fingerprints}


def _model_lock(snapshot: Snapshot, views: Mapping[str, str]) -> ModelLock:
    fingerprints = snapshot.fingerprints
    return ModelLock(
        space=fingerprints.space,
        external_id=fingerprints.external_id,
        version=fingerprints.version,
        sha256=fingerprints.digest_of(views),
        source_sha256=snapshot.source_sha256,
    )
