/** Addresses come from apps, so only kinds that cannot run script are followed. */

const LINK = new Set(["http:", "https:", "mailto:", "tel:"]);
const BASE = "https://relative.invalid/";

function protocolOf(address: string): string | null {
  try {
    return new URL(address, BASE).protocol;
  } catch {
    return null;
  }
}

/** The address when it may be a link (relative ones included), else null. */
export function safeLink(address: unknown): string | null {
  if (typeof address !== "string" || address.trim() === "") return null;
  const protocol = protocolOf(address.trim());
  return protocol !== null && LINK.has(protocol) ? address.trim() : null;
}

/** The address when a picture, sound or film may be loaded from it, else null. `kind` is what data: may hold. */
export function safeMedia(address: unknown, kind: "image" | "video" = "image"): string | null {
  if (typeof address !== "string" || address.trim() === "") return null;
  const text = address.trim();
  const protocol = protocolOf(text);
  if (protocol === "http:" || protocol === "https:" || protocol === "blob:") return text;
  return protocol === "data:" && text.slice(5).toLowerCase().startsWith(`${kind}/`) ? text : null;
}

/** True for an absolute path of the app's file system, which only the host can turn into an address. */
export const isFilePath = (address: string): boolean => address.startsWith("/") && !address.startsWith("//");

/** A mount path becomes the host's address of it; anything else stays. */
export const mediaUrl = (
  address: unknown,
  fileUrl: ((path: string) => string) | undefined,
  kind: "image" | "video" = "image",
): string | null => {
  if (typeof address === "string" && fileUrl && isFilePath(address) && !address.startsWith("/api/")) {
    return safeMedia(fileUrl(address), kind);
  }
  return safeMedia(address, kind);
};
