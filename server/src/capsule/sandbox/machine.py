"""Facts about this machine: which walls stand here. Found out once by `probe`, asked by everything else."""

import os
from dataclasses import dataclass
from enum import StrEnum

from capsule.sandbox.cgroups import Cgroups

FIRST_UID = 200_000
"""Boxes run as this plus their identity, where the platform is root."""


class Walls(StrEnum):
    root = "root"
    """bubblewrap as real root, the command as a user of its own."""
    user = "user"
    """bubblewrap in a user namespace, everything as the platform's own user."""
    plain = "plain"
    """Ordinary processes with resource limits."""


@dataclass(frozen=True)
class Machine:
    walls: Walls
    drops_to_own_user: bool
    """The command runs as an operating-system user derived from its identity."""
    cgroups: Cgroups | None
    can_overlay: bool
    """A writable view of a read-only folder needs no copy."""
    can_map_owner: bool
    """Boxes of different users can share a folder (`Bind.map_owner`)."""
    notices: tuple[str, ...]
    can_divide: bool = False
    """What runs in a box can put its children apart, in namespaces of their own."""
    can_filter_network: bool = False
    """Connections can be decided on one by one (`capsule.sandbox.gate`)."""

    def uid(self, identity: int) -> int:
        """Return the user that a box of `identity` runs as."""
        return FIRST_UID + identity if self.drops_to_own_user else os.getuid()
