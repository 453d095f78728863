import type { Capsule } from "@capsule/api";
import { Button, Field, Switch, Textarea } from "@capsule/ui";
import { useId, useState } from "react";
import { useChangeSource } from "../api/use-sources.ts";
import { patternsOf, textOf } from "../watch.ts";

/** Whether a push is deployed, and which pushes are. */
export function AutoDeploy({ capsule }: { capsule: Capsule }) {
  const id = useId();
  const [isEditing, setIsEditing] = useState(false);
  const change = useChangeSource(capsule);
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
      {isOn && !isEditing && (
        <div className="flex items-center gap-3 px-4 py-2.5">
          <div className="min-w-0 flex-1">
            <p className="text-xs text-ink-faint">When these change</p>
            <p className="font-mono text-xs break-all">{watched.join(", ") || <span className="font-sans text-sm">anything in the project’s folder</span>}</p>
          </div>
          {canChange && (
            <Button size="sm" tone="quiet" aria-label="Edit what is watched" onClick={() => setIsEditing(true)}>
              Change
            </Button>
          )}
        </div>
      )}
      {isOn && isEditing && <WatchForm capsule={capsule} onDone={() => setIsEditing(false)} />}
    </div>
  );
}

function WatchForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const [text, setText] = useState(textOf(capsule.config.watch_paths));
  const change = useChangeSource(capsule, onDone);
  return (
    <form
      className="space-y-3 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        const patterns = patternsOf(text);
        change.mutate({ config: { watch_paths: patterns.length > 0 ? patterns : null } });
      }}
    >
      <Field
        label="Only when these change"
        hint="One pattern a line, such as api/**. Empty: the project’s folder."
        error={change.isError ? change.error.message : null}
      >
        {(control) => (
          <Textarea {...control} rows={3} className="font-mono text-xs" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
        )}
      </Field>
      <div className="flex justify-end gap-2">
        <Button size="sm" onClick={onDone}>
          Cancel
        </Button>
        <Button size="sm" type="submit" tone="primary" isBusy={change.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
