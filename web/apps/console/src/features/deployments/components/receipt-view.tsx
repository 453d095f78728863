import type { Deployment } from "@capsule/api";
import { cn, duration, PhaseBar } from "@capsule/ui";
import type { ReactNode } from "react";
import { phaseTimes } from "../progress.ts";
import { phaseName } from "../words.ts";

/** What a deployment cost: where its time went, who noticed, and how fast answers were before and after. */
export function ReceiptView({ deployment }: { deployment: Deployment }) {
  const { receipt } = deployment;
  const phases = phaseTimes(deployment).map((phase) => ({ ...phase, name: phaseName(phase.name) }));
  if (!receipt || phases.length === 0) return null;
  return (
    <div className="space-y-4" data-testid="receipt">
      <PhaseBar label="Phases" phases={phases} />
      {receipt.requests != null && (
        <dl className="flex flex-wrap gap-x-8 gap-y-3">
          <Figure name="Requests during it">{receipt.requests}</Figure>
          <Figure name="Errors" isBad={(receipt.errors ?? 0) > 0}>
            {receipt.errors ?? 0}
          </Figure>
          <Latency before={receipt.p99_before_ms ?? null} after={receipt.p99_after_ms ?? null} />
        </dl>
      )}
    </div>
  );
}

function Figure({ name, isBad = false, children }: { name: string; isBad?: boolean; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-ink-faint">{name}</dt>
      <dd className={cn("text-base font-semibold tabular-nums", isBad && "text-bad-text")}>{children}</dd>
    </div>
  );
}

/** Two bars on one scale; what was not measured has none. */
function Latency({ before, after }: { before: number | null; after: number | null }) {
  const most = Math.max(before ?? 0, after ?? 0, 1);
  return (
    <div className="min-w-52 flex-1">
      <dt className="text-xs text-ink-faint">99 % of answers within</dt>
      <dd className="mt-1 space-y-1">
        <LatencyBar name="before" ms={before} most={most} tint="bg-idle" />
        <LatencyBar name="after" ms={after} most={most} tint="bg-accent" />
      </dd>
    </div>
  );
}

function LatencyBar({ name, ms, most, tint }: { name: string; ms: number | null; most: number; tint: string }) {
  return (
    <span className="flex items-center gap-2 text-xs">
      <span className="w-10 text-ink-faint">{name}</span>
      <span className="h-1.5 max-w-40 flex-1 rounded-full bg-sunken">
        {ms !== null && <span className={cn("block h-full min-w-1 rounded-full", tint)} style={{ width: `${String((ms / most) * 100)}%` }} />}
      </span>
      <span className="w-16 tabular-nums">{ms === null ? <span className="text-ink-faint">no requests</span> : duration(ms)}</span>
    </span>
  );
}
