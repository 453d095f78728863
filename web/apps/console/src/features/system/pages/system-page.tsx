import { getSystem, keys, type SystemReport } from "@capsule/api";
import { Card, CardHead, ErrorState, Notice, SkeletonRows, StatusBadge } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed } from "lucide-react";
import type { ReactNode } from "react";
import { usePageTitle } from "#config/page-title.ts";

const ABOUT: Record<string, string> = {
  server: "API, console and reconciliation",
  node: "Starts and watches replicas",
  edge: "Routes visitors to capsules",
  apps: "Hosts the sessions of cpsl apps",
};

/** `children` is what other features have to say to the administrator. */
export function SystemPage({ children }: { children?: ReactNode }) {
  usePageTitle("System");
  const system = useQuery({ queryKey: keys.system, queryFn: getSystem, refetchInterval: 10_000 });
  return (
    <>
      <header className="mb-5">
        <h1 className="text-2xl font-semibold tracking-tight">System</h1>
        <p className="text-sm text-ink-soft">
          {system.data ? `Capsule ${system.data.version} on this machine` : "What this installation runs on"}
        </p>
      </header>
      {system.isPending && (
        <Card>
          <SkeletonRows />
        </Card>
      )}
      {system.isError && <ErrorState error={system.error} onRetry={() => void system.refetch()} />}
      {system.data && <SystemCards report={system.data} />}
      <div className="mt-5">{children}</div>
    </>
  );
}

function SystemCards({ report }: { report: SystemReport }) {
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <div className="space-y-5">
        <Card>
          <CardHead title="Processes" />
          <ul className="divide-y" aria-label="Processes">
            {Object.entries(report.processes).map(([name, process]) => (
              <li key={name} className="flex items-center gap-3 px-4 py-2.5">
                <div className="min-w-0 flex-1">
                  <p className="text-sm">
                    <span className="font-medium">{name}</span>
                    {process.pid != null && (
                      <span className="ml-2 font-mono text-xs text-ink-faint">pid {process.pid}</span>
                    )}
                  </p>
                  <p className="text-xs text-ink-soft">{ABOUT[name] ?? ""}</p>
                </div>
                <StatusBadge status={process.health} />
              </li>
            ))}
          </ul>
        </Card>
        <Card>
          <CardHead title="Engine" hint={report.engine.name} />
          <div className="space-y-3 p-4 text-sm">
            <p className="text-ink-soft">{report.engine.sentence}</p>
            {report.engine.notices.map((notice) => (
              <Notice key={notice} tone="warn">
                {notice}
              </Notice>
            ))}
          </div>
        </Card>
      </div>
      <DoctorCard parts={report.doctor} />
    </div>
  );
}

function DoctorCard({ parts }: { parts: SystemReport["doctor"] }) {
  return (
    <Card>
      <CardHead title="Doctor" hint="Optional parts of the system and what each one enables" />
      <ul className="divide-y" aria-label="System parts">
        {parts.map((part) => (
          <li key={part.part} className="flex gap-3 px-4 py-2.5">
            {part.found ? (
              <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" aria-label="Found" />
            ) : (
              <CircleDashed className="mt-0.5 size-4 shrink-0 text-ink-faint" aria-label="Not found" />
            )}
            <div className="min-w-0 flex-1">
              <p className="text-sm">
                <span className="font-medium">{part.part}</span>
                {part.version && <span className="ml-2 font-mono text-xs text-ink-faint">{part.version}</span>}
              </p>
              <p className="text-xs text-ink-soft">{part.enables}</p>
              {!part.found && part.hint && <p className="mt-0.5 font-mono text-xs text-ink-faint">{part.hint}</p>}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
