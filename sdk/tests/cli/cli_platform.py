"""A small platform that speaks the contract of the API over real HTTP, with a script of what happens."""

import io
import json
import re
import tarfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "tok-good"
AT = "2026-01-31T12:00:00Z"
Json = dict[str, Any]


@dataclass
class Problem(Exception):
    status: int
    code: str
    detail: str
    hint: str | None = None
    extra: Json = field(default_factory=dict)


@dataclass
class FakePlatform:
    """State and script of the platform; every request is kept in `requests`."""

    url: str = ""
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    spaces: list[Json] = field(default_factory=lambda: [space("spc_1", "main"), space("spc_2", "shop")])
    capsules: dict[str, Json] = field(default_factory=dict)
    builds: dict[str, Json] = field(default_factory=dict)
    deployments: list[Json] = field(default_factory=list)
    env: dict[str, dict[str, str]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    uploads: list[dict[str, bytes]] = field(default_factory=list)
    tokens: list[Json] = field(default_factory=list)
    git_connections: list[Json] = field(default_factory=list)
    serves: dict[str, Json] = field(default_factory=dict)
    changes: list[tuple[dict[str, bytes], list[str]]] = field(default_factory=list)
    build_lines: list[str] = field(default_factory=lambda: ["installing flask", "done"])
    build_end: Json = field(default_factory=lambda: {"status": "succeeded", "reason": None, "hint": None})
    build_gate: threading.Event | None = None
    deployment_end: Json = field(default_factory=lambda: {"status": "succeeded"})
    deployment_waits: list[str] = field(default_factory=list)
    """What a deployment says at each look before it ends."""
    cut_after_line: int | None = None
    plan: Json = field(default_factory=lambda: {"provider": "python", "choices": [], "steps": []})
    site_plan: Json = field(default_factory=lambda: {"reasons": ["There is no index.html."], "hint": "-"})
    fail: Callable[[str, str], None] = lambda method, path: None
    serve_runs: bool = True
    reload_failure: str | None = None
    runtimes: Json = field(default_factory=lambda: runtime_report("deploy", is_hosted=False))
    heartbeats: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def called(self, method: str, pattern: str) -> list[Any]:
        """Bodies of the requests that match."""
        return [body for made, path, body in self.requests if made == method and re.search(pattern, path)]

    def add_capsule(self, name: str, type_: str = "backend", **more: Any) -> Json:
        found = {
            "id": f"cap_{len(self.capsules) + 1}",
            "team_id": "team_1",
            "space_id": "spc_1",
            "name": name,
            "slug": name,
            "type": type_,
            "is_on": True,
            "status": "live",
            "url": f"http://{name}.localhost:8080",
            "hosts": [f"{name}.localhost"],
            "release": None,
            "created_at": AT,
            "can": [],
            **more,
        }
        self.capsules[found["id"]] = found
        return found


def space(id_: str, slug: str) -> Json:
    return {
        "id": id_,
        "team_id": "team_1",
        "name": slug,
        "slug": slug,
        "capsules": 0,
        "created_at": AT,
        "can": [],
    }


def runtime_report(environment: str, items: tuple[Json, ...] = (), **more: Any) -> Json:
    return {
        "environment": environment,
        "is_hosted": True,
        "is_forked": True,
        "keep_warm_seconds": 600.0,
        "wake_p50_seconds": None,
        "wake_p95_seconds": None,
        "shared_bytes": None,
        "memory_bytes": sum(item["memory_bytes"] or 0 for item in items),
        "notices": [],
        "counts": {
            state: sum(item["state"] == state for item in items) for state in ("waking", "warm", "cold")
        },
        "items": list(items),
        "can": ["stop"],
        **more,
    }


def runtime(user_id: str, state: str = "warm", **more: Any) -> Json:
    return {
        "user_id": user_id,
        "email": None,
        "state": state,
        "release": "1",
        "turns": 0,
        "memory_bytes": None if state == "cold" else 5_000_000,
        "wakes": 1,
        "wake_seconds": 0.0114,
        "woken_at": AT,
        "used_at": AT,
        "last_end": "",
        **more,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    platform: FakePlatform

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_any(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path).removeprefix("/api/v1")
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        body = json.loads(raw) if is_json else raw
        self.platform.requests.append((self.command, path, body))
        try:
            self.platform.fail(self.command, path)
            if (
                not path.startswith(("/auth/cli-logins", "/auth/token", "/auth/login"))
                or path == "/auth/tokens"
            ):
                good = (f"Bearer {TOKEN}", "Bearer tok-new")
                if self.headers.get("Authorization") not in good and "capsule_login" not in str(
                    self.headers.get("Cookie")
                ):
                    raise Problem(401, "unauthenticated", "Sign in first.")
            for method, pattern, function in ROUTES:
                match = re.fullmatch(pattern, path)
                if method == self.command and match:
                    answer = function(self, self.platform, body, *match.groups())
                    if answer is not STREAMED:
                        self.answer(201 if method == "POST" else 200, answer)
                    return
            raise Problem(404, "not_found", f"There is no {path}.")
        except Problem as problem:
            self.answer(
                problem.status,
                {
                    "type": f"/errors/{problem.code}",
                    "title": "Refused",
                    "status": problem.status,
                    "code": problem.code,
                    "detail": problem.detail,
                    "hint": problem.hint,
                    "request_id": "req_42",
                    **problem.extra,
                },
            )
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_any

    def answer(self, status: int, body: Any) -> None:
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status if raw or status >= 400 else 204)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def event(self, name: str, data: Any, id_: int | None = None) -> None:
        head = f"id: {id_}\n" if id_ is not None else ""
        self.wfile.write(f"{head}event: {name}\ndata: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()


STREAMED = object()


def items(found: list[Json]) -> Json:
    return {"items": found}


def log_line(text: str) -> Json:
    return {"at": AT, "replica": None, "stream": "stdout", "text": text}


def me(*_: Any) -> Json:
    user = {"id": "usr_1", "email": "ada@example.org", "name": "Ada", "is_admin": True, "created_at": AT}
    team = {"id": "team_1", "name": "Ada", "slug": "ada", "is_personal": True, "role": "owner"}
    return {"user": user, "teams": [team], "via": "token", "server": {"version": "0.1.0"}}


def make_token(_: Handler, platform: FakePlatform, body: Json) -> Json:
    if body["password"] != "right":
        raise Problem(401, "wrong_credentials", "E-mail or password is wrong.")
    platform.tokens.append({"id": "tok_9", "name": body.get("name"), "created_at": AT})
    return {"token": "tok-new", "user": me()["user"]}


def cli_login(_: Handler, platform: FakePlatform, body: Json) -> Json:
    return {"id": "cli_1", "poll_secret": "s", "code": "ABCD-1234", "url": f"{platform.url}/cli/cli_1"}


def poll(_: Handler, platform: FakePlatform, body: Json, id_: str) -> Json:
    if len(platform.called("POST", "/poll")) < 2:
        return {"status": "pending"}
    return {"status": "approved", "token": "tok-new", "user": me()["user"]}


def list_capsules(handler: Handler, platform: FakePlatform, _: Any) -> Json:
    wanted = handler.query.get("space")
    return items([c for c in platform.capsules.values() if wanted in (None, c["space_id"])])


def capsule(platform: FakePlatform, name: str) -> Json:
    for found in platform.capsules.values():
        if name in (found["id"], found["slug"]):
            return found
    raise Problem(404, "not_found", f"There is no capsule '{name}'.")


def create_capsule(_: Handler, platform: FakePlatform, body: Json) -> Json:
    made = platform.add_capsule(body["name"], body["type"], space_id=body["space_id"], status="empty")
    made.update(source=body.get("source"), config=body.get("config"))
    return made


def remove_capsule(handler: Handler, platform: FakePlatform, _: Any, id_: str) -> Json:
    found = capsule(platform, id_)
    if handler.query.get("confirm") != found["name"]:
        raise Problem(422, "confirmation_needed", "Confirm with the name.")
    return platform.capsules.pop(found["id"])


def switch(_: Handler, platform: FakePlatform, body: Any, id_: str, verb: str) -> Json:
    found = capsule(platform, id_)
    found["status"] = "stopped" if verb == "stop" else "live"
    return found


def create_build(_: Handler, platform: FakePlatform, body: Json, id_: str) -> Json:
    found = capsule(platform, id_)
    build = {
        "id": f"bld_{len(platform.builds) + 1}",
        "capsule_id": found["id"],
        "status": "queued",
        "trigger": "manual",
        "source": body.get("source") or found["source"],
        "created_at": AT,
        "is_live": False,
    }
    platform.builds[build["id"]] = build
    return build


def build_log(handler: Handler, platform: FakePlatform, _: Any, id_: str) -> object:
    if id_ not in platform.builds:
        raise Problem(404, "not_found", f"There is no build '{id_}'.")
    handler.stream()
    after = int(handler.headers.get("Last-Event-ID") or 0)
    for number, text in enumerate(platform.build_lines, start=1):
        if number <= after:
            continue
        handler.event("line", log_line(text), number)
        if platform.cut_after_line == number:
            platform.cut_after_line = None
            return STREAMED
    if platform.build_gate is not None:
        platform.build_gate.wait(10)
    platform.builds[id_]["status"] = platform.build_end["status"]
    handler.event("end", platform.build_end)
    return STREAMED


def releases(_: Handler, platform: FakePlatform, __: Any, id_: str) -> Json:
    mine = [b for b in platform.builds.values() if b["capsule_id"] == capsule(platform, id_)["id"]]
    return items(
        [
            {"id": f"rel_{n}", "capsule_id": id_, "number": n, "build_id": b["id"], "created_at": AT}
            for n, b in enumerate(mine, start=1)
            if b["status"] == "succeeded"
        ]
    )


def deployments(handler: Handler, platform: FakePlatform, _: Any, id_: str) -> Json:
    now = platform.deployment_end
    if platform.deployment_waits:
        now = {"status": "running", "reason": platform.deployment_waits.pop()}
    return items(
        [
            {
                "id": f"dpl_{release['number']}",
                "capsule_id": id_,
                "release_id": release["id"],
                "release_number": release["number"],
                "created_at": AT,
                "reason": None,
                "hint": None,
                "log_tail": [],
                **now,
            }
            for release in releases(handler, platform, None, id_)["items"]
        ]
    )


def list_env(_: Handler, platform: FakePlatform, __: Any, id_: str) -> Json:
    found = platform.env.setdefault(capsule(platform, id_)["id"], {})
    return items([{"key": key, "value": value, "set_by": "user"} for key, value in found.items()])


def patch_env(handler: Handler, platform: FakePlatform, body: Json, id_: str) -> Json:
    found = platform.env.setdefault(capsule(platform, id_)["id"], {})
    if "CAPSULE_X" in body["set"]:
        raise Problem(422, "invalid_input", "CAPSULE_X is set by the system.", extra={"field": "set"})
    found.update(body["set"])
    for key in body["unset"]:
        found.pop(key, None)
    return list_env(handler, platform, None, id_)


def upload(handler: Handler, platform: FakePlatform, body: bytes, space_id: str) -> Json:
    platform.uploads.append(unpacked(body))
    return {"id": f"upl_{len(platform.uploads)}", "digest": "0", "size_bytes": len(body)}


def unpacked(body: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
        found = {}
        for member in archive.getmembers():
            content = archive.extractfile(member)
            found[member.name] = content.read() if content else b""
        return found


def put_file(handler: Handler, platform: FakePlatform, body: bytes, id_: str) -> Json:
    path = handler.query["path"]
    platform.files[path] = body
    return {"name": path.rpartition("/")[2], "path": path, "is_folder": False, "size": len(body)}


def update_capsule(_: Handler, platform: FakePlatform, body: Json, id_: str) -> Json:
    found = capsule(platform, id_)
    found["config"] = {**(found.get("config") or {}), **body["config"]}
    return found


def show_usage(_: Handler, platform: FakePlatform, __: Any, id_: str) -> Json:
    size = (capsule(platform, id_).get("config") or {}).get("size") or 10240
    return {"used_bytes": sum(map(len, platform.files.values())), "size_bytes": size << 20}


def list_files(handler: Handler, platform: FakePlatform, _: Any, id_: str) -> Json:
    entries = [
        {"name": p[1:], "path": p, "is_folder": False, "size": len(c)} for p, c in platform.files.items()
    ]
    return items([*entries, {"name": "sub", "path": "/sub", "is_folder": True, "size": 0}])


def get_file(handler: Handler, platform: FakePlatform, _: Any, id_: str) -> bytes:
    path = handler.query["path"]
    if path not in platform.files:
        raise Problem(404, "not_found", f"There is no file '{path}'.", "capsule fs ls")
    return platform.files[path]


def get_serve(_: Handler, platform: FakePlatform, __: Any, id_: str) -> Json:
    manifest = {"cpu": 0.25, "memory": 512, "secrets": [{"_secret_name": "NEEDED"}], "keep_warm_seconds": 60}
    return {**platform.serves[id_], "manifest": manifest}


def create_serve(_: Handler, platform: FakePlatform, body: Json, id_: str) -> Json:
    if not platform.secrets.get("NEEDED", "x"):
        raise Problem(422, "missing_secret", "There is no secret 'NEEDED'.", "capsule secret create NEEDED=…")
    name = capsule(platform, id_)["name"]
    made = {
        "id": "srv_1",
        "capsule_id": id_,
        "status": "starting",
        "revision": 0,
        "url": f"http://{name}--serve.localhost:8080",
        "reason": None,
        "replica_id": None,
        "build_id": "bld_s",
    }
    platform.builds["bld_s"] = {"id": "bld_s", "capsule_id": id_, "status": "running"}
    platform.serves["srv_1"] = made
    return made


def heartbeat(_: Handler, platform: FakePlatform, __: Any, id_: str) -> Json:
    platform.heartbeats += 1
    if id_ not in platform.serves:
        raise Problem(404, "not_found", f"There is no serve '{id_}'.")
    return platform.serves[id_]


def serve_changes(handler: Handler, platform: FakePlatform, body: bytes, id_: str) -> Json:
    platform.changes.append((unpacked(body) if body else {}, json.loads(handler.headers["X-Deleted"])))
    serve = platform.serves[id_]
    serve.update(revision=serve["revision"] + 1, reason=platform.reload_failure)
    if platform.reload_failure is None:
        serve["replica_id"] = f"rpl_{serve['revision']}"
    return platform.serves[id_]


def serve_log(handler: Handler, platform: FakePlatform, _: Any, id_: str) -> object:
    handler.stream()
    handler.event("line", log_line("hello from boot"))
    time.sleep(0.1)
    if platform.serve_runs:
        platform.serves[id_].update(status="running", replica_id="rpl_0")
        handler.event("serve", platform.serves[id_])
    platform.ended.wait(10)
    return STREAMED


def end_serve(_: Handler, platform: FakePlatform, __: Any, id_: str) -> None:
    platform.serves.pop(id_, None)
    platform.ended.set()


def follow_log(handler: Handler, platform: FakePlatform, _: Any, id_: str) -> object:
    if len(platform.called("GET", "/logs/stream$")) > 1:
        raise Problem(410, "gone", "The log has ended.")
    handler.stream()
    handler.event("line", log_line("one"))
    handler.event("line", log_line("two needle"))
    return STREAMED


def create_secret(_: Handler, platform: FakePlatform, body: Json, space_id: str) -> Json:
    platform.secrets[body["name"]] = body["value"]
    return {"name": body["name"], "created_at": AT, "updated_at": AT}


def list_runtimes(handler: Handler, platform: FakePlatform, _: Any, id_: str) -> Json:
    return {**platform.runtimes, "environment": handler.query["environment"]}


ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("GET", "/auth/me", me),
    ("POST", "/auth/token", make_token),
    ("POST", "/auth/login", lambda h, p, b: make_token(h, p, b) and me()),
    ("POST", "/auth/logout", lambda h, p, b: None),
    ("POST", "/auth/cli-logins", cli_login),
    ("POST", "/auth/cli-logins/([^/]+)/poll", poll),
    ("GET", "/auth/tokens", lambda h, p, b: items(p.tokens)),
    ("DELETE", "/auth/tokens/([^/]+)", lambda h, p, b, i: p.tokens.clear()),
    ("GET", "/teams", lambda h, p, b: items([{"id": "team_1", "slug": "ada"}])),
    ("GET", "/teams/team_1/git-connections", lambda h, p, b: items(p.git_connections)),
    ("GET", "/spaces", lambda h, p, b: items(p.spaces)),
    ("POST", "/spaces", lambda h, p, b: p.spaces.append(space("spc_9", b["name"])) or p.spaces[-1]),
    ("GET", "/capsules", list_capsules),
    ("POST", "/capsules", create_capsule),
    ("GET", "/capsules/([^/]+)", lambda h, p, b, i: capsule(p, i)),
    ("DELETE", "/capsules/([^/]+)", remove_capsule),
    ("POST", "/capsules/([^/]+)/(start|stop|restart)", switch),
    ("GET", "/capsules/([^/]+)/builds", lambda h, p, b, i: items(list(p.builds.values()))),
    ("POST", "/capsules/([^/]+)/builds", create_build),
    ("GET", "/capsules/([^/]+)/releases", releases),
    ("GET", "/capsules/([^/]+)/deployments", deployments),
    ("GET", "/capsules/([^/]+)/env", list_env),
    ("PATCH", "/capsules/([^/]+)/env", patch_env),
    ("GET", "/capsules/([^/]+)/logs", lambda h, p, b, i: items([log_line("one"), log_line("two")])),
    ("GET", "/capsules/([^/]+)/logs/stream", follow_log),
    ("GET", "/capsules/([^/]+)/runtimes", list_runtimes),
    ("POST", "/capsules/([^/]+)/runtimes/(stop|clear)", lambda h, p, b, i, v: None),
    ("GET", "/builds/([^/]+)/logs/stream", build_log),
    ("GET", "/builds/([^/]+)/logs", lambda h, p, b, i: items([log_line(t) for t in p.build_lines])),
    ("POST", "/builds/([^/]+)/cancel", lambda h, p, b, i: p.builds[i]),
    ("POST", "/spaces/([^/]+)/uploads", upload),
    ("POST", "/plans", lambda h, p, b: p.site_plan if b["type"] == "frontend" else p.plan),
    ("GET", "/spaces/([^/]+)/secrets", lambda h, p, b, i: items([{"name": n} for n in p.secrets])),
    ("POST", "/spaces/([^/]+)/secrets", create_secret),
    ("DELETE", "/spaces/([^/]+)/secrets/([^/]+)", lambda h, p, b, i, n: p.secrets.pop(n) and None),
    ("PATCH", "/capsules/([^/]+)", update_capsule),
    ("GET", "/capsules/([^/]+)/files/usage", show_usage),
    ("GET", "/capsules/([^/]+)/files", list_files),
    ("PUT", "/capsules/([^/]+)/files", put_file),
    ("GET", "/capsules/([^/]+)/files/content", get_file),
    ("POST", "/capsules/([^/]+)/serves", create_serve),
    ("GET", "/serves/([^/]+)", get_serve),
    ("POST", "/serves/([^/]+)/heartbeat", heartbeat),
    ("POST", "/serves/([^/]+)/changes", serve_changes),
    ("GET", "/serves/([^/]+)/logs/stream", serve_log),
    ("DELETE", "/serves/([^/]+)", end_serve),
]


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)
