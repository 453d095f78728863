"""Decide where a connection may go. Pure but for the resolving of listed names, which the caller starts.

What the app says is never trusted: only the address in the call counts, and the addresses of listed names
are those that this machine finds.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from capsule.engines.contract import Egress, EgressMode
from capsule.kit.addresses import Address, covers, is_loopback, parse, plain, why_closed
from capsule.kit.ownaddress import is_own_address
from capsule.sandbox.gate.entries import Entry, normal_name, parse_entry

Lookup = Callable[[str], Awaitable[Iterable[str]]]
"""Resolve a name to addresses; raises OSError."""

_REMEMBER_SECONDS = 600.0
"""How long an address that a name had goes on being the name's: apps keep what they once resolved."""
_SETTINGS = "allow it in the capsule's network settings"


class Way(StrEnum):
    inside = "inside"
    """The runtime's own loopback."""
    out = "out"
    refused = "refused"


@dataclass(frozen=True)
class Decision:
    way: Way
    reason: str = ""
    """When refused: what is closed, and the way out; a part of a sentence."""


async def system_lookup(name: str) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return [str(item[4][0]) for item in found]


class Policy:
    """One replica's `Egress`. Raises InvalidInput, naming the entry, for what cannot be read."""

    def __init__(
        self,
        egress: Egress,
        *,
        is_own: Callable[[Address], bool] = is_own_address,
        lookup: Lookup = system_lookup,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.mode = egress.mode
        entries = [parse_entry(text) for text in egress.allow]
        self._networks = [entry for entry in entries if entry.network is not None]
        self._names: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.name:
                self._names.setdefault(entry.name, []).append(entry)
        self._is_own = is_own
        self._lookup = lookup
        self._clock = clock
        self._found: dict[str, dict[Address, float]] = {}
        """Addresses of each listed name, with when they were last seen."""
        self._looked_at: dict[str, float] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}

    def decide(self, address: Address, port: int) -> Decision:
        address = plain(address)
        if (
            address.is_unspecified
        ):  # never the machine's: to the kernel it is its loopback, under another name
            return Decision(Way.inside)
        if self._is_listed(address, port):
            return Decision(Way.out)
        if is_loopback(address):
            return Decision(Way.inside)
        if reason := why_closed(address):
            return Decision(Way.refused, f"{reason} ({_SETTINGS})")
        if self._is_own(address):
            return Decision(Way.refused, f"this machine's own addresses are closed to apps ({_SETTINGS})")
        if self.mode is EgressMode.listed:
            return Decision(Way.refused, f"this app may reach listed addresses only ({_SETTINGS})")
        return Decision(Way.out)

    def is_listed_name(self, name: str) -> bool:
        return normal_name(name) in self._names

    def addresses_of(self, name: str) -> list[Address]:
        """Return what a listed name was last found to have."""
        name = normal_name(name)
        latest = max(self._found.get(name, {}).values(), default=0.0)
        return [address for address, seen in self._found.get(name, {}).items() if seen == latest]

    def is_stale(self, max_age_seconds: float) -> bool:
        """Say whether a listed name was not looked up within this time."""
        return any(self._age(name) > max_age_seconds for name in self._names)

    async def refresh(self, max_age_seconds: float, *, name: str | None = None) -> None:
        """Look up the listed names (or one) that were not within this time. What fails stays as it was."""
        wanted = self._names if name is None else [normal_name(name)]
        tasks = []
        for item in wanted:
            if item in self._names and self._age(item) > max_age_seconds:
                if item not in self._looking:
                    self._looking[item] = asyncio.ensure_future(self._look_up(item))
                tasks.append(self._looking[item])
        if tasks:
            await asyncio.wait(tasks)

    async def _look_up(self, name: str) -> None:
        try:
            found = {parse(text.partition("%")[0]) for text in await self._lookup(name)}
        except (OSError, ValueError):
            found = set()
        finally:
            del self._looking[name]
        now = self._clock()
        self._looked_at[name] = now
        known = self._found.setdefault(name, {})
        known.update(dict.fromkeys(found, now))
        for address in [item for item, seen in known.items() if now - seen > _REMEMBER_SECONDS]:
            del known[address]

    def _is_listed(self, address: Address, port: int) -> bool:
        for entry in self._networks:
            if entry.network and _has_port(entry, port) and covers(entry.network, address, self._is_own):
                return True
        return any(
            address in self._found.get(name, ()) and any(_has_port(entry, port) for entry in entries)
            for name, entries in self._names.items()
        )

    def _age(self, name: str) -> float:
        at = self._looked_at.get(name)
        return float("inf") if at is None else self._clock() - at


def _has_port(entry: Entry, port: int) -> bool:
    return entry.port is None or entry.port == port
