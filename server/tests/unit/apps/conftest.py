"""A real app host for the tests of this folder."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from apphost import Host


@contextlib.contextmanager
def hosting(wait_seconds: float = 10.0) -> Iterator[Host]:
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    running = Host(root, wait_seconds=wait_seconds)
    yield running
    running.close()
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One app host for the module's tests; each hosts apps of its own."""
    with hosting() as running:
        yield running


@pytest.fixture
def own_host() -> Iterator[Host]:
    """An app host for one test that kills it or needs another setting."""
    with hosting(3.0) as running:
        yield running


@pytest.fixture
def patient_host() -> Iterator[Host]:
    """Waits for a zygote that was killed often, and is started again more slowly each time."""
    with hosting(60.0) as running:
        yield running
