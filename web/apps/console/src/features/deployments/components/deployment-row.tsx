import type { Deployment } from "@capsule/api";
import { appendLines, Elapsed, emptyLog, LiveMark, LogView, Notice, StatusBadge, Time } from "@capsule/ui";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { asSentence, outcome, triggerName } from "../words.ts";
import { ReceiptView } from "./receipt-view.tsx";

type DeploymentRowProps = { deployment: Deployment; isOpen: boolean; isLive: boolean };

/** One attempt; it opens to its receipt, and a failed one to its reason and the last lines the replica wrote. */
export function DeploymentRow({ deployment, isOpen, isLive }: DeploymentRowProps) {
  const { receipt } = deployment;
  const head = (
    <>
      <span className="min-w-0 flex-1">
        <span className="text-sm font-medium">Release {deployment.release_number}</span>
        <span className="ml-2 text-xs text-ink-soft">{triggerName(deployment.trigger)}</span>
        {isLive && (
          <span className="ml-2">
            <LiveMark />
          </span>
        )}
        <span className="block truncate text-xs text-ink-faint">
          <Time at={deployment.created_at} />
          {deployment.started_at && (
            <>
              {" · "}
              <Elapsed from={deployment.started_at} to={deployment.finished_at ?? null} />
            </>
          )}
        </span>
      </span>
      <StatusBadge {...outcome(deployment)} />
    </>
  );
  const hasMore = deployment.log_tail.length > 0 || Boolean(deployment.reason) || (receipt?.phases?.length ?? 0) > 0;
  return (
    <li data-testid="deployment-row" data-status={deployment.status} data-trigger={deployment.trigger}>
      {hasMore ? (
        <Opening head={head} isOpen={isOpen}>
          {deployment.reason && (
            <Notice tone={deployment.status === "failed" ? "bad" : "warn"} title={deployment.reason}>
              {deployment.hint}
            </Notice>
          )}
          {receipt?.verdict === "returned" && (
            <Notice tone="bad" title={receipt.reason ? asSentence(receipt.reason) : "It did badly."}>
              {deployment.previous_release_number !== null && `Release ${String(deployment.previous_release_number)} was brought back.`}
            </Notice>
          )}
          <ReceiptView deployment={deployment} />
          {deployment.log_tail.length > 0 && (
            <LogView
              lines={appendLines(emptyLog, deployment.log_tail).lines}
              label="Last lines of the replica"
              className="overflow-hidden rounded-md border [&>[role=log]]:max-h-52"
            />
          )}
        </Opening>
      ) : (
        <div className="flex items-center gap-3 py-2.5 pr-4 pl-11">{head}</div>
      )}
    </li>
  );
}

function Opening({ head, isOpen, children }: { head: ReactNode; isOpen: boolean; children: ReactNode }) {
  return (
    <details className="group" open={isOpen}>
      <summary className="flex list-none items-center gap-3 px-4 py-2.5 outline-offset-[-2px] hover:bg-hover/50">
        <ChevronRight className="size-4 text-ink-faint transition-transform group-open:rotate-90" aria-hidden />
        {head}
      </summary>
      <div className="space-y-3 px-4 pt-1 pb-4 pl-11">{children}</div>
    </details>
  );
}
