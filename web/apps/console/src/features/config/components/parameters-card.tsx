import { asProblem, keys, updateCapsule, type Capsule } from "@capsule/api";
import { Button, Card, CardHead, Field, Input, Notice, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { changedOnly } from "../changes.ts";
import { parametersOf, toConfig } from "../parameters.ts";

/** How the code is built and run. */
export function ParametersCard({ capsule }: { capsule: Capsule }) {
  const [isEditing, setIsEditing] = useState(false);
  const parameters = parametersOf(capsule.type);
  return (
    <Card>
      <CardHead
        title="Parameters"
        actions={
          !isEditing &&
          capsule.can.includes("update") && (
            <Button size="sm" onClick={() => setIsEditing(true)}>
              <Pencil /> Edit
            </Button>
          )
        }
      />
      {isEditing ? (
        <ParametersForm capsule={capsule} onDone={() => setIsEditing(false)} />
      ) : (
        <dl className="divide-y divide-line/60 py-1">
          {parameters.map(({ name, label, placeholder, unit }) => (
            <div key={name} className="px-4 py-2">
              <dt className="text-xs text-ink-faint">{label}</dt>
              <dd className="font-mono text-xs break-all">
                {capsule.config[name] != null && capsule.config[name] !== "" ? (
                  `${String(capsule.config[name])}${unit === undefined ? "" : ` ${unit}`}`
                ) : (
                  <span className="font-sans text-ink-faint">{placeholder}</span>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

function ParametersForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const queryClient = useQueryClient();
  const parameters = parametersOf(capsule.type);
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(parameters.map(({ name }) => [name, String(capsule.config[name] ?? "")])),
  );
  const save = useMutation({
    mutationFn: () => updateCapsule(capsule.id, { config: changedOnly(toConfig(parameters, values), capsule.config) }),
    onSuccess: (next) => {
      queryClient.setQueryData(keys.capsule(capsule.slug), next);
      toast("Parameters saved", capsule.source.kind === "none" ? undefined : "A build with them is queued if it needs one.");
      onDone();
    },
  });
  const problem = save.isError ? asProblem(save.error) : null;
  return (
    <form
      className="space-y-3.5 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {problem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      {parameters.map(({ name, label, hint, placeholder, number }) => (
        <Field key={name} label={label} hint={hint} error={problem?.fieldMessage(name) ?? null}>
          {(control) => (
            <Input
              {...control}
              name={name}
              placeholder={placeholder}
              autoComplete="off"
              spellCheck={false}
              {...(number
                ? { type: "number", required: !number.optional, min: number.min, max: number.max, step: number.step }
                : {})}
              value={values[name] ?? ""}
              onChange={(event) => setValues({ ...values, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
      <p className="text-xs text-ink-faint">A change that matters for the build starts a new one.</p>
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" tone="primary" isBusy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
