/** Reads that more than one feature needs, as query options. */
import { queryOptions } from "@tanstack/react-query";
import { getMe } from "./endpoints/auth.ts";
import { getCapsule, listCapsules, listReleases } from "./endpoints/capsules.ts";
import { listGitApps, listGitConnections } from "./endpoints/sources.ts";
import { listSpaces } from "./endpoints/spaces.ts";
import { keys } from "./query-keys.ts";
import type { Capsule } from "./types.ts";

const MOVING = new Set<Capsule["status"]>(["building", "starting", "removing"]);

/** True while something will change by itself soon. */
export const isMoving = (capsule: Capsule): boolean =>
  MOVING.has(capsule.status) || isUnfinished(capsule.current_build) || isUnfinished(capsule.current_deployment);

const isUnfinished = (run: { status: string } | null): boolean => run?.status === "queued" || run?.status === "running";

export const meQuery = queryOptions({ queryKey: keys.me, queryFn: () => getMe(), staleTime: 60_000 });

export const spacesQuery = queryOptions({
  queryKey: keys.spaces,
  queryFn: async () => (await listSpaces()).items,
  staleTime: 15_000,
});

export const capsulesQuery = (space: string) =>
  queryOptions({
    queryKey: keys.capsulesOf(space),
    queryFn: async () => (await listCapsules(space)).items,
    refetchInterval: (query) => (query.state.data?.some(isMoving) ? 2_000 : 10_000),
  });

export const capsuleQuery = (capsule: string) =>
  queryOptions({
    queryKey: keys.capsule(capsule),
    queryFn: () => getCapsule(capsule),
    staleTime: 5_000,
  });

export const releasesQuery = (capsule: Pick<Capsule, "id" | "slug">) =>
  queryOptions({
    queryKey: keys.releases(capsule.slug),
    queryFn: async () => (await listReleases(capsule.id)).items,
    staleTime: 5_000,
  });

export const gitConnectionsQuery = (team: string) =>
  queryOptions({
    queryKey: keys.gitConnections(team),
    queryFn: async () => (await listGitConnections(team)).items,
    staleTime: 30_000,
  });

/** Hosts at which teams can sign in. */
export const gitAppsQuery = queryOptions({
  queryKey: keys.gitApps,
  queryFn: async () => (await listGitApps()).items,
  staleTime: 30_000,
});
