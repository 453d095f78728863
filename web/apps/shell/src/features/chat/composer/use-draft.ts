import { useState } from "react";

const keyOf = (sessionId: string | null): string => `capsule-draft:${sessionId ?? "new"}`;

function read(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return ""; // Storage may be switched off.
  }
}

/** The text of the composer, kept for each chat while the tab lives. */
export function useDraft(sessionId: string | null): [string, (text: string) => void] {
  const key = keyOf(sessionId);
  const [text, setText] = useState(() => read(key));
  const change = (next: string): void => {
    setText(next);
    try {
      if (next === "") sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, next);
    } catch {
      // It is only kept while the page is open then.
    }
  };
  return [text, change];
}
