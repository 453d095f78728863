"""What a fake replica does. Written in its argv, or given to the engine for a whole release."""

import shlex
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Script:
    exit_after: float | None = None
    """Seconds until the command ends by itself; None: it runs until it is stopped."""
    exit_code: int = 0
    start_error: str = ""
    """`start` raises ReplicaStartFailed with this."""
    start_seconds: float = 0.0
    """How long `start` takes."""
    ignores_sigterm: bool = False
    out_of_memory: bool = False
    """The end is one for want of memory."""
    prints: str = ""
    """Written to the log at each start."""

    @classmethod
    def from_argv(cls, argv: tuple[str, ...]) -> "Script":
        """Read `("fake", "exit_after=0.1", "exit_code=3")`, or the same as a shell line.

        Any other command runs until it is stopped.
        """
        if argv[:2] == ("/bin/sh", "-c"):
            argv = tuple(shlex.split(argv[2]))
        if argv[:1] != ("fake",):
            return cls()
        types: dict[str, Any] = {field.name: type(field.default) for field in fields(cls)}
        types["exit_after"] = float
        values: dict[str, Any] = {}
        for item in argv[1:]:
            name, _, value = item.partition("=")
            values[name] = types[name](value)
        return cls(**values)
