"""What every shape shares."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

ShapeT = TypeVar("ShapeT", bound=BaseModel)


class Shape(BaseModel):
    """A record as the API answers it."""

    model_config = ConfigDict(from_attributes=True)


class Input(BaseModel):
    """What a caller sends; an unknown field is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Items(Shape, Generic[ShapeT]):
    """Every list of the API."""

    items: list[ShapeT]
