/** Environment variables as text and back, `NAME=value` per line. Knows no React. */

export type Variable = { key: string; value: string };
export type TextProblem = { line: number; message: string };

const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Why a name cannot be used, or null. */
export function keyProblem(key: string): string | null {
  if (key === "") return "A variable needs a name.";
  return KEY.test(key) ? null : "Letters, digits and _ only, not starting with a digit.";
}

/** Values with line breaks, edge spaces or quotes at the ends are written in double quotes with escapes. */
function writeValue(value: string): string {
  const needsQuotes = /[\n\r]|^\s|\s$|^["']/.test(value);
  if (!needsQuotes) return value;
  return `"${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n").replace(/\r/g, "\\r")}"`;
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

function readValue(text: string): string {
  const value = text.trim();
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"')) {
    return value.slice(1, -1).replace(/\\(.)/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
  }
  if (value.length >= 2 && value.startsWith("'") && value.endsWith("'")) return value.slice(1, -1);
  return value;
}

export const toText = (variables: readonly Variable[]): string =>
  variables.map(({ key, value }) => `${key}=${writeValue(value)}`).join("\n");

/** Blank lines and `#` lines are skipped, `export ` is dropped; a name given twice is a problem. */
export function parseText(text: string): { variables: Variable[]; problems: TextProblem[] } {
  const variables: Variable[] = [];
  const problems: TextProblem[] = [];
  const seen = new Map<string, number>();
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = index + 1;
    const content = raw.trim().replace(/^export\s+/, "");
    if (content === "" || content.startsWith("#")) return;
    const equals = content.indexOf("=");
    if (equals === -1) {
      problems.push({ line, message: "NAME=value is expected." });
      return;
    }
    const key = content.slice(0, equals).trim();
    const wrong = keyProblem(key);
    if (wrong !== null) problems.push({ line, message: wrong });
    const before = seen.get(key);
    if (before !== undefined) problems.push({ line, message: `${key} is already set in line ${String(before)}.` });
    seen.set(key, line);
    variables.push({ key, value: readValue(content.slice(equals + 1)) });
  });
  return { variables, problems };
}

/** The first reason why a list cannot be saved, by row. */
export function rowProblems(variables: readonly Variable[]): (string | null)[] {
  return variables.map(({ key }, index) => {
    const wrong = keyProblem(key);
    if (wrong !== null) return wrong;
    return variables.findIndex((other) => other.key === key) < index ? "This name is used twice." : null;
  });
}
