"""Find the Docker daemon to use, or run one of our own.

A daemon that the machine has already is preferred (`DOCKER_HOST`, then the usual socket). Where there is
none, and root has `dockerd` but no init system that would run it, the installation gets a daemon of its own
with its data and socket in the data folder. It is started when it is first needed, by the server or the node
agent, outlives both, and is ended by `capsule down --all`.
"""

import asyncio
import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.docker.networks import INSTALLATION_LABEL
from capsule.docker.own import HINT, own_pid, sockets, start_own, stop_own, why_not
from capsule.paths import DataPaths

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 5.0


class Daemon:
    """The daemon of one installation. Nothing is started before `client` is called."""

    def __init__(self, paths: DataPaths) -> None:
        self._paths = paths
        self._client: DockerClient | None = None
        self._connecting = asyncio.Lock()
        self.installation = installation_id(paths)

    def is_possible(self) -> bool:
        """Tell, without starting anything, whether there is a daemon or one could be started."""
        return why_not(self._paths) is None

    def why_not(self) -> str | None:
        """Return a sentence why there is and can be no daemon; None when one can be had."""
        return why_not(self._paths)

    async def client(self) -> "DockerClient":
        """Return a client whose daemon answers, starting one if need be. Raises DockerUnavailable."""
        async with self._connecting:
            if self._client is not None:
                if await _answers(self._client):
                    return self._client
                await self.close()
            self._client = await self._connect()
            return self._client

    async def running(self) -> "DockerClient | None":
        """Return a client if there is a daemon that answers now; start nothing."""
        if self._client is None and not any(socket.is_socket() for socket in sockets(self._paths)):
            return None
        async with self._connecting:
            if self._client is None:
                self._client = await self._existing()
            return self._client

    async def close(self) -> None:
        """Let go of the daemon without stopping it."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _connect(self) -> "DockerClient":
        if client := await self._existing():
            return client
        reason = why_not(self._paths)
        if reason is not None:
            raise DockerUnavailable(reason, hint=HINT)
        await asyncio.to_thread(start_own, self._paths)
        client = _client(self._paths.docker_socket)
        if not await _answers(client):
            await client.close()
            raise DockerUnavailable("The Docker daemon that was started does not answer.", hint=HINT)
        return client

    async def _existing(self) -> "DockerClient | None":
        for socket in sockets(self._paths):
            if not socket.is_socket():
                continue
            client = _client(socket)
            try:
                if await _answers(client, must_be_root=True):
                    return client
            except BaseException:
                await client.close()
                raise
            await client.close()
        return None


async def end_own(paths: DataPaths) -> bool:
    """End the installation's own daemon, with the networks that would outlive it; say whether it ran."""
    if own_pid(paths) is None:
        return False
    daemon = Daemon(paths)
    try:
        if client := await daemon.running():
            for network in await client.networks(f"{INSTALLATION_LABEL}={daemon.installation}"):
                await client.remove_network(network["Name"])
    except (DockerUnavailable, DockerRefused) as exc:
        log.warning("a network could not be removed: %s", exc.detail)
    finally:
        await daemon.close()
    return await asyncio.to_thread(stop_own, paths)


def installation_id(paths: DataPaths) -> str:
    """Return what tells this installation's containers and images from those of others on one daemon."""
    return hashlib.sha256(os.fsencode(paths.root)).hexdigest()[:12]


async def _answers(client: "DockerClient", *, must_be_root: bool = False) -> bool:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await client.ping()
            options = (await client.info()).get("SecurityOptions") if must_be_root else None
    except (DockerUnavailable, DockerRefused, TimeoutError):
        return False
    # Addresses of a rootless daemon's containers lie in a network that this machine cannot reach.
    return "name=rootless" not in (options or ())


def _client(socket: Path) -> "DockerClient":
    from capsule.docker.client import DockerClient

    return DockerClient(socket)
