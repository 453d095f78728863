"""Does a file fit what a prompt accepts? Pure; the syntax is that of `<input type="file" accept=…>`."""

from mimetypes import MimeTypes

UNKNOWN = "application/octet-stream"

_TYPES = MimeTypes()
"""Python's own table: the machine's would answer differently from one to the next."""


def matches(accept: str, name: str, content_type: str) -> bool:
    """Tell whether a file may be given: `accept` lists endings (`.csv`) and types (`text/csv`, `image/*`).

    One that fits is enough, whether by its ending or by its type; an empty list takes everything. The type is
    also concluded from the name, since browsers know some types by other names or not at all.
    """
    wanted = [item for item in (part.strip().lower() for part in accept.split(",")) if item]
    if not wanted:
        return True
    lowered = name.lower()
    types = {base_type(content_type), guess_type(name)}
    return any(_fits(item, lowered, types) for item in wanted)


def base_type(content_type: str) -> str:
    """Return a type in lower case without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def guess_type(name: str) -> str:
    """Return the type that a file of this name usually has."""
    found, encoding = _TYPES.guess_type(name.lower(), strict=False)
    if encoding is not None:  # `a.tar.gz` is not a tar
        return {"gzip": "application/gzip", "bzip2": "application/x-bzip2"}.get(encoding, UNKNOWN)
    return found or UNKNOWN


def _fits(wanted: str, name: str, types: set[str]) -> bool:
    if wanted in ("*", "*/*"):
        return True
    if "/" not in wanted:
        ending = wanted if wanted.startswith(".") else f".{wanted}"
        return name.endswith(ending) and name != ending
    if wanted.endswith("/*"):
        return any(found.startswith(wanted[:-1]) for found in types)
    return base_type(wanted) in types
