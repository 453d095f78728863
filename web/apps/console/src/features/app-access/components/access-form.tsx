import type { AccessRules, Capsule, ProblemError } from "@capsule/api";
import { Button, Check, Field, Form, Notice, problemOf, Textarea } from "@capsule/ui";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";
import { accessOf, domainsOf, isShut, nextRow, problemsOf, providersOf, rowsOf, SWITCHES, type RowProblems } from "../access.ts";
import { ProviderFields } from "./provider-fields.tsx";

const MOST_PROVIDERS = 10;

export function AccessForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const before = accessOf(capsule);
  const [switches, setSwitches] = useState(before);
  const [domains, setDomains] = useState(before.domains.join("\n"));
  const [rows, setRows] = useState(() => rowsOf(before.oidc));
  const [wrong, setWrong] = useState<ReadonlyMap<number, RowProblems>>(new Map());
  const access: AccessRules = { ...switches, domains: domainsOf(domains), oidc: providersOf(rows) };
  const save = useUpdateCapsule(capsule, onDone, "Saved who may use this app");
  const problem = problemOf(save);
  return (
    <Form
      className="space-y-5 p-4"
      sending={save}
      showsProblem={problem !== null && !isAboutField(problem)}
      submit="Save"
      onCancel={onDone}
      onSubmit={() => {
        const found = problemsOf(rows);
        setWrong(found);
        if (found.size === 0) save.mutate({ config: { access } });
      }}
    >
      <fieldset className="space-y-3">
        <legend className="mb-2 text-sm font-medium">Allowed</legend>
        {SWITCHES.map(({ name, label, hint }) => (
          <Check key={name} label={label} hint={hint} isOn={switches[name]} onChange={(isOn) => setSwitches({ ...switches, [name]: isOn })} />
        ))}
      </fieldset>
      <Field
        label="E-mail domains"
        hint="One to a line. Only people with a confirmed e-mail at one of them may use the app; empty: anybody."
        error={problem === null ? null : domainProblem(problem)}
      >
        {(control) => (
          <Textarea
            {...control}
            rows={2}
            placeholder="example.com"
            className="max-w-96 font-mono"
            value={domains}
            onChange={(event) => setDomains(event.target.value)}
          />
        )}
      </Field>
      <fieldset className="space-y-3">
        <legend className="mb-1 text-sm font-medium">OpenID providers</legend>
        <p className="text-xs text-ink-faint">
          People may also sign in with their account at Google, Microsoft, Okta, Keycloak or any other OpenID provider.
        </p>
        {rows.map((row, index) => (
          <ProviderFields
            key={row.id}
            capsule={capsule}
            row={row}
            index={index}
            errorOf={(key) => wrong.get(row.id)?.[key] ?? problem?.fieldMessage(`access.oidc.${String(index)}.${key}`) ?? null}
            onChange={(part) => setRows(rows.map((other) => (other.id === row.id ? { ...other, ...part } : other)))}
            onRemove={() => setRows(rows.filter((other) => other.id !== row.id))}
          />
        ))}
        <Button tone="quiet" size="sm" disabled={rows.length >= MOST_PROVIDERS} onClick={() => setRows([...rows, nextRow(rows)])}>
          <Plus /> Add provider
        </Button>
      </fieldset>
      {isShut(access) && <Notice tone="warn">With these rules nobody can sign in, and nobody can use the app without.</Notice>}
    </Form>
  );
}

const FIELD = /\.access\.(domains|oidc\.\d+\.\w+)/;
const isAboutField = (problem: ProblemError): boolean => problem.errors.some(({ field }) => FIELD.test(field));

const domainProblem = (problem: ProblemError): string | null =>
  problem.errors.find(({ field }) => /\.access\.domains/.test(field))?.message ?? null;
