/** Reads payloads of blocks. They come from apps, so nothing about their shape is taken for granted. */

export type Payload = Readonly<Record<string, unknown>>;

export const asRecord = (value: unknown): Payload =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Payload) : {};

export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (payload: Payload, key: string): string => {
  const value = payload[key];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
};

export const numberOf = (payload: Payload, key: string): number | null => {
  const value = payload[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
};

/** The address if a click may open it. Scripts may not. */
export function safeHref(address: string): string | null {
  try {
    return ["http:", "https:", "mailto:", "tel:"].includes(new URL(address, window.location.href).protocol) ? address : null;
  } catch {
    return null;
  }
}
