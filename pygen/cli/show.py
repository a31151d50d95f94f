"""Print a data model as a tree: its views, their properties and relations. Or draw it as a diagram."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygen.cli.arguments import add_common, add_project, chosen_names, model_config, project_config, same_project
from pygen.cli.layout import cells, crop, pad, terminal_width
from pygen.cli.output import Output, OutputFormat, says
from pygen.errors import ConfigError, Severity

if TYPE_CHECKING:
    from pygen.project.showing import ModelView, ShownModel, ViewWords

__all__ = ["add_arguments", "run"]

_DETAILED = 20
"""Up to so many views, their properties are shown without being asked for."""
_VALUES = 6
_NAME_CELLS, _WORDS_CELLS = 40, 36
"""The widest columns that others line up with."""

_Pieces = list[tuple[str, str]]


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "what",
        metavar="MODEL|VIEW",
        nargs="*",
        help="a model file or toolkit folder, if it comes first; and patterns of the views that are shown",
    )
    add_project(parser)
    parser.add_argument(
        "--model", metavar="PATH", type=Path, help="a model without a project: a file, or a folder of the toolkit"
    )
    parser.add_argument("--diagram", choices=["mermaid", "svg"], help="draw it, as text for Mermaid or as a picture")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write the diagram to a file (default: print it)")
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Show."""
    from pygen.project.showing import read_models

    if arguments.output is not None and arguments.diagram is None:
        raise ConfigError("is for a diagram", key="--output", hint="add --diagram svg or --diagram mermaid")
    model, patterns = _model_and_patterns(arguments)
    if model is not None:
        if arguments.project is not None or arguments.sdk:
            raise ConfigError("names a model without a project", key=str(model), hint="leave out --project and --sdk")
        models = read_models(model_config(model))
    else:
        models = read_models(project_config(arguments), chosen_names(arguments))
    views = _narrowed(models, patterns)
    if arguments.diagram is not None:
        return _draw(views, arguments.diagram, arguments.output, output)
    for number, (shown, view) in enumerate(views):
        if number:
            output.result("")
        _Tree(view, output, detailed=bool(patterns)).show(shown.sdk if len(models) > 1 else "")
    for shown, _ in views:
        _tell_problems(shown, output, _validate_command(arguments, model))
    output.document(
        {
            "command": "show",
            "exitCode": 0,
            "models": [{"sdk": shown.sdk if model is None else None, **view.document()} for shown, view in views],
        }
    )
    return 0


def _model_and_patterns(arguments: Namespace) -> tuple[Path | None, list[str]]:
    """Tell the model from the patterns: it comes first, and is a file of a known kind or a folder of the toolkit."""
    what: list[str] = arguments.what
    if arguments.model is not None:
        return arguments.model, what
    if what and _is_model(what[0]):
        return Path(what[0]), what[1:]
    return None, what


def _is_model(text: str) -> bool:
    path = Path(text)
    if "/" in text or os.sep in text:  # no view is called so
        return True
    if path.suffix.lower() in (".json", ".yaml", ".yml", ".graphql", ".gql"):
        return True
    if not path.is_dir():
        return False
    from pygen.sources.files import source_files

    return bool(source_files(path))


def _narrowed(models: Sequence[ShownModel], patterns: Sequence[str]) -> list[tuple[ShownModel, ModelView]]:
    """The views that were asked for; of several models, those that have any."""
    from pygen.project.showing import ModelView

    found: list[tuple[ShownModel, ModelView]] = []
    refusal: ConfigError | None = None
    for shown in models:
        try:
            found.append((shown, ModelView(shown.model, patterns)))
        except ConfigError as error:
            refusal = refusal or error
    if refusal is not None and not found:
        raise refusal
    return found


def _validate_command(arguments: Namespace, model: Path | None) -> str:
    meant = ["--model", str(model)] if model is not None else same_project(arguments)
    return shlex.join(["pygen", "validate", *meant])


def _tell_problems(shown: ShownModel, output: Output, command: str) -> None:
    counts = Counter(problem.severity for problem in shown.problems)
    warnings = counts[Severity.WARNING]
    if warnings:
        output.note(f"{_count(warnings, 'warning')} about the model, what it concerns may be missing: {command}")


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


# ---------------------------------------------------------------------------------------------------------------------
# The tree


class _Tree:
    """Prints the tree of one model."""

    def __init__(self, view: ModelView, output: Output, *, detailed: bool) -> None:
        self._view = view
        self._output = output
        self._detailed = detailed or output.verbose or len(view.classes) <= _DETAILED
        self._width = None if output.verbose else terminal_width()
        beautiful = says(sys.stdout, "\u251c\u2500\u2502\u2514")
        self._branch, self._last, self._line = (
            ("\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ") if beautiful else ("|- ", "`- ", "|  ")
        )

    def show(self, sdk: str) -> None:
        """Print it; *sdk* is named where there are several."""
        model, views = self._view.model, list(self._view.views(values=None if self._output.verbose else _VALUES))
        shown = f"{len(views)} of {len(model.classes)}" if len(views) < len(model.classes) else str(len(views))
        said = f"  {shown} view{'s' * (len(model.classes) != 1)}, {', '.join(_counts(views))}"
        self._print([(f"{sdk}: " if sdk else "", ""), (str(model.id), "name"), (said, "faint")])
        if self._view.text:
            self._print([(self._view.text, "faint")])
        names = min(max((cells(view.id) for view in views), default=0), 2 * _NAME_CELLS)
        for number, view in enumerate(views):
            is_last = number == len(views) - 1
            self._show_view(view, self._last if is_last else self._branch, names)
            if self._detailed:
                self._show_properties(view, "   " if is_last else self._line)
        if not self._detailed:
            self._output.note("patterns of views, or -v for all, show the properties")

    def _show_view(self, view: ViewWords, branch: str, names: int) -> None:
        said = [*_counts([view]), *view.traits]
        said += [f"implements {', '.join(view.parents)}"] if view.parents else []
        identifier = view.id if self._detailed else pad(view.id, names)
        self._print([(branch, "faint"), (identifier, "name"), (f"  {', '.join(said)}", "faint")])

    def _show_properties(self, view: ViewWords, line: str) -> None:
        verbose = self._output.verbose
        if verbose and view.text:
            self._print([(f"{line}{self._line if view.properties else '   '}{view.text}", "faint")])
        shown = [each for each in view.properties if verbose or not each.origin]
        folded = Counter(each.origin for each in view.properties if each.origin and not verbose)
        names = min(max((cells(each.id) for each in shown), default=0), _NAME_CELLS)
        words = min(max((cells(each.words) for each in shown), default=0), _WORDS_CELLS)
        for number, each in enumerate(shown):
            notes = [*each.notes]
            if verbose:
                notes += [f"from {each.origin}"] if each.origin else []
                notes += [each.text] if each.text else []
            branch = self._last if number == len(shown) - 1 and not folded else self._branch
            style = "relation" if each.is_relation else "type"
            type_words = pad(each.words, words) if notes else each.words
            told = f"  {'; '.join(notes)}" if notes else ""
            self._print(
                [(f"{line}{branch}", "faint"), (f"{pad(each.id, names)}  ", ""), (type_words, style), (told, "faint")]
            )
        if folded:
            sources = ", ".join(f"{number} from {origin}" for origin, number in sorted(folded.items()))
            self._print([(f"{line}{self._last}", "faint"), (f"inherited: {sources}", "faint")])

    def _print(self, pieces: _Pieces) -> None:
        """Print a line; on a terminal its last piece is cropped, unless that would leave nothing of it."""
        if self._width is not None:
            *fixed, (text, style) = pieces
            room = self._width - sum(cells(piece) for piece, _ in fixed)
            pieces = [*fixed, (crop(text, room), style)]
            while pieces and not pieces[-1][0]:
                pieces.pop()
        self._output.pieces(pieces)


def _counts(views: Iterable[ViewWords]) -> list[str]:
    """How many values and how many relations some views have; what they inherit counts, too."""
    properties = [each for view in views for each in view.properties]
    relations = sum(each.is_relation for each in properties)
    values = len(properties) - relations
    said = [_count(values, "property", "properties")] if values or not relations else []
    return [*said, _count(relations, "relation")] if relations else said


# ---------------------------------------------------------------------------------------------------------------------
# The diagram


def _draw(views: Sequence[tuple[ShownModel, ModelView]], form: str, file: Path | None, output: Output) -> int:
    from pygen.diagram import mermaid, svg
    from pygen.project.drawing import draw_model

    if len(views) > 1:
        names = ", ".join(shown.sdk for shown, _ in views)
        raise ConfigError("shows one data model", key="--diagram", hint=f"choose one with --sdk: {names}")
    ((_, view),) = views
    boxes, links = draw_model(view)
    text = svg(boxes, links, title=str(view.model.id)) if form == "svg" else mermaid(boxes, links)
    document: dict[str, Any] = {"command": "show", "exitCode": 0, "dataModel": str(view.model.id), "diagram": form}
    if file is None:
        if output.format is not OutputFormat.JSON:
            sys.stdout.buffer.write(text.encode()) if hasattr(sys.stdout, "buffer") else sys.stdout.write(text)
        output.document({**document, "text": text})
        return 0
    from pygen.errors import OutputError

    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"not writable: {error.strerror or error}", paths=[str(file)], exit_code=2) from error
    output.result(f"{file}: {_count(len(boxes), 'view')}", style="fine")
    output.document({**document, "path": file.as_posix()})
    return 0
