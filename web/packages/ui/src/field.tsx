import { useId, type ReactNode } from "react";
import { cn } from "./cn.ts";

type FieldProps = {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null;
  className?: string;
  /** Gets the attributes that tie the control to its label, hint and error. */
  children: (control: { id: string; "aria-invalid"?: true; "aria-describedby"?: string }) => ReactNode;
};

export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const hasError = error != null && error !== "";
  const hasNote = hasError || hint !== undefined;
  return (
    <div className={cn("space-y-1.5", className)}>
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      {children({
        id,
        ...(hasError ? { "aria-invalid": true as const } : {}),
        ...(hasNote ? { "aria-describedby": noteId } : {}),
      })}
      {hasNote && (
        <p id={noteId} className={cn("text-xs", hasError ? "text-bad-text" : "text-ink-faint")}>
          {hasError ? error : hint}
        </p>
      )}
    </div>
  );
}
