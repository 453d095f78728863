import { cancelRun, keys, type Capsule, type Run } from "@capsule/api";
import { AskButton, Card, CardHead, filterLines, LogToolbar, LogView, Notice, StatusBadge, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useRunOutput } from "../api/use-run-output.ts";

export function RunOutput({ capsule, run }: { capsule: Capsule; run: Run }) {
  const queryClient = useQueryClient();
  const log = useRunOutput(run.id, capsule.slug);
  const [search, setSearch] = useState("");
  const needle = useDeferredValue(search);
  const lines = useMemo(() => filterLines(log.lines, { search: needle, stream: "", replica: "" }), [log.lines, needle]);
  const cancel = useMutation({
    mutationFn: () => cancelRun(run.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.runs(capsule.slug) }),
    onError: (error) => toastProblem("The run was not cancelled", error),
  });
  return (
    <Card className="flex min-h-0 flex-col overflow-hidden" data-testid="run-output">
      <CardHead
        title={<code className="font-mono text-sm break-all">{run.command}</code>}
        hint={run.id}
        actions={
          <>
            <StatusBadge status={run.status} />
            {run.can.includes("cancel") && (
              <AskButton
                size="sm"
                title="Cancel this run?"
                consequence="Every process of it is ended. What it has done until then stays done."
                confirmLabel="Cancel the run"
                isBusy={cancel.isPending}
                onConfirm={(close) => cancel.mutate(undefined, { onSettled: close })}
              >
                <Ban /> Cancel
              </AskButton>
            )}
          </>
        }
      />
      {run.reason && run.status !== "running" && (
        <div className="border-b p-3">
          <Notice tone={run.status === "failed" ? "bad" : "info"} title={run.reason}>
            {run.hint}
          </Notice>
        </div>
      )}
      <LogToolbar
        label="Output"
        name={run.id}
        search={search}
        onSearch={setSearch}
        found={needle.trim() === "" ? null : lines.length}
        lines={lines}
      />
      <LogView
        lines={lines}
        search={needle}
        dropped={log.dropped}
        showsReplica={false}
        label="Output"
        empty={log.lines.length > 0 ? "No line matches the search." : EMPTY[run.status] ?? "It printed nothing."}
        className="h-[28rem]"
      />
    </Card>
  );
}

const EMPTY: Record<string, string> = {
  queued: "It waits for a free place.",
  running: "It has not printed anything yet.",
};
