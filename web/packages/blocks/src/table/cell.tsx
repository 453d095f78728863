import { Check, FileText, Minus } from "lucide-react";
import { cn } from "@capsule/ui";
import { asNumber, formatCurrency, formatNumber, withSign } from "../data/number-format.ts";
import { useHost } from "../host.ts";
import { InlineMarkdown, SafeLink } from "../inline-markdown.tsx";
import { safeLink } from "../safe-url.ts";
import { isRecord } from "../use-data.ts";
import type { Column } from "./columns.ts";
import { plainText } from "./rows.ts";
import { toneOf } from "./status-tone.ts";

type CellProps = {
  value: unknown;
  column: Column;
  /** The highest score of the column is at most this. */
  scoreTop: number;
};

const EMPTY = <span className="text-ink-faint">–</span>;

export function Cell({ value, column, scoreTop }: CellProps) {
  const file = fileReference(value);
  if (file) return <FileLink {...file} />;
  if (column.type === "boolean") return <YesNo value={value} />;
  if (value === null || value === undefined || value === "") return EMPTY;
  switch (column.type) {
    case "number":
      return <Figure text={numberText(value, column.format)} />;
    case "currency":
      return <Figure text={currencyText(value, column.format)} />;
    case "date":
      return <DateText value={value} />;
    case "link":
      return <LinkText value={value} />;
    case "file":
      return typeof value === "string" && value.startsWith("/") ? <FileLink path={value} /> : <LinkText value={value} />;
    case "email":
      return <SafeLink href={`mailto:${encodeURI(plainText(value))}`}>{plainText(value)}</SafeLink>;
    case "status":
      return <Status text={plainText(value)} />;
    case "tags":
      return <Tags value={value} />;
    case "score":
      return <Score value={value} top={scoreTop} />;
    default:
      return <Plain value={value} />;
  }
}

export const isRightAligned = (column: Column): boolean => column.type === "number" || column.type === "currency";

/** A `cpsl.file` reference: `{_type: "file", path, label?}`. */
export function fileReference(value: unknown): { path: string; label?: string } | null {
  if (!isRecord(value) || value["_type"] !== "file" || typeof value["path"] !== "string") return null;
  return { path: value["path"], ...(typeof value["label"] === "string" ? { label: value["label"] } : {}) };
}

export function FileLink({ path, label }: { path: string; label?: string }) {
  const { fileUrl } = useHost();
  const name = label ?? path.slice(path.lastIndexOf("/") + 1);
  const address = fileUrl ? safeLink(fileUrl(path)) : null;
  const inner = (
    <>
      <FileText className="size-3.5 shrink-0" aria-hidden />
      <span className="truncate">{name}</span>
    </>
  );
  const style = "inline-flex max-w-64 items-center gap-1.5";
  if (address === null) {
    return (
      <span className={cn(style, "text-ink-soft")} title={path}>
        {inner}
      </span>
    );
  }
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener noreferrer"
      className={cn(style, "text-accent-text underline-offset-2 hover:underline")}
      title={path}
    >
      {inner}
    </a>
  );
}

function Figure({ text }: { text: string }) {
  return <span className="tabular-nums">{text}</span>;
}

function numberText(value: unknown, format: string | undefined): string {
  const number = asNumber(value);
  if (number === null) return plainText(value);
  return format === "%" || format === "percent" ? `${formatNumber(number)}%` : formatNumber(number);
}

/** `format` is a currency code (`EUR`) or a sign (`€`). */
function currencyText(value: unknown, format: string | undefined): string {
  const number = asNumber(value);
  if (number === null) return plainText(value);
  if (format === undefined || /^[A-Za-z]{3}$/.test(format)) return formatCurrency(number, format?.toUpperCase());
  return withSign(number, format);
}

function DateText({ value }: { value: unknown }) {
  const text = plainText(value);
  const number = asNumber(value);
  // Seconds and milliseconds since 1970 are told apart by their size.
  const date = number === null ? new Date(text) : new Date(number < 1e11 ? number * 1000 : number);
  if (Number.isNaN(date.getTime())) return text;
  const isDay = number === null && !text.includes(":");
  const shown = new Intl.DateTimeFormat(undefined, {
    dateStyle: "medium",
    ...(isDay ? { timeZone: "UTC" } : { timeStyle: "short" }),
  }).format(date);
  return (
    <time dateTime={isDay ? text : date.toISOString()} title={text} className="whitespace-nowrap">
      {shown}
    </time>
  );
}

function LinkText({ value }: { value: unknown }) {
  const parts = isRecord(value) ? { href: value["url"] ?? value["href"], label: value["label"] } : { href: value };
  const address = safeLink(parts.href);
  const label = typeof parts.label === "string" ? parts.label : plainText(parts.href).replace(/^https?:\/\/(www\.)?/, "");
  return address === null ? <span>{plainText(value)}</span> : <SafeLink href={address}>{label}</SafeLink>;
}

function Status({ text }: { text: string }) {
  return (
    <span className={cn("inline-flex rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap", toneOf(text))}>
      {text.replaceAll("_", " ")}
    </span>
  );
}

function Tags({ value }: { value: unknown }) {
  const tags = Array.isArray(value) ? value.map(plainText) : plainText(value).split(",");
  return (
    <span className="flex flex-wrap gap-1">
      {tags
        .map((tag) => tag.trim())
        .filter(Boolean)
        .map((tag, index) => (
          <span key={index} className="rounded-sm bg-hover px-1.5 py-0.5 text-xs whitespace-nowrap text-ink-soft">
            {tag}
          </span>
        ))}
    </span>
  );
}

function YesNo({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === "") return EMPTY;
  const isYes = value === true || value === 1 || /^(true|yes|1)$/i.test(plainText(value));
  return isYes ? (
    <Check className="size-4 text-good" role="img" aria-label="Yes" />
  ) : (
    <Minus className="size-4 text-ink-faint" role="img" aria-label="No" />
  );
}

function Score({ value, top }: { value: unknown; top: number }) {
  const number = asNumber(value);
  if (number === null) return <Plain value={value} />;
  const share = Math.min(1, Math.max(0, number / top));
  return (
    <span className="flex items-center gap-2">
      <span className="h-1.5 w-16 overflow-hidden rounded-full bg-hover" aria-hidden>
        <span className="block h-full rounded-full bg-accent" style={{ width: `${String(share * 100)}%` }} />
      </span>
      <span className="text-xs tabular-nums">{formatNumber(number)}</span>
    </span>
  );
}

function Plain({ value }: { value: unknown }) {
  if (typeof value === "boolean") return <YesNo value={value} />;
  if (typeof value === "number") return <Figure text={formatNumber(value)} />;
  const text = plainText(value);
  return (
    <span className="line-clamp-4 break-words" {...(text.length > 120 ? { title: text } : {})}>
      <InlineMarkdown text={text} />
    </span>
  );
}
