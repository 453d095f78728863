/** Light, dark, or what the system says; the choice is kept in this browser. `theme-boot-1.js` reads it first. */
import { useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";
const KEY = "capsule-theme";
const listeners = new Set<() => void>();
const systemDark = (): MediaQueryList => window.matchMedia("(prefers-color-scheme: dark)");

function read(): ThemeChoice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system"; // Storage may be switched off.
  }
}

function apply(): void {
  const choice = read();
  document.documentElement.dataset["theme"] = choice === "system" ? (systemDark().matches ? "dark" : "light") : choice;
  for (const listener of listeners) listener();
}

/** Apply the theme and follow the system from now on. */
export function startTheme(): void {
  apply();
  systemDark().addEventListener("change", apply);
}

export function chooseTheme(choice: ThemeChoice): void {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    document.documentElement.dataset["theme"] = choice;
  }
  apply();
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    read,
  );
}
