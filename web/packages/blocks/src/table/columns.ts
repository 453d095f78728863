/** Columns of a table: declared ones, or what its rows hold. */
import type { ColumnSpec, TableRow } from "../types.ts";
import { isRecord } from "../use-data.ts";

export type Column = Required<Pick<ColumnSpec, "key" | "label">> & Pick<ColumnSpec, "type" | "format">;

const MOST_ROWS_LOOKED_AT = 50;

export function columnsOf(declared: readonly unknown[] | undefined, rows: readonly TableRow[]): Column[] {
  const found = (declared ?? []).flatMap((entry) => {
    if (typeof entry === "string") return [{ key: entry }];
    return isRecord(entry) && typeof entry["key"] === "string" ? [entry as ColumnSpec] : [];
  });
  const specs = found.length > 0 ? found : keysOf(rows).map((key): ColumnSpec => ({ key }));
  return specs.map((spec) => ({ ...spec, label: spec.label ?? humanise(spec.key) }));
}

function keysOf(rows: readonly TableRow[]): string[] {
  const keys = new Set(rows.slice(0, MOST_ROWS_LOOKED_AT).flatMap((row) => Object.keys(row)));
  return [...keys].filter((key) => key !== "_id");
}

/** `created_at` → `Created at`. */
export function humanise(key: string): string {
  const words = key
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .trim();
  return words === "" ? key : words.charAt(0).toUpperCase() + words.slice(1);
}
