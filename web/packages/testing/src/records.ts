/** Records as the API answers them, with only what a test cares about to be given. */
import type { Build, Capsule, Deployment, Me, Plan, Receipt, Release, Replica, Runtime, RuntimeReport, SourceAccess, Space } from "@capsule/api";

const AT = "2026-01-01T10:00:00Z";

export const aMe = (): Me => ({
  user: { id: "usr_1", email: "ada@example.com", name: "Ada", is_admin: true, created_at: AT },
  teams: [{ id: "team_1", name: "Ada’s team", slug: "ada", is_personal: true, role: "owner", created_at: AT, can: [] }],
  via: "login",
  server: { version: "0.1.0", domain: "localhost", port: 8080, url: "http://localhost:8080" },
});

export const aSpace = (part: Partial<Space> = {}): Space => ({
  id: "spc_1",
  team_id: "team_1",
  name: "main",
  slug: "main",
  capsules: 1,
  created_at: AT,
  can: ["update", "delete"],
  ...part,
});

export const aCapsule = (part: Partial<Capsule> = {}): Capsule => ({
  id: "cap_1",
  team_id: "team_1",
  space_id: "spc_1",
  name: "shop",
  slug: "shop",
  type: "backend",
  is_on: true,
  status: "live",
  status_reason: null,
  url: "http://shop.localhost:8080",
  hosts: ["shop.localhost"],
  source: { kind: "git", url: "https://git.example.com/team/shop.git", branch: "main", path: "" },
  config: {
    run_command: "",
    build_command: "",
    output_directory: "",
    project_path: "",
    entry: "",
    release_command: "",
    dockerfile: "",
    docker_context: "",
    cpu: 1,
    memory: 512,
  },
  release: { id: "rel_1", number: 1, created_at: AT },
  replicas: [],
  current_build: null,
  current_deployment: null,
  parent_id: null,
  preview_of: null,
  expires_at: null,
  created_at: AT,
  can: ["update", "delete", "start", "stop", "restart", "deploy"],
  ...part,
});

export const aBuild = (part: Partial<Build> = {}): Build => ({
  id: "bld_1",
  capsule_id: "cap_1",
  status: "running",
  trigger: "manual",
  source: { kind: "git", url: "https://git.example.com/team/shop.git" },
  plan: null,
  reason: null,
  hint: null,
  created_at: AT,
  started_at: AT,
  finished_at: null,
  is_live: false,
  compare_url: null,
  can: ["cancel"],
  ...part,
});

export const aRelease = (part: Partial<Release> = {}): Release => ({
  id: "rel_1",
  capsule_id: "cap_1",
  number: 1,
  build_id: "bld_1",
  made_by: "build",
  based_on: null,
  commit: "1903396abc",
  subject: "First",
  created_at: AT,
  is_live: true,
  is_kept: true,
  can: [],
  ...part,
});

export const aDeployment = (part: Partial<Deployment> = {}): Deployment => ({
  id: "dpl_1",
  capsule_id: "cap_1",
  release_id: "rel_1",
  release_number: 1,
  previous_release_number: null,
  status: "succeeded",
  trigger: "build",
  phase: null,
  watch_until: null,
  receipt: null,
  reason: null,
  hint: null,
  log_tail: [],
  created_at: AT,
  started_at: AT,
  finished_at: AT,
  can: [],
  ...part,
});

export const aReceipt = (part: Partial<Receipt> = {}): Receipt => ({
  phases: [],
  requests: null,
  errors: null,
  p99_before_ms: null,
  p99_after_ms: null,
  verdict: null,
  reason: null,
  ...part,
});

export const aSourceAccess = (part: Partial<SourceAccess> = {}): SourceAccess => ({
  push_url: "http://localhost:8080/git/shop.git",
  webhook_url: "http://localhost:8080/api/v1/hooks/cap_1",
  has_webhook_secret: false,
  has_token: false,
  public_key: null,
  connection_id: null,
  known_hosts: 0,
  last_hook_at: null,
  last_hook: null,
  ...part,
});

export const aReplica = (part: Partial<Replica> = {}): Replica => ({
  id: "rpl_1",
  process: "web",
  state: "healthy",
  restarts: 0,
  exit_reason: null,
  started_at: AT,
  environment: "deploy",
  ...part,
});

export const aPlan = (part: Partial<Plan> = {}): Plan => ({
  provider: "python",
  choices: [{ what: "start command", value: "gunicorn main:app", reason: "Procfile web" }],
  steps: [{ name: "install dependencies", argv: ["pip", "install", "-r", "requirements.txt"] }],
  start: { argv: ["sh", "-c", "gunicorn main:app"] },
  processes: { worker: { argv: ["sh", "-c", "python worker.py"] } },
  release: { argv: ["sh", "-c", "python migrate.py"] },
  ...part,
});

export const aRuntime = (part: Partial<Runtime> = {}): Runtime => ({
  user_id: "usr_1",
  email: "ada@example.com",
  state: "warm",
  release: "1",
  turns: 0,
  memory_bytes: 6 * 1024 ** 2,
  wakes: 1,
  wake_seconds: 0.011,
  woken_at: AT,
  used_at: AT,
  last_end: "",
  ...part,
});

/** A report whose counts and sums fit its items. */
export function aRuntimeReport(part: Partial<RuntimeReport> = {}): RuntimeReport {
  const items = part.items ?? [];
  const count = (state: Runtime["state"]): number => items.filter((item) => item.state === state).length;
  return {
    environment: "deploy",
    is_hosted: true,
    is_forked: true,
    keep_warm_seconds: 600,
    wake_p50_seconds: 0.011,
    wake_p95_seconds: 0.023,
    shared_bytes: 61 * 1024 ** 2,
    memory_bytes: items.reduce((sum, item) => sum + (item.memory_bytes ?? 0), 0),
    notices: [],
    counts: { waking: count("waking"), warm: count("warm"), cold: count("cold") },
    items,
    can: ["stop", "clear"],
    ...part,
  };
}
