import type { CapsuleConfig } from "@capsule/api";

/** Patterns as they are typed, one a line, and as they are sent. */
export const patternsOf = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((pattern) => pattern.trim())
    .filter(Boolean);

export const textOf = (patterns: readonly string[] | null | undefined): string => (patterns ?? []).join("\n");

/** `in 3 days`, `in 5 hours`, `soon`: when a preview is removed. */
export function untilText(at: string, now: number): string {
  const hours = (new Date(at).getTime() - now) / 3_600_000;
  if (hours < 1) return "soon";
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  return hours < 48 ? relative.format(Math.round(hours), "hour") : relative.format(Math.round(hours / 24), "day");
}

type Previews = NonNullable<CapsuleConfig["previews"]>;

/** The rules of previews, with what an installation has when nothing was said. */
export const previewRules = (config: CapsuleConfig): Previews =>
  config.previews ?? { is_on: false, hours: 72, branches: [], forks: false };
