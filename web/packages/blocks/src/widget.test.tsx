import page from "@capsule/testing/widgets.json";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { WidgetHost } from "./host.ts";
import { REGISTRY } from "./registry.ts";
import { Widget } from "./widget.tsx";

const BY_MONTH = [
  { month: "2026-01", revenue: 100 },
  { month: "2026-02", revenue: 140 },
];
const DATA: Record<string, unknown> = {
  totals: { month: { revenue: 5400 } },
  by_month: BY_MONTH,
  points: { data: [{ size: 1, price: 3 }, { size: 2, price: 5 }] },
  deals: { data: [{ company: "Engines", seats: 1 }, { company: "Sons", seats: 2 }], total: 5, page: 1, per_page: 2 },
};

function aHost() {
  return {
    sendPrompt: vi.fn<NonNullable<WidgetHost["sendPrompt"]>>(),
    runAction: vi.fn<NonNullable<WidgetHost["runAction"]>>(),
    startWorkflow: vi.fn<NonNullable<WidgetHost["startWorkflow"]>>(),
    navigate: vi.fn<NonNullable<WidgetHost["navigate"]>>(),
    fetchData: vi.fn(async (name: string) => DATA[name]),
    fileUrl: (path: string) => `/api/mounts${path}`,
  } satisfies WidgetHost;
}

/** The first node of a type in the page that the SDK made. */
function sample(type: string, tree: unknown = page): Record<string, unknown> {
  const found = findNode(type, tree);
  if (!found) throw new Error(`The page has no ${type}.`);
  return found;
}
function findNode(type: string, tree: unknown): Record<string, unknown> | null {
  if (Array.isArray(tree)) {
    for (const entry of tree) {
      const found = findNode(type, entry);
      if (found) return found;
    }
    return null;
  }
  if (typeof tree !== "object" || tree === null) return null;
  const node = tree as Record<string, unknown>;
  return node["type"] === type ? node : findNode(type, Object.values(node));
}

test.each(Object.keys(REGISTRY))("%s is drawn from the SDK’s JSON, with a host and without", async (type) => {
  const node = sample(type);
  const { container, unmount } = render(<Widget node={node} host={aHost()} />);
  await vi.waitFor(() => expect(container.querySelector("[data-widget]")).not.toBeNull());
  expect(screen.queryByTestId("unknown-widget")).toBeNull();
  unmount();
  render(<Widget node={node} />);
  expect(screen.queryByTestId("unknown-widget")).toBeNull();
});

test.each(Object.keys(REGISTRY))("%s with nothing but its type does not break the page", (type) => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  render(
    <>
      <Widget node={{ type }} host={aHost()} />
      <p>still here</p>
    </>,
  );
  expect(screen.getByText("still here")).toBeTruthy();
});

test("the whole page is drawn, and what it cannot have says so", async () => {
  const { container } = render(<Widget node={page} host={aHost()} />);
  await vi.waitFor(() => expect(container.querySelectorAll("[data-widget=chart] svg")).toHaveLength(5));
  expect(container.querySelectorAll("[data-widget=row]")).toHaveLength(2);
  expect(screen.getAllByText("This data is not available here yet.").length).toBe(1);
  expect(screen.getByText(/cannot be browsed here yet/)).toBeTruthy();
});

test.each([{ type: "hologram", size: 3 }, { type: 5 }, null, "text", [], { type: "constructor" }])(
  "%j is shown as folded JSON",
  (node) => {
    render(<Widget node={node} />);
    expect(screen.getByTestId("unknown-widget").textContent).toContain(JSON.stringify(node, null, 2));
  },
);

test("text has light Markdown and no dangerous links", () => {
  const content = "**Bold** *it* `2 * 3 * 4` ~~old~~ [ok](https://example.com/a_b_c) [bad](javascript:alert(1)) a_b_c <b>x</b>";
  const { container } = render(<Widget node={{ type: "text", content }} />);
  expect(container.querySelector("strong")?.textContent).toBe("Bold");
  expect(container.querySelector("em")?.textContent).toBe("it");
  expect(container.querySelector("code")?.textContent).toBe("2 * 3 * 4");
  expect([...container.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual(["https://example.com/a_b_c"]);
  expect(container.textContent).toContain("[bad](javascript:alert(1)) a_b_c <b>x</b>");
});

test("a heading is one, and muted text is not", () => {
  render(<Widget node={{ type: "text", content: "Sales", style: "heading" }} />);
  expect(screen.getByRole("heading", { name: "Sales" })).toBeTruthy();
});

test.each([
  [{ value: 1284.5, format: "number" }, "1,284.5"],
  [{ value: 0 }, "0"],
  [{ value: 5400, format: "currency" }, "$5,400"],
  [{ value: 12.5, format: "percent" }, "12.5%"],
  [{ value: "n/a", format: "number" }, "n/a"],
  [{}, "–"],
])("metric %j reads %s", (part, text) => {
  render(<Widget node={{ type: "metric", label: "m", ...part }} />);
  expect(screen.getByText(text)).toBeTruthy();
});

test("a metric reads a dotted field of its data handler, and tells of a failure", async () => {
  const node = sample("metric", (page.children[2] as { children: unknown[] }).children[1]);
  const { unmount } = render(<Widget node={node} host={aHost()} />);
  expect(await screen.findByText("$5,400")).toBeTruthy();
  unmount();
  render(<Widget node={node} host={{ fetchData: () => Promise.reject(new Error("No such handler.")) }} />);
  expect(await screen.findByText("No such handler.")).toBeTruthy();
});

test("a host that is a new object with every render does not ask again", async () => {
  const fetchData = vi.fn(async () => 3);
  const node = { type: "metric", label: "m", data: "d" };
  const { rerender } = render(<Widget node={node} host={{ fetchData: () => fetchData() }} />);
  expect(await screen.findByText("3")).toBeTruthy();
  rerender(<Widget node={node} host={{ fetchData: () => fetchData() }} />);
  expect(fetchData).toHaveBeenCalledTimes(1);
});

test("what is clicked reaches the host", async () => {
  const host = aHost();
  render(<Widget node={page} host={host} />);
  await userEvent.click(screen.getByRole("button", { name: /Summarise/ }));
  expect(host.sendPrompt).toHaveBeenLastCalledWith("Summarise");
  await userEvent.click(screen.getByRole("button", { name: /^Import/ }));
  expect(host.startWorkflow).toHaveBeenLastCalledWith("import", { from: "crm" });
  await userEvent.click(screen.getByRole("button", { name: /Open the board/ }));
  expect(host.navigate).toHaveBeenLastCalledWith("board");
  await userEvent.click(screen.getByRole("button", { name: "Refresh" }));
  expect(host.runAction).toHaveBeenLastCalledWith("refresh", { force: true });
  await userEvent.click(screen.getByRole("button", { name: "A plain rectangle" }));
  expect(host.sendPrompt).toHaveBeenLastCalledWith("What is this?");
});

test("without a host nothing can be clicked that would do nothing", () => {
  render(<Widget node={page} />);
  expect(screen.queryByRole("button", { name: /Summarise/ })).toBeNull();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Refresh" }).disabled).toBe(true);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Start" }).disabled).toBe(true);
});

test("pictures open over the page; keys go on and close", async () => {
  render(<Widget node={sample("image_gallery")} host={aHost()} />);
  await userEvent.click(screen.getByRole("button", { name: "Picture 1" }));
  const dialog = await screen.findByRole("dialog");
  expect(dialog.textContent).toContain("1 of 2");
  await userEvent.keyboard("{ArrowRight}");
  expect(dialog.textContent).toContain("The second one · 2 of 2");
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a picture or a film from an address that is none says so", () => {
  render(
    <>
      <Widget node={{ type: "image", src: "javascript:alert(1)", alt: "Harm" }} />
      <Widget node={{ type: "video", src: "data:text/html,x", controls: true }} />
    </>,
  );
  expect(screen.getByRole("img", { name: "Harm" }).tagName).toBe("SPAN");
  expect(screen.getByText("This video cannot be shown.")).toBeTruthy();
});

test("rows lie in their tracks, and a size that is more than a size is ignored", () => {
  const node = { type: "row", children: [{ type: "divider" }], columns: [2, "10rem", "1fr;color:red"], min_widths: 80, gap: 0, align: "end" };
  const { container } = render(<Widget node={node} />);
  const grid = container.querySelector<HTMLElement>("[data-widget=row] > div");
  expect(grid?.style.getPropertyValue("--tracks")).toBe("minmax(80px, 2fr) 10rem minmax(80px, 1fr)");
  expect(grid?.style.gap).toBe("0px");
  expect(grid?.style.alignItems).toBe("end");
});

test("icons go by every spelling of their name", async () => {
  render(<Widget node={{ type: "card", title: "T", icon: "FileUp" }} />);
  await vi.waitFor(() => expect(document.querySelector("svg.lucide-file-up")).not.toBeNull());
  render(<Widget node={{ type: "empty_state", icon: "no-such-icon" }} />);
  expect(await screen.findByTestId("no-icon")).toBeTruthy();
});

test("tables of a browser are chosen from its list", async () => {
  render(<Widget node={sample("table_browser")} />);
  const list = screen.getByRole("list");
  expect(within(list).getByRole("button", { name: "Deals" }).getAttribute("aria-current")).toBe("true");
  await userEvent.click(within(list).getByRole("button", { name: "People" }));
  expect(screen.getByRole("heading", { name: "People" })).toBeTruthy();
});
