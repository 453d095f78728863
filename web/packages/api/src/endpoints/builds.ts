import { path, request } from "../client.ts";
import type { Build, Deployment, Items, LogLine } from "../types.ts";

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
