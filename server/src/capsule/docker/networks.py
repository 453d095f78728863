"""Networks of containers: one for each space, one for builds, each with addresses of its own."""

import asyncio
import hashlib
import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from capsule.docker.errors import DockerRefused, DockerUnavailable

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

INSTALLATION_LABEL = "capsule.installation"
_POOL = ipaddress.IPv4Network("10.212.0.0/14")
_BITS = 24
"""Docker's own pools end after some thirty networks, and of its choice no address could be asked for."""
_TRIES = 20


def build_network(installation: str) -> str:
    """Return the name of the network in which builds run; they do not see each other in it."""
    return f"capsule-{installation}-build"


def space_network(installation: str, space: str) -> str:
    return f"capsule-{installation}-{space}"


class Networks:
    """Makes networks of one installation when they are first needed."""

    def __init__(self, installation: str) -> None:
        self._installation = installation
        self._making = asyncio.Lock()

    async def for_builds(self, client: "DockerClient") -> str:
        name = build_network(self._installation)
        options = {"com.docker.network.bridge.enable_icc": "false"}
        await self.ensure(client, name, options=options)
        return name

    async def ensure(
        self, client: "DockerClient", name: str, *, options: Mapping[str, str] | None = None
    ) -> ipaddress.IPv4Network:
        """Make the network unless it is there, and return its addresses."""
        async with self._making:
            for _ in range(_TRIES):
                networks = await client.every_network()
                for network in networks:
                    if network["Name"] == name:
                        return next(_subnets(network))
                await self._make(client, name, _taken(networks), options or {})
        raise DockerUnavailable(f"No addresses are left for the network {name}.")

    async def _make(
        self,
        client: "DockerClient",
        name: str,
        taken: list[ipaddress.IPv4Network],
        options: Mapping[str, str],
    ) -> None:
        subnet = _free(name, taken)
        config = {
            "Name": name,
            "CheckDuplicate": True,
            "Driver": "bridge",
            "Options": dict(options),
            "Labels": {INSTALLATION_LABEL: self._installation},
            "IPAM": {"Config": [{"Subnet": str(subnet)}]},
        }
        try:
            await client.create_network(config)
        except DockerRefused as exc:
            # Somebody else was quicker, with this name or these addresses: look again.
            if exc.answer != 409 and "overlap" not in exc.detail:
                raise


def _free(name: str, taken: list[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """Return addresses that nothing has; where the search begins depends on the name, against races."""
    subnets = list(_POOL.subnets(new_prefix=_BITS))
    begin = int(hashlib.sha256(name.encode()).hexdigest(), 16) % len(subnets)
    for subnet in (*subnets[begin:], *subnets[:begin]):
        if not any(subnet.overlaps(other) for other in taken):
            return subnet
    raise DockerUnavailable("All addresses for networks of containers are taken.")


def _taken(networks: list[dict[str, object]]) -> list[ipaddress.IPv4Network]:
    return [subnet for network in networks for subnet in _subnets(network)] + list(_routes())


def _subnets(network: Mapping[str, object]) -> Iterator[ipaddress.IPv4Network]:
    ipam = network.get("IPAM")
    for config in (ipam.get("Config") if isinstance(ipam, dict) else None) or ():
        if "." in config.get("Subnet", ""):
            yield ipaddress.IPv4Network(config["Subnet"])


def _routes() -> Iterator[ipaddress.IPv4Network]:
    """Yield what this machine reaches by a route of its own, such as the bridges of other daemons."""
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        fields = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(fields[i])[::-1], "big") for i in (1, 7))
        if mask:
            yield ipaddress.IPv4Network((address, mask.bit_count()))
