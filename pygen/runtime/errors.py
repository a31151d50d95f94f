"""
What can go wrong in code that uses a generated SDK.

::

    SdkError
      ContractError           the SDK was generated for another version of this library
      CursorExpiredError      a change feed's cursor is too old to go on from
      DecodeError             an answer does not fit the generated classes
      DetachedError           the object belongs to no client
        ClosedError           the client that it belongs to is closed
      MultipleFoundError      one was asked for, several match
      NotFoundError           the instance is not there (any more)
      NotSelectedError        a field was touched that was not fetched with the object
      NotWritableError        a value that cannot be written
      RelationNotLoadedError  a relation was touched before it was loaded, where that does not load it
      TooManyGroupsError      an aggregate may have more groups than the service tells
      UpsertError             an upsert was refused, perhaps half-way; carries the per-item results
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pygen.errors import PygenError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pygen.runtime.aggregating import Group
    from pygen.runtime.upsert_results import UpsertResult

__all__ = [
    "ClosedError",
    "ContractError",
    "CursorExpiredError",
    "DecodeError",
    "DetachedError",
    "MultipleFoundError",
    "NotFoundError",
    "NotSelectedError",
    "NotWritableError",
    "RelationNotLoadedError",
    "SdkError",
    "TooManyGroupsError",
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


class CursorExpiredError(SdkError):
    """
    The cursor of a change feed is older than three days, which is how long the service remembers deletions.

    Attributes:
        kind: The name of the class whose changes were asked for.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)

    def __str__(self) -> str:
        return (
            f"the cursor of the changes of {self.kind} has expired: it is older than three days, so that the service "
            "no longer knows everything that was deleted since. Start again without a cursor and replace all that was "
            "kept (what does not come was deleted), or go on with accept_missed_deletes=True"
        )


class DecodeError(SdkError):
    """An answer does not fit the generated classes; the model has probably changed since they were generated."""


class DetachedError(SdkError):
    """The object belongs to no client: it was made or copied by hand, so there is nothing to load from or save to."""


class ClosedError(DetachedError, RuntimeError):
    """The client that an object or a query belongs to is closed."""

    def __str__(self) -> str:
        return (
            "the client is closed: what is loaded can still be looked at, but nothing more is loaded or saved. Do that "
            "before the client is closed (inside of its `with` block), or read the objects again with another client"
        )


class MultipleFoundError(SdkError):
    """One instance was asked for, and several match."""


class NotFoundError(SdkError):
    """The instance is not there, or not visible through the view."""


class NotSelectedError(SdkError, AttributeError):
    """
    A field was touched that was not fetched with the object, because `fields()` selected others.

    An `AttributeError`, too: the object does not have the attribute, so `hasattr` is False.

    Attributes:
        kind: The name of the object's class.
        field: The field.
    """

    def __init__(self, kind: str, field: str) -> None:
        self.kind = kind
        self.field = field
        super().__init__(kind, field)

    def __str__(self) -> str:
        return (
            f"{self.kind}.{self.field} was not selected: add it to fields(), "
            "or call refresh() to fetch the whole object"
        )


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
    A relation was touched before it was loaded, where touching does not load it.

    That is so for objects of an async client, and of a client that is strict about relations.

    Attributes:
        relation: E.g. `WindTurbine.nacelle`.
        line: The line to write instead.
        is_strict: Whether the client is strict.
    """

    def __init__(self, relation: str, line: str, is_strict: bool = False) -> None:
        self.relation = relation
        self.line = line
        self.is_strict = is_strict
        super().__init__(relation, line, is_strict)

    def __str__(self) -> str:
        if self.is_strict:
            why = "and the client loads nothing by itself (strict_relations)"
            return f"{self.relation} is not loaded, {why}: write `{self.line}`, or fetch it along with include()"
        return f"{self.relation} is not loaded, and loading takes an await: write `{self.line}`"


class TooManyGroupsError(SdkError):
    """
    As many groups came as the service tells at most (1,000, without a cursor for more): there may be others.

    Attributes:
        by: What was grouped by, e.g. `WindTurbine.name`.
        groups: The groups that came.
    """

    def __init__(self, by: str, groups: Sequence[Group[Any, Any]]) -> None:
        self.by = by
        self.groups = groups
        super().__init__(by, groups)

    def __str__(self) -> str:
        return (
            f"{len(self.groups):,} groups by {self.by} came, which is as many as the service tells: there may be more. "
            "Ask for fewer at a time with where(), group by something coarser, or look at `groups` of this error"
        )


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
