"""
What the Python templates print: one frozen dataclass per template, named after it.

`Identifier` and `Code` are printed as they are, every `str` passes an escaping filter. Optional texts are None rather
than blank, so that a template tests and never compares.
"""

from __future__ import annotations

from dataclasses import dataclass

from pygen.generation.escaping import Code
from pygen.generation.naming import Identifier

__all__ = [
    "ApiAttribute",
    "ClientFile",
    "InitFile",
    "PackageFiles",
    "ReadField",
    "ViewFile",
    "WriteClass",
]


@dataclass(frozen=True, slots=True)
class ReadField:
    """
    A property in the class that is read.

    Attributes:
        field: The declaration of the value or of the ids; None for relations that are not stored here.
        relation: The descriptor that leads to the other end; None for values.
        text: What the model says about it; None when it says nothing.
    """

    field: Code | None
    relation: Code | None
    text: str | None


@dataclass(frozen=True, slots=True)
class WriteClass:
    """
    The class of what can be written through a view.

    Attributes:
        header: The `class` statement.
        fields: The declarations.
        as_write: The `def` statement of the method that leads here from the class that is read.
        as_write_result: What that method returns.
    """

    name: Identifier
    header: Code
    fields: tuple[Code, ...]
    as_write: Code
    as_write_result: Code


@dataclass(frozen=True, slots=True)
class ViewFile:
    """
    The file of one view: `view.py.jinja`.

    Attributes:
        model: The data model, for the provenance.
        view: The view.
        module_imports: `import` statements of the standard library.
        typing_import: The statement that imports from `typing`.
        api_import: The one that imports what every view's API needs from the runtime.
        runtime_import: The one that imports what the fields need.
        base_imports: Statements that import the modules of the classes inherited from.
        type_imports: Statements that only type checkers follow.
        aliases: Names for long types.
        name: The class that is read; its API and filters are named beside.
        header: Its `class` statement.
        text: What the model says about the view.
        info: The arguments of its `ViewInfo`.
        fields: Its own properties.
        write: The class that is written; None for a view that cannot be written through.
        instances: What the view's instances are called.
    """

    model: str
    view: str
    module_imports: tuple[Code, ...]
    typing_import: Code
    api_import: Code
    runtime_import: Code
    base_imports: tuple[Code, ...]
    type_imports: tuple[Code, ...]
    type_checking: Code
    aliases: tuple[Code, ...]
    name: Identifier
    header: Code
    text: str
    view_info: Code
    info: tuple[Code, ...]
    fields: tuple[ReadField, ...]
    write: WriteClass | None
    filters_header: Code
    filter_fields: tuple[Code, ...]
    api_header: Code
    async_api_header: Code
    list: Code
    async_list: Code
    search: Code
    async_search: Code
    instances: Code


@dataclass(frozen=True, slots=True)
class ApiAttribute:
    """The API of one view, as an attribute of the two clients."""

    value: Code
    async_value: Code


@dataclass(frozen=True, slots=True)
class ClientFile:
    """
    The two clients: `client.py.jinja`.

    Attributes:
        model: The data model.
        apis: The attributes, sorted by name.
        type_imports: Statements that only type checkers follow.
    """

    model: str
    runtime_import: Code
    type_imports: tuple[Code, ...]
    client_header: Code
    async_client_header: Code
    apis: tuple[ApiAttribute, ...]


@dataclass(frozen=True, slots=True)
class InitFile:
    """
    The package itself: `init.py.jinja`.

    Attributes:
        model: The data model, for the provenance.
        text: What the model says about itself.
        info: The arguments of its `ModelInfo`.
        type_imports: Statements that only type checkers follow.
        exports: The items of `__all__`, sorted.
        modules: The entries of the table of lazy modules, sorted.
    """

    model: str
    text: str
    runtime_import: Code
    model_info: Code
    lazy_package: Code
    info: tuple[Code, ...]
    type_imports: tuple[Code, ...]
    exports: tuple[Code, ...]
    modules: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class PackageFiles:
    """The contexts of the package-level files."""

    init: InitFile
    client: ClientFile
