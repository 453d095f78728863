import type { Capsule } from "@capsule/api";
import { Card, CardHead, CopyButton, StatusBadge, Time } from "@capsule/ui";
import type { ReactNode } from "react";
import { RenameCapsule } from "./rename-capsule.tsx";
import { typeInfo } from "#config/capsule-types.ts";

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-9 items-center justify-between gap-4 px-4 py-1.5">
      <dt className="shrink-0 text-xs text-ink-faint">{name}</dt>
      <dd className="flex min-w-0 items-center gap-1 text-right text-sm">{children}</dd>
    </div>
  );
}

export function FactsCard({ capsule }: { capsule: Capsule }) {
  const { release, config } = capsule;
  const healthy = capsule.replicas.filter((replica) => replica.state === "healthy").length;
  return (
    <Card>
      <CardHead title="Facts" />
      <dl className="divide-y divide-line/60 py-1">
        <Fact name="Name">
          <span className="truncate">{capsule.name}</span>
          {capsule.can.includes("update") && <RenameCapsule capsule={capsule} />}
        </Fact>
        <Fact name="Status">
          <StatusBadge status={capsule.status} />
        </Fact>
        <Fact name="Type">{typeInfo(capsule.type).name}</Fact>
        {capsule.type !== "storage" && (
          <>
            <Fact name="Release">
              {release ? (
                <>
                  {release.number} <span className="text-xs text-ink-faint">· <Time at={release.created_at} /></span>
                </>
              ) : (
                "None yet"
              )}
            </Fact>
            <Fact name="Replicas">
              {capsule.replicas.length === 0 ? "None" : `${String(healthy)} healthy of ${String(capsule.replicas.length)}`}
            </Fact>
            {config.cpu != null && <Fact name="CPU">{config.cpu} {config.cpu === 1 ? "core" : "cores"}</Fact>}
            {config.memory != null && <Fact name="Memory">{config.memory} MiB</Fact>}
          </>
        )}
        {capsule.hosts.map((host) => (
          <Fact key={host} name="Host">
            <code className="truncate font-mono text-xs">{host}</code>
          </Fact>
        ))}
        <Fact name="Slug">
          <code className="truncate font-mono text-xs">{capsule.slug}</code>
        </Fact>
        <Fact name="Id">
          <code className="truncate font-mono text-xs">{capsule.id}</code>
          <CopyButton text={capsule.id} label="Copy id" className="-mr-1.5" />
        </Fact>
        <Fact name="Created">
          <Time at={capsule.created_at} />
        </Fact>
      </dl>
    </Card>
  );
}
