"""Each widget's wire form."""

from typing import Any

import pytest

import cpsl
from cpsl import ui

FORMS: list[tuple[Any, dict[str, Any]]] = [
    (ui.Page([ui.Divider()]), {"type": "page", "children": [{"type": "divider"}]}),
    (
        ui.Row([], columns=[1, "2fr"], gap=0, align="end"),
        {"type": "row", "children": [], "columns": [1, "2fr"], "gap": 0, "align": "end"},
    ),
    (ui.Column([], flex=1, fill=True), {"type": "column", "children": [], "flex": 1, "fill": True}),
    (
        ui.Card("T", [ui.Text("x", style="muted")]),
        {"type": "card", "title": "T", "children": [{"type": "text", "content": "x", "style": "muted"}]},
    ),
    (ui.Card(), {"type": "card"}),
    (
        ui.Metric("m", value=0, format="percent"),
        {"type": "metric", "label": "m", "value": 0, "format": "percent"},
    ),
    (
        ui.Chart(data="d", x="a", y="b"),
        {"type": "chart", "chart_type": "line", "data": "d", "x": "a", "y": "b"},
    ),
    (ui.Table("notes"), {"type": "table", "collection_ref": "notes"}),
    (ui.Table("notes", label="N"), {"type": "table", "collection_ref": "notes", "label": "N"}),
    (
        ui.Table("notes", columns=["a"], paginate=5, editable=True),
        {"type": "table", "collection": "notes", "columns": ["a"], "paginate": 5, "editable": True},
    ),
    (ui.Table(rows=[{"a": 1}]), {"type": "table", "rows": [{"a": 1}]}),
    (
        ui.Table(data="d", import_url="#/in", import_page="P"),
        {"type": "table", "data": "d", "import_url": "#/in", "import_page": "P"},
    ),
    (
        ui.TableBrowser([ui.TableGroup("G", [ui.Table("a")])], title="All"),
        {
            "type": "table_browser",
            "items": [
                {"type": "table_group", "label": "G", "items": [{"type": "table", "collection_ref": "a"}]}
            ],
            "title": "All",
        },
    ),
    (
        ui.Image("a.png", workflow="w", payload={"k": 1}),
        {"type": "image", "src": "a.png", "alt": "", "target": "workflow", "value": "w", "payload": {"k": 1}},
    ),
    (
        ui.ImageGallery(["a", ui.Image("b"), {"src": "c"}]),
        {"type": "image_gallery", "images": [{"src": "a", "alt": ""}, {"src": "b", "alt": ""}, {"src": "c"}]},
    ),
    (
        ui.Video("v", controls=False, loop=True),
        {"type": "video", "src": "v", "controls": False, "loop": True},
    ),
    (ui.VideoGallery(["v"], columns=2), {"type": "video_gallery", "videos": [{"src": "v"}], "columns": 2}),
    (
        ui.ActionCard("Go", page=cpsl.PageRef("P", "p-route"), primary=True),
        {"type": "action_card", "label": "Go", "target": "page", "value": "p-route", "primary": True},
    ),
    (
        ui.GalleryCard("Go", prompt="hi", image="i"),
        {"type": "gallery_card", "label": "Go", "image": "i", "target": "prompt", "value": "hi"},
    ),
    (
        ui.Button("B", on_click="act", payload={}),
        {"type": "button", "label": "B", "target": "action", "value": "act", "payload": {}},
    ),
    (ui.Toggle("T", setting="s"), {"type": "toggle", "label": "T", "setting": "s"}),
    (
        ui.TextInput("T", name="n", multiline=True),
        {"type": "text_input", "label": "T", "name": "n", "multiline": True},
    ),
    (
        ui.NumberInput(name="n", min=0, max=0, step=1),
        {"type": "number_input", "name": "n", "min": 0, "max": 0, "step": 1},
    ),
    (
        ui.Select("S", options=["a"], default="a"),
        {"type": "select", "label": "S", "options": ["a"], "default": "a"},
    ),
    (
        ui.TaskBoard(columns=[ui.TaskBoardColumn("A", ["pending"])]),
        {"type": "task_board", "refresh_ms": 5000, "columns": [{"label": "A", "statuses": ["pending"]}]},
    ),
    (
        ui.FileBrowser(mount="/data/"),
        {
            "type": "file_browser",
            "mount": "/data",
            "path": "/",
            "scope": "",
            "allow_upload": True,
            "allow_delete": True,
            "allow_rename": True,
            "allow_mkdir": True,
            "fill": False,
        },
    ),
    (
        ui.ChatPanel(title="C", height=3),
        {"type": "chat_panel", "show_header": True, "title": "C", "height": 3},
    ),
    (
        ui.WorkflowShell("W", children=[ui.FormSection("S", children=[])]),
        {
            "type": "workflow_shell",
            "title": "W",
            "children": [{"type": "form_section", "label": "S", "children": []}],
        },
    ),
    (ui.TextArea(name="n"), {"type": "text_area", "name": "n"}),
    (
        ui.TextArea(name="n", rows=9, required=True),
        {"type": "text_area", "name": "n", "required": True, "rows": 9},
    ),
    (
        ui.FileInput(name="f", accept=[".csv"], multiple=True),
        {"type": "file_input", "name": "f", "accept": [".csv"], "multiple": True},
    ),
    (ui.ImageInput(name="i"), {"type": "image_input", "name": "i"}),
    (ui.UrlInput(name="u", placeholder="p"), {"type": "url_input", "name": "u", "placeholder": "p"}),
    (ui.UrlListInput(name="u", label="L"), {"type": "url_list_input", "name": "u", "label": "L"}),
    (
        ui.CheckboxGroup(name="c", options=["a"], default=["a"]),
        {"type": "checkbox_group", "name": "c", "options": ["a"], "default": ["a"]},
    ),
    (ui.SubmitButton("S"), {"type": "submit_button", "label": "S", "action": "start"}),
    (ui.ActionBar(children=[ui.RunStatus()]), {"type": "action_bar", "children": [{"type": "run_status"}]}),
    (ui.RunList(), {"type": "run_list", "empty_message": "No runs yet"}),
    (ui.EmptyState("m", icon="i"), {"type": "empty_state", "message": "m", "icon": "i"}),
]


@pytest.mark.parametrize(("widget", "form"), FORMS, ids=[form["type"] for _, form in FORMS])
def test_a_widget_has_its_wire_form(widget: Any, form: dict[str, Any]) -> None:
    assert widget.to_dict() == form


def test_every_widget_is_covered() -> None:
    shown = {type(widget).__name__ for widget, _ in FORMS}
    inner = {"Divider", "Text", "TableGroup", "TaskBoardColumn", "FormSection", "RunStatus"}
    aliases = {"ChartType", "MetricFormat"}
    assert set(ui.__all__) - aliases == shown | inner


def test_a_table_takes_what_its_collection_declared() -> None:
    app = cpsl.App("x", image=cpsl.Image())
    notes = app.collection("notes", scope="user", columns=["a", "b"], filterable=True, paginate=20)
    assert ui.Table(notes, columns=["b"]).to_dict() == {
        "type": "table",
        "scope": "user",
        "columns": ["b"],
        "filterable": True,
        "paginate": 20,
        "collection": "notes",
    }


def test_a_button_knows_its_action_handler() -> None:
    app = cpsl.App("x", image=cpsl.Image())

    @app.action()
    def refresh(session: cpsl.Session, event: cpsl.Event) -> None: ...

    assert ui.Button("R", on_click=refresh).to_dict()["value"] == "refresh"
    with pytest.raises(ValueError, match="on_click"):
        ui.Button("R", on_click=5).to_dict()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ui.Image("a", prompt="x", page="y"),
        lambda: ui.ActionCard("a", prompt="x", payload={}),
        lambda: ui.ActionCard("a", workflow="x", payload={}, input={}),
        lambda: ui.Table("a", import_url="http://x"),
        lambda: ui.Table("a", import_url="#/x\\y"),
        lambda: ui.TableGroup(" ", []),
        lambda: ui.TableBrowser([ui.Table(data="x")]),
        lambda: ui.FileBrowser(mount="data"),
        lambda: ui.FileBrowser(mount="/d", scope="app"),
        lambda: ui.ChatPanel(height=0),
    ],
)
def test_widgets_that_cannot_work_are_value_errors(wrong: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the wording is free, the type is not
        wrong()


def test_children_must_be_widgets() -> None:
    with pytest.raises(TypeError, match="widget"):
        ui.Page(["text"]).to_dict()  # type: ignore[list-item]
    with pytest.raises(TypeError):
        ui.TableBrowser([ui.Text("x")])  # type: ignore[list-item]
