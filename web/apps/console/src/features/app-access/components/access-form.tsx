import { asProblem, keys, updateCapsule, type AccessRules, type Capsule, type ProblemError } from "@capsule/api";
import { Button, Field, Notice, Textarea, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { accessOf, domainsOf, isShut, nextRow, problemsOf, providersOf, rowsOf, SWITCHES, type RowProblems } from "../access.ts";
import { ProviderFields } from "./provider-fields.tsx";

const MOST_PROVIDERS = 10;

export function AccessForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const queryClient = useQueryClient();
  const before = accessOf(capsule);
  const [switches, setSwitches] = useState(before);
  const [domains, setDomains] = useState(before.domains.join("\n"));
  const [rows, setRows] = useState(() => rowsOf(before.oidc));
  const [wrong, setWrong] = useState<ReadonlyMap<number, RowProblems>>(new Map());
  const access: AccessRules = { ...switches, domains: domainsOf(domains), oidc: providersOf(rows) };
  const save = useMutation({
    mutationFn: () => updateCapsule(capsule.id, { config: { access } }),
    onSuccess: (next) => {
      queryClient.setQueryData(keys.capsule(capsule.slug), next);
      toast("Saved who may use this app");
      onDone();
    },
  });
  const problem = save.isError ? asProblem(save.error) : null;
  return (
    <form
      className="space-y-5 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        const found = problemsOf(rows);
        setWrong(found);
        if (found.size === 0) save.mutate();
      }}
    >
      {problem && !isAboutField(problem) && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <fieldset className="space-y-3">
        <legend className="mb-2 text-sm font-medium">Allowed</legend>
        {SWITCHES.map(({ name, label, hint }) => (
          <label key={name} className="flex cursor-pointer items-start gap-2.5">
            <input
              type="checkbox"
              className="mt-0.5 size-4 shrink-0 accent-accent"
              checked={switches[name]}
              onChange={(event) => setSwitches({ ...switches, [name]: event.target.checked })}
            />
            <span className="min-w-0">
              <span className="block text-sm">{label}</span>
              <span className="block text-xs text-ink-faint">{hint}</span>
            </span>
          </label>
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
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" tone="primary" isBusy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

const FIELD = /\.access\.(domains|oidc\.\d+\.\w+)/;
const isAboutField = (problem: ProblemError): boolean => problem.errors.some(({ field }) => FIELD.test(field));

const domainProblem = (problem: ProblemError): string | null =>
  problem.errors.find(({ field }) => /\.access\.domains/.test(field))?.message ?? null;
