"""Which tests share the machine with others."""

from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_ALONE = tuple(_HERE / name for name in ("e2e", "attackers", "unit/apps"))
"""They kill processes at random moments, fill the machine, or expect an answer within seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _ALONE):
            item.add_marker(pytest.mark.alone)
