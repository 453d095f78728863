"""Find in what a program printed the line that most likely says what went wrong."""

import re
from collections.abc import Iterable

_EXCEPTION = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception): \S")
_TELLING = re.compile(r"error|cannot|not found|failed|no such", re.IGNORECASE)
_NOISE = re.compile(r"complete log of this run|^npm error\s*$|npm help|^hint: |YN0000", re.IGNORECASE)
_MAX_LENGTH = 300

# Where one of these is there, it says more than any line with `error` in it. uv tells of the package that it
# could not build before it shows what the package's own build said; git of its cause as the last thing.
_CAUSES = (
    re.compile(r"^error: Failed to build "),
    re.compile(r"^\s*fatal: \S"),
    re.compile(r"YN(?!0000)\d{4}.*\b(?:forbidden|error|fail)"),
)


def complaint(lines: Iterable[str], *, only_telling: bool = False) -> str:
    """Return the line, shortened; the last one when none stands out, unless `only_telling`."""
    said = [line for line in lines if line.strip() and not _NOISE.search(line)]
    telling = [line for line in said if _TELLING.search(line)]
    for pattern in _CAUSES:
        if found := [line for line in said if pattern.search(line)]:
            return _short(found[0] if found[0].startswith("error: ") else found[-1])
    npm = [line for line in telling if line.startswith("npm error") and " code " not in line]
    if npm:  # npm names the cause first and its usage after
        return _short(npm[0].removeprefix("npm error "))
    # A server that ends for an exception often goes on to say that it ends.
    exceptions = [line for line in telling if _EXCEPTION.match(line.strip())]
    last = exceptions or telling or ([] if only_telling else said)
    return _short(last[-1]) if last else ""


def _short(line: str) -> str:
    return line.strip()[:_MAX_LENGTH]
