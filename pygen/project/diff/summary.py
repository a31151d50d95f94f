"""What a comparison is in Markdown: ready for a comment on a pull request, or for the summary of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pygen.project.config import DEFAULT_SDK
from pygen.project.diff.changes import Change
from pygen.project.diff.diffing import ModelDiff
from pygen.project.diff.handing_down import also_in, told_once
from pygen.project.diff.releasing import kind_beside, owner_of
from pygen.project.markdown import markdown_code, markdown_text

__all__ = ["markdown_summary"]

_MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536."""


def markdown_summary(diffs: Sequence[ModelDiff]) -> str:
    """A section for each pair of models; what would make it too long is counted instead of shown."""
    room = _MOST_CHARACTERS // max(len(diffs), 1)
    return "\n\n".join("\n".join(_section(each, room)) for each in diffs)


def _section(diff: ModelDiff, room: int) -> Iterator[str]:
    sdk = f"{markdown_text(diff.sdk)}: " if diff.sdk not in ("", DEFAULT_SDK) else ""
    yield f"## {sdk}{markdown_code(diff.old)} to {markdown_code(diff.new)}"
    yield ""
    counted = ", ".join(f"{count} {severity}" for severity, count in diff.counts.items())
    ignored = f" ({len(diff.ignored)} more {'are' if diff.ignored[1:] else 'is'} ignored)" if diff.ignored else ""
    if not diff.changes:
        yield f"**No changes**{ignored}."
        return
    yield f"**{counted}**{ignored}; the SDK's next version is a **{diff.version_hint}** one."
    lines = list(_changes(diff.changes))
    shown = list(_as_fits(lines, room))
    yield from shown
    hidden = sum(line.startswith("- ") for line in lines[len(shown) :])
    if hidden:
        yield from ("", f"and {hidden} more, which `pygen diff` lists.")


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    heading = ""
    for change, heirs in told_once(changes):
        if heading != (heading := f"### {markdown_code(owner_of(change))}{kind_beside(change)}"):
            yield from ("", heading, "")
        name = f"{markdown_code(change.property)} " if change.property else ""
        text = f"{name}{markdown_text(change.message)}{also_in(heirs)}"
        yield f"- **{change.severity}** {change.code}: {text}"


def _as_fits(lines: Sequence[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            return
        yield line
