"""The names of generated code, and what in the data model they stand for: what `pygen explain` looks up."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pygen.client.models.ids import ViewId

__all__ = ["Symbol", "SymbolKind"]


class SymbolKind(StrEnum):
    """What a name is, in words; the more likely it is what somebody means by a name, the further up."""

    CLASS = "class"
    FIELD = "field"
    ID_FIELD = "field with the id of a relation"
    FILTER = "keyword filter"
    CLIENT = "client"
    API = "attribute of the client"
    PACKAGE = "package"
    MODULE = "module"
    WRITE_CLASS = "class for writing"
    WRITE_FIELD = "field for writing"
    FILTERS_CLASS = "keyword filters"
    API_CLASS = "class of an API"


class Symbol(NamedTuple):
    """
    A name of generated code.

    Attributes:
        name: Within the package, with dots: `WindTurbine.capacity`; empty for the package itself.
        kind: What it is.
        path: The file that declares it, within the output folder.
        declared: Its name where it is declared; another one than `name` where it is inherited.
        view: The view that it stands for, or belongs to; None for what stands for the data model.
        member: The property of the view; None where a view as a whole is meant.
        means: What it does, where the property does not say so: `at least this value`.
    """

    name: str
    kind: SymbolKind
    path: str
    declared: str
    view: ViewId | None = None
    member: str | None = None
    means: str = ""

    @property
    def owner(self) -> str:
        """The class, of a name within a class."""
        return self.name.rpartition(".")[0]

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]
