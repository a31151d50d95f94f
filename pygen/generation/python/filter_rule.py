"""How the runtime reads a keyword filter that nothing is said about."""

from __future__ import annotations

from collections.abc import Mapping

from pygen.generation.python.members import FilterOp, usual_id_name
from pygen.generation.python.sdk_names import ViewNames
from pygen.ir.models import DirectRelation, IRClass, IRRelationship

__all__ = ["FilterRule"]


class FilterRule:
    """
    The rule of `pygen.runtime.filters`.

    A keyword is the name of a field or direct relation, else one with `min_` or `max_` before or `_prefix` behind it.
    Keywords that the rule reads otherwise than they are meant have to be listed in `ViewInfo.filters`.

    Args:
        view: The view.
        names: The names within it.
    """

    def __init__(self, view: IRClass, names: ViewNames) -> None:
        self._fields: dict[str, str] = {}
        self._bounded: set[str] = set()
        for member in view.members:
            name = names.fields[member.id]
            if not isinstance(member, IRRelationship):
                self._fields[name] = member.id
                self._bounded.add(name)
            elif isinstance(member.connection, DirectRelation):
                id_name = names.ids[member.id]
                self._fields[id_name] = member.id
                if member.target is not None or id_name == usual_id_name(name, member):
                    self._fields[name] = member.id

    def read(self, keyword: str) -> tuple[str, FilterOp] | None:
        """The property and the operator that the rule finds in *keyword*; None when it finds nothing."""
        if keyword in self._fields:
            return self._fields[keyword], "is"
        readings: Mapping[FilterOp, str] = {
            "min": keyword.removeprefix("min_"),
            "max": keyword.removeprefix("max_"),
            "prefix": keyword.removesuffix("_prefix"),
        }
        for op, name in readings.items():
            if name != keyword and name in self._bounded:
                return self._fields[name], op
        return None
