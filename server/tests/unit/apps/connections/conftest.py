"""Fixtures for the tests of this folder."""

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from apphost import Host

sys.path.insert(0, str(Path(__file__).parent))

from connected import App, OAuthServer
from oauth_server import CLIENT_ID, CLIENT_SECRET

from capsule.apps.options import AppHostOptions, ProviderUrls


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


@pytest.fixture(scope="module")
def host(oauth_process: OAuthServer) -> Iterator[Host]:
    """An app host whose settings lead GitHub to the tests' own server."""
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    providers = {"github": ProviderUrls(base_url=oauth_process.url)}
    running = Host(root, options=AppHostOptions(providers=providers))
    running.secrets.update(GITHUB_CLIENT_ID=CLIENT_ID, GITHUB_CLIENT_SECRET=CLIENT_SECRET)
    yield running
    running.close()
    shutil.rmtree(root)
