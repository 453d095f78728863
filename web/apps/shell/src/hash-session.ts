/** The open session is in the address (`#/s/<id>`), so a reload or a copied link keeps it. */
import { useSyncExternalStore } from "react";

function read(): string | null {
  const match = /^#\/s\/([^/?#]+)$/.exec(window.location.hash);
  return match?.[1] ? decodeURIComponent(match[1]) : null;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

/** Open a session, or the empty page for a new one. `isReplacing` leaves no extra step in the history. */
export function openSession(id: string | null, isReplacing = false): void {
  const url = new URL(window.location.href);
  url.hash = id === null ? "" : `/s/${encodeURIComponent(id)}`;
  if (isReplacing) window.history.replaceState(null, "", url);
  else window.history.pushState(null, "", url);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

export const useHashSession = (): string | null => useSyncExternalStore(subscribe, read);
