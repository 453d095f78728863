/**
 * The records of the HTTP API, under the names the front end uses.
 *
 * They come from the generated `schema.ts` (`make gen`, `npm run gen`). Where the schema says less than the
 * contract (free objects, plain strings) the type is narrowed here, and nowhere else.
 */
import type { components } from "./schema.ts";

type Schemas = components["schemas"];

export type User = Schemas["UserShape"];
export type Team = Schemas["TeamShape"];
export type Me = Schemas["Me"];
export type Space = Schemas["SpaceShape"];
export type Secret = Schemas["SecretShape"];
export type Token = Schemas["TokenShape"];
export type NewToken = Schemas["NewToken"];
export type CliLogin = Schemas["CliLoginShape"];
export type EnvVariable = Schemas["EnvVariableShape"];
export type LogLine = Schemas["LogLineShape"];
export type AccessRecord = Schemas["AccessRecord"];
export type FileEntry = Schemas["FileEntry"];
export type StorageUsage = Schemas["StorageUsage"];
export type SystemReport = Schemas["SystemShape"];
export type Release = Schemas["ReleaseShape"];
export type ReleaseDifferences = Schemas["ReleaseDifferences"];
export type LiveRelease = Schemas["LiveRelease"];

export type CapsuleType = Schemas["CreateCapsule"]["type"];
export type CapsuleStatus = Schemas["CapsuleShape"]["status"];
export type RunStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";
export type ReplicaState = "starting" | "healthy" | "unhealthy" | "stopping" | "stopped";

export type GitSource = { kind: "git"; url: string; branch?: string; path?: string };
export type UploadSource = { kind: "upload"; upload_id: string; path?: string };
/** What is pushed to the platform's own repository of the capsule. */
export type PushSource = { kind: "push"; branch?: string; path?: string };
export type ImageSource = { kind: "image"; image: string };
export type Source = GitSource | UploadSource | PushSource | ImageSource | { kind: "none" };
export type UploadedSource = Schemas["UploadShape"];

export type CapsuleConfig = Schemas["ConfigShape"];
/** What is left out stays as it is. */
export type ConfigChange = Partial<Schemas["ConfigShape"]>;

export type NetworkRules = Schemas["NetworkShape"];
export type AccessRules = Schemas["AccessShape"];
export type OidcProvider = Schemas["OidcShape"];
export type AppIntegrations = Schemas["IntegrationsShape"];
export type AppIntegration = Schemas["IntegrationShape"];

export type SourceAccess = Schemas["SourceAccessShape"];
export type WebhookSecret = Schemas["WebhookSecretShape"];
export type DeployKey = Schemas["DeployKeyShape"];
export type GitApp = Schemas["GitAppShape"];
export type GitManifest = Schemas["ManifestShape"];
export type FinishedSignIn = Schemas["FinishedShape"];
export type GitConnection = Schemas["ConnectionShape"];
export type Repository = Schemas["RepositoryShape"];
export type Repositories = Schemas["RepositoriesShape"];

export type Environment = Schemas["RuntimeOf"]["environment"];
export type RuntimeReport = Schemas["RuntimesShape"];
export type Runtime = Schemas["RuntimeShape"];
export type RuntimeState = Runtime["state"];
export type RuntimeOrder = "stop" | "clear";

export type PlanChoice = { what: string; value: string; reason: string };
export type PlanStep = { name: string; argv: string[]; env?: Record<string, string>; cwd?: string };
export type PlanStart = { argv: string[]; env?: Record<string, string> };
export type PlanImage = { dockerfile: string; context: string; reference: string; port: number };
export type Plan = {
  provider: string;
  choices: PlanChoice[];
  steps: PlanStep[];
  /** The `web` process; null when nothing listens. */
  start: PlanStart | null;
  probe_path?: string | null;
  notices?: string[];
  /** The other process types. */
  processes?: Record<string, PlanStart>;
  /** Runs once before a release gets requests. */
  release?: PlanStart | null;
  image?: PlanImage | null;
};
/** Why a source cannot be planned. */
export type CannotPlan = { reasons: string[]; hint: string };

export type Build = Omit<Schemas["BuildShape"], "status" | "source" | "plan"> & {
  status: RunStatus;
  source: Source & { commit?: string | null; subject?: string | null };
  plan: Plan | null;
};
export type Replica = Omit<Schemas["ReplicaShape"], "state"> & { state: ReplicaState };
export type Run = Omit<Schemas["RunShape"], "status"> & { status: RunStatus };
export type CronJob = Omit<Schemas["CronJobShape"], "last_run" | "concurrency" | "missed"> & {
  last_run: Run | null;
  concurrency: Concurrency;
  missed: Missed;
};
export type NewCronJob = Partial<Schemas["NewCronJob"]> & Pick<Schemas["NewCronJob"], "name" | "schedule" | "command">;
export type CronJobChange = Partial<Schemas["UpdateCronJob"]>;
export type Concurrency = "forbid" | "allow" | "replace";
export type Missed = "skip" | "once";
export type SchedulePreview = Schemas["SchedulePreview"];
export type Shell = Schemas["ShellShape"];
export type Receipt = Schemas["Receipt"];
export type Deployment = Omit<Schemas["DeploymentShape"], "status" | "log_tail"> & {
  status: RunStatus;
  log_tail: LogLine[];
};
export type Capsule = Omit<
  Schemas["CapsuleShape"],
  "type" | "source" | "replicas" | "current_build" | "current_deployment"
> & {
  type: CapsuleType;
  source: Source;
  replicas: Replica[];
  current_build: Build | null;
  current_deployment: Deployment | null;
};

export type Items<T> = { items: T[] };

/** What a private repository is read with: one of them. */
export type SourceGrant = {
  access_token?: string;
  /** Made ahead; the capsule takes it over. */
  deploy_key_id?: string;
  /** To the repository's host: its token is used, and its webhook set up. */
  connection_id?: string;
};
