/** How releases of a capsule go live, as the form has it: texts, and the change they make. */
import type { Capsule, CapsuleConfig, ConfigChange } from "@capsule/api";
import { changedOnly } from "./changes.ts";

export type RolloutForm = {
  strategy: "rolling" | "recreate";
  releaseCommand: string;
  healthPath: string;
  healthTimeout: string;
  grace: string;
  hasCanary: boolean;
  canaryPercent: string;
  canarySeconds: string;
  watchSeconds: string;
};

export const DEFAULTS = { grace: 10, canaryPercent: 10, canarySeconds: 60, watchSeconds: 120 } as const;

/** Apps take their traffic through the app host: no path to ask, no share to try. */
export const hasTraffic = (capsule: Capsule): boolean => capsule.type !== "app";

const text = (value: number | null | undefined): string => (value == null ? "" : String(value));

export const formOf = (config: CapsuleConfig): RolloutForm => ({
  strategy: config.strategy ?? "rolling",
  releaseCommand: config.release_command,
  healthPath: config.health?.path ?? "",
  healthTimeout: text(config.health?.timeout_seconds),
  grace: text(config.health?.grace_seconds),
  hasCanary: config.canary != null,
  canaryPercent: text(config.canary?.percent),
  canarySeconds: text(config.canary?.seconds),
  watchSeconds: text(config.watch_seconds),
});

const number = (value: string): number | null => (value.trim() === "" ? null : Number(value));

/** What the form changes; an empty number is the default again. */
export function changeOf(form: RolloutForm, config: CapsuleConfig): ConfigChange {
  const health = {
    path: form.healthPath.trim(),
    timeout_seconds: number(form.healthTimeout),
    grace_seconds: number(form.grace) ?? DEFAULTS.grace,
  };
  const isDefault = health.path === "" && health.timeout_seconds === null && health.grace_seconds === DEFAULTS.grace;
  const wanted: ConfigChange = {
    ...(form.strategy === (config.strategy ?? "rolling") ? {} : { strategy: form.strategy }),
    release_command: form.releaseCommand.trim(),
    health: isDefault ? null : health,
    canary: form.hasCanary
      ? {
          percent: number(form.canaryPercent) ?? DEFAULTS.canaryPercent,
          seconds: number(form.canarySeconds) ?? DEFAULTS.canarySeconds,
        }
      : null,
    watch_seconds: number(form.watchSeconds),
  };
  return changedOnly(wanted, config);
}

export type RolloutFact = { name: string; value: string };

/** The rules in words. */
export function factsOf(capsule: Capsule): RolloutFact[] {
  const { config } = capsule;
  const watch = config.watch_seconds ?? DEFAULTS.watchSeconds;
  return [
    { name: "Strategy", value: STRATEGIES[config.strategy ?? "rolling"].name },
    { name: "Release command", value: config.release_command || "the Procfile’s release, if there is one" },
    ...(hasTraffic(capsule)
      ? [
          { name: "Health", value: config.health?.path ? `answers ${config.health.path} below 400` : "answers / below 500" },
          {
            name: "Canary",
            value: config.canary
              ? `${String(config.canary.percent ?? DEFAULTS.canaryPercent)} % of the requests for ${String(config.canary.seconds ?? DEFAULTS.canarySeconds)} s`
              : "none",
          },
        ]
      : []),
    { name: "Watch", value: watch === 0 ? "off: nothing comes back by itself" : `${String(watch)} s after it went live` },
  ];
}

export const STRATEGIES = {
  rolling: { name: "Rolling", hint: "The new release answers before the old one stops." },
  recreate: { name: "Recreate", hint: "The old one stops first, and requests wait meanwhile. For what must not run twice." },
} as const;
