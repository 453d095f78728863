import { cancelRun, keys, type Capsule, type Run } from "@capsule/api";
import { Button, Card, CardHead, LogView, Notice, StatusBadge, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban } from "lucide-react";
import { useRunOutput } from "../api/use-run-output.ts";

export function RunOutput({ capsule, run }: { capsule: Capsule; run: Run }) {
  const queryClient = useQueryClient();
  const log = useRunOutput(run.id, capsule.slug);
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
              <Button size="sm" isBusy={cancel.isPending} onClick={() => cancel.mutate()}>
                <Ban /> Cancel
              </Button>
            )}
          </>
        }
      />
      {run.reason && run.status !== "running" && (
        <div className="p-4 pb-0">
          <Notice tone={run.status === "failed" ? "bad" : "info"} title={run.reason}>
            {run.hint}
          </Notice>
        </div>
      )}
      <LogView
        lines={log.lines}
        dropped={log.dropped}
        showsReplica={false}
        label="Output"
        empty={run.status === "queued" ? "It waits for a free place." : "It has not said anything."}
        className="mt-4 h-[28rem]"
      />
    </Card>
  );
}
