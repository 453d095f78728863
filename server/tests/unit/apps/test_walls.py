"""One user of an app and another: by no route can one read, change or answer anything of the other."""

import asyncio
from pathlib import Path
from typing import Any, cast

from apphost import Browser, Host
from starlette.routing import Route

from capsule.apps.hosting import Hosting
from capsule.apps.http.application import create_application
from capsule.apps.http.identity import Visitors
from capsule.apps.http.tickets import Tickets
from capsule.apps.options import AppHostOptions
from capsule.apps.preview.tokens import PreviewTokens

SECRET = "xyzzy-plugh"
APP = f"""
import cpsl
app = cpsl.App(name="walls", image=cpsl.Image())
app.add_integration("aws")

@app.message()
async def handle(session, msg):
    if msg.text != "{SECRET}":
        return
    await session.set("private", "{SECRET}", scope="user")
    await session.set_title("{SECRET} title")
    session.data["word"] = "{SECRET}"
    await session.reply("{SECRET}")
    picture = await session.media.image(b"{SECRET}", filename="{SECRET}.png")
    await session.show_image(picture["src"])
    await session.prompt_approval("{SECRET}?")
"""
FIELDS = ["access_key_id", "secret_access_key", "region"]
MANIFEST = {"integrations": [{"type": "aws", "mode": "secret", "fields": FIELDS}]}


def routes(folder: Path) -> list[Route]:
    """All routes of the app host, as it mounts them."""
    visitors, tickets = Visitors(folder / "key"), Tickets(folder / "key")
    hosting = cast(Hosting, None)
    previews = PreviewTokens(folder / "key")
    application = create_application(hosting, visitors, tickets, folder / "none", AppHostOptions(), previews)
    return [route for route in application.routes if isinstance(route, Route)]


class Victim:
    """A user with a conversation, an open prompt, files, a connected account."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.ids: dict[str, str] = {}

    async def prepare(self) -> None:
        browser = self.browser
        session = await browser.open()
        sent = await browser.send(session, SECRET)
        async for event in browser.events(session):
            data = event["data"]
            if event["type"] == "block" and data["type"] == "image":
                self.ids["kept"] = str(data["payload"]["url"])
            if event["type"] == "block" and data["type"] == "approval_prompt":
                self.ids["prompt_id"] = data["id"]
                break
        fields = dict.fromkeys(FIELDS, SECRET)
        filled = await browser.put("/api/connections/aws", {"fields": fields})
        assert filled.status_code == 200, filled.text
        body = {"name": f"{SECRET}.txt", "size": 3, "content_type": "text/plain"}
        made = (await browser.post("/api/files", body)).json()
        self.ids |= {"session_id": session, "turn_id": sent["turn_id"], "file_id": made["id"]}

    async def state(self) -> Any:
        browser, session = self.browser, self.ids["session_id"]
        return [
            await browser.log(session),
            (await browser.get("/api/sessions")).json(),
            (await browser.get("/api/connections")).json(),
            (await browser._client.head(f"/api/files/{self.ids['file_id']}")).headers["upload-offset"],
            (await browser.get("/api/account")).json(),
        ]


async def test_no_route_shows_or_changes_anything_of_another_user(host: Host, tmp_path: Path) -> None:
    capsule = await host.put(host.run(APP), manifest=MANIFEST)
    async with host.browser(capsule) as own, host.browser(capsule) as foreign:
        victim = Victim(own)
        await victim.prepare()
        before = await victim.state()
        await foreign.get("/api/app")  # for a cookie
        tried = 0
        for route in routes(tmp_path):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                answer = await attack(foreign, method, route.path, victim.ids)
                tried += 1
                assert SECRET not in answer.text, (method, route.path)
                if "_id}" in route.path:
                    assert answer.status_code in (401, 403, 404), (method, route.path, answer.text)
        assert tried > 25
        assert await victim.state() == before


async def attack(browser: Browser, method: str, path: str, ids: dict[str, str]) -> Any:
    """Call a route with the ids of somebody else, in the path and wherever a body may name one."""
    names = {**ids, "name": "x.txt", "type": "aws", "path": "", "token": "x", "port": "80"}
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
    body = {
        **{name: ids[name] for name in ("session_id", "prompt_id", "file_id", "turn_id")},
        **{"attachments": [ids["file_id"]], "approved": True, "dismissed": True, "title": "mine now"},
        **{"text": "hello", "content": [{"type": "text", "text": "hi"}], "thread_key": "k"},
        **{"name": "x.txt", "size": 1, "fields": {}, "email": "eve@example.com", "password": "p" * 20},
    }
    if method == "GET":
        async with browser._client.stream("GET", path) as opened, asyncio.timeout(20):
            is_endless = opened.headers.get("content-type", "").startswith("text/event-stream")
            text = b"" if is_endless else await opened.aread()
        return _Answer(opened.status_code, text.decode(errors="replace"))
    return await browser._client.request(
        method, path, json=body, headers={"Upload-Offset": "0", "Origin": "http://demo.localhost"}
    )


class _Answer:
    def __init__(self, status_code: int, text: str) -> None:
        self.status_code = status_code
        self.text = text


async def test_a_conversation_of_one_app_means_nothing_in_another(host: Host) -> None:
    capsule = await host.put(host.run(APP), manifest=MANIFEST)
    other = await host.put(host.run(APP), manifest=MANIFEST)
    async with host.browser(capsule) as own:
        victim = Victim(own)
        await victim.prepare()
        async with host.browser(other) as elsewhere:
            elsewhere._client.cookies.update(dict(own._client.cookies))
            for path in (
                f"/api/sessions/{victim.ids['session_id']}/log",
                f"/api/files/{victim.ids['file_id']}/x",
            ):
                assert (await elsewhere.get(path)).status_code == 404
            kept = victim.ids["kept"].partition("/api/")[2]
            assert (await elsewhere.get(f"/api/{kept}")).status_code in (403, 404)


async def test_a_signed_link_is_for_its_file_only_and_its_owner_needs_none(host: Host) -> None:
    capsule = await host.put(host.run(APP), manifest=MANIFEST)
    async with host.browser(capsule) as own, host.browser(capsule) as foreign:
        victim = Victim(own)
        await victim.prepare()
        path = "/api/" + victim.ids["kept"].partition("/api/")[2]
        plain, _, query = path.partition("?")
        assert (await foreign.get(path)).text == SECRET, "whoever was given the link may open it"
        assert (await foreign.get(plain)).status_code == 404
        assert (await foreign.get(f"{plain}?{query[:-4]}AAAA")).status_code in (403, 404)
        expired = "&".join(
            "expires=1000000000" if part.startswith("expires=") else part for part in query.split("&")
        )
        assert (await foreign.get(f"{plain}?{expired}")).status_code in (403, 404)
        assert (await own.get(f"{plain}?{expired}")).text == SECRET
