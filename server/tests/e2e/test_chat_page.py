"""The chat page in a browser: questions, files, lost networks, two tabs, long threads."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation
from playwright.sync_api import Page, expect

APP = """
import cpsl

app = cpsl.App(name="desk", image=cpsl.Image())
app.theme(preset="midnight", tagline="Ask away")


@app.message()
async def handle(session: cpsl.Session, msg: cpsl.Message) -> None:
    if msg.text == "ask":
        approved = await session.prompt_approval("Send it?", approve_label="Send", reject_label="Wait")
        await session.reply(f"approved: {approved}")
    elif msg.text == "many":
        for number in range(900):
            await session.reply(f"line {number}")
    elif msg.text == "table":
        await session.show_table(rows=[{"city": "Oslo", "sold": 3}], title="Sales")
    elif msg.attachments:
        upload = msg.attachments[0]
        await session.reply(f"{upload.name} {upload.size}")
    else:
        await session.reply(f"you said {msg.text}")
"""


@pytest.fixture(scope="module")
def desk(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("desk")
    (folder / "app.py").write_text(APP)
    installation.run("deploy", "app.py:app", cwd=folder)
    yield f"http://{installation.host('desk')}/"
    installation.run("remove", "desk", "--yes", check=False)


def say(page: Page, text: str) -> None:
    composer = page.get_by_role("textbox", name="Message")
    composer.fill(text)
    composer.press("Enter")


def test_a_question_outlives_a_reload_and_a_message_behind_it_waits_in_line(page: Page, desk: str) -> None:
    page.goto(desk)
    say(page, "ask")
    prompt = page.get_by_test_id("prompt")
    expect(prompt.get_by_role("button", name="Send")).to_be_visible()
    expect(page.get_by_label("Waits for your answer")).to_be_visible()
    say(page, "later")
    expect(page.get_by_text("In line")).to_be_visible()
    page.reload()
    prompt.get_by_role("button", name="Send").click()
    expect(page.get_by_text("you said later")).to_be_visible()
    expect(prompt.get_by_role("button")).to_have_count(0)
    texts = page.get_by_test_id("message").all_inner_texts()
    assert [text.splitlines()[0] for text in texts] == ["ask", "approved: True", "later", "you said later"]


def test_messages_written_offline_go_out_once_and_two_tabs_show_the_same(page: Page, desk: str) -> None:
    page.goto(desk)
    say(page, "first")
    expect(page.get_by_text("you said first")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_text("you said first")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "offline")
    say(page, "second")
    say(page, "third")
    expect(page.get_by_text("Sent when the connection is back")).to_have_count(2)
    page.context.set_offline(False)
    for tab in (page, other):
        expect(tab.get_by_text("you said third")).to_be_visible(timeout=20_000)
        expect(tab.get_by_text("second", exact=True)).to_have_count(1)
        expect(tab.get_by_test_id("message")).to_have_count(6)


def test_an_upload_goes_on_after_the_network_was_lost(page: Page, desk: str, tmp_path: Path) -> None:
    size = 24 * 1024 * 1024
    (tmp_path / "big.bin").write_bytes(bytes(size))
    page.goto(desk)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def limit(*, offline: bool, upload: int) -> None:
        speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
        network.send("Network.emulateNetworkConditions", {"offline": offline, **speed})

    limit(offline=False, upload=6 * 1024 * 1024)
    page.get_by_label("Files to attach").set_input_files(tmp_path / "big.bin")
    attachment = page.get_by_test_id("attachment")
    expect(attachment).to_contain_text(re.compile(r"[1-9]\d? %"))
    limit(offline=True, upload=-1)
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    limit(offline=False, upload=-1)
    expect(page.locator("[data-testid=attachment][data-state=complete]")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text(f"big.bin {size}")).to_be_visible()


def test_a_long_thread_opens_at_its_end_and_goes_back_without_jumping(page: Page, desk: str) -> None:
    page.goto(desk)
    say(page, "many")
    expect(page.get_by_text("line 899", exact=True)).to_be_visible(timeout=60_000)
    page.reload()
    newest = page.get_by_text("line 899", exact=True)
    expect(newest).to_be_visible()
    assert page.get_by_test_id("message").count() < 600
    box = page.get_by_test_id("messages").locator("xpath=..")
    for _ in range(20):
        box.evaluate("element => { element.scrollTop = 0 }")
        if page.get_by_text("line 0", exact=True).count():
            break
        page.wait_for_timeout(200)
    expect(page.get_by_test_id("message")).to_have_count(901)
    page.get_by_role("button", name="To the newest message").click()
    expect(newest).to_be_in_viewport()


def test_a_table_opens_beside_the_chat_and_closes(page: Page, desk: str) -> None:
    page.goto(desk)
    expect(page.get_by_text("Ask away")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    say(page, "table")
    panel = page.get_by_test_id("panel")
    expect(panel.get_by_text("Oslo")).to_be_visible()
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_have_count(0)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(panel.get_by_text("Oslo")).to_be_visible()


def test_signing_up_takes_the_chats_of_the_visitor_along(page: Page, desk: str) -> None:
    page.goto(desk)
    say(page, "remember me")
    expect(page.get_by_text("you said remember me")).to_be_visible()
    page.get_by_role("button", name="Account and more").click()
    page.get_by_role("menuitem", name="Sign in").click()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("you said remember me")).to_be_visible()
    account = page.get_by_role("button", name="Account and more")
    expect(account).to_contain_text("ada@example.com")
    account.click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(account).to_contain_text("Guest")
    expect(page.get_by_test_id("session-row")).to_have_count(0)
