"""
How commands speak: results on stdout, problems and everything said on the way on stderr.

With `--format json`, stdout holds exactly one JSON document. With `--format github`, problems are workflow commands,
which GitHub shows beside the lines of a pull request. Text from models and files is shown with control characters
escaped: a description must not be able to rewrite a terminal.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TextIO

from pygen.errors import ConfigError, MissingExtraError, ModelError, OutputError, Problem, PygenError, Severity

__all__ = ["Output", "OutputFormat", "problem_document"]

_COLOURS = {"error": "31", "warning": "33", "fine": "32"}


class OutputFormat(StrEnum):
    """The value of `--format`."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


class Output:
    """
    Where a command prints.

    Attributes:
        format: For people, for programs, or for GitHub.
        quiet: Whether results are left out.
        verbose: Whether details are shown.
    """

    def __init__(self, output_format: OutputFormat = OutputFormat.TEXT, *, verbose: bool = False) -> None:
        self.format = output_format
        self.verbose = verbose
        self.quiet = False

    # -- results ------------------------------------------------------------------------------------------------------

    def result(self, text: str, *, style: str = "") -> None:
        """Print a line of the result, for people."""
        if not self.quiet and self.format is not OutputFormat.JSON:
            _print(sys.stdout, text, style)

    def detail(self, text: str) -> None:
        """Print a line of the result that only `-v` asks for."""
        if self.verbose:
            self.result(text)

    def finding(self, text: str, *, path: str, title: str) -> None:
        """Print a reason to exit with 1: a result, so that `-q` keeps it."""
        if self.format is OutputFormat.GITHUB:
            _annotate("error", text, path=path, title=title)
        elif self.format is OutputFormat.TEXT:
            _print(sys.stdout, text)

    def document(self, document: Mapping[str, Any]) -> None:
        """Print the result for programs: the one document on stdout."""
        if self.format is OutputFormat.JSON:
            sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")

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
            _annotate(str(problem.severity), str(problem), path=path, title=problem.code)
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

    # -- errors -------------------------------------------------------------------------------------------------------

    def error(self, error: PygenError) -> None:
        """Show what ended the command."""
        if self.format is OutputFormat.GITHUB and isinstance(error, ModelError):
            for problem in error.problems:
                self.problem(problem, path="")
        self.failure(str(error), exit_code=error.exit_code, document=_error_document(error))
        if self.verbose and type(error) is PygenError:
            self._traceback(error)

    def failure(self, text: str, *, exit_code: int, document: Mapping[str, Any] | None = None) -> None:
        """Show why the command ended, in its first line."""
        if self.format is OutputFormat.GITHUB:
            _annotate("error", text, path="", title="pygen")
        else:
            _print(sys.stderr, f"pygen: error: {text}", "error")
        self.document({"exitCode": exit_code, "error": document or {"type": "Failure", "message": text}})

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
    shown = "\n".join(_harmless(line) for line in text.split("\n"))
    colour = _COLOURS.get(style)
    if colour is not None and stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        shown = f"\x1b[{colour}m{shown}\x1b[0m"
    _write(stream, shown + "\n")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:  # a terminal or a pipe that does not speak UTF-8
        stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))


def _harmless(text: str) -> str:
    """Control, bidi and other invisible characters as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _annotate(level: str, text: str, *, path: str, title: str) -> None:
    """Print a workflow command of GitHub Actions."""
    level = level if level in (Severity.ERROR, Severity.WARNING) else "notice"
    properties = {"file": path, "title": title}
    listed = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items() if value)
    _write(sys.stdout, f"::{level}{f' {listed}' if listed else ''}::{_escape_data(text)}\n")


def _escape_data(text: str) -> str:
    lines = "\n".join(_harmless(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
