"""Where the installation is reached: kept in its data folder, so that `capsule up` comes back there."""

import json
from typing import Any

from capsule.kit.durable import write_durably
from capsule.paths import DataPaths
from capsule.settings import Settings

_KEPT = ("port", "host")


def keep_address(paths: DataPaths, settings: Settings) -> None:
    kept = {name: getattr(settings, name) for name in _KEPT}
    write_durably(paths.address, json.dumps(kept).encode())


def with_kept_address(paths: DataPaths, settings: Settings) -> Settings:
    """Return the settings with what was kept, where neither option nor environment says otherwise."""
    try:
        kept: Any = json.loads(paths.address.read_bytes())
    except (FileNotFoundError, ValueError):
        return settings
    asked = settings.model_fields_set
    again = {name: kept[name] for name in _KEPT if name in kept and name not in asked}
    return settings.model_copy(update=again)
