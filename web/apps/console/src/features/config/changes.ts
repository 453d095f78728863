/** Only what a form changed is sent: a setting that was never made must not become one by being shown. */
import type { CapsuleConfig, ConfigChange } from "@capsule/api";

/** The part of `wanted` that differs from the configuration; no text and no value are the same. */
export function changedOnly(wanted: ConfigChange, config: CapsuleConfig): ConfigChange {
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => textOf(value) !== textOf(config[name as keyof CapsuleConfig])),
  );
}

const textOf = (value: unknown): string => JSON.stringify(value === "" || value === undefined ? null : value);
