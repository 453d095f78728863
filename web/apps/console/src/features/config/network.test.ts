import { ProblemError } from "@capsule/api";
import { expect, test } from "vitest";
import { filledRows, nextRow, rowsOf, withProblems } from "./network.ts";

test("what the server says of an entry stands beside its row, blank rows not counted", () => {
  const rows = [
    { id: 4, entry: "a:1" },
    { id: 5, entry: " " },
    { id: 6, entry: "two words" },
  ];
  const problem = new ProblemError({ errors: [{ field: "config.network.allow.1", message: "is no address" }] }, 422);
  expect(filledRows(rows).map((row) => row.id)).toEqual([4, 6]);
  expect(withProblems(rows, problem)).toEqual([
    { id: 4, entry: "a:1" },
    { id: 5, entry: " " },
    { id: 6, entry: "two words", problem: "is no address" },
  ]);
});

test("the first message about a row goes when the server has another", () => {
  const rows = [{ id: 0, entry: "a", problem: "old" }];
  expect(withProblems(rows, new ProblemError({ detail: "Busy." }, 503))).toEqual([{ id: 0, entry: "a" }]);
});

test("a new row has a number of its own", () => {
  expect(nextRow([])).toEqual({ id: 0, entry: "" });
  expect(nextRow(rowsOf(["a", "b"])).id).toBe(2);
});
