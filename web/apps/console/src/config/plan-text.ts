/** A plan in words: what runs, under which name, and how it would be typed. */
import type { Plan } from "@capsule/api";

const PROVIDERS: Record<string, string> = {
  app: "cpsl app",
  docker: "Docker",
  go: "Go",
  java: "Java",
  node: "Node",
  php: "PHP",
  python: "Python",
  ruby: "Ruby",
  static: "Static site",
};
export const providerName = (provider: string): string => PROVIDERS[provider] ?? provider;

/** A line as it would be typed; `sh -c` lines were written by the user and are shown bare. */
export const commandLine = (argv: readonly string[]): string =>
  argv.length === 3 && argv[0] === "sh" && argv[1] === "-c" ? (argv[2] ?? "") : argv.join(" ");

export type PlanProcess = { name: string; command: string; note: string };

/** Everything that a release runs: `web` first, the other process types, the release step last. */
export function processesOf(plan: Plan): PlanProcess[] {
  const one = (name: string, argv: readonly string[], note: string): PlanProcess => ({
    name,
    command: commandLine(argv) || (plan.image ? "the image’s own command" : ""),
    note,
  });
  return [
    ...(plan.start ? [one("web", plan.start.argv, "gets the requests")] : []),
    ...Object.entries(plan.processes ?? {}).map(([name, { argv }]) => one(name, argv, "in replicas of its own")),
    ...(plan.release ? [one("release", plan.release.argv, "once before each release goes live")] : []),
  ];
}
