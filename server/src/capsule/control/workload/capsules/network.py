"""Where an app may connect to, as a caller may say it. The entries are read by who enforces them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from capsule.control.shapes.base import Input, Shape
from capsule.errors import InvalidInput
from capsule.sandbox.gate.entries import parse_entry

NetworkMode = Literal["public", "listed"]
_MODE = "`public`: every public address, and what is listed. `listed`: only what is listed."
_ALLOW = (
    "Addresses that may be connected to besides: `host:port`, `address:port` or `network/bits:port`; "
    "without a port, all of them."
)


def destination(entry: str) -> str:
    """Return the entry in small letters. Raises ValueError that names it and what to write instead."""
    try:
        parse_entry(entry)
    except InvalidInput as exc:
        raise ValueError(f"{exc.detail} {exc.hint}") from None
    return entry.strip().lower()


Destination = Annotated[str, Field(max_length=300), AfterValidator(destination)]


class NetworkConfig(Input):
    mode: NetworkMode = Field(default="public", description=_MODE)
    allow: list[Destination] = Field(default=[], max_length=100, description=_ALLOW)

    @field_validator("allow")
    @classmethod
    def _once(cls, allow: list[str]) -> list[str]:
        return list(dict.fromkeys(allow))


class NetworkShape(Shape):
    mode: NetworkMode = Field(description=_MODE)
    allow: list[str] = Field(description=_ALLOW)
