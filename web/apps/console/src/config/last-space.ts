/** Remembers, in this browser, the space somebody worked in last. */
const KEY = "capsule-space";

export function rememberSpace(id: string): void {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // Storage may be switched off; then the first space is taken.
  }
}

export function lastSpace(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
