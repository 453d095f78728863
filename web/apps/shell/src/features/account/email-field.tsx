import { Field, Input } from "@capsule/ui";

type EmailFieldProps = { value: string; onChange: (value: string) => void; error: string | null; isFirst?: boolean };

export function EmailField({ value, onChange, error, isFirst = false }: EmailFieldProps) {
  return (
    <Field label="Email" error={error}>
      {(control) => (
        <Input
          {...control}
          type="email"
          name="email"
          autoComplete="email"
          required
          autoFocus={isFirst}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
