import type { Capsule } from "@capsule/api";
import { Button, Check, Editable, Field, Form, Input, problemText, Textarea } from "@capsule/ui";
import { useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";
import { patternsOf, previewRules, textOf } from "../watch.ts";

/** Which branches have previews besides pull requests, whose code is built, and how long they live. */
export function PreviewRules({ capsule }: { capsule: Capsule }) {
  const { forks, branches, hours } = previewRules(capsule.config);
  return (
    <Editable
      form={(close) => <RulesForm capsule={capsule} onDone={close} />}
      view={(opener) => (
        <div className="flex items-center gap-3 border-b px-4 py-2.5 text-xs text-ink-soft">
            <p className="min-w-0 flex-1">
              Pull requests{forks ? ", from forks too" : ""}
              {branches.length > 0 && (
                <>
                  , and branches <code className="font-mono break-all">{branches.join(", ")}</code>
                </>
              )}
              ; removed after {hours} hours without a push.
            </p>
            {capsule.can.includes("update") && (
              <Button size="sm" tone="quiet" aria-label="Change which previews are made" {...opener}>
                Change
              </Button>
            )}
          </div>
      )}
    />
  );
}

function RulesForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const rules = previewRules(capsule.config);
  const [branches, setBranches] = useState(textOf(rules.branches));
  const [hours, setHours] = useState(String(rules.hours));
  const [forks, setForks] = useState(rules.forks);
  const change = useUpdateCapsule(capsule, onDone);
  return (
    <Form
      className="space-y-3 border-b p-4"
      size="sm"
      sending={change}
      showsProblem={false}
      submit="Save"
      onCancel={onDone}
      onSubmit={() => change.mutate({ config: { previews: { is_on: true, hours: Number(hours), branches: patternsOf(branches), forks } } })}
    >
      <Field
        label="Branches too"
        hint="One pattern a line, such as feature/*. Empty: pull requests only."
        error={problemText(change)}
      >
        {(control) => (
          <Textarea {...control} rows={2} className="font-mono text-xs" spellCheck={false} value={branches} onChange={(event) => setBranches(event.target.value)} />
        )}
      </Field>
      <Field label="Hours without a push" hint="Then a preview is removed.">
        {(control) => (
          <Input {...control} type="number" required min={1} max={2160} value={hours} onChange={(event) => setHours(event.target.value)} />
        )}
      </Field>
      <Check label="Pull requests from forks" hint="Strangers’ code then runs here and sees the variables." isOn={forks} onChange={setForks} />
    </Form>
  );
}
