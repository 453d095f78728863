"""The smallest Debian as an archive, made by debootstrap once and kept."""

import asyncio
import fcntl
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

from capsule.errors import PlatformError

SUITE = "bookworm"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MIRROR = "http://deb.debian.org/debian"
_SECURITY = "http://deb.debian.org/debian-security"
_MIRROR_OF_HOST = re.compile(r"\bhttps?://\S+?/debian(?=/?(?:\s|$))")
_NO_SERVICES = "#!/bin/sh\nexit 101\n"
"""Packages that are installed in a build must not start anything."""


class RootfsFailed(PlatformError):
    code, title = "rootfs_failed", "Base system could not be made"


class Rootfs:
    def __init__(self, cache: Path) -> None:
        self._archive = cache / f"{SUITE}.tar.gz"

    async def archive(self) -> Path:
        """Return the archive, made now if need be (a minute). Raises RootfsFailed."""
        if self._archive.is_file():
            return self._archive
        self._archive.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._archive.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            if not self._archive.is_file():
                await self._make()
        finally:
            os.close(lock)
        return self._archive

    async def _make(self) -> None:
        if reason := why_not():
            raise RootfsFailed(reason, hint="apt-get install debootstrap")
        work = Path(tempfile.mkdtemp(prefix="rootfs-", dir=self._archive.parent))
        try:
            tree, archive = work / "tree", work / "archive"
            mirror = host_mirror()
            await asyncio.to_thread(_hurry, tree)
            await _run(
                "debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(tree), mirror
            )
            await asyncio.to_thread(_finish, tree, mirror)
            await _run("tar", "--numeric-owner", "-C", str(tree), "-I", "gzip -1", "-cf", str(archive), ".")
            archive.rename(self._archive)
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, work, ignore_errors=True))


def why_not() -> str | None:
    """Return why no root file system can be made on this machine; None when one can."""
    if shutil.which("debootstrap", path=_SYSTEM_PATH) is None:
        return "debootstrap is not installed, which makes bases where no registry can be reached."
    if os.geteuid() != 0:
        return "Only root can make bases of images from packages."
    return None


def host_mirror(folder: Path = Path("/etc/apt")) -> str:
    """Return where this machine gets its Debian packages from."""
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    for file in files:
        if file.suffix in (".list", ".sources") and file.is_file():
            for line in file.read_text(errors="replace").splitlines():
                if not line.lstrip().startswith("#") and (found := _MIRROR_OF_HOST.search(line)):
                    return found[0]
    return _MIRROR


def _hurry(tree: Path) -> None:
    """Have packages unpacked without a wait for the disk after each file, here and in builds upon it."""
    folder = tree / "etc/dpkg/dpkg.cfg.d"
    folder.mkdir(parents=True)
    (folder / "unsafe-io").write_text("force-unsafe-io\n")


def _finish(tree: Path, mirror: str) -> None:
    """Leave out what was only needed on the way, and say where updates come from."""
    for leftover in (*tree.glob("var/cache/apt/archives/*.deb"), *tree.glob("var/lib/apt/lists/*_*")):
        leftover.unlink()
    sources = [(mirror, SUITE), (mirror, f"{SUITE}-updates"), (_SECURITY, f"{SUITE}-security")]
    lines = [f"deb {address} {suite} main\n" for address, suite in sources]
    (tree / "etc/apt/sources.list").write_text("".join(lines))
    policy = tree / "usr/sbin/policy-rc.d"
    policy.write_text(_NO_SERVICES)
    policy.chmod(0o755)


async def _run(*argv: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "PATH": _SYSTEM_PATH, "LC_ALL": "C"},
    )
    try:
        output, _ = await process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    if process.returncode != 0:
        words = output.decode(errors="replace").strip().splitlines()
        raise RootfsFailed(f"{argv[0]} failed: {words[-1] if words else 'it gave no reason'}")
