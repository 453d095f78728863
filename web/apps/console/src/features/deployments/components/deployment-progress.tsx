import type { Capsule, Deployment } from "@capsule/api";
import { Card, CardHead, useNow, withCode } from "@capsule/ui";
import { countdown, stepsOf, watchSeconds, wouldReturnTo } from "../progress.ts";
import { CancelDeployment } from "./cancel-deployment.tsx";
import { ProgressSteps } from "./progress-steps.tsx";

/** What goes on now: the phases, who answers meanwhile, and how long the new release is still watched. */
export function DeploymentProgress({ capsule, deployment }: { capsule: Capsule; deployment: Deployment }) {
  const { release_number: number, previous_release_number: before, watch_until: until } = deployment;
  const isLive = deployment.status === "succeeded";
  const back = wouldReturnTo(deployment, capsule.config);
  const canary = deployment.phase === "canary" ? capsule.config.canary : null;
  return (
    <Card data-testid="deployment-progress" data-phase={deployment.phase}>
      <CardHead
        title={isLive ? `Release ${String(number)} is live` : `Deploying release ${String(number)}`}
        hint={isLive ? (back === null ? "Its figures are gathered" : "It is watched, and taken back if it does badly") : meanwhile(capsule, before)}
        actions={deployment.can.includes("cancel") && <CancelDeployment capsule={capsule} deployment={deployment} />}
      />
      <div className="space-y-4 p-4">
        <ProgressSteps steps={stepsOf(deployment, capsule.config)} since={deployment.started_at} />
        {!isLive && deployment.reason !== null && (
          <p role="status" className="text-sm text-busy-text">
            {withCode(deployment.reason)}
          </p>
        )}
        {canary && <CanaryShare percent={canary.percent ?? 10} from={before} to={number} />}
        {isLive && until !== null && <Watch until={until} seconds={watchSeconds(capsule.config)} back={back} />}
      </div>
    </Card>
  );
}

function meanwhile(capsule: Capsule, before: number | null): string {
  if (before === null) return "The first one; requests wait until it answers";
  if (capsule.config.strategy === "recreate") return `Release ${String(before)} stops first; requests wait meanwhile`;
  return `Release ${String(before)} answers until the new one does`;
}

function CanaryShare({ percent, from, to }: { percent: number; from: number | null; to: number }) {
  return (
    <div data-testid="canary-share">
      <div aria-hidden className="flex h-2 gap-px overflow-hidden rounded-full">
        <span className="bg-accent" style={{ width: `${String(percent)}%` }} />
        <span className="flex-1 bg-idle/50" />
      </div>
      <p className="mt-1.5 text-xs text-ink-soft">
        {percent} % of the requests try release {to}; the others go to release {from ?? "before"}.
      </p>
    </div>
  );
}

function Watch({ until, seconds, back }: { until: string; seconds: number; back: number | null }) {
  const now = useNow(1000);
  const left = Math.max(0, new Date(until).getTime() - now) / 1000;
  const share = seconds > 0 ? Math.min(1, left / seconds) : 0;
  return (
    <div data-testid="watch">
      <div aria-hidden className="h-1.5 overflow-hidden rounded-full bg-sunken">
        <span className="block h-full rounded-full bg-busy transition-[width]" style={{ width: `${String(share * 100)}%` }} />
      </div>
      <p className="mt-1.5 text-xs text-ink-soft">
        Watched for <span className="font-medium text-ink tabular-nums">{countdown(until, now)}</span> more.
        {back !== null && ` If it crashes or mostly answers with errors, release ${String(back)} comes back by itself.`}
      </p>
    </div>
  );
}
