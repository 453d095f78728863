"""Names for the fixed sets of words that declarations take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

CollectionScope = Literal["app", "user", "owner", "session"]
SettingScope = Literal["app", "owner", "user"]
WorkflowScope = Literal["user", "owner", "app"]
AccessLevel = Literal["public", "authenticated"]
PricingType = Literal["one_time", "monthly"]
ColumnType = Literal[
    "text", "number", "currency", "date", "link", "file", "email", "status", "tags", "boolean", "score"
]
Sender = Literal["user", "app", "block", "system"]
ChannelType = Literal["chat", "api", "telegram", "slack", "whatsapp"]

PRICING_ONE_TIME: PricingType = "one_time"
PRICING_MONTHLY: PricingType = "monthly"

F = TypeVar("F", bound=Callable[..., Any])


def check_word(value: object, allowed: tuple[str, ...], what: str) -> None:
    """Raise ValueError unless `value` is one of `allowed`."""
    if value not in allowed:
        raise ValueError(f"{what} must be one of {', '.join(allowed)}; got {value!r}.")


ACCESS_LEVELS = ("public", "authenticated")
