"""Elements in the conversation: exact types, ids and payloads, and what is refused."""

from typing import Any

import pytest
from session_backend import FakeBackend, blocks, make_session

import cpsl
from cpsl import ui
from cpsl._collections import Collection, CollectionManager


class TestShow:
    async def test_a_block_is_shown_kept_and_remembered(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        await session.show(cpsl.Block("note", {"a": 1, "when": float("nan")}, "n1"))
        expected = {"id": "n1", "type": "note", "payload": {"a": 1, "when": None}}
        assert backend.kept == [expected] == blocks(session)

    async def test_without_an_id_each_one_is_new(self, session: cpsl.Session, backend: FakeBackend) -> None:
        block = cpsl.Block("note", {})
        await session.show(block)
        await session.show(block)
        first, second = (shown["id"] for shown in backend.kept)
        assert first.startswith("blk_")
        assert len(first) == 16
        assert first != second

    async def test_one_with_a_known_id_takes_its_place_in_the_history(self, session: cpsl.Session) -> None:
        await session.show(cpsl.Block("note", {"n": 1}, 'a"b'))
        await session.reply("between")
        await session.show(cpsl.Block("note", {"n": 2}, 'a"b'))
        assert [entry.sender for entry in session.history] == ["block", "app"]
        assert blocks(session)[0]["payload"] == {"n": 2}

    async def test_without_a_backend_only_the_history_knows(self) -> None:
        session = make_session()
        await session.show(cpsl.Block("note", {}, "n1"))
        await session.emit("ping")
        await session.set_title("x")
        assert [block["id"] for block in blocks(session)] == ["n1"]

    async def test_wrong_blocks_are_refused(self, session: cpsl.Session, backend: FakeBackend) -> None:
        with pytest.raises(TypeError, match=r"takes a cpsl\.Block"):
            await session.show({"type": "note"})  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="type of a block"):
            await session.show(cpsl.Block(" ", {}))
        with pytest.raises(TypeError, match="payload of a block"):
            await session.show(cpsl.Block("note", []))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="over the limit"):
            await session.show(cpsl.Block("note", {"text": "x" * (8 * 1024 * 1024)}))
        assert backend.kept == []

    async def test_shown_blocks_never_reach_a_model(self, session: cpsl.Session) -> None:
        await session.reply("a")
        await session.show(cpsl.Block("note", {}))
        await session.reply("b")
        assert session.chat_messages(cpsl.Message("c", "user", "chat")) == [
            {"role": "assistant", "content": "ab"},
            {"role": "user", "content": "c"},
        ]


class TestSteps:
    async def test_a_step_is_updated_by_its_id(self, session: cpsl.Session, backend: FakeBackend) -> None:
        row = await session.show_step("Read the file!", detail="a.csv")
        name, _, digits = row.rpartition("_")
        assert name == "read_the_file"
        assert len(digits) == 8
        assert await session.show_step("Read", status="completed", step_id=row, expanded=True) == row
        first, second = backend.kept
        assert first == {
            "id": f"step_{row}",
            "type": "step_status",
            "payload": {
                "label": "Read the file!",
                "status": "running",
                "detail": "a.csv",
                "step_id": row,
                "expanded": False,
            },
        }
        assert second["id"] == first["id"]
        assert (second["payload"]["status"], second["payload"]["expanded"]) == ("completed", True)
        assert len(blocks(session)) == 1

    async def test_the_id_stays_when_the_turn_is_run_again(self, backend: FakeBackend) -> None:
        first = await make_session(backend).show_step("Read")
        again = FakeBackend()
        again.known = list(backend.recorded)
        assert await make_session(again).show_step("Read") == first

    async def test_links_that_lack_something_are_dropped(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        links = [{"title": "A", "href": "https://a"}, {"label": "B"}, {"url": "https://c"}]
        await session.show_activity("Found", links=links, fields={"n": 1}, icon="search", activity_id="f")
        assert backend.kept == [
            {
                "id": "activity_f",
                "type": "activity",
                "payload": {
                    "label": "Found",
                    "detail": "",
                    "activity_id": "f",
                    "icon": "search",
                    "expanded": False,
                    "links": [{"label": "A", "url": "https://a"}],
                    "fields": {"n": 1},
                },
            }
        ]

    async def test_labels_without_letters_have_ids_too(self, session: cpsl.Session) -> None:
        assert (await session.show_step("東京")).startswith("step_")

    async def test_wrong_arguments(self, session: cpsl.Session) -> None:
        with pytest.raises(ValueError, match="running, completed, failed, skipped"):
            await session.show_step("x", status="odd")
        with pytest.raises(ValueError, match="label"):
            await session.show_step(" ")
        with pytest.raises(TypeError, match="links="):
            await session.show_step("x", links="https://a")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="A link is a dict"):
            await session.show_step("x", links=["https://a"])  # type: ignore[list-item]
        with pytest.raises(TypeError, match="fields="):
            await session.show_activity("x", fields=[1])  # type: ignore[arg-type]


class TestSuggestions:
    async def test_all_forms_become_one(self, session: cpsl.Session, backend: FakeBackend) -> None:
        given = [
            "Go on",
            cpsl.Suggestion("Stop", action="halt", payload={"now": True}),
            {"label": "More", "prompt": "Tell me more", "colour": "red"},
            {"label": "Raw", "target": "prompt", "value": "raw", "colour": "red"},
            " ",
        ]
        await session.show_suggestions(given, title="Next")
        (shown,) = backend.kept
        assert (shown["type"], shown["payload"]["title"]) == ("suggestions", "Next")
        assert shown["payload"]["suggestions"] == [
            {"label": "Go on", "target": "prompt", "value": "Go on"},
            {"label": "Stop", "target": "action", "value": "halt", "payload": {"now": True}},
            {"label": "More", "target": "prompt", "value": "Tell me more"},
            {"label": "Raw", "target": "prompt", "value": "raw"},
        ]

    async def test_a_single_one_and_none(self, session: cpsl.Session, backend: FakeBackend) -> None:
        for nothing in ([], "", None, [""]):
            await session.show_suggestions(nothing)
        assert backend.kept == []
        await session.show_suggestions("Go")
        assert "title" not in backend.kept[0]["payload"]

    @pytest.mark.parametrize(
        "wrong",
        [
            cpsl.Suggestion("x", page="home"),
            {"label": "x", "workflow": "w"},
            {"prompt": "x"},
            {"label": "x", "target": "prompt"},
            {"label": "x", "target": "page", "value": "home"},
        ],
    )
    async def test_only_prompts_and_actions(self, session: cpsl.Session, wrong: Any) -> None:
        with pytest.raises(ValueError, match="prompt"):
            await session.show_suggestions([wrong])

    async def test_other_things_are_type_errors(self, session: cpsl.Session) -> None:
        with pytest.raises(TypeError, match="A suggestion is"):
            await session.show_suggestions([3])


class TestSmallOnes:
    async def test_a_task_card(self, session: cpsl.Session, backend: FakeBackend) -> None:
        await session.show_task("")
        await session.show_task(None)
        assert backend.kept == []
        await session.show_task(cpsl.TaskHandle("t1", None), message="Working")
        await session.show_task("t2")
        assert [(b["type"], b["payload"]) for b in backend.kept] == [
            ("task_card", {"task_id": "t1", "message": "Working"}),
            ("task_card", {"task_id": "t2"}),
        ]

    async def test_an_offer_to_connect(self, session: cpsl.Session, backend: FakeBackend) -> None:
        await session.show_integration("github", reason="To read issues")
        assert backend.kept[0]["type"] == "integration_prompt"
        assert backend.kept[0]["payload"] == {"type": "github", "reason": "To read issues", "blocking": False}
        with pytest.raises(ValueError, match="does not declare the integration 'acme'"):
            await session.show_integration("acme")

    async def test_events_and_titles_leave_nothing_in_the_history(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        await session.emit("moved", {"at": {1}})
        await session.emit("stopped")
        await session.set_title(" Report ")
        assert backend.events == [("moved", {"at": [1]}), ("stopped", {})]
        assert backend.titles == ["Report"]
        assert session.history == []
        with pytest.raises(ValueError, match="name of an event"):
            await session.emit("")
        with pytest.raises(TypeError, match="payload"):
            await session.emit("x", [1])  # type: ignore[arg-type]
        await session.set_title(" ")
        assert len(backend.titles) == 1


class TestBrowser:
    async def test_a_port_or_a_url_in_one_place(self, session: cpsl.Session, backend: FakeBackend) -> None:
        await session.show_browser(port=3000, path="a")
        await session.show_browser(url="https://x", title="X", mode="preview")
        await session.hide_browser()
        assert {b["id"] for b in backend.kept} == {"browser_preview_s1"}
        assert [b["payload"] for b in backend.kept] == [
            {"title": "", "path": "/a", "mode": "split", "port": 3000},
            {"title": "X", "path": "/", "mode": "preview", "url": "https://x"},
            {"close": True},
        ]

    @pytest.mark.parametrize(
        "wrong",
        [{}, {"port": 80, "mode": "inline"}, {"port": 70000}, {"port": -1}, {"url": "javascript:alert(1)"}],
    )
    async def test_wrong_arguments(self, session: cpsl.Session, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - the wording is free, the type is not
            await session.show_browser(**wrong)


class TestTable:
    async def shown(self, *args: Any, **options: Any) -> dict[str, Any]:
        backend = FakeBackend()
        await make_session(backend).show_table(*args, **options)
        (block,) = backend.kept
        assert block["type"] == "table_preview"
        payload: dict[str, Any] = block["payload"]
        return payload

    async def test_every_source(self) -> None:
        app = cpsl.App("demo", image=cpsl.Image())
        ref = app.collection("open_orders", columns=["a"], scope="user", sortable=True)
        manager = CollectionManager(None, "", user_id="u1")
        dynamic = await manager.get("notes", scope="user")
        rows = [{"a": 1}]
        assert await self.shown("open_orders") == {
            "title": "Open orders",
            "mode": "split",
            "table": {"type": "table", "collection_ref": "open_orders"},
        }
        assert (await self.shown(ref))["table"] == {
            "type": "table",
            "collection": "open_orders",
            "scope": "user",
            "columns": ["a"],
            "sortable": True,
        }
        assert (await self.shown(collection=ref))["title"] == "Open orders"
        assert (await self.shown(dynamic))["table"] == {
            "type": "table",
            "collection": "notes",
            "scope": "user",
        }
        assert (await self.shown(Collection("notes", "session")))["table"]["scope"] == "session"
        assert (await self.shown(rows))["table"] == {"type": "table", "rows": rows}
        assert (await self.shown(rows=[]))["title"] == "Table"
        assert await self.shown(data="top-ten", columns=["a"], title="Best") == {
            "title": "Best",
            "mode": "split",
            "table": {"type": "table", "data": "top-ten", "columns": ["a"]},
        }
        assert (await self.shown(data="top-ten"))["title"] == "Top ten"

    async def test_widgets_pass_with_the_options_beside_them(self) -> None:
        table = ui.Table("orders", label="Orders")
        shown = await self.shown(table, columns=["b"], sortable=True, mode="inline")
        assert shown["title"] == "Orders"
        assert shown["table"] == {
            "type": "table",
            "collection": "orders",
            "label": "Orders",
            "columns": ["b"],
            "sortable": True,
        }
        assert table.columns is None
        browser = ui.TableBrowser([ui.Table("orders")], title="All")
        assert await self.shown(browser) == {"title": "All", "mode": "split", "table": browser.to_dict()}

    async def test_a_newer_one_replaces_unless_inline(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        await session.show_table("a")
        await session.show_table("b", mode="copilot")
        await session.show_table("c", mode="inline")
        await session.hide_table()
        ids = [block["id"] for block in backend.kept]
        assert ids[0] == ids[1] == ids[3] == "table_preview_s1"
        assert ids[2].startswith("blk_")
        assert backend.kept[3]["payload"] == {"close": True}
        assert [b["payload"].get("close", False) for b in blocks(session)] == [True, False]

    @pytest.mark.parametrize(
        ("error", "args", "options"),
        [
            (ValueError, (), {}),
            (ValueError, (), {"rows": [], "data": "x"}),
            (ValueError, ("a",), {"collection": "b"}),
            (ValueError, ("a",), {"mode": "huge"}),
            (ValueError, ("a",), {"columns": ["$x"]}),
            (TypeError, (3,), {}),
            (TypeError, ("",), {}),
            (TypeError, (), {"collection": [{"a": 1}]}),
            (TypeError, ([1],), {}),
            (TypeError, (), {"rows": {"a": 1}}),
            (TypeError, (), {"data": 3}),
        ],
    )
    async def test_wrong_sources(
        self, error: type[Exception], args: tuple[Any, ...], options: dict[str, Any]
    ) -> None:
        with pytest.raises(error):
            await self.shown(*args, **options)


class TestUi:
    async def test_every_source(self, session: cpsl.Session, backend: FakeBackend) -> None:
        await session.show_ui(ui.Text("hi"), title="T")
        await session.show_ui(component="pages/A.tsx", props={"a": 1}, packages=["d3"], key="k")
        await session.show_ui(page="home", mode="preview")
        assert [b["payload"] for b in backend.kept] == [
            {"mode": "split", "kind": "widget", "widget": {"type": "text", "content": "hi"}, "title": "T"},
            {
                "mode": "split",
                "kind": "component",
                "component": "pages/A.tsx",
                "packages": ["d3"],
                "props": {"a": 1},
                "key": "k",
                "title": "",
            },
            {"mode": "preview", "kind": "page", "page": "home", "title": ""},
        ]
        assert [b["id"] for b in backend.kept] == ["ui_preview_s1", "ui_preview_s1_k", "ui_preview_s1"]

    async def test_inline_ones_without_a_key_stay(self, session: cpsl.Session, backend: FakeBackend) -> None:
        await session.show_ui(ui.Divider(), mode="inline")
        await session.show_ui(ui.Divider(), mode="inline", key="k")
        assert backend.kept[0]["id"].startswith("blk_")
        assert backend.kept[1]["id"] == "ui_preview_s1_k"

    async def test_hiding_one_or_all(self, session: cpsl.Session, backend: FakeBackend) -> None:
        await session.show_ui(ui.Divider(), key="a")
        await session.show_ui(ui.Divider(), key="b")
        backend.kept.clear()
        await session.hide_ui("a")
        assert backend.kept == [
            {"id": "ui_preview_s1_a", "type": "ui_preview", "payload": {"close": True, "key": "a"}}
        ]
        backend.kept.clear()
        await session.hide_ui()
        assert [(b["id"], b["payload"]) for b in backend.kept] == [
            ("ui_preview_s1", {"close": True}),
            ("ui_preview_s1_b", {"close": True, "key": "b"}),
        ]

    @pytest.mark.parametrize(
        ("error", "options"),
        [
            (ValueError, {}),
            (ValueError, {"page": "a", "component": "b"}),
            (ValueError, {"page": "a", "mode": "huge"}),
            (ValueError, {"page": " "}),
            (TypeError, {"ui": "text"}),
            (TypeError, {"ui": ui.Divider}),
            (TypeError, {"component": 3}),
            (TypeError, {"page": "a", "props": [1]}),
            (TypeError, {"page": "a", "packages": [1]}),
        ],
    )
    async def test_wrong_sources(
        self, session: cpsl.Session, error: type[Exception], options: dict[str, Any]
    ) -> None:
        with pytest.raises(error):
            await session.show_ui(**options)


class TestChannelsThatCannotDraw:
    async def test_elements_become_short_texts(self) -> None:
        backend = FakeBackend()
        session = make_session(backend, channel="telegram")
        await session.show_table("open_orders")
        await session.show_table("open_orders")
        await session.show_ui(ui.Divider(), title="Board")
        await session.show_task("t1")
        await session.show_integration("gdrive")
        await session.hide_table()
        assert backend.kept == []
        assert backend.replies == [
            "Open orders (shown in the web app)",
            "Board (shown in the web app)",
            "A task is running. Follow it in the web app.",
            "Please connect your Google Drive account in the web app.",
        ]

    async def test_other_elements_are_silent(self) -> None:
        backend = FakeBackend()
        session = make_session(backend, channel="slack")
        await session.show_step("Read")
        await session.show_suggestions("Go on")
        await session.show(cpsl.Block("note", {}))
        assert (backend.kept, backend.replies) == ([], [])
        assert len(blocks(session)) == 3

    async def test_the_api_gets_blocks(self) -> None:
        backend = FakeBackend()
        await make_session(backend, channel="api").show(cpsl.Block("note", {}))
        assert len(backend.kept) == 1
