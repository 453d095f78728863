/** Colours as numbers, as far as themes need them: reading, mixing, contrast (WCAG). */

export type Rgb = readonly [red: number, green: number, blue: number];

/** `#rgb`, `#rrggbb` (an alpha part is dropped), `rgb(…)`; null for anything else. */
export function parseColour(text: string): Rgb | null {
  const hex = /^#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.exec(text.trim())?.[1];
  if (hex !== undefined) {
    const long = hex.length < 6 ? [...hex].map((digit) => digit + digit).join("") : hex;
    return [0, 2, 4].map((at) => parseInt(long.slice(at, at + 2), 16)) as unknown as Rgb;
  }
  const parts = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/i.exec(text.trim());
  if (!parts) return null;
  return [Number(parts[1]), Number(parts[2]), Number(parts[3])];
}

export const toHex = (colour: Rgb): string =>
  `#${colour.map((part) => Math.round(Math.min(255, Math.max(0, part))).toString(16).padStart(2, "0")).join("")}`;

/** `share` of `b` in `a`. */
export const mix = (a: Rgb, b: Rgb, share: number): Rgb =>
  [0, 1, 2].map((at) => (a[at] ?? 0) + ((b[at] ?? 0) - (a[at] ?? 0)) * share) as unknown as Rgb;

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [bright, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return ((bright ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

export const isDark = (colour: Rgb): boolean => luminance(colour) < 0.2;

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** What WCAG AA asks of text. */
export const READABLE = 4.5;

/** White or black, whichever reads better on `ground`. */
export const inkOn = (ground: Rgb): Rgb => (contrast(WHITE, ground) >= contrast(BLACK, ground) ? WHITE : BLACK);

/** `colour`, moved towards white or black as far as it takes to be read on every one of `grounds`. */
export function readable(colour: Rgb, ...grounds: Rgb[]): Rgb {
  const target = inkOn(grounds[0] ?? WHITE);
  for (let share = 0; share < 1; share += 0.05) {
    const candidate = mix(colour, target, share);
    if (grounds.every((ground) => contrast(candidate, ground) >= READABLE)) return candidate;
  }
  return target;
}
