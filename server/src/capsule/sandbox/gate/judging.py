"""Judge one call: what its socket is, where it lives, and what the policy says of the address."""

import errno
import socket
from dataclasses import dataclass
from enum import Enum

from capsule.kit.addresses import Address, plain
from capsule.sandbox.gate.caller import Caller, CallFails, TcpState
from capsule.sandbox.gate.policy import Policy, Way

_USED = "this socket was used for a connection outwards already; the app needs a new one for another kind"


class Step(Enum):
    inside = "inside"
    """The call concerns nothing but the runtime's own empty network."""
    wait = "wait"
    """The gate's own socket is on its way already; the caller wants to know how that ends."""
    in_use = "in use"
    """The gate's own socket is connected already."""


@dataclass(frozen=True)
class ConnectOutside:
    address: Address
    port: int


@dataclass(frozen=True)
class Refuse:
    address: Address
    port: int
    reason: str


Verdict = Step | ConnectOutside | Refuse


def judge(caller: Caller, policy: Policy, cookie: bytes) -> Verdict:
    """`cookie` is that of the machine's network. Raises CallFails for calls that the kernel would fail.

    A socket of the machine's network is one of the gate's: nothing about it may be left to the kernel that
    would begin something, its disconnect (AF_UNSPEC) and the machine's own loopback included.
    """
    is_outside = caller.is_in_network(cookie)
    if caller.notification.is_listen:
        return _only_inside(is_outside and caller.is_tcp, errno.EINVAL)
    if not caller.is_tcp:
        # Unix sockets, netlink; UDP, to which an empty network says that everything is unreachable.
        return _only_inside(is_outside, errno.EACCES)
    if caller.family == socket.AF_UNSPEC:
        return _only_inside(is_outside, errno.EOPNOTSUPP)
    if is_outside:
        state = caller.tcp_state()
        if state is not TcpState.idle:
            return Step.wait if state is TcpState.on_its_way else Step.in_use
        caller.fail_as_before()
    address, port = caller.destination()
    decision = policy.decide(address, port)
    if decision.way is Way.out:
        return ConnectOutside(plain(address), port)
    if decision.way is Way.inside and not is_outside:
        return Step.inside
    return Refuse(plain(address), port, decision.reason or _USED)


def _only_inside(is_outside: bool, code: int) -> Step:
    if is_outside:
        raise CallFails(code)
    return Step.inside
