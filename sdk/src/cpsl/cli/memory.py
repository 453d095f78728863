"""What the command line remembers of each server between calls: the current space, the id of its own token.

Lies beside the saved login. Losing it loses comfort only.
"""

from __future__ import annotations

import json
from pathlib import Path


def path() -> Path:
    from cpsl import _config

    return _config.config_path().with_name("cli-memory.json")


def recall(url: str, what: str) -> str | None:
    """Return what was remembered of the server at `url`."""
    found = _read().get(url, {}).get(what)
    return str(found) if found else None


def remember(url: str, **what: str | None) -> None:
    """Remember facts of the server at `url`; None forgets one."""
    known = _read()
    facts = {**known.get(url, {}), **what}
    known[url] = {key: value for key, value in facts.items() if value}
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    fresh.replace(file)


def _read() -> dict[str, dict[str, str | None]]:
    try:
        found = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {url: facts for url, facts in found.items() if isinstance(facts, dict)}
