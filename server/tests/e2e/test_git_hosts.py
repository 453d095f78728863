"""A GitHub App is registered and installed in a real browser, at a host that speaks GitHub's protocol."""

from collections.abc import Iterator

import pytest
from installation import Installation
from playwright.sync_api import Page, expect
from sign_in_host import Installed, SignInHost, sign_in_host


@pytest.fixture
def host(installation: Installation) -> Iterator[SignInHost]:
    with sign_in_host() as host:
        host.back = f"{installation.url}/git/return"
        host.installations[10] = Installed(10, "ada", {1: "ada/shop"}, {"ada": [1]})
        yield host
        assert host.complaints == []


def test_app_is_registered_by_one_click_and_a_team_installs_it(
    console: Page, installation: Installation, host: SignInHost
) -> None:
    console.goto(f"{installation.url}/system")
    console.get_by_role("link", name="Register at GitHub").click()
    console.get_by_label("Address").fill(host.url)
    console.get_by_role("button", name="Go to GitHub").click()
    console.get_by_role("link", name="Create GitHub App").click()
    expect(console.get_by_role("heading", name="Registered")).to_be_visible()

    console.goto(f"{installation.url}/account")
    console.get_by_role("button", name="Connect a git host").click()
    dialog = console.get_by_test_id("connect-dialog")
    dialog.get_by_role("button", name="GitHub").click()
    with console.context.expect_page() as opened:
        dialog.get_by_role("button", name="Install on GitHub").click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("link", name="Install & Authorize").click()
    expect(dialog.get_by_role("list", name="Connected repositories")).to_contain_text("ada/shop")
    dialog.get_by_role("button", name="Done").click()
    expect(console.get_by_text(f"GitHub · {host.url}")).to_be_visible()
