"""One page with every widget, for the tests of the web packages. Running this file writes it."""

import json
import re
from pathlib import Path
from typing import Any

import cpsl
from cpsl import ui

FIXTURE = Path(__file__).parents[2] / "web" / "packages" / "testing" / "src" / "widgets.json"

PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 3'%3E"
    "%3Crect width='4' height='3' fill='%2387a'/%3E%3C/svg%3E"
)
ROWS: list[dict[str, Any]] = [
    {
        "company": "Analytical Engines",
        "seats": 120,
        "deal": 48000,
        "closes": "2026-03-01",
        "site": "https://example.com/engines",
        "contract": cpsl.file("/data/engines.pdf", label="Contract"),
        "contact": "ada@example.com",
        "stage": "won",
        "labels": ["large", "europe"],
        "is_paid": True,
        "fit": 0.92,
    },
    {
        "company": "Difference & Sons",
        "seats": 8,
        "deal": 950.5,
        "closes": "2026-04-15T09:30:00Z",
        "site": "javascript:alert(1)",
        "contract": None,
        "contact": "charles@example.com",
        "stage": "in progress",
        "labels": "small, uk",
        "is_paid": False,
        "fit": 0.4,
    },
]
COLUMNS: list[str | cpsl.Column] = [
    "company",
    cpsl.Column("seats", "number"),
    cpsl.Column("deal", "currency", format="€"),
    cpsl.Column("closes", "date", "Closes on"),
    cpsl.Column("site", "link"),
    cpsl.Column("contract", "file"),
    cpsl.Column("contact", "email"),
    cpsl.Column("stage", "status"),
    cpsl.Column("labels", "tags"),
    cpsl.Column("is_paid", "boolean", "Paid"),
    cpsl.Column("fit", "score"),
]

BY_MONTH: tuple[ui.ChartType, ...] = ("line", "bar", "area", "pie")


def page() -> ui.Page:
    return ui.Page([*_layout(), *_data(), *_media(), *_controls(), *_panels()])


def _layout() -> list[Any]:
    return [
        ui.Text("Sales **overview**", style="heading"),
        ui.Text("Numbers of *this* month. See [the report](https://example.com/report).", style="muted"),
        ui.Row(
            [
                ui.Metric("Deals", value=1284, format="number"),
                ui.Metric("Revenue", data="totals", field="month.revenue", format="currency"),
                ui.Metric("Growth", value=12.5, format="percent"),
            ],
            columns=[1, "2fr", 1],
            min_widths=120,
            gap=12,
            align="stretch",
        ),
        ui.Divider(),
        ui.Column(
            [ui.Card("Notes", [ui.Text("Plain text with `code`.")], icon="notebook", bordered=True)],
            gap="8px",
        ),
    ]


def _data() -> list[Any]:
    return [
        *[
            ui.Chart(data="by_month", chart_type=kind, x="month", y="revenue")
            for kind in ("line", "bar", "area")
        ],
        ui.Chart(data="by_month", chart_type="pie", x="month", y="revenue"),
        ui.Chart(data="points", chart_type="scatter", x="size", y="price"),
        ui.Table(rows=ROWS, columns=COLUMNS, label="Deals", sortable=True, filterable=True, paginate=10),
        ui.Table(data="deals", columns=["company", "seats"], paginate=2),
        ui.TableBrowser(
            [ui.TableGroup("Sales", [ui.Table("deals")]), ui.Table("people")], title="All tables"
        ),
        ui.TaskBoard(title="Work", columns=[ui.TaskBoardColumn("To do", ["pending"])]),
        ui.FileBrowser(mount="/data", title="Reports"),
    ]


def _media() -> list[Any]:
    return [
        ui.Image(PICTURE, alt="A plain rectangle", caption="Ask about it", prompt="What is this?"),
        ui.ImageGallery(
            [PICTURE, ui.Image(PICTURE, alt="Second", caption="The second one")], title="Pictures", columns=3
        ),
        ui.Video("https://example.com/film.mp4", title="Film", caption="Two minutes", aspect_ratio="16/9"),
        ui.VideoGallery(["https://example.com/a.mp4", "https://example.com/b.mp4"], columns=2),
        ui.Row(
            [
                ui.ActionCard("Summarise", description="Ask for it", icon="sparkles", prompt="Summarise"),
                ui.ActionCard(
                    "Import", icon="FileUp", workflow="import", payload={"from": "crm"}, primary=True
                ),
                ui.GalleryCard("Open the board", image=PICTURE, page="board"),
            ]
        ),
    ]


def _controls() -> list[Any]:
    return [
        ui.Button("Refresh", on_click="refresh", payload={"force": True}, primary=True),
        ui.Toggle("Send a daily mail", setting="daily_mail"),
        ui.TextInput("Signature", setting="signature"),
        ui.EmptyState("Nothing to review", icon="inbox"),
    ]


def _panels() -> list[Any]:
    form = ui.WorkflowShell(
        "New campaign",
        children=[
            ui.FormSection(
                "What",
                children=[
                    ui.TextInput("Title", name="title", placeholder="Spring", required=True),
                    ui.NumberInput("Budget", name="budget", min=0, max=100, step=5),
                    ui.Select("Tone", name="tone", options=["Calm", "Loud"], default="Calm"),
                    ui.TextArea(name="brief", label="Brief", rows=6),
                    ui.CheckboxGroup(name="channels", label="Channels", options=["A", "B"], default=["A"]),
                    ui.UrlInput(name="site", label="Site"),
                    ui.UrlListInput(name="sources", label="Sources"),
                    ui.FileInput(name="files", label="Files", accept=[".csv"], multiple=True),
                    ui.ImageInput(name="logo", label="Logo"),
                ],
            ),
            ui.ActionBar(
                children=[ui.SubmitButton("Start", primary=True), ui.SubmitButton("Save", action="save")]
            ),
            ui.RunStatus(),
        ],
    )
    return [form, ui.RunList(empty_message="No campaigns yet"), ui.ChatPanel(title="Chat", height=320)]


def text() -> str:
    return json.dumps(page().to_dict(), indent=2, ensure_ascii=False) + "\n"


def test_the_page_of_the_web_packages_is_up_to_date() -> None:
    assert FIXTURE.read_text() == text(), f"Run: python {Path(__file__).name}"


def test_the_page_shows_every_widget() -> None:
    classes = {name for name, widget in vars(ui).items() if isinstance(widget, type)} - {"TaskBoardColumn"}
    types = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in classes}
    assert types <= set(_types(page().to_dict()))


def _types(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for entry in node for found in _types(entry)]
    if not isinstance(node, dict):
        return []
    return [str(node.get("type")), *(found for value in node.values() for found in _types(value))]


if __name__ == "__main__":
    FIXTURE.write_text(text())
