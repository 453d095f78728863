"""Runtimes as people see them: in the console, in the chat, on the command line."""

from pathlib import Path

from installation import ADMIN, Installation, eventually
from playwright.sync_api import Page, expect

WHO = """
import os
import cpsl

app = cpsl.App(name="who", image=cpsl.Image())


@app.message()
async def handle(session: cpsl.Session, msg: cpsl.Message):
    with open(os.path.expanduser("~/seen"), "a") as file:
        file.write("x")
    who, times = session.user.email or "a visitor", os.path.getsize(file.name)
    await session.reply(f"You are {who}, for the {times}. time.")
"""


def say(page: Page, text: str) -> None:
    composer = page.get_by_role("textbox")
    composer.fill(text)
    composer.press("Enter")


def test_the_console_opens_a_chat_as_oneself_shows_the_runtime_stops_and_clears_it(
    console: Page, page: Page, installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(WHO)
    installation.run("deploy", "app.py:app", cwd=tmp_path)

    visitor = console.context.new_page()
    visitor.goto(f"http://{installation.host('who')}/")
    say(visitor, "hello")
    expect(visitor.get_by_text("You are a visitor, for the 1. time.")).to_be_visible()

    console.goto(f"{installation.url}/capsules/who")
    with console.context.expect_page() as opened:
        console.get_by_role("link", name="Open chat").click()
    chat = opened.value
    say(chat, "hello")
    expect(chat.get_by_text(f"You are {ADMIN}, for the 1. time.")).to_be_visible()

    console.get_by_role("link", name="Runtimes", exact=True).click()
    row = console.get_by_test_id("runtime-row").filter(has_text=ADMIN)
    expect(row).to_contain_text("Warm")
    expect(console.get_by_test_id("runtime-row")).to_have_count(2)
    row.get_by_role("button", name="Stop").click()
    console.get_by_test_id("runtime-dialog").get_by_role("button", name="Stop runtime").click()
    expect(row).to_contain_text("Cold")

    say(chat, "again")
    expect(chat.get_by_text(f"You are {ADMIN}, for the 2. time.")).to_be_visible()
    expect(row).to_contain_text("Warm")

    row.get_by_role("button", name="Delete the private files").click()
    console.get_by_test_id("runtime-dialog").get_by_role("button", name="Delete files").click()
    expect(row).to_contain_text("Cold")
    say(chat, "once more")
    expect(chat.get_by_text(f"You are {ADMIN}, for the 1. time.")).to_have_count(2)
    installation.run("remove", "who", "--yes")
    eventually(lambda: not list((installation.data / "users").glob("*")), what="the end of the files")


def test_the_command_line_lists_stops_and_clears_runtimes(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(WHO.replace('"who"', '"listed"'))
    installation.run("deploy", "app.py:app", cwd=tmp_path)
    assert installation.run("runtimes", "listed").stdout == "Nobody has used listed yet.\n"

    page.goto(f"http://{installation.host('listed')}/")
    say(page, "hello")
    expect(page.get_by_text("You are a visitor, for the 1. time.")).to_be_visible()
    (runtime,) = installation.json("runtimes", "listed")["items"]
    assert runtime["state"] == "warm"
    installation.run("runtimes", "stop", "listed", runtime["user_id"])
    assert installation.json("runtimes", "listed")["items"][0]["state"] == "cold"
    installation.run("runtimes", "clear", "listed", runtime["user_id"], "--yes")
    say(page, "hello again")
    expect(page.get_by_text("You are a visitor, for the 1. time.")).to_have_count(2)
    installation.run("remove", "listed", "--yes")
