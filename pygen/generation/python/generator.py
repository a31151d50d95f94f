"""The Python target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from pygen.generation.base import BaseGenerator, DeferredContexts, Ledger, Plan, TargetOptions
from pygen.generation.python.contexts import PackageFiles, ViewFile
from pygen.generation.python.package_files import build_package_files
from pygen.generation.python.planning import plan_sdk
from pygen.generation.python.revision import OUTPUT_REVISION
from pygen.generation.python.view_file import build_view_file
from pygen.generation.symbols import Symbol
from pygen.generation.template_env import load_templates
from pygen.ir.models import IRModel

__all__ = ["PythonGenerator"]

_TEMPLATES = Path(__file__).parent / "templates"


class PythonGenerator(BaseGenerator[ViewFile, PackageFiles]):
    """
    A package with one module per view, typed for mypy and pyright in strict mode, on `pygen.runtime`.

    Args:
        options: What the user chose.
        template_dir: A folder whose templates replace the built-in ones of the same name.

    Raises:
        ConfigError: A template in *template_dir* replaces none, or cannot be read.
    """

    target: ClassVar[str] = "python"
    output_revision: ClassVar[int] = OUTPUT_REVISION

    def __init__(self, options: TargetOptions, *, template_dir: Path | None = None) -> None:
        super().__init__(options, template_dir=template_dir)
        self._templates = load_templates(_TEMPLATES, template_dir, key="tool.pygen.python.templates")

    def plan(self, model: IRModel, ledger: Ledger) -> Plan[ViewFile, PackageFiles]:
        """
        Name everything and build one context per file.

        Raises:
            ConfigError: The client's name is no identifier.
        """
        sdk = plan_sdk(model, self.options, ledger)
        return Plan(
            classes=DeferredContexts(sdk.slices, lambda view: build_view_file(sdk.slices[view])),
            paths={view: f"{names.module}{self.get_file_extension()}" for view, names in sdk.classes.items()},
            module=build_package_files(model, sdk, self.options),
            ledger=sdk.ledger,
        )

    def generate_class(self, context: ViewFile) -> str:
        """Render the module of one view."""
        return self._templates["view.py.jinja"].render(file=context)

    def generate_module(self, context: PackageFiles) -> dict[str, str]:
        """Render `__init__.py`, `_client.py` and `py.typed`."""
        return {
            "__init__.py": self._templates["init.py.jinja"].render(file=context.init),
            "_client.py": self._templates["client.py.jinja"].render(file=context.client),
            "py.typed": "",
        }

    def format_code(self, files: Mapping[str, str]) -> dict[str, str]:
        """
        Run ruff over *files*; the built-in templates need no formatter, templates of a user may.

        Raises:
            MissingExtraError: ruff is not installed.
        """
        from pygen.generation.python.formatters import format_files

        return format_files(files)

    def formatter_version(self) -> str:
        """
        Name and version of ruff.

        Raises:
            MissingExtraError: ruff is not installed.
        """
        from pygen.generation.python.formatters import formatter_version

        return formatter_version()

    def get_file_extension(self) -> str:
        """The ending of Python modules."""
        return ".py"

    def symbols(self, model: IRModel, ledger: Ledger) -> Iterable[Symbol]:
        """The package, its classes, their fields and keyword filters, and the attributes of the clients."""
        from pygen.generation.python.symbols import sdk_symbols

        return sdk_symbols(plan_sdk(model, self.options, ledger))

    def find_line(self, text: str, name: str) -> int | None:
        """The line of a module that declares a class or an attribute of one."""
        from pygen.generation.python.symbols import find_line

        return find_line(text, name)
