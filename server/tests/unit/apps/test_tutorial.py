"""The tutorial app, word for word as its document has it."""

from pathlib import Path

from apphost import Host

from capsule.engines.contract import Mount

TUTORIAL = Path(__file__).parents[4] / "examples" / "integrations-demo" / "app.py"


async def test_the_tutorial_app_works_or_says_what_comes_later(host: Host, tmp_path: Path) -> None:
    mount = Mount(str(tmp_path), "/data")
    runtime = host.run(TUTORIAL.read_text(), {"OPENAI_API_KEY": "sk-test"}, mounts=(mount,))
    capsule = await host.put(runtime)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "help") == [
            "Try: connect github, connect aws, hint github, upload csv, or write report"
        ]
        assert await browser.say(session, "write report") == ["Wrote /data/reports/summary.txt"]
        assert (tmp_path / "reports" / "summary.txt").read_text() == "Secret loaded: True\n"
        for text in ("connect github", "connect aws", "hint github", "upload csv"):
            sent = await browser.send(session, text)
            events = await browser.until_ended(session, sent["turn_id"])
            (reply,) = [event for event in events if event["type"] == "reply"]
            assert reply["data"]["text"].endswith("it comes in a later version of Capsule.")
            assert events[-1]["data"] == {"status": "succeeded"}


async def test_a_missing_secret_is_named_with_the_way_to_create_it(host: Host, tmp_path: Path) -> None:
    runtime = host.run(TUTORIAL.read_text(), mounts=(Mount(str(tmp_path), "/data"),))
    capsule = await host.put(runtime)
    async with host.browser(capsule) as browser:
        (reply,) = await browser.say(await browser.open(), "write report")
    assert "Secret 'OPENAI_API_KEY' is not set" in reply
    assert "capsule secret create OPENAI_API_KEY=" in reply
