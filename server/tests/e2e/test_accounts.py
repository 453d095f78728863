"""A visitor becomes a user of an app in a real browser: through the edge, a mail and the page behind it."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiosmtpd.controller import Controller
from installation import REPOSITORY, Installation, eventually, free_port
from playwright.sync_api import Browser, BrowserContext

APP = "echo"
CREDENTIALS = {"email": "grace@example.com", "password": "correct horse"}


class Mail:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.port = free_port()
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="mail.example"
        )

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(BytesParser(EmailMessage, policy=policy.default).parsebytes(envelope.content))
        return "250 taken"

    def link(self, number: int) -> str:
        """Wait for so many mails and return the link in the last."""
        eventually(lambda: len(self.mails) >= number, what="the mail")
        body = self.mails[number - 1].get_body(("plain",))
        assert body is not None
        (found,) = re.findall(r"http://\S+", body.get_content())
        return str(found)


class WithMail(Installation):
    smtp_url = ""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "CAPSULE_SMTP_URL": self.smtp_url}


@pytest.fixture(scope="module")
def mail() -> Iterator[Mail]:
    mail = Mail()
    mail.controller.start()
    yield mail
    mail.controller.stop()


@pytest.fixture(scope="module")
def platform(mail: Mail, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithMail]:
    """An installation that has learned of its mail server while it ran, with the echo app."""
    platform = WithMail(free_port(), Path(tempfile.mkdtemp(prefix="c", dir="/tmp")))
    try:
        platform.up()
        folder = tmp_path_factory.mktemp("echo") / "app"
        shutil.copytree(REPOSITORY / "examples" / "cpsl-echo", folder)
        platform.run("deploy", "app.py:app", "--name", APP, cwd=folder)
        platform.run("down")
        platform.smtp_url = f"smtp://127.0.0.1:{mail.port}"
        platform.up()
        yield platform
    finally:
        platform.remove()


def api(platform: Installation) -> httpx2.Client:
    token = platform.json("token", "create", "accounts")["token"]
    return httpx2.Client(
        base_url=f"{platform.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )


def fetch(context: BrowserContext, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Ask as the page of the app does."""
    script = """async ([method, path, body]) => {
        const sent = body === null ? undefined : JSON.stringify(body);
        const answer = await fetch(path, {method, body: sent});
        return [answer.status, await answer.json()];
    }"""
    status, found = context.pages[0].evaluate(script, [method, path, body])
    return status, found


def test_a_visitor_signs_up_by_mail_and_keeps_the_threads(
    platform: Installation, mail: Mail, browser: Browser
) -> None:
    url = f"http://{platform.host(APP)}"
    with browser.new_context() as context, browser.new_context() as other:
        context.new_page().goto(url)
        assert "magic_link" in fetch(context, "GET", "/api/app")[1]["access"]["methods"]
        session = fetch(context, "POST", "/api/sessions")[1]["id"]
        sent = {**CREDENTIALS, "return_to": f"/#/s/{session}"}
        assert fetch(context, "POST", "/api/account/sign-up", sent) == (202, {"status": "mail_sent"})
        link = mail.link(1)
        assert link.startswith(f"{url}/api/account/magic-link?token=")
        tab = context.new_page()
        tab.goto(link)
        tab.get_by_role("button", name="Confirm and sign in").click()
        tab.wait_for_url(f"{url}/#/s/{session}")
        account = fetch(context, "GET", "/api/account")[1]
        assert (account["email"], account["is_anonymous"]) == (CREDENTIALS["email"], False)
        assert [item["id"] for item in fetch(context, "GET", "/api/sessions")[1]["items"]] == [session]

        other.new_page().goto(url)
        brought = fetch(other, "POST", "/api/sessions")[1]["id"]
        assert fetch(other, "POST", "/api/account/sign-in", CREDENTIALS)[1]["id"] == account["id"]
        found = {item["id"] for item in fetch(other, "GET", "/api/sessions")[1]["items"]}
        assert found == {session, brought}
        tab.goto(link)
        assert tab.get_by_text("used already or is too old").is_visible()


def test_a_policy_holds_at_once_and_makes_no_deployment(platform: Installation, browser: Browser) -> None:
    url = f"http://{platform.host(APP)}"
    with api(platform) as http, browser.new_context() as context:
        context.new_page().goto(url)
        assert fetch(context, "GET", "/api/sessions")[0] == 200
        before = http.get(f"/capsules/{APP}").json()
        changed = http.patch(f"/capsules/{APP}", json={"config": {"access": {"anonymous": False}}})
        assert changed.status_code == 200, changed.text
        eventually(lambda: fetch(context, "GET", "/api/sessions")[0] == 401, seconds=15, what="the policy")
        assert fetch(context, "GET", "/api/sessions")[1]["code"] == "sign_in_required"
        assert fetch(context, "GET", "/api/app")[1]["access"]["anonymous"] is False
        assert fetch(context, "POST", "/api/account/sign-in", CREDENTIALS)[0] == 200
        assert fetch(context, "GET", "/api/sessions")[0] == 200
        after = http.get(f"/capsules/{APP}").json()
        assert after["release"] == before["release"]
        assert after["current_deployment"]["id"] == before["current_deployment"]["id"]
