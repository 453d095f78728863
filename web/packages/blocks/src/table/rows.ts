/** Sort, filter and write out rows in the browser. */
import { asNumber } from "../data/number-format.ts";
import type { TableRow } from "../types.ts";
import { isRecord } from "../use-data.ts";
import type { Column } from "./columns.ts";

export type Sort = { key: string; isDescending: boolean };

const byText = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** The text of a value, as filters and CSV see it. */
export function plainText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(plainText).join(", ");
  if (isRecord(value)) {
    const named = value["label"] ?? value["name"] ?? value["path"] ?? value["url"];
    return typeof named === "string" ? named : JSON.stringify(value);
  }
  return String(value);
}

/** Rows in order; empty values come last either way, and equal ones keep their order. */
export function sortRows(rows: readonly TableRow[], sort: Sort | null): TableRow[] {
  if (!sort) return [...rows];
  const sign = sort.isDescending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [a[sort.key], b[sort.key]];
    const [leftText, rightText] = [plainText(left), plainText(right)];
    if (leftText === "" || rightText === "") return leftText === rightText ? 0 : leftText === "" ? 1 : -1;
    const [x, y] = [asNumber(left), asNumber(right)];
    return sign * (x !== null && y !== null ? x - y : byText.compare(leftText, rightText));
  });
}

/** Rows in which every word is found in some column. */
export function filterRows(rows: readonly TableRow[], columns: readonly Column[], words: string): TableRow[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [...rows];
  return rows.filter((row) => {
    const text = columns.map((column) => plainText(row[column.key]).toLowerCase()).join("\n");
    return wanted.every((word) => text.includes(word));
  });
}

/** RFC 4180. A text that a spreadsheet would run as a formula is led by an apostrophe. */
export function toCsv(rows: readonly TableRow[], columns: readonly Column[]): string {
  const cell = (value: unknown): string => {
    const text = plainText(value);
    const safe = typeof value !== "number" && /^[=+\-@\t\r]/.test(text) && asNumber(text) === null ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = rows.map((row) => columns.map((column) => cell(row[column.key])).join(","));
  return [columns.map((column) => cell(column.label)).join(","), ...lines].join("\r\n");
}
