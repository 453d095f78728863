import { appHost, asProblem, type Connection } from "@capsule/api";
import { Button, Field } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { SecretInput } from "./secret-input.tsx";
import { useUpdateConnection } from "./use-connections.ts";

type SecretField = { name: string; label?: string; is_secret?: boolean };
type SecretFormProps = {
  type: string;
  fields: SecretField[];
  onSaved: (connection: Connection) => void;
  onCancel?: () => void;
  cancelLabel?: string;
};

/** Asks for the keys of an integration. They go to the server and are never shown again. */
export function SecretForm({ type, fields, onSaved, onCancel, cancelLabel = "Cancel" }: SecretFormProps) {
  const [values, setValues] = useState<Record<string, string>>({});
  const update = useUpdateConnection();
  const save = useMutation({
    mutationFn: () => appHost.saveConnection(type, values),
    onSuccess: (connection) => {
      update(connection);
      setValues({});
      onSaved(connection);
    },
  });
  const problem = save.error === null ? null : asProblem(save.error);
  const isComplete = fields.every((field) => (values[field.name] ?? "").trim() !== "");
  const isTold = fields.some((field) => problem?.fieldMessage(field.name) != null);
  return (
    <form
      className="space-y-3"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (isComplete) save.mutate();
      }}
    >
      {fields.map((field) => (
        <Field key={field.name} label={field.label ?? wordsOf(field.name)} error={problem?.fieldMessage(field.name) ?? null}>
          {(control) => (
            <SecretInput
              {...control}
              name={field.name}
              isSecret={field.is_secret !== false}
              value={values[field.name] ?? ""}
              onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
            />
          )}
        </Field>
      ))}
      {problem && !isTold && (
        <p role="alert" className="text-xs text-bad-text">
          {problem.detail}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" tone="primary" disabled={!isComplete} isBusy={save.isPending}>
          Connect
        </Button>
        {onCancel && (
          <Button tone="quiet" onClick={onCancel}>
            {cancelLabel}
          </Button>
        )}
      </div>
    </form>
  );
}

function wordsOf(name: string): string {
  const plain = name.replaceAll(/[_-]+/g, " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
