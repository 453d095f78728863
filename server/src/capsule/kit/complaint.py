"""Find in what a program printed the line that most likely says what went wrong, and what helps then."""

import re
from collections.abc import Iterable

_EXCEPTION = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception): \S")
_TELLING = re.compile(r"error|cannot|not found|failed|no such", re.IGNORECASE)
_NOISE = re.compile(r"complete log of this run|^npm error\s*$|npm help|^hint: ", re.IGNORECASE)
_MAX_LENGTH = 300

_VARIABLE = re.compile(r"KeyError: ['\"]([A-Z][A-Z0-9_]+)['\"]$")
_PYTHON_MODULE = re.compile(r"No module named ['\"]([\w.]+)['\"]")
_NODE_MODULE = re.compile(r"Cannot find (?:module|package) ['\"]([^./'\"][^'\"]*)['\"]")
_COMMAND = re.compile(r"^(?:/bin/)?sh: (?:\d+: |line \d+: )?([^\s:]+): (?:command )?not found$")

_FULL_DISK = "No space left on device"
_OLD_OPENSSL = "error:0308010C"


def complaint(lines: Iterable[str], *, only_telling: bool = False) -> str:
    """Return the line, shortened; the last one when none stands out, unless `only_telling`."""
    said = [line for line in lines if line.strip() and not _NOISE.search(line)]
    telling = [line for line in said if _TELLING.search(line)]
    npm = [line for line in telling if line.startswith("npm error") and " code " not in line]
    if npm:  # npm names the cause first and its usage after
        return _short(npm[0].removeprefix("npm error "))
    # A server that ends for an exception often goes on to say that it ends.
    exceptions = [line for line in telling if _EXCEPTION.match(line.strip())]
    last = exceptions or telling or ([] if only_telling else said)
    return _short(last[-1]) if last else ""


def remedy(line: str) -> str | None:
    """Return the usual next step against a complaint; None when there is no usual one."""
    if match := _VARIABLE.search(line):
        return f"If {match[1]} is an environment variable, set it: capsule env set NAME {match[1]}=…"
    if match := _PYTHON_MODULE.search(line):
        return f"Is {match[1].split('.')[0]} among the project's dependencies, such as in requirements.txt?"
    if match := _NODE_MODULE.search(line):
        return f"Is {match[1]} among the dependencies in package.json?"
    if _FULL_DISK in line:
        return "Make room on the server's disk, such as by removing capsules that nobody needs."
    if _OLD_OPENSSL in line:
        return (
            "A tool older than Node 17: ask for Node 16 in `engines.node`, or set the variable "
            "NODE_OPTIONS=--openssl-legacy-provider."
        )
    if match := _COMMAND.search(line):
        return f"`{match[1]}` is not there. Add the package it comes with to the project's dependencies."
    return None


def _short(line: str) -> str:
    return line.strip()[:_MAX_LENGTH]
