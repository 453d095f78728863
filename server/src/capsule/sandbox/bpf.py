"""Assemble classic BPF, the language of seccomp and of socket filters. Pure: bytes out, nothing is installed.

A program is written once, top down, with labels; `assemble` turns it into `struct sock_filter[]`.
"""

import platform
import struct
from dataclasses import dataclass
from enum import IntEnum

ALLOW = 0x7FFF_0000
NOTIFY = 0x7FC0_0000
KILL = 0x8000_0000
_ERRNO = 0x0005_0000

_INSTRUCTION = struct.Struct("=HBBI")
_LOADS = {4: 0x20, 2: 0x28, 1: 0x30}
_RETURN = 0x06
_FARTHEST = 255

# Offsets in struct seccomp_data. Arguments are 64 bits wide; both machines here keep the low half first.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32_BIT = 0x4000_0000


def errno_action(code: int) -> int:
    """Return the seccomp action that makes a call fail with `code` without being made."""
    return _ERRNO | code


class Match(IntEnum):
    equal = 0x15
    at_least = 0x35
    any_bit = 0x45


@dataclass(frozen=True)
class Arch:
    name: str
    """As `platform.machine()` spells it."""
    audit: int
    has_x32: bool = False


X86_64 = Arch("x86_64", 0xC000_003E, has_x32=True)
AARCH64 = Arch("aarch64", 0xC000_00B7)
ARCHES = {arch.name: arch for arch in (X86_64, AARCH64)}


def this_arch() -> Arch | None:
    """Return the architecture of this machine; None where no programs can be made."""
    return ARCHES.get(platform.machine())


@dataclass(frozen=True)
class _Step:
    code: int
    value: int
    then: str | None = None
    otherwise: str | None = None


class Program:
    """Instructions in order. Jumps go forward to a label; a missing label means the next instruction."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._labels: dict[str, int] = {}

    def load(self, offset: int, size: int = 4) -> None:
        self._steps.append(_Step(_LOADS[size], offset & 0xFFFF_FFFF))

    def jump(self, test: Match, value: int, *, to: str | None = None, otherwise: str | None = None) -> None:
        self._steps.append(_Step(test, value & 0xFFFF_FFFF, to, otherwise))

    def give(self, value: int) -> None:
        """End with this answer."""
        self._steps.append(_Step(_RETURN, value))

    def label(self, name: str) -> None:
        if name in self._labels:
            raise ValueError(f"label {name} is there twice")
        self._labels[name] = len(self._steps)

    def fresh(self, hint: str) -> str:
        """Return a label name that is not used yet."""
        return f"{hint}:{len(self._steps)}"

    def assemble(self) -> bytes:
        return b"".join(
            _INSTRUCTION.pack(
                step.code, self._distance(at, step.then), self._distance(at, step.otherwise), step.value
            )
            for at, step in enumerate(self._steps)
        )

    def _distance(self, at: int, label: str | None) -> int:
        if label is None:
            return 0
        distance = self._labels[label] - at - 1
        if not 0 <= distance <= _FARTHEST:
            raise ValueError(f"{label} is {distance} instructions away; jumps reach {_FARTHEST} forward")
        return distance


class SyscallProgram(Program):
    """A seccomp program: it begins with the architecture, and the number of the call stays loaded.

    A rule that loads something else ends with an answer on every way through it, so the next rule finds
    the number again. Calls of a foreign architecture have other numbers, so they kill the process.
    """

    def __init__(self, arch: Arch) -> None:
        super().__init__()
        self.load(_ARCHITECTURE)
        self.jump(Match.equal, arch.audit, to="known")
        self.give(KILL)
        self.label("known")
        self.load(_NUMBER)
        if arch.has_x32:
            self.jump(Match.at_least, _X32_BIT, otherwise="numbered")
            self.give(KILL)
            self.label("numbered")

    def argument(self, index: int) -> None:
        """Load the low 32 bits of an argument: all that the kernel looks at in an `int`."""
        self.load(_ARGUMENTS + 8 * index)

    def answer(self, numbers: list[int], action: int) -> None:
        """Give `action` for these calls whatever their arguments."""
        if not numbers:
            return
        hit, after = self.fresh("hit"), self.fresh("after")
        for number in numbers[:-1]:
            self.jump(Match.equal, number, to=hit)
        self.jump(Match.equal, numbers[-1], to=hit, otherwise=after)
        self.label(hit)
        self.give(action)
        self.label(after)

    def answer_if(self, number: int, index: int, test: Match, values: list[int], action: int) -> None:
        """Give `action` for this call when an argument passes the test with one of `values`, else allow."""
        hit, after = self.fresh("hit"), self.fresh("after")
        self.jump(Match.equal, number, otherwise=after)
        self.argument(index)
        for value in values:
            self.jump(test, value, to=hit)
        self.give(ALLOW)
        self.label(hit)
        self.give(action)
        self.label(after)
