/** The process types of a capsule, how many replicas each should have, and those it has. */
import type { Capsule, Plan, Replica } from "@capsule/api";
import { processesOf } from "#config/plan-text.ts";

export const MOST_REPLICAS = 20;
/** Never runs twice, whatever is asked for while it is replaced. */
export const ONE_AT_A_TIME = "clock";

export type Process = { name: string; command: string; wanted: number; replicas: Replica[] };
export type Scale = Record<string, number>;

/** `web` first, as in the Procfile; a type that nothing runs any more is shown while it has replicas. */
export function processesFor(capsule: Capsule, plan: Plan | null): Process[] {
  const planned = (plan ? processesOf(plan) : []).filter((process) => process.name !== "release");
  const replicas = capsule.replicas.filter((replica) => replica.environment === "deploy");
  const known = planned.length > 0 ? planned : [{ name: "web", command: "" }];
  const others = [...new Set(replicas.map((replica) => replica.process))].filter((name) => !known.some((one) => one.name === name));
  return [...known, ...others.map((name) => ({ name, command: "" }))].map(({ name, command }) => ({
    name,
    command,
    wanted: capsule.config.scale?.[name] ?? 1,
    replicas: replicas.filter((replica) => replica.process === name),
  }));
}

export const scaleOf = (processes: readonly Process[]): Scale =>
  Object.fromEntries(processes.map(({ name, wanted }) => [name, wanted]));

/** Types whose number of replicas is another one than saved. */
export const changedIn = (scale: Scale, processes: readonly Process[]): string[] =>
  processes.filter(({ name, wanted }) => scale[name] !== wanted).map(({ name }) => name);

export const clamp = (count: number): number => Math.min(MOST_REPLICAS, Math.max(0, Math.round(count)));

/** `2 healthy of 3`, or why there is none. */
export function stateOf(process: Process, isOn: boolean): string {
  if (!isOn) return "switched off";
  if (process.replicas.length === 0) return process.wanted === 0 ? "none wanted" : "none runs";
  const healthy = process.replicas.filter((replica) => replica.state === "healthy").length;
  return `${String(healthy)} healthy of ${String(process.replicas.length)}`;
}
