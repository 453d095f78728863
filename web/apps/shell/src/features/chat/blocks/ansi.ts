/** Colours of terminal text: cuts it where escape codes change its look, and drops every other code. */

export type TerminalSpan = { text: string; colour: string | null; isBold: boolean; isDim: boolean };

const COLOURS = ["var(--ink-faint)", "var(--bad-text)", "var(--good-text)", "var(--warn-text)", "var(--busy-text)"];
const MORE = ["var(--accent-text)", "var(--accent-text)", "var(--ink)"];
const PALETTE = [...COLOURS, ...MORE];
// Colours and styles; other control sequences; titles of windows.
const CODES = /\u001b\[([\d;]*)m|\u001b\[[\d;?]*[A-Za-ln-z]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b./g;

type Look = Omit<TerminalSpan, "text">;
const PLAIN: Look = { colour: null, isBold: false, isDim: false };

export function terminalSpans(text: string): TerminalSpan[] {
  const clean = overwritten(text);
  const spans: TerminalSpan[] = [];
  let look = PLAIN;
  let from = 0;
  const push = (part: string): void => {
    if (part !== "") spans.push({ text: part, ...look });
  };
  for (const match of clean.matchAll(CODES)) {
    push(clean.slice(from, match.index));
    if (match[1] !== undefined) look = changed(look, match[1]);
    from = match.index + match[0].length;
  }
  push(clean.slice(from));
  return spans;
}

/** The text without codes. */
export const plainText = (text: string): string => terminalSpans(text).map((span) => span.text).join("");

/** A carriage return writes over its line, as progress bars do. */
const overwritten = (text: string): string => text.replaceAll("\r\n", "\n").replace(/^.*\r(?!$)/gm, "");

function changed(look: Look, codes: string): Look {
  let next = look;
  const numbers = codes.split(";").map(Number);
  for (let index = 0; index < numbers.length; index += 1) {
    const code = numbers[index] ?? 0;
    if (code === 0) next = PLAIN;
    else if (code === 1) next = { ...next, isBold: true };
    else if (code === 2) next = { ...next, isDim: true };
    else if (code === 22) next = { ...next, isBold: false, isDim: false };
    else if (code >= 30 && code <= 37) next = { ...next, colour: PALETTE[code - 30] ?? null };
    else if (code >= 90 && code <= 97) next = { ...next, colour: PALETTE[code - 90] ?? null };
    else if (code === 39) next = { ...next, colour: null };
    else if (code === 38 || code === 48) index += numbers[index + 1] === 5 ? 2 : 4;
  }
  return next;
}
