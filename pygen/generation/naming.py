"""
Who gets which name: distinct, valid, and the same tomorrow.

For no language in particular: a language brings its casing, its keywords and the names its runtime needs (for Python:
`python/names.py`), and says which scopes there are. What holds for all of them:

- A name once given is kept: `Ledger` entries come first. Entries that are no longer possible (not an identifier, taken
  by the runtime since, or claimed twice after two branches were merged) are forgotten.
- Among new names, those that are written exactly as in the model come first, then the others in the order of their
  identifiers. The order of the input leaves no trace.
- A name of the model that is taken gets a number: `flow_rate`, `flow_rate_2`. A name of ours that is taken gets an
  underscore: `min_capacity_`. So does a name of the model that the language or the runtime needs: `class_`, `copy_`.
- A view of a new version takes over the names of the version that is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import count

from pygen.client.models.ids import ViewId

__all__ = ["Identifier", "Namespace", "former_key", "in_naming_order"]


def _is_identifier(text: str) -> bool:
    return text.isidentifier() and text.isascii()


class Identifier(str):
    """
    A name that can be printed as it is: ASCII letters, digits and underscores, and not a keyword.

    Args:
        text: The name.
        keywords: The keywords of the language it is meant for.

    Raises:
        ValueError: *text* is no identifier, or a keyword.
    """

    __slots__ = ()

    def __new__(cls, text: str, keywords: Collection[str]) -> Identifier:  # noqa: D102  # said by the class
        if not _is_identifier(text) or text in keywords:
            raise ValueError(f"{text!r} is not an identifier")
        return super().__new__(cls, text)

    def __getnewargs__(self) -> tuple[str, tuple[()]]:  # type: ignore[override]  # copies need no second check
        return (str(self), ())


class Namespace:
    """
    A scope in which every name can be held once.

    Args:
        keywords: Keywords of the language.
        reserved: Names that are never given here, although the language would allow them.
        folded: Whether names that differ only by case are the same, as file names are on some systems.
    """

    def __init__(self, keywords: Collection[str], reserved: Iterable[str] = (), *, folded: bool = False) -> None:
        self._forbidden = frozenset(keywords).union(reserved)
        self._folded = folded
        self._held: set[str] = set()

    def is_free(self, name: str) -> bool:
        """Whether *name* is an identifier that nothing else holds or needs."""
        return (
            (name.lower() if self._folded else name) not in self._held
            and name not in self._forbidden
            and _is_identifier(name)
        )

    def hold(self, name: str) -> Identifier:
        """
        Take *name*.

        Raises:
            ValueError: It is not free.
        """
        if not self.is_free(name):
            raise ValueError(f"{name!r} is not free")
        self._held.add(name.lower() if self._folded else name)
        return str.__new__(Identifier, name)

    def allowed(self, wanted: str) -> str:
        """*wanted*, with as many underscores behind it as keep it apart from keywords and reserved names."""
        while wanted in self._forbidden:
            wanted += "_"
        return wanted

    def numbered(self, wanted: str) -> Identifier:
        """Take *wanted*, or what it becomes with the first number that is free: for names of the model."""
        allowed = self.allowed(wanted)
        if self.is_free(allowed):
            return self.hold(allowed)
        return self.hold(next(name for number in count(2) if self.is_free(name := f"{wanted}_{number}")))

    def yielding(self, wanted: str) -> Identifier:
        """Take *wanted*, or what it becomes with underscores behind it: for names of ours."""
        while not self.is_free(wanted):
            wanted += "_"
        return self.hold(wanted)


def in_naming_order(candidates: Mapping[str, str]) -> list[str]:
    """The keys of *candidates*: those that are their own candidate first, each group sorted."""
    return sorted(candidates, key=lambda key: (key != candidates[key], key))


def former_key(keys: Collection[str], view: ViewId, present: Collection[str]) -> str | None:
    """
    Under which of a ledger's *keys* the names of *view* are found.

    Args:
        keys: Scopes, or the keys of a scope of views; others among them do no harm.
        view: The view.
        present: The keys (`space:ExternalId(version)`) of all views of the model.

    Returns:
        The view's own key, else that of its greatest version that is gone from the model, else None.
    """
    own = str(view)
    if own in keys:
        return own
    start = f"{view.space}:{view.external_id}("
    return max(
        (key for key in keys if key.startswith(start) and key.endswith(")") and key not in present), default=None
    )
