"""
What a check found, as a report that CI systems show among the results of tests: JUnit XML.

One suite per SDK and target, one case per generated file, and one for each other thing that findings are about. There
is no time in it, so equal findings give equal bytes. The text is ASCII, with everything else as references, so that the
encoding of stdout does not matter; what XML 1.0 cannot say is shown as an escape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pygen.cli.output import harmless
from pygen.project.reports import CheckedTarget, CheckReport, Finding

__all__ = ["Case", "Suite", "check_report", "error_report", "junit_text"]


class Case(NamedTuple):
    """
    One thing that is well or not.

    Attributes:
        result: `failure`, `error`, `skipped`, or empty when all is well.
        kind: What kind of failure or error.
        message: In words; the first line stands in lists.
        file: The file that it is about; empty when it is about none.
    """

    name: str
    result: str = ""
    kind: str = ""
    message: str = ""
    file: str = ""


class Suite(NamedTuple):
    """Cases under one name."""

    name: str
    cases: tuple[Case, ...] = ()


def check_report(report: CheckReport, *, repair: str, place: Callable[[str], str] = str) -> str:
    """
    The answer of `pygen check`.

    Args:
        report: What was found.
        repair: How to repair it; said with every failure, because one of them may be all that is looked at.
        place: A path of the project as the CI system knows it.
    """
    targets = list(report.targets)
    known = {(target.sdk, target.target) for target in targets}
    for finding in report.findings:
        gone = (finding.sdk, finding.target)
        if gone not in known and (finding.target or finding.sdk not in report.checked):  # no longer configured
            known.add(gone)
            targets.append(CheckedTarget(finding.sdk, finding.target, ""))
    suites = (_suite(target, report.findings, repair) for target in targets)
    return junit_text(
        "pygen check",
        [Suite(suite.name, tuple(case._replace(file=place(case.file)) for case in suite.cases)) for suite in suites],
    )


def error_report(command: str, kind: str, message: str) -> str:
    """The report of a command that could not answer."""
    return junit_text(command, [Suite(command, (Case(command, "error", kind, message),))])


def _suite(target: CheckedTarget, findings: Iterable[Finding], repair: str) -> Suite:
    about: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.sdk == target.sdk and finding.target in ("", target.target):
            for subject in _subjects(finding, target):
                about.setdefault(subject, []).append(finding)
    cases = [_case(path, about.pop(path, []), path, target.unread, repair) for path in target.files]
    others = [_case(subject, found, found[0].path, "", repair) for subject, found in about.items()]
    name = ".".join(part for part in ("pygen", target.sdk, target.target) if part)
    return Suite(name, (*others, *cases))


def _subjects(finding: Finding, target: CheckedTarget) -> list[str]:
    """What a finding is about, in one target: its files there, else what it names itself."""
    if finding.of_target:
        return [target.output or finding.subject]
    return [path for path in finding.files if path in target.files] or [finding.subject]


def _case(subject: str, found: Sequence[Finding], file: str, unread: str, repair: str) -> Case:
    if not found:
        return Case(subject, "skipped" if unread else "", "", unread, file)
    said = [
        finding.reason if finding.of_target or subject == finding.subject else f"{finding.subject} {finding.reason}"
        for finding in found
    ]
    return Case(subject, "failure", found[0].state, "\n".join([*said, repair]), file)


# ---------------------------------------------------------------------------------------------------------------------
# XML


def junit_text(name: str, suites: Iterable[Suite]) -> str:
    """The text of a report."""
    listed = list(suites)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<testsuites{_attributes(name=name, **_counts(case for suite in listed for case in suite.cases))}>")
    for suite in listed:
        lines.append(f"  <testsuite{_attributes(name=suite.name, **_counts(suite.cases), skipped=_skipped(suite))}>")
        for case in suite.cases:
            lines += _case_lines(suite, case)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _counts(cases: Iterable[Case]) -> dict[str, str]:
    results = [case.result for case in cases]
    return {
        "tests": str(len(results)),
        "failures": str(results.count("failure")),
        "errors": str(results.count("error")),
    }


def _skipped(suite: Suite) -> str:
    return str(sum(case.result == "skipped" for case in suite.cases))


def _case_lines(suite: Suite, case: Case) -> Iterator[str]:
    opening = f"    <testcase{_attributes(classname=suite.name, name=case.name, file=case.file)}"
    if not case.result:
        yield f"{opening}/>"
        return
    yield f"{opening}>"
    attributes = _attributes(type=case.kind, message=case.message.partition("\n")[0])
    content = "" if case.result == "skipped" else _escaped(case.message)
    yield f"      <{case.result}{attributes}>{content}</{case.result}>"
    yield "    </testcase>"


def _attributes(**values: str) -> str:
    return "".join(f' {name}="{_escaped(value)}"' for name, value in values.items() if value)


def _escaped(text: str) -> str:
    """Text for an element or an attribute: control characters as escapes, and nothing but ASCII."""
    lines = "\n".join(harmless(line) for line in text.split("\n"))
    for char, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\n", "&#10;")):
        lines = lines.replace(char, reference)
    return lines.encode("ascii", "xmlcharrefreplace").decode("ascii")
