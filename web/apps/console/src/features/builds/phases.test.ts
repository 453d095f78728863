import { appendLines, emptyLog } from "@capsule/ui";
import { expect, test } from "vitest";
import { phasesOf } from "./phases.ts";

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const log = (...lines: [number, string][]) =>
  appendLines(
    emptyLog,
    lines.map(([seconds, text]) => ({ at: at(seconds), stream: text.startsWith("+") ? "stdout" : "platform", text })),
  ).lines;
const until = (seconds: number): number => new Date(at(seconds)).getTime();

test("each heading ends the phase before; the end of the build ends the last", () => {
  const lines = log([0, "Source: /r"], [0.5, "── install"], [1, "+ flask"], [2.5, "── compile"], [4, "Built in 4 s."], [5, "Release 1"]);
  expect(phasesOf(lines, until(9))).toEqual([
    { name: "fetch and plan", line: 1, seconds: 0.5 },
    { name: "install", line: 2, seconds: 2 },
    { name: "compile", line: 4, seconds: 1.5 },
  ]);
});

test("while a build runs its last phase lasts until now; what a program prints is no heading", () => {
  const lines = log([0, "Source: /r"], [1, "── install"], [2, "+── not this"]);
  expect(phasesOf(lines, until(3)).at(-1)).toEqual({ name: "install", line: 2, seconds: 2 });
  expect(phasesOf([], until(3))).toEqual([]);
});
