import type { AppTheme } from "@capsule/api";
import { describe, expect, test } from "vitest";
import { applyTheme, keepTheme } from "./apply-theme.ts";
import { contrast, parseColour, READABLE, type Rgb } from "./colour.ts";
import { fixedScheme, themeVariables } from "./theme-variables.ts";

const NAMES = ["primary", "accent", "background", "foreground", "sidebar", "surface", "border", "muted", "danger", "success"] as const;
const preset = (colours: string): AppTheme => Object.fromEntries(colours.split(" ").map((colour, at) => [NAMES[at], colour]));
const PRESETS: [string, "light" | "dark", AppTheme][] = [
  ["dark", "dark", preset("#60a5fa #60a5fa #1a1a1a #f0f0f0 #1a1a1a #232323 #303030 #969696 #f87171 #86efac")],
  ["light", "light", preset("#2563eb #d97706 #faf9f6 #16140f #faf9f6 #f2f1ed #dcdad4 #6b665b #dc2626 #16a34a")],
  ["midnight", "dark", preset("#38bdf8 #a78bfa #0f172a #e2e8f0 #0f172a #1e293b #293449 #94a3b8 #f87171 #34d399")],
  ["warm", "light", preset("#b45309 #dc8b4f #fdf8f0 #292524 #fdf8f0 #faebd7 #d6cfc7 #78716c #b91c1c #15803d")],
];
const colour = (text: string | undefined): Rgb => {
  const found = parseColour(text ?? "");
  if (!found) throw new Error(`no colour: ${text ?? "nothing"}`);
  return found;
};

describe.each(PRESETS)("the preset %s", (_, scheme, theme) => {
  const variables = themeVariables(theme, scheme);

  test("fixes its scheme", () => expect(fixedScheme(theme)).toBe(scheme));

  test("reads well everywhere", () => {
    const pairs = [
      ["--accent-ink", "--accent"],
      ["--accent-text", "--canvas"],
      ["--accent-text", "--surface"],
      ["--accent-text", "--accent-soft"],
      ["--ink", "--canvas"],
      ["--ink-soft", "--surface"],
      ["--ink-faint", "--canvas"],
      ["--ink-faint", "--surface"],
      ["--bad-text", "--bad-soft"],
      ["--good-text", "--good-soft"],
    ] as const;
    for (const [text, ground] of pairs) {
      expect(contrast(colour(variables[text]), colour(variables[ground])), `${text} on ${ground}`).toBeGreaterThanOrEqual(READABLE);
    }
  });
});

test("an app that only gives its colour leaves light and dark to people", () => {
  const theme: AppTheme = { primary: "#facc15" };
  expect(fixedScheme(theme)).toBeNull();
  const [light, dark] = [themeVariables(theme, "light"), themeVariables(theme, "dark")];
  expect(light["--canvas"]).toBeUndefined();
  expect(light["--accent"]).toBe("#facc15");
  expect(light["--accent-ink"]).toBe("#000000");
  expect(light["--accent-text"]).not.toBe(dark["--accent-text"]);
});

test("fonts, roundness, and colours in other notations", () => {
  const variables = themeVariables({ font_sans: "Inter", font_mono: "Fira", radius: "lg", primary: "rgb(10, 20, 30)" }, "light");
  expect(variables["--font-body"]).toBe("Inter");
  expect(variables["--font-code"]).toBe("Fira");
  expect(variables["--round"]).toBe("1.7");
  expect(variables["--accent"]).toBe("#0a141e");
  expect(themeVariables({ primary: "no colour" }, "light")).toEqual({});
});

test("a theme is put on the page, kept for the next visit, and leaves without a trace", () => {
  const root = document.documentElement;
  applyTheme(keepTheme(PRESETS[2]?.[2] ?? null));
  expect(root.dataset["theme"]).toBe("dark");
  expect(root.style.getPropertyValue("--canvas")).toBe("#0f172a");
  expect(JSON.parse(localStorage.getItem("capsule-app-theme") ?? "")).toMatchObject({ fixed: "dark" });
  applyTheme(keepTheme(null));
  expect(root.style.getPropertyValue("--canvas")).toBe("");
  expect(localStorage.getItem("capsule-app-theme")).toBeNull();
});
