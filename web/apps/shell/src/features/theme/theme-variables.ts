/** Turns the theme of an app's manifest into the variables of `theme.css`. Pure. */
import type { AppTheme } from "@capsule/api";
import { inkOn, isDark, mix, parseColour, readable, toHex, type Rgb } from "./colour.ts";

export type Scheme = "light" | "dark";
export type Variables = Record<`--${string}`, string>;

/** What the platform's own theme looks like: for contrast where an app gives only some colours. */
const OWN: Record<Scheme, { background: Rgb; foreground: Rgb }> = {
  light: { background: [250, 250, 247], foreground: [27, 33, 36] },
  dark: { background: [15, 20, 22], foreground: [234, 238, 239] },
};
const ROUNDNESS = { sm: "0.6", md: "1", lg: "1.7" };

/** The scheme that an app fixes by its background, or null where people choose. */
export function fixedScheme(theme: AppTheme): Scheme | null {
  const background = parseColour(theme.background ?? "");
  return background ? (isDark(background) ? "dark" : "light") : null;
}

export function themeVariables(theme: AppTheme, scheme: Scheme): Variables {
  const background = parseColour(theme.background ?? "") ?? OWN[scheme].background;
  const foreground = parseColour(theme.foreground ?? "") ?? OWN[scheme].foreground;
  const surface = parseColour(theme.surface ?? "");
  const ground = surface ?? background;
  const found: Variables = {};
  if (theme.background !== undefined && parseColour(theme.background)) {
    Object.assign(found, grounds(background, foreground, surface));
  }
  if (theme.foreground !== undefined || theme.background !== undefined) {
    const places = [background, ground, parseColour(theme.sidebar ?? "") ?? background];
    found["--ink"] = toHex(readable(foreground, ...places));
    found["--ink-soft"] = toHex(readable(mix(foreground, background, 0.22), ...places));
    found["--ink-faint"] = toHex(readable(parseColour(theme.muted ?? "") ?? mix(foreground, background, 0.4), ...places));
  }
  set(found, "--surface", theme.surface);
  set(found, "--sidebar", theme.sidebar);
  const border = parseColour(theme.border ?? "");
  if (border) {
    found["--line"] = toHex(border);
    found["--line-strong"] = toHex(mix(border, foreground, 0.18));
  }
  Object.assign(found, brand(theme, background, ground));
  Object.assign(found, tone("bad", theme.danger, background, ground), tone("good", theme.success, background, ground));
  if (theme.font_sans) found["--font-body"] = theme.font_sans;
  if (theme.font_mono) found["--font-code"] = theme.font_mono;
  if (theme.radius !== undefined && Object.hasOwn(ROUNDNESS, theme.radius)) found["--round"] = ROUNDNESS[theme.radius];
  return found;
}

function grounds(background: Rgb, foreground: Rgb, surface: Rgb | null): Variables {
  const step = (share: number): string => toHex(mix(background, foreground, share));
  return {
    "--canvas": toHex(background),
    "--surface": surface ? toHex(surface) : step(0.03),
    "--raised": isDark(background) ? toHex(mix(surface ?? background, foreground, 0.05)) : toHex(mix(background, [255, 255, 255], 0.6)),
    "--sunken": step(0.035),
    "--sidebar": step(0.025),
    "--hover": step(0.08),
    "--line": step(0.14),
    "--line-strong": step(0.26),
  };
}

function brand(theme: AppTheme, background: Rgb, ground: Rgb): Variables {
  const found: Variables = {};
  const primary = parseColour(theme.primary ?? "");
  if (primary) {
    const ink = inkOn(primary);
    found["--accent"] = toHex(primary);
    found["--accent-hover"] = toHex(mix(primary, ink[0] === 255 ? [0, 0, 0] : [255, 255, 255], 0.14));
    found["--accent-ink"] = toHex(ink);
    const soft = mix(background, primary, 0.14);
    found["--accent-soft"] = toHex(soft);
    found["--accent-text"] = toHex(readable(primary, background, ground, soft));
  }
  set(found, "--apricot", theme.accent);
  return found;
}

function tone(name: "bad" | "good", text: string | undefined, background: Rgb, ground: Rgb): Variables {
  const colour = parseColour(text ?? "");
  if (!colour) return {};
  const soft = mix(background, colour, 0.14);
  return {
    [`--${name}`]: toHex(colour),
    [`--${name}-soft`]: toHex(soft),
    [`--${name}-text`]: toHex(readable(colour, background, ground, soft)),
  };
}

function set(found: Variables, name: `--${string}`, text: string | undefined): void {
  const colour = parseColour(text ?? "");
  if (colour) found[name] = toHex(colour);
}
