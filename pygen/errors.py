"""
The exceptions of pygen.

::

    PygenError
      ConfigError             pyproject or command line; names the key, e.g. tool.pygen.python.package
      MissingExtraError       names the extra and the pip line
      ModelError              the data model cannot be generated; carries every Problem found
      StaleError              generated code does not match; carries the paths
      OutputError             a foreign, edited or unwritable file in the way; carries the paths
      LockedError             another instance is writing or watching
      RemoteError             the data model is not in CDF, or what is there is none
      DmsError                (pygen.client.exceptions; there, too: input, veto, GraphQL, apply)
        DmsTransportError     no usable answer (connect, timeout)
        DmsRequestError       an answer that says no
          DmsAuthError, DmsRateLimitError, DmsConflictError, DmsCursorExpiredError
      SdkError                (pygen.runtime) raised through generated code
        NotFoundError, RelationNotLoadedError, DetachedError, ContractError, UpsertError

Attributes hold the parts, messages are built from them: no code parses a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

__all__ = [
    "ConfigError",
    "LockedError",
    "MissingExtraError",
    "ModelError",
    "OutputError",
    "Problem",
    "PygenError",
    "RemoteError",
    "Severity",
    "StaleError",
]


class Severity(StrEnum):
    """
    How bad a problem is.

    An error stops generation. A warning degrades one property, and is an error under `--strict`. An info says what is
    common and harmless, such as a direct relation to a view outside the model.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Problem(NamedTuple):
    """
    One thing that is wrong with a data model.

    A named tuple, because every command imports it: the module `dataclasses` takes a sixth of the time of a check.

    Attributes:
        where: A DMS path a person can search for: `space:View(version).property`.
        code: Stable identifier, `PYG001`...; documented in docs/problems.md.
        message: What is wrong, in one sentence.
        hint: What to do about it; may be empty.
        severity: Whether generation stops.
    """

    where: str
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.where}: {self.severity} {self.code}: {self.message}{hint}"


class PygenError(Exception):
    """
    Base of every error that pygen raises on purpose.

    Attributes:
        exit_code: What a command that ends with this error exits with (docs/cli.md).
    """

    exit_code = 4


class ConfigError(PygenError):
    """
    The configuration or the command line is wrong.

    Attributes:
        key: The key or option at fault, e.g. `tool.pygen.python.package`; empty when the whole file is meant.
        hint: What to do about it; may be empty.
    """

    exit_code = 2

    def __init__(self, message: str, *, key: str = "", hint: str = "") -> None:
        self.message = message
        self.key = key
        self.hint = hint
        super().__init__(message, key, hint)

    def __str__(self) -> str:
        place = f"{self.key}: " if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{hint}"


class MissingExtraError(PygenError):
    """
    A feature needs a package of an extra that is not installed.

    Attributes:
        feature: What was asked for, e.g. `pygen generate`.
        extra: The extra of pygen-cdf that brings the package.
        module: The module whose import failed.
    """

    exit_code = 2

    def __init__(self, feature: str, *, extra: str, module: str) -> None:
        self.feature = feature
        self.extra = extra
        self.module = module
        super().__init__(feature, extra, module)

    def __str__(self) -> str:
        return f'{self.feature} needs {self.module}: pip install "pygen-cdf[{self.extra}]"'


class ModelError(PygenError):
    """
    The data model cannot be generated.

    Attributes:
        problems: Every problem found, in the order of their places.
    """

    exit_code = 1

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"the data model has {count} problem{'s' if count != 1 else ''}"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])


class _PathsError(PygenError):
    """An error about files; carries their paths."""

    exit_code = 1

    def __init__(self, message: str, *, paths: Sequence[str] = (), hint: str = "") -> None:
        self.message = message
        self.paths = tuple(paths)
        self.hint = hint
        super().__init__(message, self.paths, hint)

    def __str__(self) -> str:
        shown = ", ".join(self.paths[:5]) + (f" and {len(self.paths) - 5} more" if len(self.paths) > 5 else "")
        listed = f": {shown}" if shown else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.message}{listed}{hint}"


class StaleError(_PathsError):
    """Generated code does not match the model, the options or the lock; `paths` names the files."""


class OutputError(_PathsError):
    """
    The output cannot be written; `paths` names the files.

    A foreign or hand-edited file in the way is a finding (exit code 1); a folder that cannot be written is a
    matter of the machine (exit code 2), said with `exit_code`.
    """

    def __init__(self, message: str, *, paths: Sequence[str] = (), hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message, paths=paths, hint=hint)
        self.exit_code = exit_code


class LockedError(PygenError):
    """
    Another instance is writing or watching.

    Attributes:
        what: What is locked, e.g. the project's folder.
    """

    exit_code = 2

    def __init__(self, what: str, *, hint: str = "") -> None:
        self.what = what
        self.hint = hint
        super().__init__(what, hint)

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"another pygen is at work on {self.what}{hint}"


class RemoteError(PygenError):
    """
    CDF answered, but not with the data model that was asked for.

    Attributes:
        hint: What to do about it; may be empty.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(message, hint)

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.message}{hint}"
