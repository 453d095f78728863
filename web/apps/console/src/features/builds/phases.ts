/** The phases of a build, read from its log: the builder writes a heading before each step. */
import type { BarPhase, NumberedLine } from "@capsule/ui";

export type BuildPhase = BarPhase & {
  /** Number of the line with which it begins. */
  line: number;
};

const HEADING = /^── (.+)$/;
const END = /^Built in /;
const FIRST = "fetch and plan";

/** `until`: when the build ended, or now while it runs. */
export function phasesOf(lines: readonly NumberedLine[], until: number): BuildPhase[] {
  const first = lines[0];
  if (!first) return [];
  const starts: { name: string; line: number; at: number }[] = [{ name: FIRST, line: first.number, at: timeOf(first) }];
  let end = until;
  for (const line of lines) {
    if (line.stream !== "platform") continue;
    const name = HEADING.exec(line.text)?.[1];
    if (name !== undefined) starts.push({ name, line: line.number, at: timeOf(line) });
    else if (END.test(line.text)) end = timeOf(line);
  }
  return starts.map(({ name, line, at }, index) => ({
    name,
    line,
    seconds: Math.max(0, (starts[index + 1]?.at ?? end) - at) / 1000,
  }));
}

const timeOf = (line: NumberedLine): number => new Date(line.at).getTime();
