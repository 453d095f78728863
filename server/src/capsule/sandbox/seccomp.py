"""The two seccomp programs of a walled runtime, as bytes for whoever installs them. Pure.

`notify_program` is installed once, by the zygote, with a listener that the gate reads (see `gate/`).
`runtime_program` is the list of calls that a user's runtime does not need and must not have. It is no
wall by itself: namespaces, an own user and missing capabilities are. It keeps the app away from the parts of
the kernel where walls have broken before.
"""

import errno

from capsule.sandbox.bpf import ALLOW, NOTIFY, X86_64, Arch, Match, SyscallProgram, errno_action, this_arch
from capsule.sandbox.syscalls import number, numbers

_MSG_FASTOPEN = 0x2000_0000
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_NETLINK_ROUTE = 0
_NEW_NAMESPACES = 0x7E02_0000
"""CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID and -NET. (CLONE_NEWTIME exists for clone3 only.)"""

_SOCKET_OPTIONS: dict[int, list[int]] = {
    0: [4],  # IP_OPTIONS: source routes
    41: [5, 6, 57],  # IPV6_2292RTHDR, IPV6_2292PKTOPTIONS, IPV6_RTHDR: source routes
    6: [30, 34],  # TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE: data before the peer has answered
}
_INTERFACE_REQUESTS = [0x8912, 0x8915, 0x8917, 0x8919, 0x891B, 0x8927, 0x8946, 0x8954]
"""SIOCGIF{CONF,ADDR,DSTADDR,BRDADDR,NETMASK,HWADDR}, SIOCETHTOOL, SIOCGARP: they would tell about the machine
when asked of a socket from the gate. `getifaddrs` uses netlink and goes on working."""
_IO_URING = ["io_uring_setup", "io_uring_enter", "io_uring_register"]
_TERMINAL_REQUESTS = [0x5412, 0x541C]
"""TIOCSTI and TIOCLINUX: they type into somebody else's terminal."""

_NOT_PERMITTED = [
    *("mount", "umount2", "pivot_root", "move_mount", "open_tree", "open_tree_attr"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "chroot"),
    *("unshare", "setns"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"),
    *("bpf", "perf_event_open", "userfaultfd", "fanotify_init", "lookup_dcookie"),
    *("add_key", "request_key", "keyctl"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot"),
    *("swapon", "swapoff", "acct", "syslog", "quotactl", "quotactl_fd", "vhangup"),
    *("settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname"),
    *("open_by_handle_at", "name_to_handle_at"),
    *("iopl", "ioperm", "modify_ldt", "uselib", "create_module", "nfsservctl"),
]


def notify_program(arch: Arch | None = None, *, listen: bool = False) -> bytes:
    """Return the gate's filter: the gate is asked about `connect`, and nothing goes around `connect`.

    With `listen`, it is asked about that, too (see `gate.gate_program`). The rest closes the other ways
    by which a socket that the gate has made could send to an address that the gate has not seen; all of it is
    decided on numbers, which cannot change under the filter's eyes.
    """
    arch = arch or _this()
    program = SyscallProgram(arch)
    program.answer(numbers(arch, ["connect", "listen"] if listen else ["connect"]), NOTIFY)
    # "No fast open here": what the kernel says when it is switched off, so programs connect first.
    for name, index in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        number_ = number(arch, name)
        program.answer_if(number_, index, Match.any_bit, [_MSG_FASTOPEN], errno_action(errno.EOPNOTSUPP))
    program.answer_if(
        number(arch, "ioctl"), 1, Match.equal, _INTERFACE_REQUESTS, errno_action(errno.EOPNOTSUPP)
    )
    _refuse_socket_options(program, number(arch, "setsockopt"))
    # Its operations pass no filter; ENOSYS makes libuv and others use epoll.
    program.answer(numbers(arch, _IO_URING), errno_action(errno.ENOSYS))
    program.give(ALLOW)
    return program.assemble()


def runtime_program(arch: Arch | None = None) -> bytes:
    """Return the deny-list of a user's runtime. Installed last, when the runtime's own walls stand."""
    arch = arch or _this()
    program = SyscallProgram(arch)
    # glibc then uses clone, whose flags can be looked at.
    program.answer(numbers(arch, ["clone3", *_IO_URING]), errno_action(errno.ENOSYS))
    # Files are counted against a quota as they are written. SQLite and glibc write zeros instead.
    program.answer(numbers(arch, ["fallocate"]), errno_action(errno.EOPNOTSUPP))
    program.answer(numbers(arch, _NOT_PERMITTED), errno_action(errno.EPERM))
    program.answer_if(number(arch, "clone"), 0, Match.any_bit, [_NEW_NAMESPACES], errno_action(errno.EPERM))
    program.answer_if(number(arch, "ioctl"), 1, Match.equal, _TERMINAL_REQUESTS, errno_action(errno.EPERM))
    _limit_personality(program, number(arch, "personality"))
    _limit_families(program, number(arch, "socket"))
    program.give(ALLOW)
    return program.assemble()


def _this() -> Arch:
    # Where no program can be made (`why_no_gate` says so first), one for x86_64 kills whatever runs under it.
    return this_arch() or X86_64


def _refuse_socket_options(program: SyscallProgram, setsockopt: int) -> None:
    program.jump(Match.equal, setsockopt, otherwise="other than setsockopt")
    program.argument(1)
    for level in _SOCKET_OPTIONS:
        program.jump(Match.equal, level, to=f"level {level}")
    program.give(ALLOW)
    for level, options in _SOCKET_OPTIONS.items():
        program.label(f"level {level}")
        program.argument(2)
        for option in options:
            program.jump(Match.equal, option, to="refuse option")
        program.give(ALLOW)
    program.label("refuse option")
    program.give(errno_action(errno.ENOPROTOOPT))
    program.label("other than setsockopt")


def _limit_personality(program: SyscallProgram, personality: int) -> None:
    """Allow to ask for it and to set the plain one; others switch off randomised addresses and the like."""
    program.jump(Match.equal, personality, otherwise="other than personality")
    program.argument(0)
    for harmless in (0, 0xFFFF_FFFF):
        program.jump(Match.equal, harmless, to="allow personality")
    program.give(errno_action(errno.EPERM))
    program.label("allow personality")
    program.give(ALLOW)
    program.label("other than personality")


def _limit_families(program: SyscallProgram, socket: int) -> None:
    program.jump(Match.equal, socket, otherwise="other than socket")
    program.argument(0)
    for family in (_AF_UNIX, _AF_INET, _AF_INET6):
        program.jump(Match.equal, family, to="allow family")
    program.jump(Match.equal, _AF_NETLINK, otherwise="refuse family")
    program.argument(2)
    program.jump(Match.equal, _NETLINK_ROUTE, to="allow family")
    program.label("refuse family")
    program.give(errno_action(errno.EAFNOSUPPORT))
    program.label("allow family")
    program.give(ALLOW)
    program.label("other than socket")
