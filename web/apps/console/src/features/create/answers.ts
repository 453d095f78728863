import { typeInfo } from "#config/capsule-types.ts";
import type { WizardForm, WizardStep } from "./wizard-form.ts";

/** What was answered so far, in a word or two for each step. */
export function answersOf(form: WizardForm): Partial<Record<WizardStep, string>> {
  const repository = form.url.replace(/\.git$/, "").split(/[/:]/).slice(-2).join("/");
  const sources = {
    git: [repository, form.branch].filter(Boolean).join(" · "),
    push: ["git push", form.branch].filter(Boolean).join(" · "),
    upload: form.uploadName,
    image: form.image,
    machine: "Command line",
  };
  return { type: typeInfo(form.type).name, source: sources[form.from], settings: form.name };
}
