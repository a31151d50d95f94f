"""What all wire models share."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

__all__ = ["WireModel"]


class WireModel(BaseModel):
    """
    A JSON object of the Data Modeling Service.

    Fields are camelCase on the wire and may be given by either name in Python. What a newer service adds is ignored;
    schemas are built at the first use, so that a command pays only for the models it reads.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        defer_build=True,
    )
