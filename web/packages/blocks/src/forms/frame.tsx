import { useId, type ReactNode } from "react";
import { cn, Field } from "@capsule/ui";

export type Control = { id: string; "aria-invalid"?: true; "aria-describedby"?: string };
type FrameProps = {
  type: string;
  label: string | undefined;
  isRequired?: boolean | undefined;
  isSetting?: boolean;
  error: string | null;
  children: (control: Control) => ReactNode;
};

const SETTING_NOTE = "Settings are not available here yet.";

/** A control with its label above and its problem below. */
export function FieldFrame({ type, label, isRequired, isSetting, error, children }: FrameProps) {
  return (
    <div data-widget={type} className="w-full max-w-2xl">
      <Field
        label={
          <>
            {label}
            {isRequired === true && (
              <span className="text-bad-text" aria-hidden>
                {" "}
                *
              </span>
            )}
          </>
        }
        error={error}
        {...(isSetting === true ? { hint: SETTING_NOTE } : {})}
        className={cn(label === undefined && "[&>label]:hidden")}
      >
        {children}
      </Field>
    </div>
  );
}

/** Several controls under one label. */
export function GroupFrame({ type, label, isRequired, error, children }: Omit<FrameProps, "children"> & { children: ReactNode }) {
  const note = useId();
  return (
    <fieldset data-widget={type} className="w-full max-w-2xl min-w-0 space-y-1.5" {...(error === null ? {} : { "aria-describedby": note })}>
      {label !== undefined && (
        <legend className="mb-1.5 text-sm font-medium">
          {label}
          {isRequired === true && (
            <span className="text-bad-text" aria-hidden>
              {" "}
              *
            </span>
          )}
        </legend>
      )}
      {children}
      {error !== null && (
        <p id={note} className="text-xs text-bad-text">
          {error}
        </p>
      )}
    </fieldset>
  );
}
