/** What the wizard asks, which answers are fine, and the requests they become. Knows no React. */
import type { CapsuleType, ConfigChange, NewCapsule, Source, SourceGrant, WantedPlan } from "@capsule/api";

export type SourceKind = "git" | "push" | "upload" | "image" | "machine";
/** How a private repository is read: a token, a key, or the id of the team's connection to its host. */
export type Access = "public" | "token" | "key" | `gcn_${string}`;
export type WizardForm = {
  type: CapsuleType;
  from: SourceKind;
  name: string;
  url: string;
  branch: string;
  path: string;
  access: Access;
  token: string;
  /** Of the deploy key that the capsule will take over. */
  keyId: string;
  publicKey: string;
  image: string;
  /** Of what was uploaded. */
  uploadId: string;
  uploadName: string;
  entry: string;
  runCommand: string;
  buildCommand: string;
  outputDirectory: string;
  releaseCommand: string;
  dockerfile: string;
  dockerContext: string;
  port: string;
  cpu: string;
  memory: string;
};
export type WizardField = keyof WizardForm;
export type WizardErrors = Partial<Record<WizardField, string>>;
export type WizardStep = "type" | "source" | "settings";

export const emptyForm = (type: CapsuleType): WizardForm => ({
  type,
  from: "git",
  name: "",
  url: "",
  branch: "",
  path: "",
  access: "public",
  token: "",
  keyId: "",
  publicKey: "",
  image: "",
  uploadId: "",
  uploadName: "",
  entry: "",
  runCommand: "",
  buildCommand: "",
  outputDirectory: "",
  releaseCommand: "",
  dockerfile: "",
  dockerContext: "",
  port: "",
  cpu: "",
  memory: "",
});

export const stepsOf = (type: CapsuleType | null): readonly WizardStep[] =>
  type === "storage" ? ["type", "settings"] : ["type", "source", "settings"];

/** Where the code of a type may come from. */
export const sourcesOf = (type: CapsuleType): readonly SourceKind[] =>
  type === "docker" ? ["git", "push", "image", "upload", "machine"] : ["git", "push", "upload", "machine"];

/** The same answers for another type: nothing typed is lost, a source that it cannot have is another one. */
export const withType = (form: WizardForm, type: CapsuleType): WizardForm => ({
  ...form,
  type,
  from: sourcesOf(type).includes(form.from) ? form.from : "git",
});

const SOURCE_FIELDS: readonly WizardField[] = ["url", "branch", "path", "token", "keyId", "image", "uploadId"];

/** What is wrong with the answers of one step. */
export function stepErrors(errors: WizardErrors, step: WizardStep): WizardErrors {
  if (step === "type") return {};
  return Object.fromEntries(
    Object.entries(errors).filter(([field]) => SOURCE_FIELDS.includes(field as WizardField) === (step === "source")),
  );
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/** Why a name cannot be used, or null. The same rule as the server's. */
export function nameProblem(name: string): string | null {
  if (name === "") return "A capsule needs a name.";
  if (name.length > 40) return "At most 40 characters.";
  if (!/^[a-z0-9-]+$/.test(name)) return "Only small letters, digits and hyphens.";
  if (name.includes("--")) return "Two hyphens in a row are not allowed.";
  return NAME.test(name) ? null : "It starts and ends with a letter or digit.";
}

/** The nearest allowed name: `My Shop!` → `my-shop`. */
export const suggestName = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");

/** A name guessed from a repository address: `https://git.example/team/Shop.git` → `shop`. */
export const nameFromUrl = (url: string): string =>
  suggestName(
    url
      .trim()
      .replace(/[/]+$/, "")
      .replace(/\.git$/, "")
      .split(/[/:]/)
      .at(-1) ?? "",
  );

export function urlProblem(url: string): string | null {
  const text = url.trim();
  if (text === "") return "Which repository? Give its URL.";
  if (/\s/.test(text)) return "A repository URL has no spaces.";
  const isKnown = /^(https?|ssh|git|file):\/\/\S+/.test(text) || /^[\w.-]+@[\w.-]+:\S+/.test(text) || text.startsWith("/");
  return isKnown ? null : "Give a full URL, such as https://git.example.com/team/shop.git.";
}

function numberProblem(text: string, least: number, most: number, isWhole: boolean): string | null {
  if (text.trim() === "") return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return "A number, please.";
  if (isWhole && !Number.isInteger(value)) return "A whole number, please.";
  return value < least || value > most ? `Between ${String(least)} and ${String(most)}.` : null;
}

/** `app.py:app` or `pkg/module.py:name`. */
export function entryProblem(entry: string): string | null {
  if (entry.trim() === "") return "Name the file and the app in it, such as app.py:app.";
  return /^[\w./-]+\.py:[A-Za-z_]\w*$/.test(entry.trim()) ? null : "Write it as file.py:name, such as app.py:app.";
}

/** `caddy:2` → `caddy`, `registry.example/team/shop:1.4` → `shop`. */
export const nameFromImage = (image: string): string => suggestName((image.trim().split("/").at(-1) ?? "").replace(/[:@].*$/, ""));

/** `shop.tar.gz · 3 KiB` → `shop`. */
export const nameFromUpload = (label: string): string => suggestName(label.replace(/ · .*$/, "").replace(/\.(zip|tar\.gz|tgz)$/i, ""));

function imageProblem(image: string): string | null {
  const text = image.trim();
  if (text === "") return "Which image? Name it, such as caddy:2.";
  return /^[a-z0-9]+([._:/-]+[A-Za-z0-9]+)*(@sha256:[0-9a-f]{64})?$/.test(text)
    ? null
    : "Write it as name:tag or registry.example/team/name:tag.";
}

export function checkForm(form: WizardForm): WizardErrors {
  const problems: [WizardField, string | null][] = [["name", nameProblem(form.name)]];
  if (form.type !== "storage") {
    if (form.from === "git") problems.push(["url", urlProblem(form.url)]);
    if (form.from === "git" && form.access === "token" && form.token === "") problems.push(["token", "Give the token."]);
    if (form.from === "git" && form.access === "key" && form.keyId === "") problems.push(["keyId", "Make the key, and put it into the repository’s settings."]);
    if (form.from === "image") problems.push(["image", imageProblem(form.image)]);
    if (form.from === "upload" && form.uploadId === "") problems.push(["uploadId", "Choose a folder or an archive."]);
    if (form.type === "app" && form.from !== "machine") problems.push(["entry", entryProblem(form.entry)]);
    if (form.type === "docker") problems.push(["port", numberProblem(form.port, 1, 65_535, true)]);
    problems.push(["cpu", numberProblem(form.cpu, 0.05, 256, false)], ["memory", numberProblem(form.memory, 32, 1_048_576, true)]);
  }
  return Object.fromEntries(problems.filter(([, problem]) => problem !== null));
}

/** Settings that say how the source becomes a plan, those of another type left out. */
function planConfig(form: WizardForm): ConfigChange {
  const isServer = form.type === "backend" || form.type === "agent";
  const isDocker = form.type === "docker";
  return dropUnset({
    entry: form.type === "app" ? text(form.entry) : undefined,
    run_command: isServer || isDocker ? text(form.runCommand) : undefined,
    build_command: isServer || form.type === "frontend" ? text(form.buildCommand) : undefined,
    output_directory: form.type === "frontend" ? text(form.outputDirectory) : undefined,
    release_command: isServer || isDocker ? text(form.releaseCommand) : undefined,
    dockerfile: isDocker && form.from !== "image" ? text(form.dockerfile) : undefined,
    docker_context: isDocker && form.from !== "image" ? text(form.dockerContext) : undefined,
    port: isDocker ? number(form.port) : undefined,
  });
}

export function sourceOf(form: WizardForm): Source | null {
  const path = dropUnset({ path: text(form.path) });
  if (form.type === "storage" || form.from === "machine") return null;
  if (form.from === "image") return { kind: "image", image: form.image.trim() };
  if (form.from === "upload") return { kind: "upload", upload_id: form.uploadId, ...path };
  const branch = dropUnset({ branch: text(form.branch) });
  return form.from === "push" ? { kind: "push", ...branch, ...path } : { kind: "git", ...branch, ...path, url: form.url.trim() };
}

/** What a private repository is read with; the plan uses what the build will use. */
function accessOf(form: WizardForm): SourceGrant {
  if (form.from !== "git" || form.access === "public") return {};
  if (form.access === "token") return { access_token: form.token };
  return form.access === "key" ? { deploy_key_id: form.keyId } : { connection_id: form.access };
}

/** The plan to ask for, or null when there is nothing that could be planned. */
export function toWantedPlan(form: WizardForm, spaceId: string): WantedPlan | null {
  const source = sourceOf(form);
  const errors = checkForm(form);
  const isUnclear = [...SOURCE_FIELDS, "entry" as const, "port" as const].some((field) => errors[field] !== undefined);
  const isThere = source?.kind === "upload" || source?.kind === "git";
  if (source === null || !isThere || isUnclear) return null;
  return { space_id: spaceId, type: form.type, source, ...accessOf(form), config: planConfig(form) };
}

export function toNewCapsule(form: WizardForm, spaceId: string): NewCapsule {
  const base = { space_id: spaceId, name: form.name, type: form.type };
  if (form.type === "storage") return base;
  const config = dropUnset({ ...planConfig(form), cpu: number(form.cpu), memory: number(form.memory) });
  const source = sourceOf(form);
  return {
    ...base,
    ...(Object.keys(config).length > 0 ? { config } : {}),
    ...(source ? { source } : {}),
    ...accessOf(form),
  };
}

const text = (value: string): string | undefined => value.trim() || undefined;
const number = (value: string): number | undefined => (text(value) === undefined ? undefined : Number(value));

function dropUnset<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}
