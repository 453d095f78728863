import type { AccessRecord } from "@capsule/api";
import { expect, test } from "vitest";
import { summarise, WINDOW_MINUTES } from "./traffic.ts";

const NOW = Date.parse("2026-01-01T10:00:00Z");
const record = (secondsAgo: number, part: Partial<AccessRecord> = {}): AccessRecord => ({
  at: new Date(NOW - secondsAgo * 1000).toISOString(),
  method: "GET",
  path: "/",
  host: "shop.localhost",
  status: 200,
  duration_ms: 10,
  bytes_in: 0,
  bytes_out: 0,
  replica: null,
  client: "127.0.0.1",
  user_agent: "",
  ...part,
});

test("requests are counted in their minute, the newest last", () => {
  const { minutes, requests, failed } = summarise([record(1), record(59), record(61, { status: 502 })], NOW);
  expect(minutes).toHaveLength(WINDOW_MINUTES);
  expect(minutes.slice(-2)).toEqual([
    { requests: 1, failed: 1 },
    { requests: 2, failed: 0 },
  ]);
  expect([requests, failed]).toEqual([3, 1]);
});

test("what is older than the window does not count, and a clock that runs ahead does", () => {
  expect(summarise([record(WINDOW_MINUTES * 60 + 1)], NOW).requests).toBe(0);
  expect(summarise([record(-3)], NOW).minutes.at(-1)?.requests).toBe(1);
});

test("durations are those that were measured", () => {
  const durations = Array.from({ length: 20 }, (_, index) => record(index, { duration_ms: index + 1 }));
  expect(summarise(durations, NOW)).toMatchObject({ median: 10, slowest: 19 });
  expect(summarise([], NOW)).toMatchObject({ median: null, slowest: null });
});
