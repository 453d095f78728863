"""References to secrets of the space. A reference never holds nor prints the value."""

from __future__ import annotations

import os


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
        """The secret itself, from the environment that the platform injects.

        Raises ValueError when there is no such secret here.
        """
        if not self._name:
            raise ValueError("This secret has no name; use cpsl.Secret.from_name('NAME').")
        found = os.environ.get(self._name)
        if found is None:
            raise ValueError(
                f"Secret {self._name!r} is not set. Create it with `capsule secret create {self._name}=...`,"
                f" name it in App(secrets=[...]) and deploy again."
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
