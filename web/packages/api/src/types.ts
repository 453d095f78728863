/**
 * The records of the HTTP API, under the names the front end uses.
 *
 * Everything else imports from here, so a client generated from OpenAPI (`npm run gen`) changes only this file.
 */

export type Team = {
  id: string;
  name: string;
  slug: string;
  is_personal: boolean;
  role: string;
  created_at: string;
  can: string[];
};

export type User = { id: string; email: string; name: string; is_admin: boolean; created_at: string };

export type Me = {
  user: User;
  teams: Team[];
  via: "login" | "token";
  server: { version: string; domain: string; port: number; url: string };
};

export type Space = {
  id: string;
  team_id: string;
  name: string;
  slug: string;
  capsules: number;
  created_at: string;
  can: string[];
};

export type CapsuleType = "app" | "backend" | "frontend" | "agent" | "storage";
export type CapsuleStatus = "empty" | "building" | "starting" | "live" | "failed" | "stopped" | "removing";
export type RunStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export type GitSource = { kind: "git"; url: string; branch?: string | null; path?: string | null };
export type UploadSource = { kind: "upload"; upload_id: string; path?: string | null };
export type Source = GitSource | UploadSource | { kind: "none" };

export type CapsuleConfig = {
  run_command?: string | null;
  build_command?: string | null;
  output_directory?: string | null;
  project_path?: string | null;
  entry?: string | null;
  cpu?: number | null;
  memory?: number | null;
};

export type Replica = {
  id: string;
  state: "starting" | "healthy" | "unhealthy" | "stopping" | "stopped";
  restarts: number;
  exit_reason?: string | null;
  started_at?: string | null;
  environment: string;
};

export type Release = { id: string; number: number; created_at: string; build_id?: string | null; is_live?: boolean };

export type PlanChoice = { what: string; value: string; reason: string };
export type PlanStep = { name: string; argv: string[]; env?: Record<string, string>; cwd?: string };
export type Plan = {
  provider: string;
  choices: PlanChoice[];
  steps: PlanStep[];
  start: { argv: string[]; env?: Record<string, string> };
  probe_path?: string | null;
  notices?: string[];
};

export type Build = {
  id: string;
  capsule_id: string;
  status: RunStatus;
  trigger: string;
  source: Source & { commit?: string | null };
  plan: Plan | null;
  reason?: string | null;
  hint?: string | null;
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
  is_live: boolean;
  can: string[];
};

export type LogLine = {
  at: string;
  replica?: string | null;
  stream: "stdout" | "stderr" | "platform";
  text: string;
};

export type Deployment = {
  id: string;
  capsule_id: string;
  release_id: string;
  release_number: number;
  status: RunStatus;
  reason?: string | null;
  hint?: string | null;
  log_tail: LogLine[];
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
};

export type Capsule = {
  id: string;
  team_id: string;
  space_id: string;
  name: string;
  slug: string;
  type: CapsuleType;
  is_on: boolean;
  status: CapsuleStatus;
  status_reason?: string | null;
  url: string | null;
  hosts: string[];
  source: Source;
  config: CapsuleConfig;
  release: Release | null;
  replicas: Replica[];
  current_build: Build | null;
  current_deployment: Deployment | null;
  created_at: string;
  can: string[];
};

export type EnvVariable = { key: string; value: string; set_by: "user" | "system" };
export type Secret = { name: string; created_at: string; updated_at: string };

export type AccessRecord = {
  at: string;
  method: string;
  path: string;
  host: string;
  status: number;
  duration_ms: number;
  bytes_in: number;
  bytes_out: number;
  replica?: string | null;
  client: string;
  user_agent: string;
};

export type FileEntry = { name: string; path: string; is_folder: boolean; size: number; modified_at: string };
export type Token = {
  id: string;
  name: string;
  created_at: string;
  expires_at?: string | null;
  last_used_at?: string | null;
};
export type CliLogin = { code: string; host_name: string; expires_at: string; status: string };

export type SystemReport = {
  version: string;
  processes: Record<string, { pid?: number | null; health: string }>;
  engine: { name: string; sentence: string; notices: string[] };
  doctor: { part: string; found: boolean; version?: string | null; enables: string; hint?: string | null }[];
};

export type Items<T> = { items: T[] };
