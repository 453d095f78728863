"""A person walks the console and the chat in a real browser."""

import re
from pathlib import Path

from installation import Installation, eventually, git_repository
from playwright.sync_api import Page, expect

SLOW_APP = """
import asyncio
import cpsl

app = cpsl.App(name="slow-talker", image=cpsl.Image())


@app.message()
async def handle(session: cpsl.Session, msg: cpsl.Message):
    async with session.stream_reply() as reply:
        for number in range(1, 41):
            reply.write(f"word{number} ")
            await asyncio.sleep(0.1)
"""


def test_wrong_password_is_told_and_the_form_stays(page: Page, installation: Installation) -> None:
    page.goto(installation.url)
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("nobody@example.com")


def test_create_capsule_see_it_live_read_logs_switch_off_and_on_remove(
    console: Page, installation: Installation, tmp_path: Path
) -> None:
    repository = git_repository(tmp_path / "flask", "flask-procfile")
    console.get_by_test_id("new-capsule").first.click()
    console.get_by_test_id("type-backend").click()
    console.get_by_label("Repository URL").fill(str(repository))
    console.get_by_label("Branch").fill("main")
    console.get_by_test_id("next-step").click()
    expect(console.get_by_test_id("plan-process")).to_contain_text("flask run")
    console.get_by_label("Name", exact=True).fill("from-console")
    console.get_by_test_id("create-capsule").click()

    console.wait_for_url(re.compile("/capsules/from-console"))
    expect(console.get_by_test_id("status").filter(has_text="Live").first).to_be_visible(timeout=120_000)
    live = console.context.new_page()
    live.goto(f"http://{installation.host('from-console')}/")
    expect(live.get_by_text("Flask").first).to_be_visible()

    console.get_by_role("link", name="Builds", exact=True).click()
    expect(console.get_by_test_id("plan-choices")).to_contain_text("Procfile")
    console.get_by_role("link", name="Logs", exact=True).click()
    expect(console.get_by_test_id("log-lines")).to_contain_text(re.compile("Listening|Running|Started"))

    switch = console.get_by_test_id("power-switch")
    switch.click()
    console.get_by_test_id("power-off-dialog").get_by_role("button", name="Switch off").click()
    eventually(lambda: installation.get("from-console").status_code == 503, what="switching off")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    eventually(lambda: installation.get("from-console").status_code == 200, what="switching on")

    console.get_by_role("link", name="Details", exact=True).click()
    console.get_by_role("button", name="Remove").click()
    dialog = console.get_by_test_id("remove-dialog")
    confirm = dialog.get_by_role("button", name="Remove")
    expect(confirm).to_be_disabled()
    dialog.get_by_role("textbox").fill("from-console")
    confirm.click()
    eventually(lambda: installation.get("from-console").status_code == 404, what="removal")
    eventually(
        lambda: "from-console" not in {item["name"] for item in installation.json("list")},
        what="the end of the removal",
    )


def test_chat_streams_survives_a_reload_in_the_middle_and_repeats_nothing(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(SLOW_APP)
    installation.run("deploy", "app.py:app", cwd=tmp_path)
    page.goto(f"http://{installation.host('slow-talker')}/")
    composer = page.get_by_role("textbox")
    composer.fill("go")
    composer.press("Enter")
    expect(page.get_by_text("word3")).to_be_visible()
    page.reload()
    expect(page.get_by_text("word40")).to_be_visible()
    text = page.get_by_test_id("messages").inner_text()
    assert [f"word{n}" for n in range(1, 41)] == re.findall(r"word\d+", text)
    page.reload()
    expect(page.get_by_text("word40")).to_be_visible()
    assert len(re.findall(r"word\d+", page.get_by_test_id("messages").inner_text())) == 40
    expect(page.get_by_test_id("session-row")).to_have_text(re.compile("go"))
    installation.run("remove", "slow-talker", "--yes")
