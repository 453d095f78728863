/** Puts an app's theme on the page, and keeps it for the next visit's first paint (`theme-boot-2.js`). */
import type { AppTheme } from "@capsule/api";
import { parseColour } from "./colour.ts";
import { fixedScheme, themeVariables, type Scheme, type Variables } from "./theme-variables.ts";

const KEY = "capsule-app-theme";

export type KeptTheme = { fixed: Scheme | null; light: Variables; dark: Variables };

/** Names of colours and newer notations become numbers; the browser knows them all. */
function resolveColours(theme: AppTheme): AppTheme {
  const context = document.createElement("canvas").getContext("2d");
  const resolved: Record<string, string | undefined> = { ...theme };
  for (const [name, value] of Object.entries(theme)) {
    if (typeof value !== "string" || !context || parseColour(value) || !globalThis.CSS?.supports("color", value)) continue;
    context.fillStyle = value;
    resolved[name] = context.fillStyle;
  }
  return resolved as AppTheme;
}

export function keepTheme(theme: AppTheme | null): KeptTheme {
  const plain = resolveColours(theme ?? {});
  const fixed = fixedScheme(plain);
  const kept: KeptTheme = { fixed, light: themeVariables(plain, fixed ?? "light"), dark: themeVariables(plain, fixed ?? "dark") };
  try {
    if (theme === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Without storage the theme comes after the first paint.
  }
  return kept;
}

/** Sets the variables of the scheme that the page shows. */
export function applyTheme({ fixed, light, dark }: KeptTheme): void {
  const root = document.documentElement;
  // Setting an attribute to what it is tells observers as well.
  if (fixed !== null && root.dataset["theme"] !== fixed) root.dataset["theme"] = fixed;
  const variables = root.dataset["theme"] === "dark" ? dark : light;
  const old = Array.from(root.style).filter((name) => name.startsWith("--") && !(name in variables));
  for (const name of old) root.style.removeProperty(name);
  for (const [name, value] of Object.entries(variables)) root.style.setProperty(name, value);
  // The bar of a phone's browser goes with the page.
  document.querySelector("meta[name='theme-color']")?.setAttribute("content", getComputedStyle(document.body).backgroundColor);
}
