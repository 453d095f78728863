"""Turn a project's directory into an upload on the server, with progress."""

from __future__ import annotations

import tempfile
from pathlib import Path

from cpsl._problems import ApiError
from cpsl.cli import words
from cpsl.cli.api import Record
from cpsl.cli.archive import Project, pack, read_project
from cpsl.cli.ignore import OWN_FILE
from cpsl.cli.invocation import Invocation
from cpsl.cli.progress import Progress


def shown_path(path: Path) -> str:
    """Return `path` as a person at the current directory would write it."""
    here = Path.cwd()
    if path == here:
        return "."
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def upload_directory(invocation: Invocation, root: Path, progress: Progress) -> tuple[Record, Project]:
    """Pack and send the directory `root`; return the upload's record and what was sent."""
    progress.step(f"Packing {shown_path(root)}")
    project = read_project(root)
    for link in project.skipped_links:
        invocation.out.notice(f"Left out: {link} is a link that leads out of the directory.")
    return upload_project(invocation, project, progress), project


def upload_project(invocation: Invocation, project: Project, progress: Progress) -> Record:
    """Send what `project` lists."""
    space = invocation.current_space
    with tempfile.TemporaryFile() as packed:
        size = pack(project.files, packed)
        packed.seek(0)
        progress.step(f"Uploading {words.plural(len(project.files), 'file')}, {words.size(size)}", total=size)
        try:
            uploaded: Record = invocation.api.send(
                "POST",
                f"/spaces/{space['id']}/uploads",
                packed,
                size=size,
                content_type="application/gzip",
                advance=progress.advance,
            )
        except ApiError as error:
            if error.status == 413:
                error.hint = (
                    f"Leave out what the app does not need in {OWN_FILE}. Biggest: {project.largest()}"
                )
            raise
    return uploaded
