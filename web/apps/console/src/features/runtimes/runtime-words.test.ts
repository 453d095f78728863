import { aRuntime, aRuntimeReport } from "@capsule/testing";
import { expect, test } from "vitest";
import { idleTime, lastWakes, sharedPart, userName, wakeTime } from "./runtime-words.ts";

test("a visitor is known by the end of an id, a person by the e-mail address", () => {
  expect(userName(aRuntime({ user_id: "vis_0123456789ab", email: null }))).toBe("visitor …6789ab");
  expect(userName(aRuntime({ email: "ada@example.com" }))).toBe("ada@example.com");
});

test.each([
  [null, "–"],
  [0.0042, "4.2 ms"],
  [0.01, "10 ms"],
  [1.62, "1.6 s"],
])("a wake of %s s reads %s", (seconds, text) => {
  expect(wakeTime(seconds)).toBe(text);
});

test.each([
  [45, "45 s"],
  [90, "90 s"],
  [600, "10 min"],
  [7200, "2 h"],
])("an idle time of %s s reads %s", (seconds, text) => {
  expect(idleTime(seconds)).toBe(text);
});

test("the chart draws the last wakes in their order, without runtimes that never woke", () => {
  const woken = (user_id: string, woken_at: string | null) => aRuntime({ user_id, woken_at });
  const items = [
    woken("b", "2026-01-01T10:02:00Z"),
    woken("never", null),
    woken("c", "2026-01-01T10:03:00.5Z"),
    woken("a", "2026-01-01T10:01:00Z"),
  ];
  expect(lastWakes(items, 40).map((wake) => wake.userId)).toEqual(["a", "b", "c"]);
  expect(lastWakes(items, 2).map((wake) => wake.userId)).toEqual(["b", "c"]);
});

test("the shared part of no memory is none", () => {
  expect(sharedPart(aRuntimeReport({ shared_bytes: null, memory_bytes: 0 }))).toBe(0);
  expect(sharedPart(aRuntimeReport({ shared_bytes: 30, memory_bytes: 10 }))).toBe(0.75);
});
