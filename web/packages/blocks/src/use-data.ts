/** Reads a data handler through the host. */
import { useCallback, useEffect, useEffectEvent, useMemo, useState } from "react";
import { useHost } from "./host.ts";

export type DataState =
  | { status: "none" }
  | { status: "unavailable" }
  | { status: "loading"; value?: unknown }
  | { status: "ready"; value: unknown }
  | { status: "failed"; error: string };

type Answer = { key: string; state: DataState };

/** `none` without a name; `unavailable` where the host has no data handlers. */
export function useData(name: string | undefined, params?: Record<string, string>): DataState & { refresh: () => void } {
  const { fetchData } = useHost();
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const query = params === undefined ? "" : JSON.stringify(params);
  const key = [name, query, attempt, fetchData !== undefined].join(" ");
  // The host may be a new object with every render; only a change of what is asked asks again.
  const ask = useEffectEvent((): Promise<unknown> | null | undefined =>
    name === undefined ? null : query === "" ? fetchData?.(name) : fetchData?.(name, params),
  );

  useEffect(() => {
    if (name === undefined) return;
    let isGone = false;
    const settle = (state: DataState): void => {
      if (!isGone) setAnswer({ key, state });
    };
    const read = async (): Promise<void> => {
      const asked = ask();
      settle(asked == null ? { status: "unavailable" } : { status: "ready", value: await asked });
    };
    read().catch((error: unknown) =>
      settle({ status: "failed", error: error instanceof Error ? error.message : "The data could not be read." }),
    );
    return () => {
      isGone = true;
    };
  }, [name, key]);

  const refresh = useCallback(() => setAttempt((count) => count + 1), []);
  return useMemo(() => {
    if (name === undefined) return { status: "none", refresh };
    if (answer?.key === key) return { ...answer.state, refresh };
    const before = answer?.state.status === "ready" ? { value: answer.state.value } : {};
    return { status: "loading", ...before, refresh };
  }, [name, answer, key, refresh]);
}

/** The records of a handler's answer: a list, or what stands under `data`. */
export function recordsOf(value: unknown): Record<string, unknown>[] {
  const list: unknown = Array.isArray(value) ? value : isRecord(value) ? value["data"] : null;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a dotted path: `totals.month`. A key that holds the dots itself wins. */
export function valueAt(value: unknown, path: string): unknown {
  if (isRecord(value) && path in value) return value[path];
  return path.split(".").reduce<unknown>((found, part) => {
    if (Array.isArray(found)) return found[Number(part)] as unknown;
    return isRecord(found) ? found[part] : undefined;
  }, value);
}
