import { path, request } from "../client.ts";
import type { AccessRecord, AppIntegrations, Capsule, ConfigChange, CapsuleType, EnvVariable, Items, LogLine, Release, Source, SourceGrant } from "../types.ts";

export type NewCapsule = {
  space_id: string;
  name: string;
  type: CapsuleType;
  source?: Source;
  config?: ConfigChange;
  /** Without it a capsule with a source is built at once. */
  deploy?: boolean;
} & SourceGrant;

export const listCapsules = (space?: string): Promise<Items<Capsule>> =>
  request("GET", "/capsules", { query: { space } });
export const getCapsule = (capsule: string): Promise<Capsule> => request("GET", path("/capsules/{}", capsule));
export const createCapsule = (input: NewCapsule): Promise<Capsule> => request("POST", "/capsules", { json: input });
export const updateCapsule = (
  capsule: string,
  input: { name?: string; source?: Source; config?: ConfigChange },
): Promise<Capsule> => request("PATCH", path("/capsules/{}", capsule), { json: input });
export const removeCapsule = (capsule: string, confirm: string): Promise<void> =>
  request("DELETE", path("/capsules/{}", capsule), { query: { confirm } });
export const switchCapsule = (capsule: string, action: "start" | "stop" | "restart"): Promise<Capsule> =>
  request("POST", path("/capsules/{}/{}", capsule, action));

export const listReleases = (capsule: string): Promise<Items<Release>> =>
  request("GET", path("/capsules/{}/releases", capsule));

export const listEnv = (capsule: string): Promise<Items<EnvVariable>> => request("GET", path("/capsules/{}/env", capsule));
export const replaceEnv = (capsule: string, items: { key: string; value: string }[]): Promise<Items<EnvVariable>> =>
  request("PUT", path("/capsules/{}/env", capsule), { json: { items } });

export type LogQuery = { limit?: number; since?: string; until?: string; search?: string; replica?: string };
export const listLogs = (capsule: string, query: LogQuery): Promise<Items<LogLine>> =>
  request("GET", path("/capsules/{}/logs", capsule), { query });
export const listAccessLogs = (capsule: string, query: LogQuery): Promise<Items<AccessRecord>> =>
  request("GET", path("/capsules/{}/access-logs", capsule), { query });

export const getIntegrations = (app: string): Promise<AppIntegrations> => request("GET", path("/app/{}/integrations", app));
