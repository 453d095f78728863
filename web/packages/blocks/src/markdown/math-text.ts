/** Finds the maths in Markdown, and makes sure that amounts of money are not taken for it. */

const CODE = /(^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\2[`~]*[ \t]*$|$(?![\s\S]))|(`+)[^`][\s\S]*?\3(?!`))/gm;

/** Whether a text may hold maths; cheap, and asked for every piece. */
export const mayHoldMath = (text: string): boolean => /\$|\\\(|\\\[/.test(text);

/**
 * `\(x\)` and `\[x\]` become `$x$` and `$$x$$`. A lone `$` becomes text: maths neither begins nor ends with a
 * space, and no digit follows its end.
 */
export function normalizeMath(text: string): string {
  let result = "";
  let from = 0;
  for (const match of text.matchAll(CODE)) {
    result += outsideCode(text.slice(from, match.index)) + match[0];
    from = match.index + match[0].length;
  }
  return result + outsideCode(text.slice(from));
}

const PIECES =
  /\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|\$\$[\s\S]+?\$\$|\\\$|(?<![\\$])\$(?![\s$])(?:[^$\n\\]|\\.)*?(?<![\s$\\])\$(?![\d$])|\$/g;

function outsideCode(text: string): string {
  return text.replace(PIECES, (piece, display?: string, inline?: string) => {
    if (display !== undefined) return `\n$$\n${display.trim()}\n$$\n`;
    if (inline !== undefined) return `$${inline.trim()}$`;
    return piece === "$" ? "\\$" : piece;
  });
}
