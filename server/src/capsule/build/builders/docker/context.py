"""Pack a build context into an archive: the project's files without what `.dockerignore` leaves out."""

import io
import os
import tarfile
from pathlib import Path

from capsule.build.builders.docker.ignore import Ignore

DOCKERFILE = ".capsule.dockerfile"
_IGNORE = ".dockerignore"
_SKIPPED = {".git"}
"""Never sent: its configuration may hold what the source was fetched with."""


def pack(context: Path, dockerfile: str, text: str, archive: Path) -> None:
    """Write the archive; blocks. `text` is the Dockerfile to build, `dockerfile` where it lay in the project.

    Links are packed as links: the daemon follows them inside the context only.
    """
    ignore = Ignore(_rules(context, dockerfile))
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        # The daemon takes what its rules leave out away again once it has read the Dockerfile.
        _add(tar, _IGNORE, f"{DOCKERFILE}\n{_IGNORE}\n")
        _add(tar, DOCKERFILE, text)
        for folder, folders, files in os.walk(context):
            within = os.path.relpath(folder, context)
            prefix = "" if within == "." else f"{within}/"
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            wanted = []
            for name in sorted(set(folders) - set(links) - _SKIPPED):
                left_out = ignore.leaves_out(prefix + name)
                if not left_out or ignore.has_exceptions:
                    wanted.append(name)
                if not left_out:
                    tar.add(os.path.join(folder, name), prefix + name, recursive=False, filter=_nobodys)
            folders[:] = wanted
            for name in sorted([*files, *links]):
                if prefix + name in (_IGNORE, DOCKERFILE) or ignore.leaves_out(prefix + name):
                    continue
                tar.add(os.path.join(folder, name), prefix + name, recursive=False, filter=_nobodys)


def _rules(context: Path, dockerfile: str) -> str:
    for name in (f"{dockerfile}{_IGNORE}", _IGNORE):
        file = context / name
        if file.is_file() and file.resolve().is_relative_to(context.resolve()):
            return file.read_text(encoding="utf-8-sig", errors="replace")
    return ""


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Files belong to root in the image, whoever they belong to here. Sockets and devices are left out."""
    if not (entry.isreg() or entry.isdir() or entry.issym() or entry.islnk()):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    data = text.encode()
    entry.size, entry.mode = len(data), 0o644
    tar.addfile(entry, io.BytesIO(data))
