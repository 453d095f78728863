"""Hand out TCP ports that nobody else has."""

import random
import socket
from collections.abc import Collection

from capsule.errors import Unavailable

FIRST, LAST = 20_000, 32_000


def free_port(taken: Collection[int]) -> int:
    """Return a port not in `taken` that can be bound now.

    Chosen at random, so that a port just given back is not at once another replica's.
    """
    ports = list(range(FIRST, LAST))
    random.shuffle(ports)
    for port in ports:
        if port not in taken and _can_bind(port):
            return port
    raise Unavailable(f"No free port between {FIRST} and {LAST}.")


def _can_bind(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("0.0.0.0", port))
        except OSError:
            return False
        return True
