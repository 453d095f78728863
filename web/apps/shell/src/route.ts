/** What is open is in the address, behind the `#`, so a reload or a copied link keeps it. */
import { useSyncExternalStore } from "react";

export type Route =
  | { page: "chat"; sessionId: string | null }
  | { page: "connections" }
  /** `from`: the path to go back to. */
  | { page: "sign-in" | "sign-up"; from: string };

/** `#/s/<id>`, `#/connections`, `#/sign-in`, `#/sign-up`; the empty chat for all else. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const session = /^\/s\/([^/]+)$/.exec(path)?.[1];
  if (session !== undefined) return { page: "chat", sessionId: decodeURIComponent(session) };
  if (path === "/connections" || path === "/integrations") return { page: "connections" };
  if (path === "/sign-in" || path === "/sign-up") {
    const from = new URLSearchParams(query).get("from") ?? "";
    return { page: path === "/sign-in" ? "sign-in" : "sign-up", from: from.replace(/^#/, "") };
  }
  return { page: "chat", sessionId: null };
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  window.addEventListener("popstate", listener);
  return () => {
    window.removeEventListener("hashchange", listener);
    window.removeEventListener("popstate", listener);
  };
}

/** Open `#<path>`; `isReplacing` leaves no extra step in the history. */
export function openPath(path: string, isReplacing = false): void {
  const url = new URL(window.location.href);
  url.hash = path;
  if (isReplacing) window.history.replaceState(null, "", url);
  else window.history.pushState(null, "", url);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Open a session, or the empty page for a new one. */
export const openSession = (id: string | null, isReplacing = false): void =>
  openPath(id === null ? "" : `/s/${encodeURIComponent(id)}`, isReplacing);

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return parseRoute(hash);
}
