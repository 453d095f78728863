"""What an app declares, in both styles, as the manifest that the platform reads."""

import re
from pathlib import Path
from typing import Any

import pytest

import cpsl
from cpsl import ui


def make(**options: Any) -> cpsl.App:
    return cpsl.App("demo", image=cpsl.Image(), **options)


def test_the_manifest_has_exactly_the_promised_keys() -> None:
    keys = (
        "app_name image price pricing_type channels keep_warm_seconds secrets filesystems cpu memory gpu"
        " integrations npm_packages schedules pages collections data_sources settings workflows home chat"
        " onboarding shell has_message_handler message_handlers session_handlers actions theme"
        " module class_name"
    )
    assert sorted(make()._serialize()) == sorted(keys.split())


def test_resources_are_recorded_and_channel_secrets_are_appended() -> None:
    filesystem = cpsl.FileSystem("reports")
    bot = cpsl.Telegram(bot_token=cpsl.Secret.from_name("BOT"))
    app = make(
        secrets=["KEY"], filesystems={"/data": filesystem}, channels=[cpsl.Channel("x"), bot], cpu=2, gpu="T4"
    )
    with pytest.warns(DeprecationWarning, match="capsule channel create"):
        found = app._serialize()
    assert found["secrets"] == ["KEY", "BOT"]
    assert found["filesystems"] == {"/data": {"name": "reports", "sources": [], "tools": []}}
    assert found["channels"] == [
        {"type": "_resource", "name": "x"},
        {"type": "telegram", "bot_token": {"_secret_name": "BOT"}},
    ]
    assert (found["cpu"], found["gpu"], found["memory"]) == (2, "T4", 512)
    assert filesystem.link("reports/a.txt", label="A") == {
        "_type": "file",
        "path": "/data/reports/a.txt",
        "label": "A",
    }


def test_declarations_after_the_handlers_are_in_the_manifest() -> None:
    app = make()

    @app.message()
    async def handle(session: cpsl.Session, msg: cpsl.Message) -> None: ...

    app.collection("notes", columns=["a", cpsl.Column("b", "number")], scope="user", sortable=True)
    app.setting("tone", type=str, default="dry", options=["dry", "warm"])
    app.add_integration("aws")
    found = app._serialize()
    assert found["has_message_handler"] is True
    assert found["collections"] == [
        {
            "name": "notes",
            "scope": "user",
            "columns": [{"key": "a", "type": "text"}, {"key": "b", "type": "number"}],
            "sortable": True,
        }
    ]
    assert found["settings"][0]["type"] == "str"
    assert found["integrations"][0]["fields"] == ["access_key_id", "secret_access_key", "region"]


def test_declarations_below_a_class_are_in_its_manifest() -> None:
    app = cpsl.App("classy")

    @app.cls(image=cpsl.Image(python_packages=["flask"]), memory=1024)
    class Assistant:
        @cpsl.message("support", label="Help")
        async def handle(self, session: cpsl.Session, msg: cpsl.Message) -> None: ...

        @cpsl.action()
        def tick(self, session: cpsl.Session, event: cpsl.Event) -> None: ...

        @cpsl.schedule("0 9 * * *")
        def morning(self) -> None: ...

    app.page("Home Page")(lambda: ui.Page([]))
    found = app._serialize()
    assert found["class_name"].endswith("Assistant")
    assert found["image"]["python_packages"] == ["flask"]
    assert found["message_handlers"] == [{"name": "support", "label": "Help"}]
    assert found["actions"] == ["tick"]
    assert found["schedules"] == [{"name": "morning", "cron": "0 9 * * *"}]
    assert [page["route"] for page in found["pages"]] == ["home-page"]


def test_mixed_styles_are_refused_both_ways() -> None:
    with pytest.raises(RuntimeError, match="made of functions"):
        make().cls(image=cpsl.Image())
    bare = cpsl.App("bare")
    with pytest.raises(RuntimeError, match="image="):
        bare.message()
    with pytest.raises(RuntimeError, match="image="):
        bare.workflow("x")

    @bare.cls(image=cpsl.Image())
    class Handlers: ...

    with pytest.raises(RuntimeError, match="decorate a method"):
        bare.task()


def test_two_methods_for_one_chat_are_refused() -> None:
    app = cpsl.App("twice")

    @app.cls(image=cpsl.Image())
    class Handlers:
        @cpsl.message()
        def one(self, session: Any, msg: Any) -> None: ...

        @cpsl.message()
        def two(self, session: Any, msg: Any) -> None: ...

    with pytest.raises(RuntimeError, match="the default chat"):
        app._serialize()


@pytest.mark.parametrize(
    ("name", "route", "expected"),
    [
        ("Sales  Report!", None, "sales-report"),
        ("x", "#/Deep/Sub Page?q=1", "deep/sub-page"),
        ("Home", None, "home-page"),
    ],
)
def test_routes_follow_from_names(name: str, route: str | None, expected: str) -> None:
    page = make().add_page(name, component="pages/a.tsx", route=route)
    assert (page.route, page.path, page.href, str(page)) == (
        expected,
        f"/{expected}",
        f"#/{expected}",
        expected,
    )
    with pytest.raises(TypeError):
        page(lambda: None)


def test_reserved_duplicate_and_empty_routes_are_refused() -> None:
    app = make()
    app.add_page("One", component="a.tsx")
    wrong: list[dict[str, Any]] = [{"name": "one"}, {"name": "x", "route": "chat"}, {"name": "???"}]
    for options in wrong:
        with pytest.raises(ValueError, match=re.compile("route", re.I)):
            app.add_page(component="a.tsx", **options)
    with pytest.raises(ValueError, match="inside the project"):
        app.add_page("out", component="../a.tsx")


def test_pages_are_ordered_and_react_pages_get_the_packages_of_the_app() -> None:
    app = make(npm_packages=["react-flow", " ", "react-flow"])
    app.add_page("b", component="b.tsx", packages=["d3@7", "react-flow"], order=5)
    app.page("a", order=1)(lambda: ui.Page([ui.Text("hi")]))
    app.page("c")(lambda: ui.Page([]))
    pages = app._serialize()["pages"]
    assert [page["name"] for page in pages] == ["a", "b", "c"]
    assert pages[0]["widget_tree"] == {"type": "page", "children": [{"type": "text", "content": "hi"}]}
    assert pages[1]["packages"] == ["react-flow", "d3@7"]
    assert pages[2]["order"] == 6


def test_page_functions_must_return_widgets() -> None:
    with pytest.raises(TypeError, match="must return a"):
        make().page("x")(lambda: {"type": "page"})


@pytest.mark.parametrize("panels", [0, 2])
def test_a_chat_page_has_exactly_one_panel(panels: int) -> None:
    with pytest.raises(ValueError, match=f"has {panels}"):
        make().chat_page()(lambda: ui.Page([ui.ChatPanel() for _ in range(panels)]))


def test_shell_home_onboarding_and_theme_have_their_wire_forms(tmp_path: Path) -> None:
    app = make()
    start = app.page("Start")
    start(lambda: ui.Page([]))
    app.shell(home="hidden", default_page=start, show_chats=False)
    app.home(title="Hi", suggestions=[cpsl.Suggestion("Ask", prompt="What?")])
    app.home_suggestions(ttl=5)(lambda: None)
    app.onboarding(redirect="Start")(lambda: ui.Page([]))
    logo = tmp_path / "logo.svg"
    logo.write_text("<svg/>")
    app.theme(preset="dark", primary="#fff", logo=str(logo), favicon="missing.ico")
    found = app._serialize()
    assert found["shell"]["default_page"] == "start"
    assert found["home"] == {
        "suggestions": [{"label": "Ask", "target": "prompt", "value": "What?"}],
        "dynamic_suggestions": True,
        "access": "public",
        "title": "Hi",
        "dynamic_suggestions_access": "public",
        "dynamic_suggestions_ttl": 5,
    }
    assert found["onboarding"]["type"] == "dsl"
    assert found["theme"]["primary"] == "#fff"
    assert found["theme"]["background"] == "#1a1a1a"
    assert found["theme"]["logo"] == "data:image/svg+xml;base64,PHN2Zy8+"
    assert "favicon" not in found["theme"]
    with pytest.raises(ValueError, match="one onboarding"):
        app.add_onboarding(component="a.tsx")


def test_workflows_and_tasks_are_recorded_and_never_hide_a_method_of_the_app() -> None:
    app = make()
    flow = app.workflow("report", description="Make one")

    @flow.ui()
    def launcher() -> ui.WorkflowShell:
        return ui.WorkflowShell("Report")

    @flow.action("again")
    def again(session: Any, values: Any) -> None: ...

    @app.task(retries=2)
    async def crunch(n: int) -> int:
        return n

    @app.task()
    def message() -> None: ...

    assert app.crunch is crunch  # type: ignore[attr-defined]
    assert app.message() is not None
    (wire,) = app._serialize()["workflows"]
    assert wire == {
        "name": "report",
        "scope": "user",
        "icon": "workflow",
        "actions": ["again"],
        "description": "Make one",
        "widget_tree": {"type": "workflow_shell", "title": "Report"},
    }


async def test_a_task_called_directly_runs_in_place_and_submitting_needs_a_running_app() -> None:
    app = make()

    @app.task()
    async def double(n: int) -> int:
        return 2 * n

    assert await double(4) == 8
    with pytest.raises(RuntimeError, match="once the app is running"):
        await double.submit(n=1)
    app._bind()
    with pytest.raises(cpsl.NotYetAvailable, match="later version"):
        await double.submit(n=1)
    for wrong in ("soon", "1.5h", "3 hrs", "every"):
        with pytest.raises(ValueError, match="Not a delay"):
            await double.schedule(wrong, n=1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda app: app.collection("x", scope="team"),
        lambda app: app.collection("x", columns=["a", "a"]),
        lambda app: app.collection("x", columns=["$a"]),
        lambda app: app.setting("x", type=dict),
        lambda app: (app.setting("x"), app.setting("x")),
        lambda app: app.theme(preset="neon"),
        lambda app: app.shell(home="somewhere"),
        lambda app: app.home_suggestions(ttl=-1),
        lambda app: app.page("x", access="secret"),
        lambda app: app.workflow("x", scope="world"),
        lambda app: app.session(" "),
        lambda app: app.schedule("hourly"),
        lambda app: cpsl.App(" "),
        lambda app: cpsl.FileSystem(" "),
        lambda app: cpsl.App("x", image=cpsl.Image(), filesystems={"data": cpsl.FileSystem("x")}),
        lambda app: cpsl.file("relative/path"),
        lambda app: cpsl.Suggestion("x"),
        lambda app: cpsl.Suggestion("x", prompt="a", page="b"),
        lambda app: cpsl.FileSystem("x").mcp("tool"),
    ],
)
def test_declarations_that_cannot_work_are_value_errors(wrong: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the wording is free, the type is not
        wrong(make())


def test_an_image_reads_requirements_files(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# web\nflask==3\n\n-r other.txt\n  httpx2 \n")
    image = cpsl.Image(python_packages=str(file)).add_apt_packages(["git"]).add_commands(["make"])
    assert image.to_dict() == {
        "python_packages": ["flask==3", "httpx2"],
        "apt_packages": ["git"],
        "commands": ["make"],
    }
    with pytest.raises(FileNotFoundError):
        cpsl.Image(python_packages="nowhere.txt")


async def test_data_calls_before_boot_are_runtime_errors() -> None:
    app = make()
    notes = app.collection("notes")
    for call in (notes.find_one({}), app.get("k"), app.set("k", 1), app.settings.get("x")):
        with pytest.raises(RuntimeError, match="once the app is running"):
            await call
    app._bind()
    with pytest.raises(cpsl.NotYetAvailable):
        await notes.filter(age__gte=3).order_by("-age").first()
    with pytest.raises(ValueError, match="no lookup"):
        notes.filter(age__near=3)
