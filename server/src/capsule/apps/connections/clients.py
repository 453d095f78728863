"""The client id and secret of an app at a provider, read at the moment of use."""

import re
from collections.abc import Awaitable, Callable

from capsule.apps.connections.errors import ProviderIncomplete
from capsule.apps.connections.oauth import Client
from capsule.apps.connections.provider import Declared

ReadSecret = Callable[[str], Awaitable[str | None]]
"""Return the secret of that name; None when there is none. Raises Unavailable."""

_LOOKS_LIKE_A_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


async def find_client(declared: Declared, read_secret: ReadSecret) -> Client:
    """Return the client that an app declares. Raises ProviderIncomplete, Unavailable."""
    client_id = await _value(declared, declared.client_id, read_secret)
    client_secret = await _value(declared, declared.client_secret, read_secret)
    if not client_id:
        raise ProviderIncomplete(
            f"The app declares {declared.label} without a client id.",
            hint="Give client_id and client_secret where the app declares the integration.",
        )
    return Client(client_id, client_secret)


async def _value(declared: Declared, name: str, read_secret: ReadSecret) -> str:
    """Return a secret's value; a text that is no secret's name is meant literally."""
    if not name:
        return ""
    value = await read_secret(name)
    if value is not None:
        return value.strip()
    if _LOOKS_LIKE_A_NAME.fullmatch(name):
        raise ProviderIncomplete(
            f"The app connects to {declared.label} with the secret {name}, which its space does not have.",
            hint=f"capsule secret create {name}=…",
        )
    return name
