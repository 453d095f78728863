import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { appendLines, emptyLog } from "./log-lines.ts";
import { LogView } from "./log-view.tsx";

const { lines } = appendLines(emptyLog, [
  { at: "2026-01-01T10:00:00Z", replica: "rpl_a", stream: "stdout", text: "GET /orders?page=1" },
  { at: "2026-01-01T10:00:01Z", replica: "rpl_a", stream: "stderr", text: "<b>not html</b>" },
]);

test("lines are shown as text, with their stream", () => {
  render(<LogView lines={lines} />);
  expect(screen.getAllByTestId("log-line").map((line) => line.dataset["stream"])).toEqual(["stdout", "stderr"]);
  expect(screen.getByText("<b>not html</b>")).toBeTruthy();
});

test("what was searched is marked", () => {
  const { container } = render(<LogView lines={lines} search="Orders" />);
  expect([...container.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual(["orders"]);
});

test("an empty log says so", () => {
  render(<LogView lines={[]} />);
  expect(screen.getByText("There are no logs at the moment.")).toBeTruthy();
});
