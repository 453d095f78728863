import type { Capsule, EnvVariable } from "@capsule/api";
import { Textarea } from "@capsule/ui";
import { useState } from "react";
import { parseText, toText } from "../env-text.ts";
import { useReplaceEnv } from "../use-replace-env.ts";
import { EnvEditorFoot } from "./env-editor-foot.tsx";

type EnvEditorProps = { capsule: Capsule; variables: EnvVariable[]; onDone: () => void };

export function EnvTextEditor({ capsule, variables, onDone }: EnvEditorProps) {
  const [text, setText] = useState(() => toText(variables));
  const save = useReplaceEnv(capsule, onDone);
  const { variables: parsed, problems } = parseText(text);
  const first = problems[0];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!first) save.mutate(parsed);
      }}
    >
      <div className="p-4">
        <Textarea
          aria-label="Variables as text"
          aria-invalid={first !== undefined || undefined}
          rows={Math.min(24, Math.max(8, text.split("\n").length + 1))}
          className="font-mono text-xs leading-5"
          spellCheck={false}
          autoComplete="off"
          autoFocus
          placeholder={"DEBUG=false\nAPI_KEY=…"}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <p className={first ? "mt-1 text-xs text-bad-text" : "mt-1 text-xs text-ink-faint"} aria-live="polite">
          {first
            ? `Line ${String(first.line)}: ${first.message}`
            : "NAME=value, one per line; lines with # are skipped. The list replaces the one before."}
        </p>
      </div>
      <EnvEditorFoot capsule={capsule} isBusy={save.isPending} isAllowed={!first} onCancel={onDone} />
    </form>
  );
}
