"""The SDK's conformance list, one test per line, over a real app host and real runtimes."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "apps"))
sys.path.insert(0, str(Path(__file__).parent))

from apphost import Host


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One app host for the module's tests; each hosts apps of its own."""
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    running = Host(root)
    yield running
    running.close()
    shutil.rmtree(root)
