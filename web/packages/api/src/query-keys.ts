import type { Environment } from "./types.ts";

/** Keys of the query cache, all in one place so that invalidation never misses one. */
export const keys = {
  me: ["me"] as const,
  health: ["health"] as const,
  system: ["system"] as const,
  tokens: ["tokens"] as const,
  cliLogin: (id: string) => ["cli-login", id] as const,
  spaces: ["spaces"] as const,
  secrets: (space: string) => ["spaces", space, "secrets"] as const,
  capsules: ["capsules"] as const,
  capsulesOf: (space: string) => ["capsules", "of", space] as const,
  capsule: (capsule: string) => ["capsule", capsule] as const,
  env: (capsule: string) => ["capsule", capsule, "env"] as const,
  builds: (capsule: string) => ["capsule", capsule, "builds"] as const,
  build: (build: string) => ["build", build] as const,
  plan: (wanted: unknown) => ["plan", wanted] as const,
  releases: (capsule: string) => ["capsule", capsule, "releases"] as const,
  deployments: (capsule: string) => ["capsule", capsule, "deployments"] as const,
  accessLogs: (capsule: string, search: string) => ["capsule", capsule, "access-logs", search] as const,
  logSearch: (capsule: string, search: string) => ["capsule", capsule, "log-search", search] as const,
  traffic: (capsule: string) => ["capsule", capsule, "traffic"] as const,
  runtimes: (capsule: string, environment: Environment) => ["capsule", capsule, "runtimes", environment] as const,
  integrations: (capsule: string) => ["capsule", capsule, "integrations"] as const,
  agentHistory: (capsule: string) => ["capsule", capsule, "agent-history"] as const,
  files: (capsule: string, folder: string) => ["capsule", capsule, "files", folder] as const,
  storageUsage: (capsule: string) => ["capsule", capsule, "storage-usage"] as const,
};
