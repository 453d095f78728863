"""Say in plain requirements what a Poetry project says in its own words. Asks no tool and no index."""

import re
from typing import Any

from packaging.utils import canonicalize_name

_PARTS = re.compile(r"^(\^|~=?|==|!=|>=|<=|>|<|=)?\s*v?([0-9][^\s]*|\*)$")


def translate(constraint: str) -> str:
    """Return Poetry's `^1.2`, `~1.2`, `1.2.*`, `*`, `>=1,<2` or `1.2` as a standard version range.

    Of alternatives (`^1 || ^2`) the range from the lowest to the highest is returned: wider, never wrong
    for a locked project.
    """
    alternatives = [part.strip() for part in re.split(r"\|\|?", constraint) if part.strip()]
    if len(alternatives) > 1:
        lowest = re.search(r">=?[^,]+|==[^,]+", translate(alternatives[0]))
        return lowest[0].replace("==", ">=").replace(".*", "") if lowest else ""
    pieces = re.findall(r"(?:\^|~=?|==|!=|>=|<=|>|<|=)?\s*[^\s,]+", constraint)
    return ",".join(filter(None, (_piece(piece.strip()) for piece in pieces)))


def requirements(tool: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the main requirements in `[tool.poetry]`, and notices about what cannot be said plainly."""
    lines: list[str] = []
    notices: list[str] = []
    for name, wanted in tool.get("dependencies", {}).items():
        if name.lower() == "python":
            continue
        for item in wanted if isinstance(wanted, list) else [wanted]:
            line = _requirement(name, item)
            if line is None:
                notices.append(f"The local dependency {name!r} of pyproject.toml is left out.")
            elif line:
                lines.append(line)
    return lines, notices


def constraints(lock: dict[str, Any], *, without: frozenset[str]) -> str:
    """Return `name==version` lines for what poetry.lock pins once and from an index."""
    versions: dict[str, set[str]] = {}
    for package in lock.get("package", []):
        name = canonicalize_name(str(package.get("name", "")))
        kind = package.get("source", {}).get("type", "legacy")
        if name in without or kind not in ("legacy", "pypi"):
            continue
        versions.setdefault(name, set()).add(str(package.get("version", "")))
    return "".join(f"{name}=={min(found)}\n" for name, found in sorted(versions.items()) if len(found) == 1)


def _requirement(name: str, item: Any) -> str | None:
    if isinstance(item, str):
        return name + translate(item)
    if not isinstance(item, dict):
        return ""
    if item.get("optional"):
        return ""
    extras = f"[{','.join(item['extras'])}]" if item.get("extras") else ""
    markers = [str(item["markers"])] if item.get("markers") else []
    if item.get("python"):
        markers += [_python_marker(part) for part in translate(str(item["python"])).split(",") if part]
    marker = " ; " + " and ".join(f"({m})" for m in markers) if markers else ""
    if "path" in item:
        return None
    if "git" in item:
        reference = item.get("rev") or item.get("tag") or item.get("branch")
        return f"{name}{extras} @ git+{item['git']}" + (f"@{reference}" if reference else "") + marker
    if "url" in item:
        return f"{name}{extras} @ {item['url']}{marker}"
    return name + extras + translate(str(item.get("version", "*"))) + marker


def _python_marker(part: str) -> str:
    match = re.match(r"(==|!=|>=|<=|>|<)(.+)", part)
    if match is None:
        return "python_version >= '3'"
    return f"python_full_version {match[1]} '{match[2]}'"


def _piece(piece: str) -> str:
    match = _PARTS.match(piece)
    if match is None:
        return ""
    operator, version = match[1] or "", match[2]
    if version == "*":
        return ""
    numbers = [int(part) for part in re.findall(r"\d+", version.partition("-")[0])]
    if operator == "^":
        return f">={version},<{_above(numbers, _first_significant(numbers))}"
    if operator == "~":
        return f">={version},<{_above(numbers, min(1, len(numbers) - 1))}"
    if operator == "~=":
        return f"~={version}"
    return f"{'==' if operator in ('', '=') else operator}{version}"


def _first_significant(numbers: list[int]) -> int:
    return next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)


def _above(numbers: list[int], index: int) -> str:
    return ".".join(str(part) for part in [*numbers[:index], numbers[index] + 1])
