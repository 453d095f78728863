import type { Capsule, Replica } from "@capsule/api";
import { Card, CardHead, StatusBadge, Time } from "@capsule/ui";

export function ReplicasCard({ capsule }: { capsule: Capsule }) {
  const { replicas } = capsule;
  return (
    <Card>
      <CardHead title="Replicas" hint="Running copies of the release" />
      {replicas.length === 0 ? (
        <p className="p-4 text-sm text-ink-soft">
          {capsule.is_on ? "None runs at the moment." : "None runs while the capsule is off."}
        </p>
      ) : (
        <ul className="divide-y">
          {replicas.map((replica) => (
            <ReplicaRow key={replica.id} replica={replica} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function ReplicaRow({ replica }: { replica: Replica }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <code className="font-mono text-xs">{replica.id}</code>
      <span className="text-xs text-ink-soft">{replica.environment === "deploy" ? replica.process : replica.environment}</span>
      <span className="min-w-36 flex-1 text-xs text-ink-faint">
        {replica.started_at && (
          <>
            started <Time at={replica.started_at} />
          </>
        )}
        {replica.restarts > 0 && ` · ${String(replica.restarts)} ${replica.restarts === 1 ? "restart" : "restarts"}`}
      </span>
      <StatusBadge status={replica.state} />
      {replica.exit_reason && <p className="basis-full text-xs text-bad-text">{replica.exit_reason}</p>}
    </li>
  );
}
