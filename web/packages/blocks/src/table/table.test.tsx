import page from "@capsule/testing/widgets.json";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Widget } from "../widget.tsx";
import { columnsOf } from "./columns.ts";
import { filterRows, sortRows, toCsv } from "./rows.ts";

const deals = page.children.find((node) => node.type === "table" && "rows" in node);
const host = { fileUrl: (path: string) => `/api/mounts${path}` };

const cells = (column: number): string[] =>
  screen.getAllByRole("row").slice(1).map((row) => within(row).getAllByRole("cell")[column]?.textContent ?? "");

test("every type of column is shown as what it is", () => {
  render(<Widget node={deals} host={host} />);
  const [first, second] = screen.getAllByRole("row").slice(1);
  if (!first || !second) throw new Error("two rows are missing");
  expect(within(first).getAllByRole("cell").map((cell) => cell.textContent)).toEqual([
    "Analytical Engines",
    "120",
    "€48,000",
    "Mar 1, 2026",
    "example.com/engines",
    "Contract",
    "ada@example.com",
    "won",
    "largeeurope",
    "",
    "0.92",
  ]);
  expect(within(first).getByRole("link", { name: "Contract" }).getAttribute("href")).toBe("/api/mounts/data/engines.pdf");
  expect(within(first).getByRole("link", { name: "ada@example.com" }).getAttribute("href")).toBe("mailto:ada@example.com");
  expect(within(first).getByRole("img", { name: "Yes" })).toBeTruthy();
  expect(within(second).queryByRole("link", { name: /alert/ })).toBeNull();
  expect(within(second).getByText("uk")).toBeTruthy();
  expect(screen.getByRole("columnheader", { name: "Closes on" })).toBeTruthy();
});

test("a head sorts up, down and not at all; words filter", async () => {
  render(<Widget node={deals} />);
  const seats = screen.getByRole("button", { name: "Seats" });
  await userEvent.click(seats);
  expect(cells(1)).toEqual(["8", "120"]);
  expect(screen.getByRole("columnheader", { name: "Seats" }).getAttribute("aria-sort")).toBe("ascending");
  await userEvent.click(seats);
  expect(cells(1)).toEqual(["120", "8"]);
  await userEvent.type(screen.getByRole("searchbox"), "uk progress");
  expect(cells(0)).toEqual(["Difference & Sons"]);
  await userEvent.type(screen.getByRole("searchbox"), " nothing");
  expect(screen.getByText("No row has these words")).toBeTruthy();
});

test("rows come in pages", async () => {
  const rows = Array.from({ length: 5 }, (_, index) => ({ n: index + 1 }));
  render(<Widget node={{ type: "table", rows, paginate: 2 }} />);
  expect(cells(0)).toEqual(["1", "2"]);
  await userEvent.click(screen.getByRole("button", { name: "Next page" }));
  await userEvent.click(screen.getByRole("button", { name: "Next page" }));
  expect(cells(0)).toEqual(["5"]);
  expect(screen.getByText("3 of 3")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "N" })).toBeNull();
});

test("a handler that cuts pages itself is asked for each, in its order", async () => {
  const fetchData = vi.fn(async (_name: string, params: Record<string, string> = {}) => ({
    data: [{ n: `page ${params["page"] ?? ""} ${params["sort"] ?? ""}` }],
    total: 3,
    page: Number(params["page"]),
    per_page: 1,
  }));
  render(<Widget node={{ type: "table", data: "d", sortable: true, paginate: 1 }} host={{ fetchData }} />);
  expect(await screen.findByText("page 1")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Next page" }));
  expect(await screen.findByText("page 2")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "N" }));
  expect(await screen.findByText("page 1 n")).toBeTruthy();
  expect(fetchData).toHaveBeenLastCalledWith("d", { page: "1", per_page: "1", sort: "n", sort_dir: "asc" });
});

test("a table without its data says so", async () => {
  const { unmount } = render(<Widget node={{ type: "table", collection_ref: "follow_ups" }} host={host} />);
  expect(screen.getByText("Follow ups")).toBeTruthy();
  expect(screen.getByText("This data is not available here yet.")).toBeTruthy();
  unmount();
  render(<Widget node={{ type: "table", data: "d" }} host={{ fetchData: () => null }} />);
  expect(await screen.findByText("This data is not available here yet.")).toBeTruthy();
});

test("an empty table is one", () => {
  render(<Widget node={{ type: "table", rows: [], columns: ["a", { key: "b", type: "number", label: "Bees" }] }} />);
  expect(screen.getByRole("columnheader", { name: "Bees" })).toBeTruthy();
  expect(screen.getByText("No rows yet")).toBeTruthy();
});

test("rows sort by number where both are numbers, and empty ones come last", () => {
  const rows = [{ a: "10" }, { a: null }, { a: 9 }, { a: "b" }, { a: "A" }];
  expect(sortRows(rows, { key: "a", isDescending: false }).map(({ a }) => a)).toEqual([9, "10", "A", "b", null]);
  expect(sortRows(rows, { key: "a", isDescending: true }).at(-1)).toEqual({ a: null });
  expect(filterRows(rows, columnsOf(["a"], rows), "")).toHaveLength(5);
});

test("CSV quotes what needs it and runs nothing", () => {
  const rows = [{ a: 'say "hi", now', b: -5 }, { a: "=HYPERLINK(1)", b: "-5" }, { a: { _type: "file", path: "/d/x.pdf" } }];
  expect(toCsv(rows, columnsOf(["a", "b"], rows))).toBe(
    'A,B\r\n"say ""hi"", now",-5\r\n\'=HYPERLINK(1),-5\r\n/d/x.pdf,',
  );
});
