import { asProblem, type Capsule } from "@capsule/api";
import { Button, Choices, Form, Notice, problemOf } from "@capsule/ui";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";
import { filledRows, NETWORK_MODES, nextRow, rowsOf, rulesOf, withProblems } from "../network.ts";
import { AllowRows } from "./allow-rows.tsx";

const MODES = (["public", "listed"] as const).map((value) => ({ value, ...NETWORK_MODES[value] }));

export function NetworkForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const before = rulesOf(capsule);
  const [mode, setMode] = useState(before.mode);
  const [rows, setRows] = useState(() => rowsOf(before.allow));
  const restarts = capsule.is_on && capsule.release !== null;
  const save = useUpdateCapsule(capsule, onDone, "Network saved");
  const problem = problemOf(save);
  const isAboutRows = rows.some((row) => row.problem !== undefined);
  return (
    <Form
      className="p-4"
      sending={save}
      showsProblem={problem?.errors.every(({ field }) => !/\.allow\.\d+$/.test(field)) ?? false}
      submit={restarts ? "Save and deploy" : "Save"}
      onCancel={onDone}
      onSubmit={() =>
        save.mutate(
          { config: { network: { mode, allow: filledRows(rows).map((row) => row.entry.trim()) } } },
          { onError: (error) => setRows(withProblems(rows, asProblem(error))) },
        )
      }
    >
      <Choices label="The app reaches" name="mode" options={MODES} value={mode} onChange={setMode} />
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
    </Form>
  );
}
