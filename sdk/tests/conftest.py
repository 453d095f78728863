"""What the tests of this folder share: its helpers, and a session over a backend that only remembers."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from session_backend import FakeBackend, make_session

import cpsl


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def session(backend: FakeBackend) -> cpsl.Session:
    return make_session(backend)
