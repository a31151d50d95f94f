"""
The build hook: `pygen.project` in hatchling's words.

What can go wrong is decided in `pygen.project`; here it becomes one line and exit code 1. Nothing in this module opens
a socket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

from pygen.errors import ConfigError, OutputError, PygenError, StaleError

if TYPE_CHECKING:
    from pygen.project.config import ProjectConfig

__all__ = ["PygenBuildHook", "exact_pattern"]

DISTRIBUTION = "pygen-cdf"
# What hatchling itself reads from the table of any hook.
HATCH_OPTIONS = frozenset(
    {"dependencies", "enable-by-default", "require-runtime-dependencies", "require-runtime-features"}
)
SPECIAL_IN_PATTERNS = re.compile(r"([\\*?\[\]!# ])")


class PygenBuildHook(BuildHookInterface[BuilderConfig]):
    """Keeps the generated SDK fresh, and sees to it that wheel and sdist hold it."""

    PLUGIN_NAME = "pygen"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's interface
        """Generate what is stale, and register exactly the generated files as artifacts."""
        with self._one_line_errors():
            self._refuse_options()
            if self._is_unpacked_sdist:
                self._verify()
            else:
                self._generate()
                self._remind_of_runtime()
            build_data["artifacts"] += self._patterns()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - as above
        """Open what was built; without every generated file it is removed, and the build fails."""
        if version == "editable" or self.target_name not in {"sdist", "wheel"}:
            return
        with self._one_line_errors():
            self._compare(Path(artifact_path))

    def clean(self, versions: list[str]) -> None:  # noqa: ARG002 - as above
        """Remove the generated files that nobody edited; in an unpacked sdist nothing could bring them back."""
        if self._is_unpacked_sdist:
            return
        with self._one_line_errors():
            from hatch_pygen.cleaning import remove_generated

            for kept in remove_generated(self._project):
                self.app.display_warning(f"pygen: kept {kept}: somebody edited it")

    @property
    def _is_unpacked_sdist(self) -> bool:
        return Path(self.root, "PKG-INFO").is_file()

    @cached_property
    def _project(self) -> ProjectConfig:
        from pygen.project.config import load_config

        config = load_config(Path(self.root))
        if config.root != Path(self.root).resolve():
            raise ConfigError(
                "the build hook is on, but this project has no [tool.pygen]", hint="add it, or remove the hook's table"
            )
        return config

    @cached_property
    def _manifest(self) -> Mapping[str, str]:
        """The generated files of this build, as they were when it began."""
        from hatch_pygen.manifest import generated_files

        return generated_files(self._project, python_only=self.target_name == "wheel")

    def _refuse_options(self) -> None:
        options = sorted(set(self.config) - HATCH_OPTIONS)
        if options:
            raise ConfigError(
                "the hook's table is only the switch",
                key=f"tool.hatch.build.hooks.pygen.{options[0]}",
                hint="options stand in [tool.pygen], where every command reads them",
            )

    def _verify(self) -> None:
        from pygen.project.pipeline import check

        report = check(self._project, trust_generator=True)
        if not report.fresh:
            raise StaleError(
                "the sdist does not carry a fresh SDK",
                paths=[str(finding) for finding in report.findings],
                hint="an unpacked sdist is built as it is: change the project, and make a new sdist of it",
            )

    def _generate(self) -> None:
        from pygen.project.leftovers import remove_leftovers
        from pygen.project.pipeline import check, generate

        remove_leftovers(self._project)
        # Looking takes no lock: a fresh SDK in a read-only tree, or beside a running watch, builds.
        before = check(self._project)
        if before.fresh:
            self.app.display_debug("pygen: fresh")
            return
        report = generate(self._project)
        total = sum(target.total for target in report.targets)
        self.app.display_info(f"pygen: wrote {len(report.written)} of {total} generated files ({before.findings[0]})")
        for item in report.problems:
            for problem in item.problems:
                self.app.display_warning(f"pygen: {problem}")

    def _remind_of_runtime(self) -> None:
        core = self.metadata.core
        if "dependencies" in core.dynamic:
            return
        names = {re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in core.dependencies}
        if DISTRIBUTION not in {re.sub(r"[-_.]+", "-", name).lower() for name in names}:
            self.app.display_warning(
                f"pygen: the SDK needs {DISTRIBUTION} at run time; add it to [project] dependencies"
            )

    def _patterns(self) -> Iterator[str]:
        """What is packed whatever git ignores: the generated files, and in an sdist what they are verified against."""
        yield from map(exact_pattern, self._manifest)
        if self.target_name == "sdist":
            from pygen.project.inputs import input_files

            for path in input_files(self._project):
                yield exact_pattern(path.relative_to(self._project.root).as_posix()) + ("/**" if path.is_dir() else "")

    def _compare(self, artifact: Path) -> None:
        from hatch_pygen.artifact import compare

        def distributed(path: str) -> str:
            return path if self.target_name == "sdist" else self.build_config.get_distribution_path(path)

        expected = {distributed(path): digest for path, digest in self._manifest.items()}
        later = self._made_by_now()
        difference = compare(artifact, expected, others={distributed(path) for path in later})
        if not difference:
            if self.target_name == "sdist":
                self._verify_sdist(artifact)
            return
        artifact.unlink()
        if difference.missing and later == self._manifest.keys():
            raise OutputError(
                f"the {self.target_name} would lack {len(difference.missing)} generated files",
                paths=difference.missing,
                hint=f"put the output below one of the packages of [tool.hatch.build.targets.{self.target_name}]",
            )
        raise OutputError(
            f"generated files changed while the {self.target_name} was built",
            paths=[*difference.changed, *difference.missing, *difference.strange],
            hint="build again",
        )

    def _verify_sdist(self, artifact: Path) -> None:
        """Ask now what a build from the sdist will ask: model and lock may have changed while they were packed."""
        from hatch_pygen.artifact import verify
        from pygen.project.inputs import input_files

        inputs = [path.relative_to(self._project.root).as_posix() for path in input_files(self._project)]
        try:
            report = verify(artifact, [*inputs, *self._manifest])
        except ConfigError as error:
            artifact.unlink()
            raise OutputError(
                f"the sdist would lack what a build from it needs: {error}",
                hint="it needs pygen.lock and the model: put them below what [tool.hatch.build.targets.sdist] packs",
            ) from error
        if not report.fresh:
            artifact.unlink()
            raise OutputError(
                "generated files changed while the sdist was built",
                paths=sorted({finding.path for finding in report.findings}),
                hint="build again",
            )

    def _made_by_now(self) -> Set[str]:
        """The generated files as they are known now, those of a generation at work included."""
        from hatch_pygen.manifest import generated_files
        from pygen.project.writing import Journal

        known = generated_files(self._project, python_only=self.target_name == "wheel")
        return known.keys() | Journal(self._project.root).read().keys()

    @contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        try:
            yield
        except PygenError as error:
            self.app.abort(f"pygen: {error}")


def exact_pattern(path: str) -> str:
    """The gitignore pattern that matches one path and no other."""
    return "/" + SPECIAL_IN_PATTERNS.sub(r"\\\1", path)
