import { asProblem, keys, updateCapsule, type Capsule } from "@capsule/api";
import { Button, Notice, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { filledRows, NETWORK_MODES, nextRow, rowsOf, rulesOf, withProblems } from "../network.ts";
import { AllowRows } from "./allow-rows.tsx";

const MODES = ["public", "listed"] as const;

export function NetworkForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const queryClient = useQueryClient();
  const before = rulesOf(capsule);
  const [mode, setMode] = useState(before.mode);
  const [rows, setRows] = useState(() => rowsOf(before.allow));
  const restarts = capsule.is_on && capsule.release !== null;
  const save = useMutation({
    mutationFn: () =>
      updateCapsule(capsule.id, { config: { network: { mode, allow: filledRows(rows).map((row) => row.entry.trim()) } } }),
    onSuccess: (next) => {
      queryClient.setQueryData(keys.capsule(capsule.slug), next);
      toast("Network saved", restarts ? "The app is deployed with it." : undefined);
      onDone();
    },
    onError: (error) => setRows(withProblems(rows, asProblem(error))),
  });
  const problem = save.isError ? asProblem(save.error) : null;
  const isAboutRows = rows.some((row) => row.problem !== undefined);
  return (
    <form
      className="space-y-4 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {problem && !problem.errors.some(({ field }) => /\.allow\.\d+$/.test(field)) && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <fieldset className="space-y-2.5">
        <legend className="mb-1.5 text-sm font-medium">The app reaches</legend>
        {MODES.map((value) => (
          <label key={value} className="flex cursor-pointer items-start gap-2.5">
            <input
              type="radio"
              name="mode"
              value={value}
              checked={mode === value}
              onChange={() => setMode(value)}
              className="mt-0.5 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              <span className="block text-sm">{NETWORK_MODES[value].name}</span>
              <span className="block text-xs text-ink-faint">{NETWORK_MODES[value].hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset className="space-y-2">
        <legend className="mb-1.5 text-sm font-medium">{mode === "public" ? "Allowed besides" : "Allowed addresses"}</legend>
        <p className="text-xs text-ink-faint">
          <code className="font-mono">host:port</code>, <code className="font-mono">address:port</code> or{" "}
          <code className="font-mono">network/bits:port</code>; without a port, all of them.
        </p>
        <AllowRows rows={rows} onChange={setRows} />
        <Button tone="quiet" size="sm" onClick={() => setRows([...rows, nextRow(rows)])} disabled={rows.length >= 100}>
          <Plus /> Add address
        </Button>
      </fieldset>
      {mode === "listed" && filledRows(rows).length === 0 && (
        <Notice tone="warn">With an empty list the app reaches nothing at all.</Notice>
      )}
      {isAboutRows && <p className="text-xs text-bad-text">Nothing was saved: mend the marked addresses first.</p>}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" tone="primary" isBusy={save.isPending}>
          {restarts ? "Save and deploy" : "Save"}
        </Button>
      </div>
    </form>
  );
}
