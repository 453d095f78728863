import type { Capsule } from "@capsule/api";
import { Button, Card, CardHead, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useNavigate } from "@tanstack/react-router";
import { SquareTerminal } from "lucide-react";
import { useRuns } from "../api/use-runs.ts";
import { RunForm } from "../components/run-form.tsx";
import { RunOutput } from "../components/run-output.tsx";
import { RunRow } from "../components/run-row.tsx";

type RunsPageProps = { capsule: Capsule; chosen: string | null; jobId: string | null };

/** One-off commands and the runs of cron jobs: start one, follow its output, cancel it. */
export function RunsPage({ capsule, chosen, jobId }: RunsPageProps) {
  const navigate = useNavigate();
  const runs = useRuns(capsule, jobId);
  const all = runs.data ?? [];
  const shown = all.find((run) => run.id === chosen) ?? all[0];
  const go = (search: { run?: string; job?: string }) =>
    void navigate({ to: "/capsules/$capsule/runs", params: { capsule: capsule.slug }, search, replace: true });
  return (
    <div className="space-y-5">
      {jobId === null && <RunForm capsule={capsule} onStarted={(run) => go({ run: run.id })} />}
      <div className="grid items-start gap-5 lg:grid-cols-[22rem_minmax(0,1fr)]">
        <Card className="min-w-0 overflow-hidden">
          <CardHead
            title="Runs"
            hint={jobId === null ? "The newest first" : "Of one cron job"}
            actions={
              jobId !== null && (
                <Button size="sm" tone="quiet" onClick={() => go({})}>
                  Show all
                </Button>
              )
            }
          />
          {runs.isPending && <SkeletonRows />}
          {runs.isError && <ErrorState error={runs.error} onRetry={() => void runs.refetch()} />}
          {runs.data?.length === 0 && (
            <EmptyState icon={SquareTerminal} title="Nothing was run yet">
              A command here, or <code className="font-mono text-xs">capsule run {capsule.slug} -- COMMAND</code>.
            </EmptyState>
          )}
          {all.length > 0 && (
            <ul aria-label="Runs" className="max-h-[36rem] divide-y overflow-y-auto">
              {all.map((run) => (
                <RunRow
                  key={run.id}
                  run={run}
                  isChosen={run === shown}
                  onChoose={() => go({ run: run.id, ...(jobId === null ? {} : { job: jobId }) })}
                />
              ))}
            </ul>
          )}
        </Card>
        {shown && <RunOutput key={shown.id} capsule={capsule} run={shown} />}
      </div>
    </div>
  );
}
