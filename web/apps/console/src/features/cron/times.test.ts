import { expect, test } from "vitest";
import { dueTimes } from "./times.ts";

const TIMES = ["2026-11-27T02:30:00Z"];

test("times are those of the job's zone", () => {
  expect(dueTimes(TIMES, "Europe/Berlin")).toMatch(/\b3:30\b/);
  expect(dueTimes(TIMES, "UTC")).toMatch(/\b2:30\b/);
});

test("a zone that the browser does not know is no failure", () => {
  expect(dueTimes(TIMES, "Mars/Olympus")).toContain("30");
  expect(dueTimes([], "UTC")).toBe("");
});
