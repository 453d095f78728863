import type { Capsule } from "@capsule/api";
import { Choices, Field, Form, Input, problemOf, Switch } from "@capsule/ui";
import { useId, useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";
import { changeOf, DEFAULTS, formOf, hasTraffic, STRATEGIES, type RolloutForm as Values } from "../rollout.ts";

type Texts = { [Key in keyof Values]: Values[Key] extends string ? Key : never }[keyof Values];
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

const STRATEGY_CHOICES = (["rolling", "recreate"] as const).map((value) => ({ value, ...STRATEGIES[value] }));

export function RolloutForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const canaryId = useId();
  const [form, setForm] = useState(() => formOf(capsule.config));
  const save = useUpdateCapsule(capsule, onDone, "Saved how releases go live");
  const problem = problemOf(save);
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
    <Form
      className="p-4"
      sending={save}
      submit="Save"
      onCancel={onDone}
      onSubmit={() => save.mutate({ config: changeOf(form, capsule.config) })}
    >
      <Choices
        label="Strategy"
        name="strategy"
        options={STRATEGY_CHOICES}
        value={form.strategy}
        onChange={(strategy) => setForm({ ...form, strategy })}
      />
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
    </Form>
  );
}
