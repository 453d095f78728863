"""A person delivers: wizard, build log, live, push, new release, rollback, the old page again."""

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from installation import REPOSITORY, Installation, eventually
from playwright.sync_api import Locator, Page, expect

PAGE = """
import http.server, os

class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write({text!r}.encode())

http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Shop).serve_forever()
"""
IMAGES = os.environ.get("CAPSULE_DOCS_IMAGES")
"""Set to anything: the pictures of the guides are made anew on the way."""

Git = Callable[..., str]


@pytest.fixture
def shop(installation: Installation) -> Path:
    return installation.home / "ada" / "shop"


@pytest.fixture
def git(shop: Path, installation: Installation) -> Git:
    """Run git in the repository of the shop, as the installation's user."""
    shop.mkdir(parents=True)

    def run(*arguments: str) -> str:
        author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        done = subprocess.run(
            ["git", *author, *arguments],
            cwd=shop,
            env=installation.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    run("init", "--quiet", "--initial-branch", "main")
    return run


def picture(page: Page, name: str) -> None:
    if IMAGES:
        for button in page.get_by_role("button", name="Dismiss").all():
            button.click()
        page.evaluate("document.activeElement?.blur()")
        page.wait_for_timeout(400)  # what fades in has faded in
        page.screenshot(path=str(REPOSITORY / "docs" / "images" / f"{name}.png"))


def test_wizard_build_log_live_push_new_release_rollback(
    console: Page, installation: Installation, shop: Path, git: Git
) -> None:
    complaints: list[str] = []
    console.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    console.on("pageerror", lambda error: complaints.append(str(error)))
    (shop / "main.py").write_text(PAGE.format(text="hats"))
    (shop / "Procfile").write_text("web: python3 main.py\nworker: sleep 1000\n")
    git("add", "--all")
    git("commit", "--quiet", "--message", "Sell hats")

    create_with_the_wizard(console, shop)
    follow_the_first_build(console)
    assert served(installation) == "hats"
    watch_shortly(console)

    installation.run("git", "remote", "shop", cwd=shop)
    (shop / "main.py").write_text(PAGE.format(text="hats and gloves"))
    git("commit", "--quiet", "--all", "--message", "Sell gloves too")
    console.get_by_role("link", name="Deploy", exact=True).click()
    expect(console.get_by_test_id("push-help")).to_contain_text("git push capsule main")
    with customers(installation) as statuses:
        pushed = git("push", "capsule", "main")
        assert "start command: python3 main.py" in pushed
        assert installation.host("shop") in pushed
        see_the_new_release(console)
        assert served(installation) == "hats and gloves"

        roll_back(console)
        eventually(lambda: served(installation) == "hats", what="the old page")
    assert statuses == {200}
    expect(release_row(console, 1)).to_contain_text("live")
    see_the_receipt(console)
    assert complaints == []
    installation.run("remove", "shop", "--yes")


def create_with_the_wizard(console: Page, shop: Path) -> None:
    console.get_by_test_id("new-capsule").first.click()
    console.get_by_label("Search types").fill("python")
    console.get_by_test_id("type-backend").click()
    console.get_by_label("Repository URL").fill(str(shop))
    console.get_by_label("Branch").fill("main")
    console.keyboard.press("Enter")
    expect(console.get_by_test_id("plan-process").first).to_contain_text("python3 main.py")
    expect(console.get_by_label("Name", exact=True)).to_have_value("shop")
    picture(console, "wizard")
    console.get_by_test_id("create-capsule").click()


def follow_the_first_build(console: Page) -> None:
    console.wait_for_url(re.compile("/capsules/shop/builds"))
    log = console.get_by_test_id("log-lines")
    expect(log).to_contain_text("Release 1 is being deployed.", timeout=60_000)
    expect(console.get_by_test_id("build-detail")).to_contain_text("Sell hats")
    expect(console.get_by_test_id("phase-bar")).to_contain_text("fetch and plan")
    expect(console.get_by_role("link", name="Release 1")).to_be_visible()
    expect(console.get_by_test_id("status").filter(has_text="Live").first).to_be_visible(timeout=60_000)
    picture(console, "builds")


def watch_shortly(console: Page) -> None:
    """Set the rules in the console: ten seconds of watch, so that a receipt is there soon."""
    console.get_by_role("link", name="Config", exact=True).click()
    console.get_by_role("button", name="Edit how releases go live").click()
    console.get_by_label("Watch").fill("10")
    console.get_by_test_id("rollout-card").get_by_role("button", name="Save").click()
    expect(console.get_by_test_id("rollout-card")).to_contain_text("10 s after it went live")


def see_the_new_release(console: Page) -> None:
    row = release_row(console, number_of(console, "Sell gloves too"))
    expect(row).to_contain_text("live", timeout=30_000)
    expect(console.get_by_test_id("watch")).to_contain_text("comes back by itself")
    picture(console, "releases")


def roll_back(console: Page) -> None:
    console.get_by_role("button", name="Roll back to release 1").click()
    dialog = console.get_by_test_id("roll-back-dialog")
    expect(dialog).to_contain_text("Sell gloves too")
    expect(dialog).to_contain_text("Sell hats")
    expect(dialog).to_contain_text("watch seconds")
    dialog.get_by_label("Kept").click()
    dialog.get_by_label("Restored").click()
    picture(console, "roll-back")
    dialog.get_by_role("button", name="Roll back").click()
    expect(dialog).to_be_hidden()


def see_the_receipt(console: Page) -> None:
    """The push's deployment was followed by another before its watch was over; its receipt tells that."""
    row = console.get_by_test_id("deployment-row").filter(has_text="built").first
    row.locator("summary").click()
    expect(row.get_by_test_id("receipt")).to_contain_text("Switch")
    expect(row.get_by_test_id("receipt")).to_contain_text("Requests during it")
    row.scroll_into_view_if_needed()
    picture(console, "receipt")


def release_row(console: Page, number: int) -> Locator:
    return console.locator(f"[data-testid=release-row][data-release='{number}']")


def number_of(console: Page, subject: str) -> int:
    row = console.get_by_test_id("release-row").filter(has_text=subject)
    expect(row).to_be_visible(timeout=30_000)
    return int(row.get_attribute("data-release") or 0)


def served(installation: Installation) -> str:
    return str(installation.get("shop").text)


@contextmanager
def customers(installation: Installation) -> Iterator[set[int]]:
    """People who look at the shop all the while; yields the statuses of the answers they got."""
    statuses: set[int] = set()
    closed = threading.Event()

    def look() -> None:
        while not closed.wait(0.02):
            statuses.add(installation.get("shop").status_code)

    customer = threading.Thread(target=look)
    customer.start()
    try:
        yield statuses
    finally:
        closed.set()
        customer.join()
