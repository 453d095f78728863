"""Ways besides the web chat in which people reach an app."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from typing import Any

from ._secrets import Secret

CredentialValue = str | Secret | None


class Channel:
    """A channel made with `capsule channel create NAME`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def to_dict(self) -> dict[str, Any]:
        return {"type": "_resource", "name": self.name}

    def __repr__(self) -> str:
        return f"Channel({self.name!r})"


ChannelRef = Channel


@dataclass
class Chat:
    """The web chat. Every app has it without saying so."""

    type: str = "chat"

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type}


@dataclass
class API:
    """Synchronous calls over HTTP."""

    type: str = "api"

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type}


class _InlineChannel:
    """A channel whose credentials stand in the code; superseded by named channels."""

    type: str

    def credentials(self) -> dict[str, str | Secret]:
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "type"}  # type: ignore[arg-type]
        return {name: value for name, value in found.items() if value}

    def to_dict(self) -> dict[str, Any]:
        warnings.warn(
            f"{type(self).__name__}(...) in code is deprecated; use `capsule channel create NAME --type"
            f" {self.type}` and cpsl.Channel('NAME').",
            DeprecationWarning,
            stacklevel=2,
        )
        return self._wire()

    def _wire(self) -> dict[str, Any]:
        values = {
            name: value.to_dict() if isinstance(value, Secret) else value
            for name, value in self.credentials().items()
        }
        return {"type": self.type, **values}


@dataclass
class Telegram(_InlineChannel):
    type: str = "telegram"
    bot_token: CredentialValue = None


@dataclass
class Slack(_InlineChannel):
    type: str = "slack"
    bot_token: CredentialValue = None
    signing_secret: CredentialValue = None


@dataclass
class WhatsApp(_InlineChannel):
    type: str = "whatsapp"
    access_token: CredentialValue = None
    phone_number_id: CredentialValue = None
    verify_token: CredentialValue = None


def secret_names(channel: object) -> list[str]:
    """Return the secrets that an inline channel refers to."""
    if not isinstance(channel, _InlineChannel):
        return []
    return [v.name for v in channel.credentials().values() if isinstance(v, Secret) and v.name]


def to_wire(channel: Any) -> dict[str, Any]:
    """Return the manifest form of one entry of `channels=`; a plain string names a channel."""
    if isinstance(channel, str):
        return Channel(channel).to_dict()
    to_dict = getattr(channel, "to_dict", None)
    if to_dict is None:
        raise TypeError(f"channels= takes cpsl channels; got {type(channel).__name__}.")
    found: dict[str, Any] = to_dict()
    return found
