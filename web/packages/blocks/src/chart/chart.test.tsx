import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { Widget } from "../widget.tsx";
import { axesOf } from "./axes.ts";
import { chartData } from "./chart-data.ts";
import { slicesOf } from "./pie-plot.tsx";

const MONTHS = [
  { month: "2026-02", revenue: 140 },
  { month: "2026-01", revenue: "100" },
  { month: "2026-03", revenue: null },
];

test("records become points: moments in order, what is no number left out", () => {
  const data = chartData(MONTHS, "month", "revenue");
  expect(data.scale).toBe("time");
  expect(data.points.map((point) => [point.label, point.y])).toEqual([
    ["Jan 2026", 100],
    ["Feb 2026", 140],
  ]);
});

test("without names the fields are found", () => {
  const data = chartData([{ id: "a", n: 1 }, { id: "b", n: 2 }]);
  expect([data.xName, data.yName, data.scale]).toEqual(["id", "n", "category"]);
  expect(chartData([]).points).toEqual([]);
});

test("bars and areas start at zero, lines where their values do", () => {
  const data = chartData([{ x: "a", y: 900 }, { x: "b", y: 1000 }]);
  expect(axesOf("bar", data, 400, 200).yTicks[0]?.label).toBe("0");
  expect(axesOf("line", data, 400, 200).yTicks[0]?.label).toBe("900");
});

test("one point alone has a place", () => {
  for (const kind of ["line", "bar", "scatter", "area"] as const) {
    const axes = axesOf(kind, chartData([{ x: 3, y: 3 }]), 400, 200);
    expect(Number.isFinite(axes.x(0)) && Number.isFinite(axes.y(3))).toBe(true);
  }
});

test("a pie joins equal labels and draws the small ones together", () => {
  const records = Array.from({ length: 12 }, (_, index) => ({ k: `k${String(index % 11)}`, v: 12 - index }));
  const slices = slicesOf(chartData(records));
  expect(slices).toHaveLength(8);
  expect(slices[0]).toEqual({ label: "k0", value: 13 });
  expect(slices.at(-1)?.label).toBe("4 others");
});

test("a chart can be read by keyboard and as a table", async () => {
  const fetchData = async () => MONTHS;
  render(<Widget node={{ type: "chart", chart_type: "line", data: "d", x: "month", y: "revenue" }} host={{ fetchData }} />);
  const plot = await screen.findByRole("img", { name: "Line chart: revenue by month" });
  plot.focus();
  await userEvent.keyboard("{ArrowRight}{ArrowRight}");
  expect(screen.getByRole("status").textContent).toBe("Feb 2026 140");
  const table = screen.getByRole("table", { hidden: true });
  expect(within(table).getAllByRole("row", { hidden: true })).toHaveLength(3);
});

test("a chart of nothing says so", async () => {
  render(<Widget node={{ type: "chart", chart_type: "pie", data: "d" }} host={{ fetchData: async () => [] }} />);
  expect(await screen.findByText("There is nothing to draw yet.")).toBeTruthy();
});
