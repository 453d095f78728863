/** What the wizard asks, which answers are fine, and the request they become. Knows no React. */
import type { CapsuleType, ConfigChange, NewCapsule } from "@capsule/api";

export type WizardForm = {
  type: CapsuleType;
  from: "git" | "machine";
  name: string;
  url: string;
  branch: string;
  path: string;
  entry: string;
  runCommand: string;
  buildCommand: string;
  outputDirectory: string;
  cpu: string;
  memory: string;
};
export type WizardField = keyof WizardForm;
export type WizardErrors = Partial<Record<WizardField, string>>;

export const emptyForm = (type: CapsuleType): WizardForm => ({
  type,
  from: "git",
  name: "",
  url: "",
  branch: "",
  path: "",
  entry: "",
  runCommand: "",
  buildCommand: "",
  outputDirectory: "",
  cpu: "",
  memory: "",
});

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

export function checkForm(form: WizardForm): WizardErrors {
  const problems: [WizardField, string | null][] = [["name", nameProblem(form.name)]];
  if (form.type !== "storage") {
    if (form.from === "git") {
      problems.push(["url", urlProblem(form.url)]);
      if (form.type === "app") problems.push(["entry", entryProblem(form.entry)]);
    }
    problems.push(["cpu", numberProblem(form.cpu, 0.05, 256, false)], ["memory", numberProblem(form.memory, 32, 1_048_576, true)]);
  }
  return Object.fromEntries(problems.filter(([, problem]) => problem !== null));
}

export function toNewCapsule(form: WizardForm, spaceId: string): NewCapsule {
  const base = { space_id: spaceId, name: form.name, type: form.type };
  if (form.type === "storage") return base;
  const text = (value: string): string | undefined => value.trim() || undefined;
  const config: ConfigChange = dropUnset({
    entry: form.type === "app" ? text(form.entry) : undefined,
    run_command: form.type === "backend" || form.type === "agent" ? text(form.runCommand) : undefined,
    build_command: form.type === "frontend" ? text(form.buildCommand) : undefined,
    output_directory: form.type === "frontend" ? text(form.outputDirectory) : undefined,
    cpu: text(form.cpu) === undefined ? undefined : Number(form.cpu),
    memory: text(form.memory) === undefined ? undefined : Number(form.memory),
  });
  const source =
    form.from === "git"
      ? { kind: "git" as const, ...dropUnset({ branch: text(form.branch), path: text(form.path) }), url: form.url.trim() }
      : undefined;
  return { ...base, ...(Object.keys(config).length > 0 ? { config } : {}), ...(source ? { source } : {}) };
}

function dropUnset<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}
