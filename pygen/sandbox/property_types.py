"""Types of container properties: what may be declared, how it reads, what may become of it (dms-api.md 3.2, 3.3)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from pygen.sandbox.schema_rows import ContainerReference, Description, Json, Label
from pygen.sandbox.shapes import Shape

__all__ = ["ContainerProperty", "PropertyType", "forbidden_change"]

MOST_TEXT_BYTES = 128_000
MOST_VALUES = 2000
MOST_ENUM_VALUES = 32

_EVERY = frozenset({"type", "is_list", "max_list_size"})
_ALLOWED: dict[str, frozenset[str]] = {
    "text": _EVERY | {"max_text_size", "collation"},
    "boolean": _EVERY,
    "int32": _EVERY,
    "int64": _EVERY,
    "float32": _EVERY | {"unit"},
    "float64": _EVERY | {"unit"},
    "timestamp": _EVERY,
    "date": _EVERY,
    "json": _EVERY,
    "enum": _EVERY | {"values", "unknown_value"},
    "direct": _EVERY | {"container"},
    "timeseries": _EVERY,
    "file": _EVERY,
    "sequence": _EVERY,
}


def _no_literal(name: str) -> str:
    if name in {"true", "false", "null"}:
        raise PydanticCustomError("reserved", "'{name}' is reserved", {"name": name})
    return name


_EnumId: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[_A-Za-z][_0-9A-Za-z]{0,127}$"), AfterValidator(_no_literal)
]


class _Unit(Shape):
    external_id: Annotated[str, Field(min_length=1, max_length=256)]
    source_unit: str | None = None


class _EnumValue(Shape):
    name: Label | None = None
    description: Description | None = None


class PropertyType(Shape):
    """The type of a property, of every kind."""

    type: Literal[
        "text",
        "boolean",
        "int32",
        "int64",
        "float32",
        "float64",
        "timestamp",
        "date",
        "json",
        "enum",
        "direct",
        "timeseries",
        "file",
        "sequence",
    ]
    is_list: Annotated[bool | None, Field(alias="list")] = None
    max_list_size: Annotated[int, Field(ge=1, le=MOST_VALUES)] | None = None
    max_text_size: Annotated[int, Field(ge=1, le=MOST_TEXT_BYTES)] | None = None
    collation: Annotated[str, StringConstraints(pattern=r"^(ucs_basic|[a-z]{2,3}(-[A-Za-z0-9]+)*)$")] | None = None
    unit: _Unit | None = None
    container: ContainerReference | None = None
    values: Annotated[dict[_EnumId, _EnumValue], Field(min_length=1, max_length=MOST_ENUM_VALUES)] | None = None
    unknown_value: str | None = None

    @model_validator(mode="after")
    def _check(self) -> PropertyType:
        fields = type(self).model_fields
        given = {name for name in fields if getattr(self, name) is not None}
        if foreign := given - _ALLOWED[self.type]:
            names = ", ".join(sorted(fields[name].alias or name for name in foreign))
            raise PydanticCustomError("foreign", "{names} cannot be given for type {type}", self._words(names=names))
        if self.max_list_size is not None and not self.is_list:
            raise PydanticCustomError("no_list", "maxListSize can only be given for a list")
        if self.type == "enum":
            if self.values is None:
                raise PydanticCustomError("no_values", "values must not be null")
            if self.unknown_value is not None and self.unknown_value not in self.values:
                raise PydanticCustomError("no_value", "unknownValue must be one of the values")
        return self

    def _words(self, **words: str) -> dict[str, Any]:
        return {"type": self.type, **words}

    def read_form(self) -> Json:
        """The type as answers show it: with what is the case where nothing was said."""
        shown = {**self.given(), "list": bool(self.is_list)}
        if self.type == "text":
            shown.setdefault("collation", "ucs_basic")
        return shown


class ContainerProperty(Shape):
    """A property of a container, as it is written."""

    type: PropertyType
    nullable: bool | None = None
    immutable: bool | None = None
    auto_increment: bool | None = None
    default_value: Any = None
    name: Label | None = None
    description: Description | None = None

    @model_validator(mode="after")
    def _check(self) -> ContainerProperty:
        if self.auto_increment and (self.type.is_list or self.type.type not in {"int32", "int64"}):
            raise PydanticCustomError("no_counter", "autoIncrement needs a single int32 or int64")
        if self.default_value is not None and self.type.is_list:
            raise PydanticCustomError("list_default", "defaultValue cannot be given for a list")
        return self

    def read_form(self) -> Json:
        """The property as answers show it, but for `constraintState`."""
        given = self.given()
        return {
            "type": self.type.read_form(),
            "immutable": bool(self.immutable),
            "nullable": self.nullable is not False,
            "autoIncrement": bool(self.auto_increment),
            **{name: given[name] for name in ("defaultValue", "description", "name") if name in given},
        }


def forbidden_change(before: Json, after: Json, *, usual_list_size: int) -> str | None:
    """
    What of a type may not change (dms-api.md 3.2).

    Args:
        before: The type that is, in read form.
        after: The type that it would become.
        usual_list_size: How many values a list may have where it does not say.

    Returns:
        What is wrong; None: the change is allowed.
    """
    for key in ("type", "list", "collation", "container"):
        if before.get(key) != after.get(key):
            return f"{key} cannot be changed"
    lost = set(before.get("values") or ()) - set(after.get("values") or ())
    if lost:
        return f"enum values cannot be removed: {', '.join(sorted(lost))}"
    for key, usual in (("maxListSize", usual_list_size), ("maxTextSize", MOST_TEXT_BYTES)):
        if key in before and after.get(key, usual) < before[key]:
            return f"{key} cannot be reduced"
    return None
