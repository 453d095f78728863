/** How far a deployment is: the phases it had, the one it is in, and those that are still to come. */
import type { CapsuleConfig, Deployment } from "@capsule/api";
import type { BarPhase } from "@capsule/ui";
import { asSentence } from "./words.ts";

export type StepState = "done" | "current" | "next" | "failed";
export type Step = { name: string; state: StepState; seconds: number | null };

const ROLLING = ["start", "switch", "drain"];
const RECREATE = ["drain", "start", "switch"];
const DEFAULT_WATCH_SECONDS = 120;

export const watchSeconds = (config: CapsuleConfig): number => config.watch_seconds ?? DEFAULT_WATCH_SECONDS;

/** Phases in the order of their first turn; one that came twice counts once, with both times. */
export function phaseTimes(deployment: Deployment): BarPhase[] {
  const times = new Map<string, number>();
  for (const { name, seconds } of deployment.receipt?.phases ?? []) times.set(name, (times.get(name) ?? 0) + seconds);
  return [...times].map(([name, seconds]) => ({ name, seconds }));
}

export function stepsOf(deployment: Deployment, config: CapsuleConfig): Step[] {
  const times = new Map(phaseTimes(deployment).map(({ name, seconds }) => [name, seconds]));
  const isUnder = (name: string): boolean => times.has(name) || deployment.phase === name;
  const order = [
    ...(isUnder("release") ? ["release"] : []),
    ...(config.strategy === "recreate" ? RECREATE : ROLLING).flatMap((name) =>
      name === "switch" && (config.canary || isUnder("canary")) ? ["canary", name] : [name],
    ),
    ...(watchSeconds(config) > 0 || isUnder("watch") ? ["watch"] : []),
  ];
  const hasFailed = deployment.status === "failed" || deployment.status === "cancelled";
  const last = [...times.keys()].at(-1);
  const at = order.indexOf(deployment.phase ?? "");
  return order.map((name, index) => {
    // Switching goes on after a canary, so what comes after the present phase is not done yet.
    const seconds = at !== -1 && index > at ? null : (times.get(name) ?? null);
    if (hasFailed && name === (deployment.phase ?? last)) return { name, state: "failed", seconds };
    if (deployment.phase === name) return { name, state: "current", seconds };
    return { name, state: seconds === null ? "next" : "done", seconds };
  });
}

/** Whether something goes on that people want to look at: it runs, or its release is being watched. */
export const isUnderWay = (deployment: Deployment | null): deployment is Deployment =>
  deployment !== null &&
  (deployment.status === "queued" || deployment.status === "running" || deployment.watch_until !== null);

const MAY_RETURN = new Set(["build", "config", "rollback"]);

/** The release that comes back by itself if this deployment's does badly, or null when none does. */
export function wouldReturnTo(deployment: Deployment, config: CapsuleConfig): number | null {
  const { previous_release_number: before, release_number: number, trigger } = deployment;
  return MAY_RETURN.has(trigger) && before !== number && watchSeconds(config) > 0 ? before : null;
}

/** Why the release before came back by itself, when that is what happened last. The newest deployment comes first. */
export function returnOf(deployments: readonly Deployment[]): { from: number; to: number; reason: string } | null {
  const [newest, before] = deployments;
  if (newest?.trigger !== "return" || !before) return null;
  const reason = before.receipt?.reason ?? before.reason;
  return { from: before.release_number, to: newest.release_number, reason: reason ? asSentence(reason) : "" };
}

/** `2:05` until a moment, `0:00` after it. */
export function countdown(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((new Date(until).getTime() - now) / 1000));
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, "0")}`;
}
