/** Turns the records of a data handler into what a chart draws. */
import { asNumber } from "../data/number-format.ts";
import { valueAt } from "../use-data.ts";

export type ChartPoint = { label: string; x: number | null; y: number };
export type ChartData = {
  points: ChartPoint[];
  xName: string;
  yName: string;
  /** Whether `x` holds numbers or moments (milliseconds); otherwise labels are categories. */
  scale: "number" | "time" | "category";
};

const MONTH = /^\d{4}-\d{2}$/;
const monthName = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" });
const ISO_DATE = /^\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}.*)?)?$/;

/** Without `x` or `y`: the first field that is not a number, and the first one that is. */
export function chartData(records: readonly Record<string, unknown>[], x?: string, y?: string): ChartData {
  const fields = Object.keys(records[0] ?? {});
  const isNumeric = (field: string): boolean => records.some((record) => asNumber(record[field]) !== null);
  const yName = y ?? fields.find((field) => field !== x && isNumeric(field)) ?? "";
  const xName =
    x ?? fields.find((field) => field !== yName && !isNumeric(field)) ?? fields.find((field) => field !== yName) ?? "";
  const raw = records.flatMap((record) => {
    const number = asNumber(valueAt(record, yName));
    return number === null ? [] : [{ x: valueAt(record, xName), y: number }];
  });
  const scale = scaleOf(raw.map((point) => point.x));
  const points = raw.map((point, index) => ({
    label: labelOf(point.x, scale, index),
    x: scale === "number" ? asNumber(point.x) : scale === "time" ? new Date(String(point.x)).getTime() : null,
    y: point.y,
  }));
  if (scale !== "category") points.sort((a, b) => (a.x ?? 0) - (b.x ?? 0));
  return { points, xName, yName, scale };
}

function scaleOf(values: readonly unknown[]): ChartData["scale"] {
  if (values.length === 0) return "category";
  if (values.every((value) => asNumber(value) !== null)) return "number";
  const isDate = (value: unknown): boolean =>
    typeof value === "string" && ISO_DATE.test(value) && !Number.isNaN(new Date(value).getTime());
  return values.every(isDate) ? "time" : "category";
}

function labelOf(value: unknown, scale: ChartData["scale"], index: number): string {
  if (value === null || value === undefined || value === "") return String(index + 1);
  if (scale !== "time") return String(value);
  const text = String(value);
  if (MONTH.test(text)) return monthName.format(new Date(text));
  const hasTime = text.includes(":");
  // A date without a time means that day everywhere, so it is not shifted into the reader's zone.
  return new Intl.DateTimeFormat(undefined, {
    dateStyle: "medium",
    ...(hasTime ? { timeStyle: "short" } : { timeZone: "UTC" }),
  }).format(new Date(text));
}
