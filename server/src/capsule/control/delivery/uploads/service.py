"""Take a source archive in: to disk, unpacked, digested; an equal tree is kept once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from capsule.build.sources.archive import unpack
from capsule.build.sources.tree import digest
from capsule.build.trees import remove_tree
from capsule.control.delivery.uploads.repository import UploadRepository
from capsule.db import Database
from capsule.errors import InvalidInput, TooLarge
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Space, Upload
from capsule.paths import DataPaths

_MIB = 1024 * 1024


async def receive(body: AsyncIterator[bytes], target: Path, *, max_bytes: int) -> int:
    """Write `body` to `target` and return its size.

    Raises TooLarge, or InvalidInput when nothing was sent; nothing is left then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        with target.open("wb") as file:
            async for chunk in body:
                size += len(chunk)
                if size > max_bytes:
                    raise TooLarge(
                        f"The archive is larger than {max_bytes // _MIB} MiB.",
                        hint="Leave out data and build results, or deploy from git.",
                    )
                await asyncio.to_thread(file.write, chunk)
        if not size:
            raise InvalidInput("The archive is empty.", hint="Send a .tar.gz or .zip as the request's body.")
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return size


async def add_upload(
    database: Database, paths: DataPaths, space: Space, body: AsyncIterator[bytes], *, max_bytes: int
) -> Upload:
    """Keep the archive's tree. Holds no database session while it is received and unpacked.

    Raises TooLarge or ArchiveRefused; nothing is left then.
    """
    upload_id = new_id("upl")
    tree = paths.upload(upload_id)
    archive = tree.with_name(f"{upload_id}.archive")
    try:
        await receive(body, archive, max_bytes=max_bytes)
        unpacked = await unpack(archive, tree)
        tree_digest = await asyncio.to_thread(digest, tree)
        async with database.unit_of_work() as db_session:
            equal = await UploadRepository(db_session).equal(space.id, tree_digest)
            if equal is not None and paths.upload(equal.id).is_dir():
                equal.created_at = now()  # young again, so that it is not cleared away
            else:
                equal = None
                upload = Upload(
                    id=upload_id,
                    team_id=space.team_id,
                    space_id=space.id,
                    digest=tree_digest,
                    size_bytes=unpacked.size_bytes,
                    created_at=now(),
                )
                db_session.add(upload)
        if equal is not None:
            await asyncio.to_thread(remove_tree, tree)
            return equal
        return upload
    except BaseException:
        await asyncio.to_thread(remove_tree, tree)
        raise
    finally:
        archive.unlink(missing_ok=True)
