/** Deployments, their phases and releases, as people read them. */
import type { Deployment, Release } from "@capsule/api";

const TRIGGERS: Record<string, string> = {
  build: "built",
  config: "settings changed",
  start: "switched on",
  restart: "restarted",
  rollback: "rolled back",
  return: "came back by itself",
  recovery: "replicas were lost",
};
export const triggerName = (trigger: string): string => TRIGGERS[trigger] ?? trigger;

const PHASES: Record<string, string> = {
  release: "Release step",
  start: "Start",
  canary: "Canary",
  switch: "Switch",
  drain: "Drain",
  watch: "Watch",
};
export const phaseName = (phase: string): string => PHASES[phase] ?? phase;

export const shortCommit = (commit: string): string => commit.slice(0, 7);

/** What a release brought: its commit, or what was done instead of building one. */
export function releaseTitle(release: Release, all: readonly Release[]): string {
  if (release.made_by === "build") return release.subject ?? "Built";
  const base = all.find((other) => other.id === release.based_on)?.number;
  const code = base === undefined ? "" : ` of release ${String(base)}`;
  return release.made_by === "rollback" ? `Code${code} with the present settings` : `Settings changed, code${code}`;
}

/** What the badge of a deployment says; what happened after it went live counts more than that it did. */
export function outcome(deployment: Deployment): { status: string; label?: string } {
  if (deployment.status !== "succeeded") return { status: deployment.status };
  if (deployment.receipt?.verdict === "returned") return { status: "failed", label: "Taken back" };
  if (deployment.watch_until !== null) return { status: "running", label: "Watched" };
  return { status: "succeeded" };
}

/** A value of a release's configuration: `{"web": 2}` → `web 2`; nothing is the default. */
export function configText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "default";
  if (Array.isArray(value)) return value.map(configText).join(", ") || "none";
  if (typeof value !== "object") return String(value);
  return (
    Object.entries(value)
      .map(([name, part]) => `${name.replaceAll("_", " ")} ${configText(part)}`)
      .join(", ") || "none"
  );
}

/** `exited with code 3` → `Exited with code 3.` */
export const asSentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
