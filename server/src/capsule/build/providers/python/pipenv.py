"""Say in plain requirements what a Pipfile or its lock says. Asks no tool and no index."""

from typing import Any


def locked(lock: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the lines for the packages of Pipfile.lock, and notices about what was left out."""
    return _lines(lock.get("default"))


def wanted(pipfile: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the lines for the `[packages]` of a Pipfile without a lock, and notices."""
    return _lines(pipfile.get("packages"))


def _lines(packages: Any) -> tuple[list[str], list[str]]:
    lines: list[str] = []
    notices: list[str] = []
    for name, item in packages.items() if isinstance(packages, dict) else ():
        described = {"version": item} if isinstance(item, str) else item
        if not isinstance(described, dict):
            continue
        if "path" in described or "file" in described:
            notices.append(f"The local dependency {name!r} of the Pipfile is left out.")
        else:
            lines.append(_line(name, described))
    return lines, notices


def _line(name: str, item: dict[str, Any]) -> str:
    extras = f"[{','.join(item['extras'])}]" if isinstance(item.get("extras"), list) else ""
    marker = f" ; {item['markers']}" if item.get("markers") else ""
    if "git" in item:
        reference = f"@{item['ref']}" if item.get("ref") else ""
        return f"{name}{extras} @ git+{item['git']}{reference}{marker}"
    version = str(item.get("version", "*")).strip()
    return f"{name}{extras}{'' if version == '*' else version}{marker}"
