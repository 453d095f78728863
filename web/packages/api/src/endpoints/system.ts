import { request } from "../client.ts";
import type { SystemReport } from "../types.ts";

export const getSystem = (): Promise<SystemReport> => request("GET", "/system");

/** Asked often, so it gives up soon: the edge holds requests while the server is away. */
export const getHealth = (): Promise<{ status: string; version: string }> =>
  request("GET", "/health", { signal: AbortSignal.timeout(HEALTH_MS) }, "");

const HEALTH_MS = 4_000;
