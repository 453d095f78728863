"""Which file names carry a hash of the content, so that the file behind the name can never change."""

import re

_FOLDERS = frozenset(
    ("assets", "static", "immutable", "_astro", "_nuxt", "_next", "chunks", "build", "js", "css", "media")
)
_HASH = re.compile(r"[-._]([A-Za-z0-9_-]{8,64})\.[A-Za-z0-9.]+$")
_HEX = re.compile(r"^(?=.*\d)(?=.*[a-f])[0-9a-f]{8,64}$")
_WORD = re.compile(r"^[A-Z]?[a-z]+$|^[A-Z]+$|^\d+$")
# Angular's files lie in the root folder, with a hash of capitals that could be a word elsewhere.
_ANGULAR = re.compile(r"^(main|polyfills|styles|scripts|chunk|worker)-[A-Z2-7]{8}\.(js|css)$")
_WHOLE_FOLDERS = ("_next/static/", "_app/immutable/", "_nuxt/")
_BUT_FOR = ("_nuxt/builds/",)


def is_hashed(path: str) -> bool:
    """Say whether `path` looks as if a build tool had put a hash of the content into its name."""
    if path.startswith(_WHOLE_FOLDERS) and not path.startswith(_BUT_FOR):
        return True
    if _ANGULAR.match(path):
        return True
    match = _HASH.search(path)
    if match is None:
        return False
    if _HEX.match(match[1]):
        return True
    in_assets = any(folder in _FOLDERS for folder in path.split("/")[:-1])
    last = match[1].rpartition("-")[2] if len(match[1]) > 8 else match[1]
    return in_assets and len(last) >= 8 and not _WORD.match(last)
