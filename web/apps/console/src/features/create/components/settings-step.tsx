import { Field, Input } from "@capsule/ui";
import { ChevronRight } from "lucide-react";
import type { WizardField } from "../wizard-form.ts";
import { Step, type StepProps } from "./step.tsx";

type Setting = { field: WizardField; name: string; label: string; hint: string; placeholder: string };

const ENTRY: Setting = {
  field: "entry",
  name: "entry",
  label: "Entry",
  hint: "The file and the name of the App in it.",
  placeholder: "app.py:app",
};
const RUN: Setting = {
  field: "runCommand",
  name: "run_command",
  label: "Run command",
  hint: "Empty: found from the Procfile, the framework or package.json.",
  placeholder: "python app.py",
};
const BUILD: Setting[] = [
  {
    field: "buildCommand",
    name: "build_command",
    label: "Build command",
    hint: "Empty: found by itself.",
    placeholder: "npm run build",
  },
  {
    field: "outputDirectory",
    name: "output_directory",
    label: "Output directory",
    hint: "Where the built files lie; empty: found by itself.",
    placeholder: "dist",
  },
];
const RESOURCES: Setting[] = [
  { field: "cpu", name: "cpu", label: "CPU cores", hint: "Empty for the default.", placeholder: "1" },
  { field: "memory", name: "memory", label: "Memory in MiB", hint: "Empty for the default.", placeholder: "512" },
];

export function SettingsStep({ form, set, shown }: StepProps) {
  const own = form.type === "app" ? [ENTRY] : form.type === "frontend" ? BUILD : [RUN];
  const control = (setting: Setting) => (
    <Field key={setting.field} label={setting.label} hint={setting.hint} error={shown(setting.field)}>
      {(attributes) => (
        <Input
          {...attributes}
          name={setting.name}
          autoComplete="off"
          spellCheck={false}
          placeholder={setting.placeholder}
          value={form[setting.field]}
          onChange={(event) => set(setting.field, event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <Step title="How does it run?" hint="Everything here can be changed later.">
      <div className="grid gap-4 sm:grid-cols-2">{own.map(control)}</div>
      <details className="group mt-4">
        <summary className="flex w-fit list-none items-center gap-1 rounded-sm text-sm text-ink-soft hover:text-ink">
          <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden /> Resources
        </summary>
        <div className="mt-3 grid gap-4 sm:grid-cols-2">{RESOURCES.map(control)}</div>
      </details>
    </Step>
  );
}
