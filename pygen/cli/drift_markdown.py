"""What `pygen drift --markdown` prints: ready for a comment on a pull request, or for the summary of a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pygen.project.diff import Change
from pygen.project.diff.handing_down import also_in, told_once
from pygen.project.drifting import Drift, DriftReport, severities
from pygen.project.markdown import markdown_code, markdown_text

__all__ = ["drift_markdown"]

MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536."""

_FOLDED_FROM = 20


def drift_markdown(report: DriftReport) -> str:
    """A section for each environment and SDK; what would make it too long is counted instead of shown."""
    several = len({found.sdk for found in report.drifts}) > 1
    verdicts = {0: "the same", 1: "different", 3: "not every answer came"}
    lines = [f"## Data model in CDF: {verdicts[report.exit_code]}"]
    room = MOST_CHARACTERS // max(len(report.drifts), 1)
    for found in report.drifts:
        lines += ["", *_section(found, room, several=several)]
    return "\n".join(lines)


def _section(found: Drift, room: int, *, several: bool) -> Iterator[str]:
    sdk = f", {markdown_text(found.sdk)}" if several else ""
    yield f"### {markdown_text(found.asked)}{sdk}: {markdown_code(found.model)}"
    yield ""
    if found.error is not None:
        yield f"**No answer**, so nobody knows: {markdown_text(str(found.error))}"
        return
    if not found.changes:
        yield f"No difference from {markdown_code(found.path)}."
        return
    count = len(found.changes)
    counted = f"{count} difference{'s' if count != 1 else ''}"
    yield f"**{counted}** from {markdown_code(found.path)}: {severities(found)}."
    yield ""
    told = told_once(found.changes)
    if len(told) > _FOLDED_FROM:
        yield from (f"<details><summary>{counted}</summary>", "")
    yield from ("| severity | where | in CDF | rule |", "| --- | --- | --- | --- |")
    rows = list(_rows(found, told, room))
    yield from rows
    if len(told) > _FOLDED_FROM:
        yield from ("", "</details>")
    if len(rows) < len(told):
        yield from ("", f"and {len(told) - len(rows)} more, which `pygen drift -v` lists.")


def _rows(found: Drift, told: Iterable[tuple[Change, int]], room: int) -> Iterator[str]:
    for change, heirs in told:
        beside = " (not generated)" if change.view in found.not_generated else ""
        row = (
            f"| {change.severity} | {markdown_code(change.where)} "
            f"| {markdown_text(change.message)}{also_in(heirs)}{beside} | {change.code} |"
        )
        room -= len(row) + 1
        if room < 0:
            return
        yield row
