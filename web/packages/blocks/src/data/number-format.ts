/** Numbers, dates and other values as people read them. */
import type { MetricFormat } from "../types.ts";

const plain = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });

/** A finite number from a number or a text that is one, else null. */
export function asNumber(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export const formatNumber = (value: number): string => plain.format(value);

/** US dollars unless `currency` names another; whole amounts carry no cents. */
export function formatCurrency(value: number, currency = "USD"): string {
  const style = { style: "currency", currency, ...(Number.isInteger(value) ? { maximumFractionDigits: 0 } : {}) } as const;
  try {
    return new Intl.NumberFormat(undefined, style).format(value);
  } catch {
    return `${formatNumber(value)} ${currency}`; // not a currency code
  }
}

/** `€` and `950.5` → `€950.50`. */
export function withSign(value: number, sign: string): string {
  const digits = Number.isInteger(value) ? 0 : 2;
  const amount = new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${value < 0 ? "−" : ""}${sign}${amount.format(Math.abs(value))}`;
}

/** `12.5` → `12.5%`: apps give per cents, not fractions. */
export const formatPercent = (value: number): string => `${formatNumber(value)}%`;

export function formatMetric(value: unknown, format: MetricFormat | undefined): string {
  const number = asNumber(value);
  if (number !== null) {
    if (format === "currency") return formatCurrency(number);
    if (format === "percent") return formatPercent(number);
    if (format === "number" || typeof value === "number") return formatNumber(number);
  }
  if (value === null || value === undefined || value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
