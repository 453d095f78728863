"""A real app host for the tests of this folder."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture
def own_host() -> Iterator[Host]:
    """An app host for one test that kills it or needs another setting."""
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    running = Host(root, wait_seconds=3.0)
    yield running
    running.close()
    shutil.rmtree(root)
