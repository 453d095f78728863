"""The runtime's deny-list, under real programs in a child, and the tables behind it."""

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from capsule.sandbox import syscalls
from capsule.sandbox.bpf import AARCH64, ARCHES, X86_64, Arch, this_arch
from capsule.sandbox.seccomp import notify_program, runtime_program

needs_filters = pytest.mark.skipif(this_arch() is None, reason="no filters for this architecture")

PRELUDE = """
import ctypes, errno, os, socket, sys
from capsule.sandbox.bpf import this_arch
from capsule.sandbox.gate import kernel
from capsule.sandbox.seccomp import runtime_program
from capsule.sandbox.syscalls import number
kernel.install(runtime_program())
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(number(this_arch(), name), *(ctypes.c_long(item) for item in arguments))
    return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]
"""


def run(code: str, *, expect: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == expect, done.stderr
    return done.stdout.strip()


class TestTables:
    @pytest.mark.parametrize(
        ("arch", "header"),
        [
            (X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
            (AARCH64, "/usr/include/asm-generic/unistd.h"),
        ],
        ids=lambda item: getattr(item, "name", ""),
    )
    def test_numbers_are_the_kernels(self, arch: Arch, header: str) -> None:
        if not Path(header).exists():
            pytest.skip("the kernel's headers are not installed")
        known = dict(re.findall(r"#define __NR_(\w+) (\d+)", Path(header).read_text()))
        column = syscalls._COLUMN[arch.name]
        for name, both in syscalls._NUMBERS.items():
            if name in known:
                assert both[column] == int(known[name]), name

    @pytest.mark.parametrize("arch", ARCHES.values(), ids=lambda arch: arch.name)
    def test_programs_are_whole(self, arch: Arch) -> None:
        for program in (notify_program(arch), notify_program(arch, listen=True), runtime_program(arch)):
            assert len(program) % 8 == 0
            assert 8 < len(program) // 8 < 256


@needs_filters
class TestRefused:
    def test_calls_that_reach_past_the_walls(self) -> None:
        names = [
            *("mount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "mount_setattr"),
            *("unshare", "setns", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd"),
            *("process_madvise", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key"),
            *("kexec_load", "finit_module", "init_module", "delete_module", "reboot", "swapon", "acct"),
            *("syslog", "quotactl", "settimeofday", "clock_settime", "adjtimex", "open_by_handle_at"),
            *("name_to_handle_at", "vhangup", "chroot"),
        ]
        if platform.machine() == "x86_64":
            names += ["iopl", "ioperm", "modify_ldt"]
        assert run(f"print({{call(name) for name in {names!r}}})") == "{'EPERM'}"

    def test_calls_that_programs_do_without(self) -> None:
        names = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "fallocate")
        code = f"print(*map(call, {names}))"
        assert run(code).split() == [*["ENOSYS"] * 4, "ENOTSUP"]

    def test_new_namespaces_by_clone(self) -> None:
        flags = (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
        code = f"""
print({{call("clone", flag | 17, 0, 0, 0, 0) for flag in {flags}}})
"""
        assert run(code) == "{'EPERM'}"

    def test_families_of_sockets(self) -> None:
        code = """
def family(*arguments):
    try:
        socket.socket(*arguments).close()
    except OSError as exc:
        return errno.errorcode[exc.errno]
    return "done"
print(*(family(number, socket.SOCK_DGRAM) for number in (1, 2, 10, 16)))
print(*(family(number, kind) for number, kind in ((17, 3), (38, 5), (40, 1), (29, 3), (31, 3))))
print(*(family(16, socket.SOCK_RAW, protocol) for protocol in (2, 9, 12, 15, 16)))
"""
        assert run(code).splitlines() == ["done " * 3 + "done", *[" ".join(["EAFNOSUPPORT"] * 5)] * 2]

    def test_personalities_but_the_plain_one(self) -> None:
        code = "print(*(call('personality', item) for item in (0xffffffff, 0, 0x0040000)))"
        assert run(code) == "done done EPERM"

    def test_typing_into_a_terminal(self) -> None:
        code = """
master, slave = os.openpty()
buffer = ctypes.create_string_buffer(b"x")
print(*(call("ioctl", slave, request, ctypes.addressof(buffer)) for request in (0x5412, 0x541C)))
print(os.isatty(slave), os.get_terminal_size(slave))
"""
        assert run(code).startswith("EPERM EPERM\nTrue")

    @pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 is x86_64's")
    def test_calls_of_another_architecture_kill(self) -> None:
        assert run("libc.syscall(0x40000000 + 39)", expect=-31) == ""  # SIGSYS


@needs_filters
class TestGoesOn:
    def test_python(self, tmp_path: Path) -> None:
        code = f"""
import asyncio, multiprocessing, sqlite3, subprocess, tempfile, threading
os.chdir({str(tmp_path)!r})
async def main():
    process = await asyncio.create_subprocess_exec("echo", "async", stdout=-1)
    print((await process.communicate())[0].decode().strip(), await asyncio.to_thread(lambda: "thread"))
asyncio.run(main())
print(subprocess.run("echo shell", shell=True, stdout=-1, text=True, close_fds=False).stdout.strip())
thread = threading.Thread(target=print, args=("thread",))
thread.start(); thread.join()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, -2]))
for mode in ("WAL", "DELETE"):
    db = sqlite3.connect("db")
    db.execute(f"PRAGMA journal_mode={{mode}}")
    db.execute("CREATE TABLE IF NOT EXISTS t (x)")
    with db:
        db.execute("INSERT INTO t VALUES (1)")
    print(db.execute("SELECT count(*) FROM t").fetchone())
    db.close()
with open("file", "wb") as file:
    os.posix_fallocate(file.fileno(), 0, 10_000)
print(os.stat("file").st_size)
print(socket.if_nameindex() != [])
"""
        expected = ["async thread", "shell", "thread", "[1, 2]", "(1,)", "(2,)", "10000", "True"]
        assert run(code).splitlines() == expected

    def test_spawned_interpreters(self, tmp_path: Path) -> None:
        script = tmp_path / "script.py"
        script.write_text(
            "import multiprocessing\n"
            "if __name__ == '__main__':\n"
            "    for way in ('spawn', 'forkserver'):\n"
            "        with multiprocessing.get_context(way).Pool(1) as pool:\n"
            "            print(pool.map(abs, [-3]))\n"
        )
        assert run(f"os.execv(sys.executable, [sys.executable, {str(script)!r}])") == "[3]\n[3]"

    def test_numpy(self) -> None:
        if subprocess.run(
            [sys.executable, "-c", "import numpy"], capture_output=True, check=False
        ).returncode:
            pytest.skip("numpy is not installed")
        assert run("import numpy; print(float(numpy.ones((50, 50)).dot(numpy.ones(50)).sum()))") == "2500.0"

    @pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
    def test_node(self) -> None:
        script = (
            "const {Worker} = require('worker_threads'), {execSync} = require('child_process');"
            "require('fs').promises.readFile('/etc/hostname').catch(() => 0).then(() => {"
            "new Worker('console.log(`worker`)', {eval: true}).on('exit', () =>"
            "console.log(execSync('echo child').toString().trim()))})"
        )
        assert run(f"os.execvp('node', ['node', '-e', {script!r}])").split() == ["worker", "child"]
