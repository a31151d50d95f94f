"""
Answers that do not quite fit the generated classes: values are kept as they came, and it is said once.

A page that fits never gets here. One that does not is read again by a class that takes everything (`tolerant`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, Final, NamedTuple

from pydantic import ValidationError, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator

from pygen.runtime.base import PygenResource

__all__ = ["Misfit", "Misfits", "partial", "shadow", "tolerant"]

logger = logging.getLogger("pygen.runtime")

_MOST_REMEMBERED: Final = 10_000


class Misfit(NamedTuple):
    """
    A value that does not fit its field.

    Attributes:
        owner: The class.
        field: The field.
        problem: What is wrong, as pydantic names it, e.g. `float_parsing`; None: a required value is missing.
    """

    owner: type[PygenResource]
    field: str
    problem: str | None


class Misfits:
    """What a client has told about values that do not fit, so that it is told once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: set[tuple[str, str, str | None]] = set()

    def tell(self, misfits: Iterable[Misfit]) -> None:
        """Log what was not told yet, without the values: they are other people's data."""
        for owner, field, problem in dict.fromkeys(misfits):
            key = (f"{owner.__module__}.{owner.__qualname__}", field, problem)
            with self._lock:
                if key in self._told or len(self._told) >= _MOST_REMEMBERED:
                    continue
                self._told.add(key)
            info = getattr(owner, "__pygen__", None)
            logger.warning(
                "%s.%s%s: %s; if the data model has changed, generate the SDK again",
                owner.__name__,
                field,
                "" if info is None else f" ({info.view})",
                "an instance has no value where one is required, so it is None"
                if problem is None
                else f"a value does not fit the field ({problem}) and is kept as it came",
            )


def shadow(kind: type[PygenResource]) -> type[PygenResource]:
    """
    A class that reads like *kind*, whose fields can be changed before it is first used.

    What it reads is given the class *kind* afterwards (`obj.__class__ = kind`), so nobody meets it.
    """
    kind.model_rebuild()
    namespace = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    metaclass: Any = type(kind)
    made: type[PygenResource] = metaclass(kind.__name__, (kind,), namespace)
    return made


def partial(kind: type[PygenResource], fields: Sequence[str]) -> type[PygenResource]:
    """
    A shadow that reads only some properties, and the metadata; its objects have no others.

    Raises:
        TypeError: The class has no such field.
    """
    properties = kind.__pygen_props__
    for field in fields:
        if field not in kind.__pydantic_fields__:
            raise TypeError(f"{kind.__name__} has no field {field!r}")
    made = shadow(kind)
    for field in properties.keys() - set(fields):
        del made.__pydantic_fields__[field]
    return made


def tolerant(kind: type[PygenResource], fields: Sequence[str] | None) -> type[PygenResource]:
    """
    A shadow whose fields take every value, and need none.

    What does not fit is added to the list of `Misfit`s that is the context of the validation.
    """
    made = shadow(kind) if fields is None else partial(kind, fields)
    for name, field in made.__pydantic_fields__.items():
        changed = copy(field)
        changed.metadata = [*field.metadata, WrapValidator(_keeper(kind, name))]
        if changed.is_required():
            changed.default = None
        made.__pydantic_fields__[name] = changed
    return made


def _keeper(owner: type[PygenResource], field: str) -> Any:
    """A validator that keeps what does not fit, and notes it."""

    def keep(value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return validate(value)
        except ValidationError as error:
            detail = error.errors(include_url=False, include_input=False, include_context=False)[0]
            misfits: Any = info.context
            misfits.append(Misfit(owner, field, detail["type"]))
            return value

    return keep
