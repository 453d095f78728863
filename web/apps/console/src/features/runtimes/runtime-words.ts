/** Turns a runtime's values into words, and the report into what the chart draws. */
import type { Runtime, RuntimeOrder, RuntimeReport } from "@capsule/api";
import { duration } from "@capsule/ui";

/** Whose runtime it is: an e-mail address, or the end of a visitor's id. */
export const userName = (runtime: Runtime): string => runtime.email ?? `visitor …${runtime.user_id.slice(-6)}`;

/** `4.2 ms`, `11 ms`, `1.6 s`; a dash for what was not measured. */
export function wakeTime(seconds: number | null): string {
  if (seconds === null) return "–";
  const milliseconds = seconds * 1000;
  return milliseconds < 9.95 ? `${milliseconds.toFixed(1)} ms` : duration(milliseconds);
}

/** `45 s`, `10 min`, `2 h`: round times in their largest unit. */
export function idleTime(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return `${String(seconds / 3600)} h`;
  if (seconds >= 60 && seconds % 60 === 0) return `${String(seconds / 60)} min`;
  return `${String(seconds)} s`;
}

export type Wake = { user: string; userId: string; seconds: number; at: string };

/** The last wake of each runtime, the newest last; no more than `most`. */
export function lastWakes(items: readonly Runtime[], most: number): Wake[] {
  return items
    .flatMap((item) =>
      item.wake_seconds === null || item.woken_at === null
        ? []
        : [{ user: userName(item), userId: item.user_id, seconds: item.wake_seconds, at: item.woken_at }],
    )
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .slice(-most);
}

/** What of all memory is shared, from 0 to 1. */
export function sharedPart({ shared_bytes: shared, memory_bytes: own }: RuntimeReport): number {
  const all = (shared ?? 0) + own;
  return all === 0 ? 0 : (shared ?? 0) / all;
}

/** What may be done to a runtime: the question before it, and the message after it. */
export const ORDERS: Record<
  RuntimeOrder,
  { question: string; label: string; effect: string; done: string; next: string; failed: string }
> = {
  stop: {
    question: "Stop the runtime",
    label: "Stop runtime",
    effect:
      "A turn that runs in it is interrupted. Files and conversations are kept, and the next message wakes a new runtime.",
    done: "Stopped the runtime",
    next: "The next message wakes a new one.",
    failed: "The runtime was not stopped",
  },
  clear: {
    question: "Delete the private files",
    label: "Delete files",
    effect:
      "The files are gone for good. The runtime is stopped first, and a turn that runs in it is interrupted. Conversations are kept.",
    done: "Deleted the private files",
    next: "The next message wakes a runtime without files.",
    failed: "The files were not deleted",
  },
};
