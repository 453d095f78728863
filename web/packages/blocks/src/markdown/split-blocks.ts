/**
 * Cuts Markdown at blank lines where a cut changes nothing, so that of a long text that still grows only the
 * last piece is parsed again. Lists, fences, maths and indented text stay whole.
 */
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const LIST = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const DEFINITION = /^ {0,3}\[[^\]]+\]:/m;
const MATH = /^\s*(?:\$\$|\\\[|\\\])\s*$/;

export function splitBlocks(text: string): string[] {
  // A definition or a footnote may be used anywhere.
  if (DEFINITION.test(text)) return [text];
  const blocks: string[] = [];
  let block: string[] = [];
  let fence: string | null = null;
  let isMath = false;
  let isBlank = false;
  let isList = false;

  for (const line of text.split("\n")) {
    const isOpen = fence !== null || isMath;
    if (isBlank && !isOpen && line.trim() !== "" && !continues(line, isList)) {
      blocks.push(block.join("\n"));
      block = [];
    }
    if (!isOpen && line.trim() !== "" && (block.length === 0 || isBlank)) isList = LIST.test(line) || (isList && block.length > 0);
    block.push(line);
    const mark = FENCE.exec(line)?.[1];
    if (fence !== null) {
      if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark) fence = null;
    } else if (mark !== undefined && !isMath) fence = mark;
    else if (MATH.test(line)) isMath = !isMath;
    isBlank = line.trim() === "";
  }
  if (block.some((line) => line.trim() !== "")) blocks.push(block.join("\n"));
  return blocks;
}

const continues = (line: string, isList: boolean): boolean => /^(?: |\t)/.test(line) || (isList && LIST.test(line));
