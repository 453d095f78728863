"""Turn what an app declares into the lines that `capsule serve` begins with. Prints nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 6


def facts(entry: str, manifest: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Return pairs of label and value; what an app does not use is left out."""
    image = manifest.get("image") or {}
    packages = [*(image.get("python_packages") or ()), *(image.get("apt_packages") or ())]
    pairs: list[tuple[str, object]] = [
        ("Entry", entry),
        ("Compute", f"{manifest.get('cpu', 1):g} CPU, {manifest.get('memory', 512)} MiB"),
        ("Pages", _names(manifest.get("pages"), "route", "name")),
        ("Data", _names(manifest.get("collections"), "name")),
        ("Secrets", _names(manifest.get("secrets"), "_secret_name", "name")),
        ("Mounts", ", ".join(sorted(manifest.get("filesystems") or {}))),
        ("Keep warm", _seconds(manifest.get("keep_warm_seconds"))),
        ("Packages", _listed([str(package) for package in packages])),
    ]
    return [(label, value) for label, value in pairs if value]


def _names(items: Sequence[Any] | None, *keys: str) -> str:
    names = []
    for item in items or ():
        found = item if isinstance(item, str) else next((item[key] for key in keys if item.get(key)), None)
        if found:
            names.append(str(found))
    return _listed(names)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _seconds(value: Any) -> str:
    return f"{value:g} s" if value else ""
