"""`capsule fs …`: filesystems, which are storage capsules, and the files in them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePosixPath

import click

from cpsl._problems import CapsuleError, InvalidInput
from cpsl.cli import names, words
from cpsl.cli.api import Record
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.commands.capsule import remove_capsule
from cpsl.cli.invocation import Invocation
from cpsl.cli.progress import Progress


@click.group(cls=Group)
def fs() -> None:
    """Keep files that apps mount: filesystems."""


def size(text: str) -> int:
    """Return `500M`, `20G` or `1T` as MiB; a bare number is MiB."""
    found = re.fullmatch(r"(\d{1,9})\s*([MGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    mib = int(found[1]) << {"": 0, "M": 0, "G": 10, "T": 20}[found[2].upper()] if found else 0
    if mib < 1:
        raise click.BadParameter(f"{text!r} is not a size such as 500M, 20G or 1T.")
    return mib


@fs.command("create", cls=Command)
@click.argument("name")
@click.option("--size", type=size, help="How much it may hold, such as 500M or 20G; 10G by default.")
@with_json
@with_space
@pass_invocation
def create(invocation: Invocation, name: str, size: int | None) -> None:
    """Create the filesystem NAME in the current space."""
    names.check(name, where="NAME")
    wanted = {"space_id": invocation.current_space["id"], "name": name, "type": "storage"}
    made = invocation.api.post("/capsules", {**wanted, **({"config": {"size": size}} if size else {})})
    if invocation.as_json:
        invocation.out.json(made)
    else:
        invocation.out.success(f"Filesystem '{made['name']}' created ({made['id']}).")


@fs.command("resize", cls=Command)
@click.argument("name")
@click.argument("size", type=size)
@with_json
@with_space
@pass_invocation
def resize(invocation: Invocation, name: str, size: int) -> None:
    """Let the filesystem NAME hold SIZE, such as 500M or 20G.

    What is in it stays when that is more; only nothing can be added then.
    """
    found = _filesystem(invocation, name)
    changed = invocation.api.patch(f"/capsules/{found['id']}", {"config": {"size": size}})
    if invocation.as_json:
        invocation.out.json(changed)
    else:
        invocation.out.success(f"Filesystem '{found['name']}' may hold {_limit(size << 20)}.")


@fs.command("list", cls=Command)
@with_json
@with_space
@pass_invocation
def list_filesystems(invocation: Invocation) -> None:
    """List the filesystems of the current space."""
    _list(invocation)


@fs.command("delete", cls=Command)
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for the name.")
@with_json
@with_space
@pass_invocation
def delete(invocation: Invocation, name: str, yes: bool) -> None:
    """Delete the filesystem NAME and every file in it, for good."""
    remove_capsule(invocation, _filesystem(invocation, name), yes=yes, what="filesystem")


@fs.command("ls", cls=Command)
@click.argument("name", required=False)
@click.argument("path", default="/", required=False)
@with_json
@with_space
@pass_invocation
def ls(invocation: Invocation, name: str | None, path: str) -> None:
    """List the files in PATH of the filesystem NAME.

    Without a name, list the filesystems.
    """
    if name is None:
        _list(invocation)
        return
    found = _filesystem(invocation, name)
    path = _absolute(path)
    invocation.out.table(
        invocation.api.items(f"/capsules/{found['id']}/files", path=path),
        [
            ("name", "name"),
            ("type", lambda item: "dir" if item["is_folder"] else "file"),
            ("size", lambda item: "" if item["is_folder"] else words.size(item["size"])),
            ("modified", lambda item: words.ago(item.get("modified_at"))),
        ],
        empty=f"{path} is empty.",
    )


@fs.command("upload", cls=Command)
@click.argument("name")
@click.argument("local", type=click.Path(exists=True, path_type=Path))
@click.argument("remote", required=False)
@with_json
@with_space
@pass_invocation
def upload(invocation: Invocation, name: str, local: Path, remote: str | None) -> None:
    """Upload the file or folder LOCAL to the filesystem NAME.

    REMOTE is its own name, at the top, by default; a path with a slash at its end takes it in.
    """
    base = local.resolve().name
    target = _absolute(remote or base)
    if remote is not None and remote.endswith("/"):
        target = f"{target.rstrip('/')}/{base}"
    found, sent = _filesystem(invocation, name), []
    with invocation.out.progress() as progress:
        for source, path in _local_files(local, target):
            sent.append(_send(invocation, found, source, path, progress))
    if invocation.as_json:
        invocation.out.json(sent if local.is_dir() else sent[0])
    elif local.is_dir():
        total = words.size(sum(item["size"] for item in sent))
        invocation.out.success(f"{words.plural(len(sent), 'file')} ({total}) → {found['name']}:{target}")
    else:
        invocation.out.success(f"{local} ({words.size(sent[0]['size'])}) → {found['name']}:{target}")


@fs.command("download", cls=Command)
@click.argument("name")
@click.argument("remote")
@click.argument("local", required=False)
@with_json
@with_space
@pass_invocation
def download(invocation: Invocation, name: str, remote: str, local: str | None) -> None:
    """Download the file REMOTE of the filesystem NAME to LOCAL.

    LOCAL is the file's name by default; a folder takes the file in; `-` is standard output.
    """
    found, path = _filesystem(invocation, name), _absolute(remote)
    if local == "-":
        stdout = sys.stdout.buffer
        invocation.api.receive(f"/capsules/{found['id']}/files/content", stdout, params={"path": path})
        stdout.flush()
        return
    target = Path(local) if local else Path(PurePosixPath(path).name or "download")
    if target.is_dir():
        target = target / PurePosixPath(path).name
    size = _receive(invocation, found, path, target)
    if invocation.as_json:
        invocation.out.json({"path": path, "local": str(target), "size": size})
    else:
        invocation.out.success(f"{found['name']}:{path} ({words.size(size)}) → {target}")


def _list(invocation: Invocation) -> None:
    items = invocation.api.items("/capsules", space=invocation.current_space["id"])
    found = [item for item in items if item["type"] == "storage"]
    invocation.out.table(
        [{**item, **invocation.api.get(f"/capsules/{item['id']}/files/usage")} for item in found],
        [
            ("name", "name"),
            ("id", "id"),
            ("used", lambda item: words.size(item["used_bytes"])),
            ("size", lambda item: _limit(item["size_bytes"])),
            ("created", lambda item: words.ago(item.get("created_at"))),
        ],
        empty="No filesystems. Create one: capsule fs create NAME",
    )


def _limit(count: int) -> str:
    """Return a size as people give it to `--size`."""
    mib = count >> 20
    return f"{mib >> 10} GiB" if mib % 1024 == 0 else f"{mib} MiB"


def _filesystem(invocation: Invocation, name: str) -> Record:
    found = invocation.capsule(name)
    if found["type"] != "storage":
        raise InvalidInput(
            f"The capsule '{found['name']}' is a {found['type']}, not a filesystem.", hint="capsule fs list"
        )
    return found


def _absolute(path: str) -> str:
    if ".." in PurePosixPath(path).parts:
        raise InvalidInput(
            f"'{path}' leaves the filesystem.", hint="Write the path from its top: /reports/a.txt"
        )
    return "/" + path.strip("/")


def _local_files(local: Path, target: str) -> list[tuple[Path, str]]:
    if not local.is_dir():
        return [(local, target)]
    files = sorted(path for path in local.rglob("*") if path.is_file())
    if not files:
        raise InvalidInput(f"There are no files in '{local}'.")
    return [(path, f"{target.rstrip('/')}/{path.relative_to(local).as_posix()}") for path in files]


def _send(invocation: Invocation, found: Record, source: Path, path: str, progress: Progress) -> Record:
    try:
        with source.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            progress.step(f"Uploading {source.name}", total=size)
            answer = invocation.api.send(
                "PUT",
                f"/capsules/{found['id']}/files",
                content,
                size=size,
                params={"path": path},
                advance=progress.advance,
            )
    except OSError as error:
        raise InvalidInput(f"'{source}' cannot be read: {error.strerror or error}.") from error
    return answer or {"path": path, "name": source.name, "is_folder": False, "size": size}


def _receive(invocation: Invocation, found: Record, path: str, target: Path) -> int:
    """Download beside the target first, so that a broken download leaves an older file as it was."""
    import tempfile

    try:
        part = tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False)  # noqa: SIM115
    except OSError as error:
        raise InvalidInput(f"'{target}' cannot be written: {error.strerror or error}.") from error
    try:
        with part, invocation.out.progress() as progress:
            size = invocation.api.receive(
                f"/capsules/{found['id']}/files/content",
                part,
                params={"path": path},
                started=lambda total: progress.step(f"Downloading {target.name}", total=total),
                advance=progress.advance,
            )
        # The private mode of a temporary file is not what a download should have.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(part.name, 0o666 & ~umask)
        os.replace(part.name, target)
    except OSError as error:
        raise CapsuleError(f"'{target}' cannot be written: {error.strerror or error}.") from error
    finally:
        Path(part.name).unlink(missing_ok=True)
    return size
