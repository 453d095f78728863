"""One running installation for all end-to-end tests, and a real browser."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from installation import ADMIN, PASSWORD, REPOSITORY, Installation, new_installation


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


OAUTH_SERVER = REPOSITORY / "server" / "tests" / "unit" / "apps" / "connections" / "oauth_server.py"


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """A real OAuth server; the installation believes that it is GitHub."""
    with subprocess.Popen([sys.executable, OAUTH_SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture(scope="session")
def installation(provider: str) -> Iterator[Installation]:
    providers = json.dumps({"github": {"base_url": provider}})
    installation = new_installation(
        CAPSULE_PROVIDERS=providers, CAPSULE_PRIVATE_GIT_HOSTS=json.dumps(["127.0.0.1"])
    )
    try:
        installation.up()
        yield installation
    finally:
        installation.remove()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the session: while it lives, its event loop runs in this thread and no other can."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab that nobody signed in to."""
    return context.new_page()


@pytest.fixture
def console(page: Page, installation: Installation) -> Page:
    """A tab signed in to the console as the admin."""
    page.goto(installation.url)
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page
