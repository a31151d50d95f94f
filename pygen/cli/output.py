"""
How commands speak: results on stdout, problems and everything said on the way on stderr.

With `--format json`, stdout holds exactly one JSON document, with `--format junit` exactly one report in XML, while
people read stderr. With `--format github`, problems are workflow commands, which GitHub shows beside the lines of a
pull request. Text from models and files is shown with control characters escaped: a description must not be able to
rewrite a terminal.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from pygen.errors import ConfigError, MissingExtraError, ModelError, OutputError, Problem, PygenError, Severity

__all__ = ["Output", "OutputFormat", "harmless", "has_colours", "problem_document", "says"]

_COLOURS = {
    "error": "31",
    "warning": "33",
    "fine": "32",
    "name": "1",
    "type": "36",
    "relation": "35",
    "faint": "2",
}


_COMMAND = re.compile(r"^(\s*)(::|##\[)", re.MULTILINE)
"""How a line begins that GitHub takes for a command."""


class OutputFormat(StrEnum):
    """The value of `--format`."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"


class Output:
    """
    Where a command prints.

    Attributes:
        format: For people, for programs, or for GitHub.
        command: The command that runs; documents of errors name it.
        root: The folder that the paths of findings and problems are relative to; None where that is where we are.
        quiet: Whether results are left out.
        verbose: Whether details are shown.
    """

    def __init__(self, output_format: OutputFormat = OutputFormat.TEXT, *, verbose: bool = False) -> None:
        self.format = output_format
        self.command = ""
        self.root: Path | None = None
        self.verbose = verbose
        self.quiet = False
        self._documented = False

    # -- results ------------------------------------------------------------------------------------------------------

    def result(self, text: str, *, style: str = "") -> None:
        """Print a line of the result, for people."""
        if not self.quiet and self.format is not OutputFormat.JSON:
            _print(self._people, self._no_command(text), style)

    def pieces(self, pieces: Iterable[tuple[str, str]]) -> None:
        """Print a line of the result whose pieces, text and style, look different."""
        if not self.quiet and self.format is not OutputFormat.JSON:
            shown = "".join(_styled(self._people, harmless(text), style) for text, style in pieces)
            _write(self._people, self._no_command(shown) + "\n")

    def detail(self, text: str) -> None:
        """Print a line of the result that only `-v` asks for."""
        if self.verbose:
            self.result(text)

    def finding(self, text: str, *, path: str, title: str, line: int = 0) -> None:
        """
        Print a reason to exit with 1: a result, so that `-q` keeps it.

        Args:
            text: What was found.
            path: The file that it is about.
            title: What GitHub writes above it.
            line: The line of the file; 0 where none is meant.
        """
        if self.format is OutputFormat.GITHUB:
            _annotate("error", text, path=self.place(path), title=title, line=line)
        elif self.format is not OutputFormat.JSON:
            _print(self._people, text)

    def _no_command(self, text: str) -> str:
        """Text for people whose lines GitHub does not take for commands, whatever a model has them begin with."""
        return _COMMAND.sub(r"\1\\\2", text) if self.format is OutputFormat.GITHUB else text

    @property
    def _people(self) -> TextIO:
        """Where people look for results: a report in XML takes stdout for itself."""
        return sys.stderr if self.format is OutputFormat.JUNIT else sys.stdout

    def place(self, path: str) -> str:
        """A path as CI systems know it: from the root of what they checked out, else from where we are."""
        if not path:
            return ""
        checkout = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or "."
        workspace = os.path.realpath(checkout)
        place = os.path.relpath(os.path.join(self.root or ".", path), workspace)  # noqa: PTH118 - may be absolute
        return path if place.startswith("..") else place.replace(os.sep, "/")

    def document(self, document: Mapping[str, Any]) -> None:
        """Print the result for programs: the one document on stdout; whatever follows it, there is no second one."""
        if self.format is OutputFormat.JSON and not self._documented:
            self._documented = True
            sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")

    def report(self, xml: str) -> None:
        """Print the result for a CI system that shows test results: the one report on stdout, as `document` has it."""
        if self.format is OutputFormat.JUNIT and not self._documented:
            self._documented = True
            sys.stdout.write(xml)

    # -- on the way ---------------------------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Say something beside the result."""
        if not self.quiet:
            _print(sys.stderr, f"note: {text}")

    def warning(self, text: str) -> None:
        """Say what a person should know, though it stops nothing."""
        if self.format is OutputFormat.GITHUB:
            _annotate("warning", text, path="", title="pygen")
        else:
            _print(sys.stderr, f"warning: {text}", "warning")

    def problem(self, problem: Problem, *, path: str) -> None:
        """Show a problem of a model."""
        if self.format is OutputFormat.GITHUB:
            _annotate(str(problem.severity), str(problem), path=self.place(path), title=problem.code)
        else:
            _print(sys.stderr, str(problem), str(problem.severity))

    def problems(
        self, problems: Sequence[Problem], *, path: str, limit: int | None = None, harmless: bool = False
    ) -> None:
        """
        Show the problems of a model that was generated in spite of them.

        Args:
            problems: All of them.
            path: The model's file.
            limit: Show no more than this many; `-v` shows all.
            harmless: Whether infos are shown too; `-v` shows them.
        """
        worth = [problem for problem in problems if harmless or self.verbose or problem.severity is not Severity.INFO]
        shown = worth if self.verbose or limit is None else worth[:limit]
        for problem in shown:
            self.problem(problem, path=path)
        if len(shown) < len(worth):
            self.warning(f"and {len(worth) - len(shown)} more problems of the model (pygen validate lists them)")

    def annotation(self, severity: Severity, text: str, *, path: str, title: str, line: int = 0) -> None:
        """Say something beside a line of a pull request, on GitHub; nothing elsewhere."""
        if self.format is OutputFormat.GITHUB:
            _annotate(str(severity), text, path=self.place(path), title=title, line=line)

    def usage(self, text: str) -> None:
        """Say how the command is called, before an error says what is wrong."""
        if self.format is OutputFormat.TEXT:
            _print(sys.stderr, text.rstrip("\n"))

    # -- errors -------------------------------------------------------------------------------------------------------

    def error(self, error: PygenError, *, beside: Mapping[str, Any] | None = None) -> None:
        """Show what ended the command; *beside* is what it did before, for programs."""
        if self.format is OutputFormat.GITHUB and isinstance(error, ModelError):
            for problem in error.problems:
                self.problem(problem, path="")
        self.failure(str(error), exit_code=error.exit_code, document=_error_document(error), beside=beside)
        if self.verbose and type(error) is PygenError:
            self._traceback(error)

    def failure(
        self,
        text: str,
        *,
        exit_code: int,
        document: Mapping[str, Any],
        beside: Mapping[str, Any] | None = None,
    ) -> None:
        """Show why the command ended, in its first line."""
        if self.format is OutputFormat.GITHUB:
            _annotate("error", text, path="", title="pygen")
        else:
            _print(sys.stderr, f"pygen: error: {text}", "error")
        command = {"command": self.command} if self.command else {}
        self.document({**command, **(beside or {}), "exitCode": exit_code, "error": document})
        if self.format is OutputFormat.JUNIT:
            from pygen.cli.junit import error_report

            self.report(error_report(f"pygen {self.command}".rstrip(), str(document["type"]), text))

    def internal(self, error: Exception) -> None:
        """Show a defect of pygen itself."""
        text = f"internal error: {type(error).__name__}: {error}"
        hint = "" if self.verbose else " (-v shows the traceback; please report it)"
        self.failure(f"{text}{hint}", exit_code=4, document={"type": "InternalError", "message": text})
        if self.verbose:
            self._traceback(error)

    def _traceback(self, error: BaseException) -> None:
        import traceback

        sys.stderr.write("".join(traceback.format_exception(error)))


def problem_document(problem: Problem) -> dict[str, str]:
    """A problem for programs."""
    return {
        "where": problem.where,
        "code": problem.code,
        "severity": str(problem.severity),
        "message": problem.message,
        "hint": problem.hint,
    }


def _error_document(error: PygenError) -> dict[str, Any]:
    document: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    match error:
        case ModelError():
            document["problems"] = [problem_document(problem) for problem in error.problems]
        case ConfigError():
            document |= {"key": error.key, "hint": error.hint}
        case OutputError():
            document |= {"paths": list(error.paths), "hint": error.hint}
        case MissingExtraError():
            document |= {"extra": error.extra, "module": error.module}
        case _:
            pass
    return document


def _print(stream: TextIO, text: str, style: str = "") -> None:
    shown = "\n".join(harmless(line) for line in text.split("\n"))
    _write(stream, _styled(stream, shown, style) + "\n")


def _styled(stream: TextIO, text: str, style: str) -> str:
    colour = _COLOURS.get(style)
    if colour is None or not text or not has_colours(stream):
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def has_colours(stream: TextIO) -> bool:
    """Whether *stream* is a terminal whose user wants colours."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:  # a terminal or a pipe that does not speak UTF-8
        stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))


def says(stream: TextIO, text: str) -> bool:
    """Whether *stream* has an encoding with all characters of *text*."""
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def harmless(text: str) -> str:
    """Control, bidi and other invisible characters as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _annotate(level: str, text: str, *, path: str, title: str, line: int = 0) -> None:
    """Print a workflow command of GitHub Actions."""
    level = level if level in (Severity.ERROR, Severity.WARNING) else "notice"
    properties = {"file": path, "line": str(line) if line else "", "title": title}
    listed = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items() if value)
    _write(sys.stdout, f"::{level}{f' {listed}' if listed else ''}::{_escape_data(text)}\n")


def _escape_data(text: str) -> str:
    lines = "\n".join(harmless(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
