"""Which address each replica has in the network of its space."""

import ipaddress

from capsule.engines.contract import ReplicaStartFailed


class Addresses:
    """Handed out by the engine itself, so that a replica keeps its address over restarts."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], str] = {}
        """(network, address) → replica, or empty when somebody unknown has it."""

    def take(self, network: str, subnet: ipaddress.IPv4Network, replica_id: str, *, wanted: str) -> str:
        """Return `wanted` if it is in the network and free or the replica's own, else a free one."""
        is_possible = wanted and ipaddress.IPv4Address(wanted) in subnet
        if is_possible and self._taken.setdefault((network, wanted), replica_id) == replica_id:
            return wanted
        for address in list(subnet.hosts())[1:]:  # the first is the bridge's own
            if (network, str(address)) not in self._taken:
                self._taken[network, str(address)] = replica_id
                return str(address)
        raise ReplicaStartFailed(f"The network of the space has no address left for replica {replica_id}.")

    def avoid(self, network: str, address: str) -> None:
        """Never give out an address that the daemon has given to something else."""
        self._taken[network, address] = ""

    def give_back(self, replica_id: str) -> None:
        self._taken = {key: owner for key, owner in self._taken.items() if owner != replica_id}

    def is_used(self, network: str) -> bool:
        """Tell whether any replica has an address in the network."""
        return any(key[0] == network and owner for key, owner in self._taken.items())
