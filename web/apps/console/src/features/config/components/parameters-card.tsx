import type { Capsule } from "@capsule/api";
import { EditCard, Field, Form, Input, problemOf } from "@capsule/ui";
import { useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";
import { changedOnly } from "../changes.ts";
import { parametersOf, toConfig } from "../parameters.ts";

/** How the code is built and run. */
export function ParametersCard({ capsule }: { capsule: Capsule }) {
  return (
    <EditCard
      title="Parameters"
      editLabel="Edit the parameters"
      canEdit={capsule.can.includes("update")}
      form={(close) => <ParametersForm capsule={capsule} onDone={close} />}
    >
      <dl className="divide-y divide-line/60 py-1">
        {parametersOf(capsule.type).map(({ name, label, placeholder, unit }) => (
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
    </EditCard>
  );
}

function ParametersForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const parameters = parametersOf(capsule.type);
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(parameters.map(({ name }) => [name, String(capsule.config[name] ?? "")])),
  );
  const save = useUpdateCapsule(capsule, onDone, "Parameters saved");
  const problem = problemOf(save);
  return (
    <Form
      className="space-y-3.5 p-4"
      sending={save}
      submit="Save"
      onCancel={onDone}
      onSubmit={() => save.mutate({ config: changedOnly(toConfig(parameters, values), capsule.config) })}
    >
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
    </Form>
  );
}
