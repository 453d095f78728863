"""Fixtures for the tests of this folder."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from connected import App, OAuthServer


@pytest.fixture(scope="session")
def oauth_process() -> Iterator[OAuthServer]:
    server = OAuthServer()
    yield server
    server.close()


@pytest.fixture
def oauth(oauth_process: OAuthServer) -> OAuthServer:
    oauth_process.reset()
    return oauth_process


@pytest.fixture
async def app(tmp_path: Path, oauth: OAuthServer) -> AsyncIterator[App]:
    made = App(tmp_path, oauth.url)
    yield made
    await made.close()
