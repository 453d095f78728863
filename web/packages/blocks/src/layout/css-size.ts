import type { Size } from "../types.ts";

/** What a size may be: a length, a percentage, or a grid function. Anything else could carry other CSS. */
const SIZE = /^(auto|min-content|max-content|\d*\.?\d+(px|rem|em|%|vw|vh|dvh|ch|fr)?|(minmax|fit-content|calc|min|max|clamp)\([\w\s.,%+*/()-]+\))$/;
const BARE = /^\d*\.?\d+$/;

/** A CSS length; bare numbers are pixels. */
export function length(size: Size | undefined): string | undefined {
  if (typeof size === "number") return Number.isFinite(size) ? `${String(size)}px` : undefined;
  const text = size?.trim() ?? "";
  if (!SIZE.test(text)) return undefined;
  return BARE.test(text) ? `${text}px` : text;
}

/** A grid track; bare numbers are weights. `least` is the narrowest it gets. */
export function track(size: Size | undefined, least = "0px"): string {
  const text = String(size ?? 1).trim();
  if (BARE.test(text)) return `minmax(${least}, ${text}fr)`;
  if (!SIZE.test(text)) return `minmax(${least}, 1fr)`;
  return text.endsWith("fr") && !text.includes("(") ? `minmax(${least}, ${text})` : text;
}
