import type { Replica } from "@capsule/api";
import { StatusBadge, Time } from "@capsule/ui";
import { ONE_AT_A_TIME, stateOf, type Process } from "../processes.ts";
import { Stepper } from "./stepper.tsx";

type ProcessRowProps = { process: Process; count: number; isOn: boolean; canScale: boolean; onScale: (count: number) => void };

/** A process type: its command, its replicas as they are, and how many there should be. */
export function ProcessRow({ process, count, isOn, canScale, onScale }: ProcessRowProps) {
  return (
    <li className="px-4 py-3.5" data-testid="process-row" data-process={process.name}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1">
          <p className="text-sm">
            <span className="font-medium">{process.name}</span> <span className="text-xs text-ink-faint">· {stateOf(process, isOn)}</span>
          </p>
          {process.command !== "" && <code className="block truncate font-mono text-xs text-ink-soft" title={process.command}>{process.command}</code>}
          {process.name === ONE_AT_A_TIME && (
            <p className="text-xs text-ink-faint">Never runs twice: the old one ends before the new one starts.</p>
          )}
        </div>
        <Stepper label={`Replicas of ${process.name}`} value={count} isDisabled={!canScale} onChange={onScale} />
      </div>
      {process.replicas.length > 0 && (
        <ul aria-label={`Replicas of ${process.name} that run`} className="mt-2 divide-y rounded-md border bg-sunken/60">
          {process.replicas.map((replica) => (
            <ReplicaLine key={replica.id} replica={replica} />
          ))}
        </ul>
      )}
    </li>
  );
}

function ReplicaLine({ replica }: { replica: Replica }) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5 text-xs">
      <code className="font-mono">{replica.id}</code>
      <span className="min-w-36 flex-1 text-ink-faint">
        {replica.started_at && (
          <>
            since <Time at={replica.started_at} />
          </>
        )}
        {replica.restarts > 0 && ` · ${String(replica.restarts)} ${replica.restarts === 1 ? "restart" : "restarts"}`}
      </span>
      <StatusBadge status={replica.state} className="h-5" />
      {replica.exit_reason && <p className="basis-full text-bad-text">{replica.exit_reason}</p>}
    </li>
  );
}
