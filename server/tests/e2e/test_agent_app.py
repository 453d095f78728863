"""The tutorial app: served with hot reload, deployed, talked to over the API; its file is downloaded."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from installation import CAPSULE, REPOSITORY, Installation, eventually
from playwright.sync_api import Locator, Page, expect

import cpsl

HELP = "Try: connect github, connect aws, hint github, upload csv, or write report"


@pytest.fixture(scope="module")
def tutorial(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial's folder, with the resources that its first chapter creates."""
    folder: Path = tmp_path_factory.mktemp("tutorial") / "app"
    shutil.copytree(REPOSITORY / "examples" / "integrations-demo", folder)
    installation.run(
        "secret",
        "create",
        "OPENAI_API_KEY=sk-1",
        "GITHUB_CLIENT_ID=demo-client",
        "GITHUB_CLIENT_SECRET=demo-secret",
    )
    installation.run("fs", "create", "reports")
    return folder


@pytest.fixture(scope="module")
def deployed(installation: Installation, tutorial: Path) -> Iterator[str]:
    installation.run("deploy", "app.py:app", cwd=tutorial)
    yield "integrations-demo"
    installation.run("remove", "integrations-demo", "--yes", check=False)


def client(installation: Installation) -> cpsl.Client:
    token = installation.json("token", "create", "test")["token"]
    return cpsl.Client(token=token, gateway_url=installation.url)


def test_write_report_writes_the_file_that_fs_download_fetches(
    installation: Installation, deployed: str, tmp_path: Path
) -> None:
    answer = client(installation).chat(deployed, "write report")
    assert answer.text == "Wrote /data/reports/summary.txt"
    target = tmp_path / "summary.txt"
    installation.run("fs", "download", "reports", "/reports/summary.txt", str(target))
    assert target.read_text() == "Secret loaded: True\n"


def test_client_continues_a_session(installation: Installation, deployed: str) -> None:
    api = client(installation)
    first = api.chat(deployed, "hello")
    assert first.text == HELP
    second = api.chat(deployed, "again", session_id=first.session_id)
    assert second.session_id == first.session_id
    assert second.text == HELP
    assert "".join(chunk.text for chunk in api.stream(deployed, "more")) == HELP


def say(page: Page, text: str) -> None:
    composer = page.get_by_test_id("composer").get_by_role("textbox")
    composer.fill(text)
    composer.press("Enter")


def card(page: Page, kind: str) -> Locator:
    return page.locator(f'[data-type="{kind}"]').last


def test_the_tutorial_in_a_browser(
    installation: Installation, deployed: str, page: Page, tmp_path: Path
) -> None:
    page.goto(f"http://{installation.host(deployed)}/")

    say(page, "connect github")
    expect(page.get_by_text("Need GitHub access to inspect repositories").first).to_be_visible()
    with page.expect_popup() as opened:
        card(page, "integration_prompt").get_by_role("button", name="Connect").click()
    opened.value.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("Connected github with scopes: ['repo', 'read:user']")).to_be_visible()

    say(page, "connect aws")
    form = card(page, "integration_prompt")
    expect(form.get_by_label("Secret access key")).to_have_css("-webkit-text-security", "disc")
    form.get_by_label("Access key id").fill("AKIA")
    form.get_by_label("Secret access key").fill("s3cr3t")
    form.get_by_label("Region").fill("eu-west-1")
    form.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("Connected aws for region eu-west-1")).to_be_visible()

    say(page, "hint github")
    expect(page.get_by_text("Rendered a non-blocking integration card.")).to_be_visible()
    expect(card(page, "integration_prompt")).to_contain_text("GitHub is connected")

    say(page, "upload csv")
    sheet = tmp_path / "sales.csv"
    sheet.write_text("month,sales\nMay,12\n")
    card(page, "file_upload").locator("input[type=file]").set_input_files(sheet)
    expect(page.get_by_text("Uploaded sales.csv to /data/uploads")).to_be_visible()

    say(page, "write report")
    expect(page.get_by_text("Wrote /data/reports/summary.txt")).to_be_visible()
    say(page, "anything else")
    expect(page.get_by_text(HELP)).to_be_visible()

    page.reload()
    for text in ("Connected github with scopes", "Connected aws for region", "Uploaded sales.csv", HELP):
        expect(page.get_by_text(text).first).to_be_visible()
    target = tmp_path / "uploaded"
    installation.run("fs", "download", "reports", "/uploads", str(target))
    assert target.read_text() == sheet.read_text()


def test_http_api_of_the_specification_answers(installation: Installation, deployed: str) -> None:
    token = installation.json("token", "create", "http")["token"]
    with httpx2.Client(
        base_url=f"{installation.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as http:
        apps = http.get("/apps").json()["apps"]
        app = next(item for item in apps if item["name"] == deployed)
        answer = http.post(f"/app/{app['id']}/chat", json={"text": "hi"}).json()
        assert answer["replies"][0]["text"] == HELP
        assert answer["session_id"]
        assert answer["request_id"]
        assert (
            http.post(
                f"/app/{app['id']}/chat", json={"text": "hi"}, headers={"Authorization": ""}
            ).status_code
            == 401
        )


def test_serve_shows_an_edited_reply_in_the_open_chat_and_keeps_the_session(
    installation: Installation, tutorial: Path, page: Page
) -> None:
    serve = subprocess.Popen(
        [str(CAPSULE), "serve", "app.py:app"],
        cwd=tutorial,
        env=installation.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        host = "integrations-demo--serve"
        eventually(
            lambda: (
                installation.get(host, "/api/app").status_code == 200
                and installation.get(host, "/api/app").json()["state"] == "live"
            ),
            seconds=120,
            what="the served app",
        )
        page.goto(f"http://{installation.host(host)}/")
        composer = page.get_by_role("textbox")
        composer.fill("hello")
        composer.press("Enter")
        expect(page.get_by_text(HELP)).to_be_visible()
        expect(page.get_by_test_id("session-row")).to_contain_text("hello")

        app = tutorial / "app.py"
        app.write_text(app.read_text().replace("Try: connect", "Try now: connect"))

        def edited() -> bool:
            composer.fill("once more")
            composer.press("Enter")
            page.wait_for_timeout(1000)
            return page.get_by_text("Try now: connect github").count() > 0

        eventually(edited, seconds=60, what="the edited reply")
        expect(page.get_by_text(HELP).first).to_be_visible()
    finally:
        serve.send_signal(signal.SIGINT)
        output, _ = serve.communicate(timeout=30)
    assert host in output
    eventually(lambda: installation.get(host).status_code != 200, what="the end of the serve")
