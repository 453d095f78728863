import type { Capsule } from "@capsule/api";
import { Button, Editable, Field, Form, problemText, Switch, Textarea } from "@capsule/ui";
import { useId, useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";
import { patternsOf, textOf } from "../watch.ts";

/** Whether a push is deployed, and which pushes are. */
export function AutoDeploy({ capsule }: { capsule: Capsule }) {
  const id = useId();
  const change = useUpdateCapsule(capsule);
  const canChange = capsule.can.includes("update");
  const isOn = capsule.config.auto_deploy ?? true;
  const watched = capsule.config.watch_paths ?? [];
  return (
    <div className="divide-y border-t">
      <div className="flex items-center justify-between gap-3 px-4 py-3">
        <label htmlFor={id} className="text-sm font-medium">
          Auto-deploy
          <span className="block text-xs font-normal text-ink-faint">A push to the branch is built and deployed.</span>
        </label>
        <Switch
          id={id}
          checked={isOn}
          disabled={!canChange || change.isPending}
          onCheckedChange={(next) => change.mutate({ config: { auto_deploy: next } })}
        />
      </div>
      {isOn && (
        <Editable
          form={(close) => <WatchForm capsule={capsule} onDone={close} />}
          view={(opener) => (
            <div className="flex items-center gap-3 px-4 py-2.5">
              <div className="min-w-0 flex-1">
                <p className="text-xs text-ink-faint">When these change</p>
                <p className="font-mono text-xs break-all">{watched.join(", ") || <span className="font-sans text-sm">anything in the project’s folder</span>}</p>
              </div>
              {canChange && (
                <Button size="sm" tone="quiet" aria-label="Change what is watched" {...opener}>
                  Change
                </Button>
              )}
            </div>
          )}
        />
      )}
    </div>
  );
}

function WatchForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const [text, setText] = useState(textOf(capsule.config.watch_paths));
  const change = useUpdateCapsule(capsule, onDone);
  return (
    <Form
      className="space-y-3 p-4"
      size="sm"
      sending={change}
      showsProblem={false}
      submit="Save"
      onCancel={onDone}
      onSubmit={() => {
        const patterns = patternsOf(text);
        change.mutate({ config: { watch_paths: patterns.length > 0 ? patterns : null } });
      }}
    >
      <Field
        label="Only when these change"
        hint="One pattern a line, such as api/**. Empty: the project’s folder."
        error={problemText(change)}
      >
        {(control) => (
          <Textarea {...control} rows={3} className="font-mono text-xs" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
        )}
      </Field>
    </Form>
  );
}
