/** Which parameters each type of capsule has. */
import type { CapsuleType, ConfigChange } from "@capsule/api";

export type Parameter = {
  name: keyof ConfigChange;
  label: string;
  hint: string;
  placeholder: string;
  /** Set for numbers; an empty one that is `optional` takes the default again. */
  number?: { min: number; max?: number; step: number; optional?: true };
  unit?: string;
};

const PATH: Parameter = { name: "project_path", label: "Project path", hint: "Where the code lies.", placeholder: "/" };
const RUN: Parameter = {
  name: "run_command",
  label: "Run command",
  hint: "Empty: from the Procfile, the framework or package.json.",
  placeholder: "found by itself",
};
const BUILD: Parameter = {
  name: "build_command",
  label: "Build command",
  hint: "Empty: found and run by itself.",
  placeholder: "found by itself",
};
const OUTPUT: Parameter = {
  name: "output_directory",
  label: "Output directory",
  hint: "Folder with the built files.",
  placeholder: "found by itself",
};
const ENTRY: Parameter = {
  name: "entry",
  label: "Entry",
  hint: "File and name of the App in it.",
  placeholder: "app.py:app",
};
const CPU: Parameter = {
  name: "cpu",
  label: "CPU cores",
  hint: "Such as 0.5.",
  placeholder: "default",
  number: { min: 0.05, step: 0.05 },
};
const MEMORY: Parameter = {
  name: "memory",
  label: "Memory",
  hint: "In MiB.",
  placeholder: "default",
  number: { min: 32, step: 1 },
  unit: "MiB",
};
const DOCKERFILE: Parameter = {
  name: "dockerfile",
  label: "Dockerfile",
  hint: "Where it lies in the project. Empty: Dockerfile.",
  placeholder: "Dockerfile",
};
const DOCKER_CONTEXT: Parameter = {
  name: "docker_context",
  label: "Build context",
  hint: "The folder that COPY and ADD see. Empty: the project.",
  placeholder: "/",
};
const PORT: Parameter = {
  name: "port",
  label: "Network port",
  hint: "Where the container listens. Empty: what its image exposes, else 3000.",
  placeholder: "found by itself",
  number: { min: 1, max: 65_535, step: 1 },
};
const FOR_EACH_USER: Parameter[] = [
  { ...CPU, label: "CPU cores for each user", hint: "What one user's runtime may use, such as 0.5." },
  { ...MEMORY, label: "Memory for each user", hint: "In MiB; a runtime that needs more is ended." },
  {
    name: "runtime_files",
    label: "Private files for each user",
    hint: "In MiB; kept while the runtime is cold. Empty: 1024.",
    placeholder: "1024 MiB",
    number: { min: 16, max: 1024 ** 2, step: 1, optional: true },
    unit: "MiB",
  },
  {
    name: "keep_warm_seconds",
    label: "Keep warm",
    hint: "Seconds without a message after which a runtime is stopped. Empty: what the app declares, else ten minutes.",
    placeholder: "as the app declares",
    number: { min: 0, max: 86_400, step: 1, optional: true },
    unit: "s",
  },
];

const BY_TYPE: Record<CapsuleType, Parameter[]> = {
  app: [ENTRY, PATH, ...FOR_EACH_USER],
  backend: [PATH, RUN, BUILD, CPU, MEMORY],
  agent: [PATH, RUN, BUILD, CPU, MEMORY],
  frontend: [PATH, BUILD, OUTPUT, CPU, MEMORY],
  docker: [PATH, DOCKERFILE, DOCKER_CONTEXT, PORT, RUN, CPU, MEMORY],
  storage: [],
};

export const parametersOf = (type: CapsuleType): Parameter[] => BY_TYPE[type];

/** What the form changes. An empty text means "found by itself"; an empty number the default, or leaves the old one. */
export function toConfig(parameters: Parameter[], values: Record<string, string>): ConfigChange {
  const change: Record<string, string | number | null> = {};
  for (const { name, number } of parameters) {
    const text = (values[name] ?? "").trim();
    if (!number) change[name] = text;
    else if (text !== "") change[name] = Number(text);
    else if (number.optional) change[name] = null;
  }
  return change;
}
