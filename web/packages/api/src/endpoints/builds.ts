import { path, request } from "../client.ts";
import type {
  Build,
  CannotPlan,
  CapsuleType,
  ConfigChange,
  Deployment,
  Items,
  LogLine,
  Plan,
  ReleaseDifferences,
  Source,
  SourceGrant,
  UploadedSource,
} from "../types.ts";

export const listBuilds = (capsule: string): Promise<Items<Build>> => request("GET", path("/capsules/{}/builds", capsule));
export const startBuild = (capsule: string): Promise<Build> =>
  request("POST", path("/capsules/{}/builds", capsule), { json: {} });
export const getBuild = (build: string): Promise<Build> => request("GET", path("/builds/{}", build));
export const cancelBuild = (build: string): Promise<Build> => request("POST", path("/builds/{}/cancel", build));
export const listBuildLogs = (
  build: string,
  after: number,
): Promise<{ items: LogLine[]; next: number; finished: boolean }> =>
  request("GET", path("/builds/{}/logs", build), { query: { after } });

export const listDeployments = (capsule: string): Promise<Items<Deployment>> =>
  request("GET", path("/capsules/{}/deployments", capsule));
export const cancelDeployment = (deployment: string): Promise<Deployment> =>
  request("POST", path("/deployments/{}/cancel", deployment));
/** What going back to a release with its configuration would change. */
export const readDifferences = (release: string): Promise<ReleaseDifferences> =>
  request("GET", path("/releases/{}/differences", release));
export const rollBack = (release: string, config: "restored" | "kept"): Promise<Deployment> =>
  request("POST", path("/releases/{}/roll-back", release), { json: { config } });

export type WantedPlan = { space_id: string; type: CapsuleType; source: Source; config?: ConfigChange } & SourceGrant;
/** What would be made of a source. It is fetched for that, which takes seconds; nothing of it is run. */
export const makePlan = (wanted: WantedPlan, signal?: AbortSignal): Promise<Plan | CannotPlan> =>
  request("POST", "/plans", { json: wanted, ...(signal ? { signal } : {}) });

/** Send a source tree as .zip or .tar.gz. */
export const uploadSource = (space: string, archive: Blob): Promise<UploadedSource> =>
  request("POST", path("/spaces/{}/uploads", space), {
    body: archive,
    headers: { "Content-Type": "application/octet-stream" },
  });
