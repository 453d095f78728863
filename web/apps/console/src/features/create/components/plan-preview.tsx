import { asProblem, type CannotPlan, type Plan } from "@capsule/api";
import { Button, Card, CardHead, Notice, Skeleton, withCode } from "@capsule/ui";
import type { UseQueryResult } from "@tanstack/react-query";
import { LoaderCircle, RotateCw } from "lucide-react";
import { PlanChoices } from "#config/plan-choices.tsx";
import { PlanProcesses } from "#config/plan-processes.tsx";
import { providerName } from "#config/plan-text.ts";
import { canPlan } from "../api/use-plan.ts";

type PlanPreviewProps = { answer: UseQueryResult<Plan | CannotPlan>; onChangeSource: () => void };

/** What will be built and run, before anything is created. */
export function PlanPreview({ answer, onChangeSource }: PlanPreviewProps) {
  const { data, error, isPending, isFetching } = answer;
  return (
    <Card data-testid="plan-preview" aria-busy={isFetching}>
      <CardHead
        title={
          <span className="flex items-center gap-2">
            {data && canPlan(data) && !error ? providerName(data.provider) : "Plan"}
            {isFetching && <LoaderCircle className="size-4 animate-spin text-busy" aria-hidden />}
          </span>
        }
        hint={isFetching ? "Fetching the source and looking at it…" : "What was found, and what follows from it"}
      />
      <div className="space-y-4 p-4">
        {error ? (
          <Refused error={error} onRetry={() => void answer.refetch()} onChangeSource={onChangeSource} />
        ) : isPending ? (
          <div className="space-y-2.5" role="status" aria-label="Looking at the source">
            <Skeleton className="h-4 w-3/5" />
            <Skeleton className="h-4 w-4/5" />
            <Skeleton className="h-4 w-2/5" />
          </div>
        ) : canPlan(data) ? (
          <>
            {data.notices?.map((notice) => (
              <Notice key={notice} tone="warn">
                {notice}
              </Notice>
            ))}
            <PlanProcesses plan={data} />
            <PlanChoices plan={data} />
          </>
        ) : (
          <Notice tone="warn" title="It is not clear how to run this.">
            {data.reasons.map((reason) => (
              <p key={reason}>{withCode(reason)}</p>
            ))}
            <p className="mt-1">{data.hint}</p>
          </Notice>
        )}
      </div>
    </Card>
  );
}

type RefusedProps = { error: unknown; onRetry: () => void; onChangeSource: () => void };

function Refused({ error, onRetry, onChangeSource }: RefusedProps) {
  const problem = asProblem(error);
  return (
    <Notice tone="bad" title={problem.detail}>
      {problem.hint}
      <div className="mt-2 flex flex-wrap gap-2">
        <Button size="sm" onClick={onRetry}>
          <RotateCw /> Look again
        </Button>
        <Button size="sm" tone="quiet" onClick={onChangeSource}>
          Change the source
        </Button>
      </div>
    </Notice>
  );
}
