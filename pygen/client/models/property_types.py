"""The types of container properties (dms-api.md 3.3)."""

from pygen.client.models.base import WireModel
from pygen.client.models.references import ContainerReference, ViewReference

__all__ = ["EnumValue", "PropertyType", "UnitReference"]


class UnitReference(WireModel):
    """The unit that values are stored in: a key of the unit catalogue, and what the source system called it."""

    external_id: str
    source_unit: str | None = None


class EnumValue(WireModel):
    """What people call a value of an enum; on the wire the value is the key it stands under."""

    name: str | None = None
    description: str | None = None


class PropertyType(WireModel):
    """
    The type of a property, of any kind.

    One class for all kinds: a model file has thousands of these, and a kind that a newer service adds must not make
    it unreadable. Which kinds are known, and which keys belong to which, is the business of `pygen.ir`.

    Attributes:
        type: `text`, `boolean`, `int32`, `int64`, `float32`, `float64`, `timestamp`, `date`, `json`, `enum`,
            `direct`, `timeseries`, `file`, `sequence`, or something newer.
        list: Whether the property holds a list of such values.
        max_list_size: Limit of the list.
        max_text_size: `text`: limit in bytes of UTF-8.
        collation: `text`: how values are ordered.
        unit: `float32`, `float64`: the unit of the values.
        values: `enum`: the values, by identifier.
        unknown_value: `enum`: the value that stands for values added later.
        container: `direct`: the container in which the target must have data.
        source: `direct`: the view to read the target through; only where a view is read.
    """

    type: str
    list: bool = False
    max_list_size: int | None = None
    max_text_size: int | None = None
    collation: str | None = None
    unit: UnitReference | None = None
    values: dict[str, EnumValue | None] | None = None
    unknown_value: str | None = None
    container: ContainerReference | None = None
    source: ViewReference | None = None
