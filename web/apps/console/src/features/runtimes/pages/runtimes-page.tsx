import { asProblem, type Capsule, type Environment } from "@capsule/api";
import { Card, ErrorState, Notice, Segmented, SkeletonRows } from "@capsule/ui";
import { useNavigate } from "@tanstack/react-router";
import { useRuntimes } from "../api/use-runtimes.ts";
import { NoRuntimes } from "../components/no-runtimes.tsx";
import { RuntimeFigures } from "../components/runtime-figures.tsx";
import { RuntimeTable } from "../components/runtime-table.tsx";
import { idleTime } from "../runtime-words.ts";

type RuntimesPageProps = { capsule: Capsule; environment: Environment };

/** The runtimes of an app's users: which are warm, what they use, how fast they wake. */
export function RuntimesPage({ capsule, environment }: RuntimesPageProps) {
  const navigate = useNavigate();
  const runtimes = useRuntimes(capsule, environment);
  const report = runtimes.data;
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <p className="max-w-2xl text-sm text-ink-soft">
          Each user has a runtime and private files of their own. A message wakes the runtime
          {report === undefined
            ? "; it is stopped when idle."
            : report.keep_warm_seconds === 0
              ? "; it is stopped as soon as its turn has ended."
              : `; after ${idleTime(report.keep_warm_seconds)} without one it is stopped.`}
        </p>
        <Segmented
          label="Environment"
          value={environment}
          onChange={(next) =>
            void navigate({
              to: "/capsules/$capsule/runtimes",
              params: { capsule: capsule.slug },
              search: next === "serve" ? { environment: next } : {},
              replace: true,
            })
          }
          options={[
            { value: "deploy", label: "Deployed" },
            { value: "serve", label: "Served" },
          ]}
        />
      </div>
      {report && runtimes.isError && (
        <Notice tone="bad" title="What is shown may be old.">
          {asProblem(runtimes.error).detail}
        </Notice>
      )}
      {report && report.notices.length > 0 && (
        <div className="space-y-2">
          {report.notices.map((notice) => (
            <Notice key={notice} tone="warn">
              {notice}
            </Notice>
          ))}
        </div>
      )}
      {report?.is_hosted && <RuntimeFigures report={report} />}
      <Card className="overflow-hidden">
        {runtimes.isPending && <SkeletonRows />}
        {!report && runtimes.isError && <ErrorState error={runtimes.error} onRetry={() => void runtimes.refetch()} />}
        {report?.items.length === 0 && <NoRuntimes capsule={capsule} environment={environment} report={report} />}
        {report && report.items.length > 0 && (
          <RuntimeTable key={environment} capsule={capsule} environment={environment} report={report} />
        )}
      </Card>
    </div>
  );
}
