"""The way out for the runtimes of one replica: its gate, and a resolver for each runtime."""

import asyncio
import socket
from collections.abc import Callable

from capsule.engines.contract import Egress
from capsule.sandbox.gate.gate import Gate
from capsule.sandbox.gate.policy import Policy
from capsule.sandbox.gate.relay import Relay


class Network:
    """Lives as long as the agent minds the replica; a later agent makes a new one on the same descriptors."""

    def __init__(self, egress: Egress, say: Callable[[str], None]) -> None:
        self._policy = Policy(egress)
        self._say = say
        self._gate: Gate | None = None
        self._relays: dict[str, Relay] = {}

    async def open(self, listener: int) -> None:
        """Answer the connections of the replica's processes. Owns the descriptor."""
        if self._gate is not None:
            await self._gate.close()
        self._gate = Gate(listener, self._policy, lambda sentence, _pid: self._say(sentence))
        self._gate.start()

    async def resolve_for(self, runtime_id: str, udp: int, tcp: int) -> None:
        """Resolve names for a runtime on its nameserver's sockets. Owns the descriptors."""
        await self.end(runtime_id)
        relay = Relay(socket.socket(fileno=udp), socket.socket(fileno=tcp), self._policy)
        self._relays[runtime_id] = relay
        await relay.start()

    async def end(self, runtime_id: str) -> None:
        if (relay := self._relays.pop(runtime_id, None)) is not None:
            await relay.close()

    async def close(self) -> None:
        await asyncio.gather(*(self.end(runtime_id) for runtime_id in list(self._relays)))
        if self._gate is not None:
            await self._gate.close()
            self._gate = None
