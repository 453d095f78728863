/** Which settings the wizard offers for a type and a source. */
import type { WizardField, WizardForm } from "./wizard-form.ts";

export type Setting = { field: WizardField; label: string; hint: string; placeholder: string };

const ENTRY: Setting = {
  field: "entry",
  label: "Entry",
  hint: "The file and the name of the App in it.",
  placeholder: "app.py:app",
};
const RUN: Setting = {
  field: "runCommand",
  label: "Run command",
  hint: "Empty: found from the Procfile, the framework or package.json.",
  placeholder: "python app.py",
};
const RELEASE: Setting = {
  field: "releaseCommand",
  label: "Release command",
  hint: "Runs once before a release goes live, such as migrations. Empty: the Procfile’s release.",
  placeholder: "python manage.py migrate",
};
const BUILD: Setting = {
  field: "buildCommand",
  label: "Build command",
  hint: "Empty: found by itself.",
  placeholder: "npm run build",
};
const OUTPUT: Setting = {
  field: "outputDirectory",
  label: "Output directory",
  hint: "Where the built files lie. Empty: found by itself.",
  placeholder: "dist",
};
const DOCKERFILE: Setting = {
  field: "dockerfile",
  label: "Dockerfile",
  hint: "Where it lies in the project.",
  placeholder: "Dockerfile",
};
const CONTEXT: Setting = {
  field: "dockerContext",
  label: "Build context",
  hint: "The folder that COPY and ADD see. Empty: the project.",
  placeholder: "/",
};
const PORT: Setting = {
  field: "port",
  label: "Network port",
  hint: "Where the container listens. Empty: what its image exposes, else 3000.",
  placeholder: "3000",
};

/** Those that decide how it is built and started. */
export function settingsOf({ type, from }: WizardForm): Setting[] {
  if (type === "app") return [ENTRY];
  if (type === "frontend") return [BUILD, OUTPUT];
  if (type === "docker") return from === "image" ? [PORT, RUN, RELEASE] : [DOCKERFILE, CONTEXT, PORT, RUN, RELEASE];
  return [RUN, BUILD, RELEASE];
}

export const RESOURCES: Setting[] = [
  { field: "cpu", label: "CPU cores", hint: "Of each replica. Empty: 1.", placeholder: "1" },
  { field: "memory", label: "Memory in MiB", hint: "Of each replica. Empty: 512.", placeholder: "512" },
];
