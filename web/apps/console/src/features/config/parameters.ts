/** Which parameters each type of capsule has. */
import type { CapsuleConfig, CapsuleType, ConfigChange } from "@capsule/api";

export type Parameter = {
  name: keyof CapsuleConfig;
  label: string;
  hint: string;
  placeholder: string;
  isNumber?: boolean;
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
const CPU: Parameter = { name: "cpu", label: "CPU cores", hint: "Such as 0.5.", placeholder: "default", isNumber: true };
const MEMORY: Parameter = { name: "memory", label: "Memory", hint: "In MiB.", placeholder: "default", isNumber: true, unit: "MiB" };

const BY_TYPE: Record<CapsuleType, Parameter[]> = {
  app: [ENTRY, PATH, CPU, MEMORY],
  backend: [PATH, RUN, BUILD, CPU, MEMORY],
  agent: [PATH, RUN, BUILD, CPU, MEMORY],
  frontend: [PATH, BUILD, OUTPUT, CPU, MEMORY],
  storage: [],
};

export const parametersOf = (type: CapsuleType): Parameter[] => BY_TYPE[type];

/** What the form changes. An empty text means "found by itself"; an empty number leaves the old one. */
export function toConfig(parameters: Parameter[], values: Record<string, string>): ConfigChange {
  const change: Record<string, string | number> = {};
  for (const { name, isNumber } of parameters) {
    const text = (values[name] ?? "").trim();
    if (!isNumber) change[name] = text;
    else if (text !== "") change[name] = Number(text);
  }
  return change;
}
