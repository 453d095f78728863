/** Keeps a bounded, duplicate-free list of log lines; knows nothing of where they come from. */
import type { LogLine } from "@capsule/api";

export type NumberedLine = LogLine & { number: number };
export type LogBuffer = { lines: readonly NumberedLine[]; dropped: number; next: number };

export const MAX_LINES = 4000;
/** A stream that reconnects sends its tail again; this many last lines are compared. */
const OVERLAP = 500;

export const emptyLog: LogBuffer = { lines: [], dropped: 0, next: 1 };

const identity = (line: LogLine): string => `${line.at}\u0000${line.replica ?? ""}\u0000${line.stream}\u0000${line.text}`;

/** Add lines at the end, dropping the oldest past `max`. */
export function appendLines(log: LogBuffer, incoming: readonly LogLine[], max: number = MAX_LINES): LogBuffer {
  if (incoming.length === 0) return log;
  let next = log.next;
  const all = [...log.lines, ...incoming.map((line) => ({ ...line, number: next++ }))];
  const surplus = Math.max(0, all.length - max);
  return { lines: surplus > 0 ? all.slice(surplus) : all, dropped: log.dropped + surplus, next };
}

/** Lines from before the buffer begins, numbered down from -1 so that they never clash with it. */
export const numberBackwards = (older: readonly LogLine[]): NumberedLine[] =>
  older.map((line, index) => ({ ...line, number: index - older.length }));

/** The lines of a resent tail that are not in the log yet. */
export function unseenLines(log: LogBuffer, tail: readonly LogLine[]): LogLine[] {
  const counts = new Map<string, number>();
  for (const line of log.lines.slice(-OVERLAP)) {
    const key = identity(line);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return tail.filter((line) => {
    const key = identity(line);
    const left = counts.get(key) ?? 0;
    if (left > 0) counts.set(key, left - 1);
    return left === 0;
  });
}

export type LogFilter = { search: string; stream: string; replica: string };

export function filterLines(lines: readonly NumberedLine[], filter: LogFilter): readonly NumberedLine[] {
  const needle = filter.search.trim().toLowerCase();
  if (needle === "" && filter.stream === "" && filter.replica === "") return lines;
  return lines.filter(
    (line) =>
      (needle === "" || stripColours(line.text).toLowerCase().includes(needle)) &&
      (filter.stream === "" || line.stream === filter.stream) &&
      (filter.replica === "" || line.replica === filter.replica),
  );
}

export const replicasOf = (lines: readonly LogLine[]): string[] =>
  [...new Set(lines.map((line) => line.replica).filter((replica): replica is string => Boolean(replica)))].sort();

/** Build tools colour their output; the codes would show as noise. */
export const stripColours = (text: string): string => text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "");

export const logAsText = (lines: readonly LogLine[]): string =>
  lines.map((line) => [line.at, line.replica ?? "-", line.stream, stripColours(line.text)].join(" ")).join("\n") + "\n";
