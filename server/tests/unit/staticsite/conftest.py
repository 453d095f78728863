"""A project that every test of sites builds and publishes anew."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from site_harness import Build


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)
