import { asProblem, keys, updateCapsule, type Capsule } from "@capsule/api";
import { Button, Field, Input, Notice, Switch, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { changeOf, DEFAULTS, formOf, hasTraffic, STRATEGIES, type RolloutForm as Form } from "../rollout.ts";

type Texts = { [Key in keyof Form]: Form[Key] extends string ? Key : never }[keyof Form];
type Line = { field: Texts; server: string; label: string; hint: string; placeholder: string; range?: [number, number] };

const RELEASE: Line = {
  field: "releaseCommand",
  server: "release_command",
  label: "Release command",
  hint: "Runs once before a new release gets requests, such as a migration; when it fails, the release before stays. Empty: the Procfile’s release.",
  placeholder: "python manage.py migrate",
};
const HEALTH: Line[] = [
  {
    field: "healthPath",
    server: "health.path",
    label: "Health path",
    hint: "Asked over HTTP; answers below 400 are good. Empty: /, where those below 500 are.",
    placeholder: "/health",
  },
  {
    field: "healthTimeout",
    server: "health.timeout_seconds",
    label: "Has to answer within",
    hint: "Seconds. Empty: the installation’s own limit.",
    placeholder: "default",
    range: [1, 1800],
  },
  {
    field: "grace",
    server: "health.grace_seconds",
    label: "Time to end",
    hint: "Seconds between the request to end and the end by force.",
    placeholder: String(DEFAULTS.grace),
    range: [0, 300],
  },
];
const CANARY: Line[] = [
  {
    field: "canaryPercent",
    server: "canary.percent",
    label: "Share in %",
    hint: "Of the requests.",
    placeholder: String(DEFAULTS.canaryPercent),
    range: [1, 50],
  },
  {
    field: "canarySeconds",
    server: "canary.seconds",
    label: "For so long",
    hint: "Seconds.",
    placeholder: String(DEFAULTS.canarySeconds),
    range: [1, 3600],
  },
];
const WATCH: Line = {
  field: "watchSeconds",
  server: "watch_seconds",
  label: "Watch",
  hint: "So many seconds after it went live, a release that crashes or mostly answers with errors is replaced by the one before. 0: never.",
  placeholder: String(DEFAULTS.watchSeconds),
  range: [0, 3600],
};

export function RolloutForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const queryClient = useQueryClient();
  const canaryId = useId();
  const [form, setForm] = useState(() => formOf(capsule.config));
  const save = useMutation({
    mutationFn: () => updateCapsule(capsule.id, { config: changeOf(form, capsule.config) }),
    onSuccess: (next) => {
      queryClient.setQueryData(keys.capsule(capsule.slug), next);
      toast("Saved how releases go live");
      onDone();
    },
  });
  const problem = save.isError ? asProblem(save.error) : null;
  const line = ({ field, server, label, hint, placeholder, range }: Line) => (
    <Field key={field} label={label} hint={hint} error={problem?.fieldMessage(server) ?? null}>
      {(control) => (
        <Input
          {...control}
          name={server}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          {...(range ? { type: "number", min: range[0], max: range[1], step: "any" } : {})}
          value={form[field]}
          onChange={(event) => setForm({ ...form, [field]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form
      className="space-y-4 p-4"
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
      <fieldset className="space-y-2.5">
        <legend className="mb-1.5 text-sm font-medium">Strategy</legend>
        {(["rolling", "recreate"] as const).map((value) => (
          <label key={value} className="flex cursor-pointer items-start gap-2.5">
            <input
              type="radio"
              name="strategy"
              checked={form.strategy === value}
              onChange={() => setForm({ ...form, strategy: value })}
              className="mt-0.5 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              <span className="block text-sm">{STRATEGIES[value].name}</span>
              <span className="block text-xs text-ink-faint">{STRATEGIES[value].hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {line(RELEASE)}
      {hasTraffic(capsule) && (
        <>
          <div className="grid gap-4 sm:grid-cols-3">{HEALTH.map(line)}</div>
          <div className="space-y-3">
            <div className="flex items-center justify-between gap-3">
              <label htmlFor={canaryId} className="text-sm font-medium">
                Canary
                <span className="block text-xs font-normal text-ink-faint">A share of the requests tries a new release first.</span>
              </label>
              <Switch id={canaryId} checked={form.hasCanary} onCheckedChange={(hasCanary) => setForm({ ...form, hasCanary })} />
            </div>
            {form.hasCanary && <div className="grid grid-cols-2 gap-3">{CANARY.map(line)}</div>}
          </div>
        </>
      )}
      {line(WATCH)}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" tone="primary" isBusy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
