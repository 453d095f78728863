import type { ReactNode } from "react";
import type { WizardField, WizardForm } from "../wizard-form.ts";

export type StepProps = {
  form: WizardForm;
  set: (field: WizardField, value: string) => void;
  /** The message to show under a field, if any. */
  shown: (field: WizardField) => string | null;
};

export function Step({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) {
  return (
    <fieldset className="min-w-0 animate-rise">
      <legend className="text-lg font-semibold">{title}</legend>
      {hint !== undefined && <p className="text-sm text-ink-soft">{hint}</p>}
      <div className="mt-4">{children}</div>
    </fieldset>
  );
}
