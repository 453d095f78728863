/** Turns access records into the few figures of the traffic card. */
import type { AccessRecord } from "@capsule/api";

export const WINDOW_MINUTES = 15;

export type Traffic = {
  requests: number;
  /** Answers from 500 up. */
  failed: number;
  /** Milliseconds; null without requests. */
  median: number | null;
  slowest: number | null;
  /** Requests and failures of each minute, the oldest first. */
  minutes: { requests: number; failed: number }[];
};

/** What happened in the last `WINDOW_MINUTES` before `now`; `slowest` is what 95 of 100 requests stay under. */
export function summarise(records: readonly AccessRecord[], now: number): Traffic {
  const minutes = Array.from({ length: WINDOW_MINUTES }, () => ({ requests: 0, failed: 0 }));
  const durations: number[] = [];
  let failed = 0;
  for (const record of records) {
    const age = Math.floor((now - Date.parse(record.at)) / 60_000);
    const minute = minutes[WINDOW_MINUTES - 1 - Math.max(0, age)];
    if (!minute) continue;
    durations.push(record.duration_ms);
    minute.requests += 1;
    if (record.status >= 500) {
      minute.failed += 1;
      failed += 1;
    }
  }
  durations.sort((a, b) => a - b);
  return {
    requests: durations.length,
    failed,
    median: quantile(durations, 0.5),
    slowest: quantile(durations, 0.95),
    minutes,
  };
}

/** Nearest rank: always a duration that was measured. */
const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
