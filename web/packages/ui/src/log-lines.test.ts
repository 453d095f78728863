import type { LogLine } from "@capsule/api";
import { describe, expect, test } from "vitest";
import { appendLines, emptyLog, filterLines, logAsText, numberBackwards, replicasOf, stripColours, unseenLines } from "./log-lines.ts";

const line = (text: string, part: Partial<LogLine> = {}): LogLine => ({
  at: "2026-01-01T10:00:00.000Z",
  replica: "rpl_a",
  stream: "stdout",
  text,
  ...part,
});
const nothing = { search: "", stream: "", replica: "" };

test("lines from before the buffer get numbers of their own", () => {
  const log = appendLines(emptyLog, [line("c")]);
  const all = [...numberBackwards([line("a"), line("b")]), ...log.lines];
  expect(all.map(({ number, text }) => [number, text])).toEqual([
    [-2, "a"],
    [-1, "b"],
    [1, "c"],
  ]);
});

describe("appendLines", () => {
  test("lines get numbers that go on", () => {
    const log = appendLines(appendLines(emptyLog, [line("a")]), [line("b")]);
    expect(log.lines.map(({ number, text }) => [number, text])).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
  });

  test("past the limit the oldest go and are counted", () => {
    const log = appendLines(emptyLog, [line("a"), line("b"), line("c")], 2);
    expect(log.lines.map(({ text }) => text)).toEqual(["b", "c"]);
    expect(log.dropped).toBe(1);
  });
});

describe("unseenLines", () => {
  test("a tail sent again adds only what is new", () => {
    const log = appendLines(emptyLog, [line("a"), line("b")]);
    expect(unseenLines(log, [line("a"), line("b"), line("c")]).map(({ text }) => text)).toEqual(["c"]);
  });

  test("equal lines count one by one", () => {
    const log = appendLines(emptyLog, [line("tick")]);
    expect(unseenLines(log, [line("tick"), line("tick")])).toHaveLength(1);
  });
});

describe("filterLines", () => {
  const { lines } = appendLines(emptyLog, [
    line("GET /orders"),
    line("boom", { stream: "stderr" }),
    line("get /x", { replica: "rpl_b" }),
  ]);

  test("search ignores the case", () => {
    expect(filterLines(lines, { ...nothing, search: "GET" })).toHaveLength(2);
  });

  test("stream and replica narrow together", () => {
    expect(filterLines(lines, { ...nothing, stream: "stderr" }).map(({ text }) => text)).toEqual(["boom"]);
    expect(filterLines(lines, { ...nothing, stream: "stdout", replica: "rpl_b" }).map(({ text }) => text)).toEqual(["get /x"]);
  });

  test("without a filter the same list comes back", () => {
    expect(filterLines(lines, nothing)).toBe(lines);
  });
});

test("colour codes are taken out, in the view and in the download", () => {
  expect(stripColours("\u001b[32mok\u001b[0m")).toBe("ok");
  expect(logAsText([line("\u001b[1mhi\u001b[0m")])).toBe("2026-01-01T10:00:00.000Z rpl_a stdout hi\n");
});

test("replicas are listed once, without the lines that have none", () => {
  expect(replicasOf([line("a"), line("b", { replica: null }), line("c")])).toEqual(["rpl_a"]);
});
