"""
What can go wrong in code that uses a generated SDK.

::

    SdkError
      ContractError           the SDK was generated for another version of this library
      DecodeError             an answer does not fit the generated classes
      DetachedError           the object belongs to no client
      MultipleFoundError      one was asked for, several match
      NotFoundError           the instance is not there (any more)
      NotWritableError        a value that cannot be written
      RelationNotLoadedError  an async client's relation was touched before it was loaded
      UpsertError             an upsert was refused, perhaps half-way; carries the per-item results
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygen.errors import PygenError

if TYPE_CHECKING:
    from pygen.runtime.serialization import UpsertResult

__all__ = [
    "ContractError",
    "DecodeError",
    "DetachedError",
    "MultipleFoundError",
    "NotFoundError",
    "NotWritableError",
    "RelationNotLoadedError",
    "SdkError",
    "UpsertError",
]


class SdkError(PygenError):
    """Base of the errors raised through generated code; the service's own refusals are `DmsError`s."""

    exit_code = 1


class ContractError(SdkError):
    """
    The SDK was generated for another version of this library.

    Attributes:
        data_model: What the SDK was generated from.
        generated: The contract it was generated for.
        installed: The contract of this library.
    """

    def __init__(self, data_model: str, generated: int, installed: int) -> None:
        self.data_model = data_model
        self.generated = generated
        self.installed = installed
        super().__init__(data_model, generated, installed)

    def __str__(self) -> str:
        cure = (
            "upgrade pygen-cdf"
            if self.generated > self.installed
            else "run `pygen generate` with this version of pygen-cdf"
        )
        return (
            f"the SDK of {self.data_model} was generated for contract {self.generated}, "
            f"the installed pygen-cdf speaks contract {self.installed}: {cure}"
        )


class DecodeError(SdkError):
    """An answer does not fit the generated classes; the model has probably changed since they were generated."""


class DetachedError(SdkError):
    """The object belongs to no client: it was made or copied by hand, so there is nothing to load from or save to."""


class MultipleFoundError(SdkError):
    """One instance was asked for, and several match."""


class NotFoundError(SdkError):
    """The instance is not there, or not visible through the view."""


class NotWritableError(SdkError):
    """
    A value that cannot be written.

    Attributes:
        where: The field or view, e.g. `WindTurbine.state`.
        reason: Why.
    """

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(where, reason)

    def __str__(self) -> str:
        return f"{self.where} cannot be written: {self.reason}"


class RelationNotLoadedError(SdkError):
    """
    A relation of an object that an async client fetched was touched before it was loaded.

    Attributes:
        relation: E.g. `WindTurbine.nacelle`.
        line: The line to write instead.
    """

    def __init__(self, relation: str, line: str) -> None:
        self.relation = relation
        self.line = line
        super().__init__(relation, line)

    def __str__(self) -> str:
        return f"{self.relation} is not loaded, and loading takes an await: write `{self.line}`"


class UpsertError(SdkError):
    """
    An upsert was refused. What was sent before the refusal is written; the cause is the service's `DmsError`.

    Attributes:
        results: What became of each item.
    """

    def __init__(self, results: UpsertResult, reason: str) -> None:
        self.results = results
        self.reason = reason
        super().__init__(results, reason)

    def __str__(self) -> str:
        counts = self.results.counts()
        said = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items() if count)
        return f"{self.reason} ({said})"
