"""References to secrets of the space. A reference never holds nor prints the value."""

from __future__ import annotations

import os
from collections.abc import Callable

Resolver = Callable[[str], str | None]

_resolver: Resolver | None = None
_resolved: dict[str, str] = {}


def set_resolver(resolver: Resolver | None) -> None:
    """Say who knows secrets that are not in the environment, and forget what the one before knew."""
    global _resolver
    _resolver = resolver
    _resolved.clear()


class Secret:
    """A named secret, read only when `.value` is asked for."""

    def __init__(self, _name: str | None = None) -> None:
        self._name = _name

    @staticmethod
    def from_name(name: str) -> Secret:
        """Refer to the secret `name` of the space."""
        return Secret(name)

    @property
    def name(self) -> str | None:
        return self._name

    @property
    def value(self) -> str:
        """The secret itself: from the environment, else asked for once and remembered by this process.

        Raises ValueError when there is no such secret.
        """
        if not self._name:
            raise ValueError("This secret has no name; use cpsl.Secret.from_name('NAME').")
        found = os.environ.get(self._name)
        if found is None:
            found = _resolved.get(self._name)
        if found is None and _resolver is not None:
            found = _resolver(self._name)
            if found is not None:
                _resolved[self._name] = found
        if found is None:
            raise ValueError(
                f"Secret {self._name!r} is not set. Create it with `capsule secret create {self._name}=...`"
                f" in the space of this app, or export the variable."
            )
        return found

    def to_dict(self) -> dict[str, str | None]:
        return {"_secret_name": self._name}

    def __str__(self) -> str:
        return f"Secret({self._name!r})"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._name == self._name

    def __hash__(self) -> int:
        return hash(("secret", self._name))


def secret_name(value: str | Secret) -> str:
    """Return the name by which the platform finds a credential; plain text passes unchanged."""
    return (value.name or "") if isinstance(value, Secret) else value
