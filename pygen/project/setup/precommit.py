"""
Editing `.pre-commit-config.yaml` as text: comments and indentation stay.

There is no parser here that keeps a layout, so lines are put between lines, and the result is read again: it is taken
only if it then says what was there before and what was added. What cannot be edited that way is for a person.
"""

from __future__ import annotations

import copy
import re
from typing import Any, NamedTuple

from pygen.errors import ConfigError, MissingExtraError
from pygen.project.setup.text_style import TextStyle

__all__ = [
    "Edited",
    "changes_files",
    "exclude_pattern",
    "excludes",
    "has_hook",
    "read_pre_commit",
    "with_exclude",
    "with_hook",
]

_HOOK_IDS = frozenset({"pygen-check", "pygen-generate"})
_OURS = re.compile(r"\bpygen check\b")
_RUFF = re.compile(r"ruff\b")
_SPECIAL = re.compile(r"([.^$*+?{}\[\]|()\\])")
_PLAIN = re.compile(r"[\^A-Za-z0-9(][^#:'\"\n]*")


class Edited(NamedTuple):
    """
    The outcome of an edit.

    Attributes:
        text: The file's text.
        by_hand: The lines that a person has to add; empty when the edit was made.
    """

    text: str
    by_hand: str = ""


def read_pre_commit(text: str, name: str) -> Any:
    """
    What a configuration of pre-commit says.

    Raises:
        ConfigError: It is not YAML.
        MissingExtraError: PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise MissingExtraError(f"reading {name}", extra="cli", module="yaml") from error
    try:
        return yaml.safe_load(text.removeprefix("\ufeff"))
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{name} is not valid YAML: {' '.join(str(error).split())}", hint="correct it first"
        ) from error


def has_hook(document: Any) -> bool:
    """Whether a hook of ours is configured, from whatever repository."""
    return any(_is_ours(hook) for hook in _hooks(document))


def changes_files(document: Any) -> bool:
    """Whether a hook is configured that may change generated files: any but ours, and ruff, which they ask not to."""
    return any(not _is_ours(hook) and not _RUFF.match(_said(hook)) for hook in _hooks(document))


def _hooks(document: Any) -> list[dict[str, Any]]:
    repos = document.get("repos") if isinstance(document, dict) else None
    return [
        hook
        for repo in (repos if isinstance(repos, list) else ())
        if isinstance(repo, dict) and isinstance(repo.get("hooks"), list)
        for hook in repo["hooks"]
        if isinstance(hook, dict)
    ]


def _said(hook: dict[str, Any]) -> str:
    return str(hook.get("entry", hook.get("id", "")))


def _is_ours(hook: dict[str, Any]) -> bool:
    return hook.get("id") in _HOOK_IDS or _OURS.search(_said(hook)) is not None


def exclude_pattern(output: str) -> str:
    """The pattern of the files below a folder; the path is relative to the repository."""
    return "^" + _SPECIAL.sub(r"\\\1", output) + "/"


def excludes(document: Any, output: str) -> bool:
    """Whether the files below a folder are kept from all hooks."""
    pattern = document.get("exclude") if isinstance(document, dict) else None
    try:
        return isinstance(pattern, str) and re.search(pattern, f"{output}/__init__.py") is not None
    except re.error:
        return False


def with_hook(text: str, entry: str, name: str) -> Edited:
    """
    A configuration with a hook that runs *entry*; an empty text makes a new one.

    Raises:
        ConfigError: It is not YAML.
    """
    style, plain = TextStyle.split(text)
    if not plain.strip():
        return Edited(style.restore(plain + "\n".join(["repos:", *_hook(entry, "  "), ""])))
    document = read_pre_commit(plain, name)
    if document is None:  # comments alone
        return Edited(style.restore("\n".join([plain.rstrip("\n"), "repos:", *_hook(entry, "  "), ""])))
    if has_hook(document):
        return Edited(text)
    lines = plain.split("\n")
    place = _end_of_repos(lines)
    if place is not None:
        end, indent = place
        candidate = "\n".join([*lines[:end], *_hook(entry, indent), *lines[end:]])
        expected = copy.deepcopy(document)
        try:
            expected["repos"].append(read_pre_commit("\n".join(_hook(entry, "")), name)[0])
            if read_pre_commit(candidate, name) == expected:
                return Edited(style.restore(candidate))
        except (ConfigError, TypeError, AttributeError, KeyError):
            pass  # the layout is one that lines cannot be put into
    return Edited(text, "\n".join(["repos:", *_hook(entry, "  ")]))


def with_exclude(text: str, pattern: str, sample: str, name: str) -> Edited:
    """
    A configuration whose top-level `exclude` also covers a pattern.

    Args:
        text: The configuration; not empty.
        pattern: The pattern.
        sample: The folder that the pattern is about; when it is excluded already, nothing changes.
        name: What errors call the file.

    Raises:
        ConfigError: It is not YAML.
    """
    style, plain = TextStyle.split(text)
    document = read_pre_commit(plain, name)
    if not isinstance(document, dict):
        return Edited(text, f"exclude: {pattern}")
    if excludes(document, sample):
        return Edited(text)
    lines = plain.split("\n")
    present = document.get("exclude")
    at = [index for index, line in enumerate(lines) if line.startswith("exclude:")]
    merged = pattern if not present else f"{present}|{pattern}"
    if "exclude" not in document:
        first = next((index for index, line in enumerate(lines) if re.match(r"[A-Za-z_]", line)), None)
        candidates = [] if first is None else [[*lines[:first], f"exclude: {_scalar(merged)}", *lines[first:]]]
    elif len(at) == 1 and isinstance(present, str) and "(?x" not in present:
        line = f"exclude: {_scalar(merged)}{_comment(lines[at[0]], present)}"
        candidates = [[*lines[: at[0]], line, *lines[at[0] + 1 :]]]
    else:
        candidates = []
    for candidate in candidates:
        try:
            if read_pre_commit("\n".join(candidate), name) == {**document, "exclude": merged}:
                return Edited(style.restore("\n".join(candidate)))
        except ConfigError:
            continue
    return Edited(text, f"exclude: (what is there)|{pattern}")


def _comment(line: str, value: str) -> str:
    """The comment at the end of a line `exclude: value`; a `#` may also be part of the value."""
    found = re.search(r"\s+#.*$", line)
    if found is None:
        return ""
    try:
        before = read_pre_commit(line[: found.start()], "")
    except ConfigError:
        return ""
    return found[0] if before == {"exclude": value} else ""


def _hook(entry: str, indent: str) -> list[str]:
    lines = [
        "- repo: local",
        "  hooks:",
        "    - id: pygen-check",
        "      name: the generated SDK is fresh",
        f"      entry: {_scalar(entry)}",
        "      language: system",
        "      pass_filenames: false",
        "      always_run: true # a few hundredths of a second",
    ]
    return [f"{indent}{line}" for line in lines]


def _scalar(value: str) -> str:
    """A text as YAML: plain where that is safe, else in single quotes."""
    if _PLAIN.fullmatch(value) and value == value.strip():
        return value
    return "'" + value.replace("'", "''") + "'"


def _end_of_repos(lines: list[str]) -> tuple[int, str] | None:
    """Behind which line the sequence of repositories ends, and how its items are indented; None without one."""
    start = next((index for index, line in enumerate(lines) if re.fullmatch(r"repos:\s*(#.*)?", line)), None)
    if start is None:
        return None
    end, indent = start, None
    for index, line in enumerate(lines[start + 1 :], start + 1):
        stripped = line.lstrip(" ")
        if not stripped or stripped.startswith("#"):
            continue
        depth = line[: len(line) - len(stripped)]
        is_item = re.match(r"-(\s|$)", stripped) is not None
        if indent is None:
            if not is_item:
                return None
            indent = depth
        elif len(depth) < len(indent) or (depth == indent and not is_item):
            break
        end = index
    return None if indent is None else (end + 1, indent)
