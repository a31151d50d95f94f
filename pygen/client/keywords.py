"""Keyword arguments that travel as a `TypedDict`: Python itself takes any name for one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

__all__ = ["refuse_unknown"]


def refuse_unknown(given: Iterable[str], known: Collection[str], function: str) -> None:
    """
    Refuse names that nobody knows: a flag that is misspelled would be left out without a word.

    Args:
        given: The names that were given.
        known: Those that there are.
        function: What was called.

    Raises:
        TypeError: As Python raises for functions that name their arguments.
    """
    for name in given:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}{hint}")
