import type { Capsule, EnvVariable } from "@capsule/api";
import { Button, Input } from "@capsule/ui";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { rowProblems, type Variable } from "../env-text.ts";
import { useReplaceEnv } from "../use-replace-env.ts";
import { EnvEditorFoot } from "./env-editor-foot.tsx";

type EnvEditorProps = { capsule: Capsule; variables: EnvVariable[]; onDone: () => void };
type Row = Variable & { id: number };

const EMPTY = { key: "", value: "" };

export function EnvRowsEditor({ capsule, variables, onDone }: EnvEditorProps) {
  const [rows, setRows] = useState<Row[]>(() =>
    (variables.length > 0 ? variables : [EMPTY]).map(({ key, value }, id) => ({ id, key, value })),
  );
  const [isChecked, setIsChecked] = useState(false);
  const save = useReplaceEnv(capsule, onDone);
  const filled = rows.filter((row) => row.key !== "" || row.value !== "");
  const problems = rowProblems(filled);
  const problemOf = (row: Row): string | null => (isChecked ? (problems[filled.indexOf(row)] ?? null) : null);
  const change = (id: number, part: Partial<Variable>): void =>
    setRows(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setIsChecked(true);
        if (problems.every((problem) => problem === null)) save.mutate(filled.map(({ key, value }) => ({ key, value })));
      }}
    >
      <ul className="space-y-2 p-4">
        {rows.map((row, index) => {
          const problem = problemOf(row);
          return (
            <li key={row.id} className="flex flex-wrap gap-2 sm:flex-nowrap">
              <div className="w-full sm:w-2/5">
                <Input
                  aria-label="Name"
                  autoFocus={index === 0 || row.id >= Math.max(1, variables.length)}
                  aria-invalid={problem !== null || undefined}
                  placeholder="NAME"
                  className="font-mono text-xs"
                  spellCheck={false}
                  autoComplete="off"
                  value={row.key}
                  onChange={(event) => change(row.id, { key: event.target.value })}
                />
                {problem !== null && <p className="mt-1 text-xs text-bad-text">{problem}</p>}
              </div>
              <Input
                aria-label={`Value of ${row.key || "the new variable"}`}
                placeholder="value"
                className="min-w-0 flex-1 font-mono text-xs"
                spellCheck={false}
                autoComplete="off"
                value={row.value}
                onChange={(event) => change(row.id, { value: event.target.value })}
              />
              <Button
                tone="quiet"
                size="icon"
                aria-label={`Delete ${row.key || "this row"}`}
                onClick={() => setRows(rows.filter((other) => other.id !== row.id))}
              >
                <Trash2 />
              </Button>
            </li>
          );
        })}
      </ul>
      <EnvEditorFoot capsule={capsule} isBusy={save.isPending} isAllowed onCancel={onDone}>
        <Button
          tone="quiet"
          onClick={() => setRows([...rows, { id: Math.max(0, ...rows.map((row) => row.id)) + 1, ...EMPTY }])}
        >
          <Plus /> Add variable
        </Button>
      </EnvEditorFoot>
    </form>
  );
}
