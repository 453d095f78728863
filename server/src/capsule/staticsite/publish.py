"""`python -m capsule.staticsite.publish`: the last step of a site's build.

Copies the site out of the built project, compresses what is text, writes the catalogue, reads `_redirects`
and `_headers` once to say what is wrong with them, and removes the project: a replica needs no sources.

Compressed is here and not while serving: it is done once for all replicas, as well as it can be, and a large
file never keeps other requests waiting. Copies that the build made itself are served in place of our own.
"""

import argparse
import gzip
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import brotli

from capsule.staticsite.answer import content_type
from capsule.staticsite.built import BuiltProject, NoSite
from capsule.staticsite.catalogue import (
    ENDINGS,
    HEADERS,
    REDIRECTS,
    Catalogue,
    Entry,
    entry_of,
    is_shown,
    packed_file,
    site_files,
)
from capsule.staticsite.hashed import is_hashed
from capsule.staticsite.headers import read_headers
from capsule.staticsite.redirects import read_redirects

_TEXT = ("text/", "application/json", "application/xml", "image/svg+xml", "application/manifest+json",
         "application/wasm", "font/ttf", "image/x-icon")  # fmt: skip
_COMPRESSED_FROM, _COMPRESSED_UP_TO = 1024, 32 * 1024 * 1024
_WORTH_IT = 0.9
_BROTLI_BEST, _BROTLI_BEST_UP_TO = 11, 2 * 1024 * 1024
_BROTLI_QUICK = 9
"""About as quick as gzip at its best, and still smaller."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="capsule.staticsite.publish", description="Publish a built site.")
    parser.add_argument("project", type=Path, help="the built project; emptied at the end")
    parser.add_argument("site", type=Path, help="the folder to make")
    parser.add_argument("--since", type=Path, required=True, help="a file written just before the build")
    parser.add_argument("--folder", default="", help="where the site is expected in the project")
    parser.add_argument("--folder-is-set", action="store_true", help="by the user: look nowhere else")
    options = parser.parse_args()
    built = BuiltProject(options.project.resolve(), options.since.stat().st_ctime_ns)
    try:
        source = built.find(options.folder, is_set=options.folder_is_set)
    except NoSite as exc:
        sys.exit(str(exc))
    told = [source.notice] if source.notice else []
    told += publish(built, source.folder, options.site)
    sys.stdout.write("\n".join(told) + "\n")
    options.since.unlink()
    _empty(options.project)


def publish(built: BuiltProject, folder: Path, site: Path) -> list[str]:
    """Make the folder `site` from `folder`, a part of the built project; return what is to be told."""
    told = _copy(folder, site, built.root)
    before = built.names_before()
    entries = {}
    for path in site_files(site):
        name = path.rpartition("/")[2]
        entry = entry_of(site / path, is_immutable=is_hashed(path) and name not in before)
        entries[path] = replace(entry, packed=_pack(site, path, entry, folder, built))
    catalogue = Catalogue(site, entries)
    catalogue.write()
    told += read_redirects(catalogue.text(REDIRECTS))[1] + read_headers(catalogue.text(HEADERS))[1]
    size = sum(entry.size for entry in entries.values())
    return [*told, f"{len(entries)} {'file' if len(entries) == 1 else 'files'}, {size / 1000:.0f} kB."]


def _copy(folder: Path, site: Path, project: Path) -> list[str]:
    """Copy what may be asked for. A link becomes what it points to, if that may be seen as well."""
    told: list[str] = []

    def copy(source: Path, target: Path, above: tuple[Path, ...]) -> None:
        real = source.resolve()
        if source.is_symlink() and (real in above or not _may_be_seen(real, folder, project)):
            told.append(f"The link {target.relative_to(site)} leads out of the site and is left out.")
        elif real.is_dir():
            target.mkdir(parents=True)
            for name in sorted(os.listdir(real)):
                if is_shown(name) and name != "node_modules":
                    copy(real / name, target / name, (*above, real))
        elif real.is_file():
            shutil.copyfile(real, target)

    copy(folder, site, ())
    return told


def _may_be_seen(real: Path, folder: Path, project: Path) -> bool:
    if folder.is_relative_to(real):
        return False  # the site within itself, without end
    for root in (folder, project):
        if real.is_relative_to(root) and real.exists():
            return all(is_shown(name) for name in real.relative_to(root).parts)
    return False


def _pack(site: Path, path: str, entry: Entry, folder: Path, built: BuiltProject) -> dict[str, int]:
    """Make the compressed copies of one file and return their sizes."""
    packed: dict[str, int] = {}
    for encoding, ending in ENDINGS.items():
        beside = folder / (path + ending)
        # Only what the build made is surely the same file, compressed.
        if beside.is_file() and not beside.is_symlink() and built.made(beside):
            target = packed_file(site, path, encoding)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(beside, target)
            packed[encoding] = target.stat().st_size
    is_text = content_type(path).startswith(_TEXT) and _COMPRESSED_FROM <= entry.size <= _COMPRESSED_UP_TO
    wanted = [encoding for encoding in ENDINGS if encoding not in packed] if is_text else []
    content = (site / path).read_bytes() if wanted else b""
    # Each copy has to be worth its place: smaller than the file, and than the copy that everybody can read.
    bound = entry.size * _WORTH_IT
    for encoding in sorted(wanted, reverse=True):
        body = _compressed(content, encoding, is_immutable=entry.is_immutable)
        if len(body) < bound:
            target = packed_file(site, path, encoding)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
            packed[encoding] = bound = len(body)
    return packed


def _compressed(content: bytes, encoding: str, *, is_immutable: bool) -> bytes:
    if encoding == "gzip":
        return gzip.compress(content, 9, mtime=0)
    # The best takes about a second for each megabyte; it pays for what is made once and sent for a year.
    is_best = is_immutable and len(content) <= _BROTLI_BEST_UP_TO
    packed: bytes = brotli.compress(content, quality=_BROTLI_BEST if is_best else _BROTLI_QUICK)
    return packed


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


if __name__ == "__main__":
    main()
