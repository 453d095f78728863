/** How the words of a status column look; a word that is not known looks neutral. */

const WORDS: readonly (readonly [string, string])[] = [
  [
    "bg-good-soft text-good-text",
    "done complete completed success succeeded active live paid approved won ok healthy passed published resolved yes on shipped delivered verified",
  ],
  [
    "bg-bad-soft text-bad-text",
    "failed failure error lost rejected blocked overdue dead declined denied unhealthy critical high urgent churned",
  ],
  [
    "bg-warn-soft text-warn-text",
    "pending waiting warning review paused todo medium hold on_hold trial due expiring draft",
  ],
  ["bg-busy-soft text-busy-text", "running in_progress processing building open new started qualified contacted doing sent"],
];

const TONES = new Map(WORDS.flatMap(([tone, words]) => words.split(" ").map((word) => [word, tone] as const)));

export const toneOf = (status: string): string =>
  TONES.get(status.trim().toLowerCase().replace(/[\s-]+/g, "_")) ?? "bg-hover text-ink-soft";
