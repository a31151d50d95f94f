"""
Explain a code, such as PYG105, or a name: of generated code, or of the data model. Without a name, list the codes.

Names of generated code can be whole, as windfarm.sdk.WindTurbine.capacity, or an end of that; names of the data model
are those that messages have: sp_windfarm:WindTurbine(v1).capacity.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygen.cli.arguments import add_common, add_project, chosen_names, project_config
from pygen.cli.layout import pad, terminal_width
from pygen.cli.output import Output, OutputFormat, has_colours
from pygen.errors import ConfigError

if TYPE_CHECKING:
    from pygen.cli.manual import Entry
    from pygen.project.config import ProjectConfig
    from pygen.project.explaining import Explanation

__all__ = ["add_arguments", "run"]

_CODE = re.compile(r"pyg\d*", re.IGNORECASE)
_SHOWN = 10
_PAGE_WIDTH = 80


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="a code, or a name of an SDK or its data model")
    add_project(parser)
    alone = parser.add_argument_group("without a project")
    alone.add_argument("--output", metavar="DIR", type=Path, help="the folder of a package generated with --output")
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Explain."""
    names: list[str] = arguments.names
    codes = [name.upper() for name in names if _CODE.fullmatch(name)]
    symbols = [name for name in names if not _CODE.fullmatch(name)]
    entries = _entries(codes) if codes or not names else []
    found: list[Explanation] = []
    if symbols:
        from pygen.project.explaining import explain_name

        config, sdks = _config(arguments)
        for symbol in symbols:
            found += explain_name(config, symbol, names=sdks)
    if names:
        _show(entries, found, output)
    else:
        for entry in entries:
            output.pieces([(entry.code, "name"), (f"  {entry.title}", "")])
    output.document(
        {
            "command": "explain",
            "exitCode": 0,
            "codes": [_entry_document(entry, is_whole=bool(names)) for entry in entries],
            "names": [dict(explanation.document) for explanation in found],
        }
    )
    return 0


def _config(arguments: Namespace) -> tuple[ProjectConfig, list[str] | None]:
    if arguments.output is None:
        return project_config(arguments), chosen_names(arguments)
    for option in ("project", "sdk"):
        if getattr(arguments, option):
            raise ConfigError("is for a project", key=f"--{option}", hint="leave it out beside --output")
    from pygen.project.adhoc import recorded_config

    return recorded_config(arguments.output), None


def _entries(codes: Sequence[str]) -> list[Entry]:
    """The entries of codes; all of them for none."""
    from pygen.cli.manual import read_manual

    manual = read_manual()
    for code in codes:
        if code not in manual:
            from difflib import get_close_matches

            close = get_close_matches(code, manual, n=3, cutoff=0.8)
            hint = f"did you mean {' or '.join(close)}?" if close else "pygen explain lists all codes"
            raise ConfigError("there is no such code", key=code, hint=hint)
    return [manual[code] for code in codes] if codes else list(manual.values())


def _entry_document(entry: Entry, *, is_whole: bool) -> dict[str, Any]:
    document = {"code": entry.code, "title": entry.title, "page": f"docs/{entry.page}"}
    return {**document, "text": entry.text} if is_whole else document


# ---------------------------------------------------------------------------------------------------------------------
# Showing


def _show(entries: Sequence[Entry], found: Sequence[Explanation], output: Output) -> None:
    shown = found if output.verbose else found[:_SHOWN]
    for number, entry in enumerate(entries):
        if number:
            output.result("")
        output.pieces([(f"{entry.code}: {entry.title}", "name")])
        output.result("")
        _show_text(entry.text, output)
    several = len({(each.sdk, each.target) for each in found}) > 1
    for number, explanation in enumerate(shown):
        if number or entries:
            output.result("")
        _show_name(explanation, output, is_one_of_several=several)
    if len(shown) < len(found):
        output.result(f"\nand {len(found) - len(shown)} more (-v shows them)")


def _show_text(markdown: str, output: Output) -> None:
    """Render Markdown: with rich where there are colours, else as plain text."""
    from importlib.util import find_spec

    width = min(terminal_width() or _PAGE_WIDTH, 100)
    if output.quiet or output.format is not OutputFormat.TEXT:
        return
    if has_colours(sys.stdout) and find_spec("rich") is not None:
        from rich.console import Console
        from rich.markdown import Markdown
        from rich.theme import Theme

        # Styles that take their colours from the terminal, and so fit a light one as well as a dark one.
        console = Console(width=width, theme=Theme({"markdown.code": "cyan", "markdown.code_block": "none"}))
        console.print(Markdown(markdown, hyperlinks=False, code_theme="ansi_dark"))
        return
    from pygen.cli.manual import plain_text

    output.result(plain_text(markdown, width))


def _show_name(explanation: Explanation, output: Output, *, is_one_of_several: bool) -> None:
    output.pieces([(explanation.name, "name"), (f"  {explanation.kind}", "faint")])
    place = explanation.path if explanation.line is None else f"{explanation.path}:{explanation.line}"
    facts = [("file", place), *explanation.facts]
    if is_one_of_several:
        facts.insert(0, ("SDK", f"{explanation.sdk} ({explanation.target})"))
    widest = max(len(heading) for heading, _ in facts)
    for heading, text in facts:
        output.pieces([(f"  {pad(heading, widest)}  ", "faint"), (text, "")])
    if explanation.line is None:
        output.note(f"{explanation.path} does not say so, or is not there (pygen check tells why)")
