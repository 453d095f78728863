import { Field, Input } from "@capsule/ui";
import type { ReactNode } from "react";
import type { WizardField } from "../wizard-form.ts";
import type { StepProps } from "./step.tsx";

type TextFieldProps = StepProps & {
  field: WizardField;
  label: string;
  hint?: ReactNode;
  placeholder?: string;
  className?: string;
  autoFocus?: boolean;
  maxLength?: number;
  type?: "text" | "password";
};

/** One line of the wizard's form, tied to its label, hint and error. */
export function TextField({ form, set, shown, field, label, hint, className, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={shown(field)} {...(className === undefined ? {} : { className })}>
      {(control) => (
        <Input
          {...control}
          {...input}
          name={field}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={form[field]}
          onChange={(event) => set(field, event.target.value)}
        />
      )}
    </Field>
  );
}
