import { Skeleton } from "@capsule/ui";
import { useData, valueAt } from "../use-data.ts";
import type { NodeOf } from "../types.ts";
import { formatMetric } from "./number-format.ts";

export function MetricView({ node }: { node: NodeOf<"metric"> }) {
  const data = useData(node.value === undefined ? node.data : undefined);
  const isFirstLoad = data.status === "loading" && data.value === undefined;
  const found = data.status === "ready" || data.status === "loading" ? data.value : undefined;
  const value = node.value ?? (node.field === undefined ? found : valueAt(found, node.field));
  const note =
    data.status === "unavailable" ? "Not available here yet" : data.status === "failed" ? data.error : null;
  return (
    <dl className="min-w-0 rounded-lg border bg-surface px-4 py-3 shadow-soft" data-widget="metric">
      <dt className="truncate text-xs text-ink-faint" title={node.label}>
        {node.label}
      </dt>
      <dd className="mt-0.5 min-h-8 text-2xl font-semibold tracking-tight break-words tabular-nums">
        {isFirstLoad ? <Skeleton className="mt-1 h-6 w-20" /> : formatMetric(value, node.format)}
      </dd>
      {note !== null && <dd className="text-xs text-ink-faint">{note}</dd>}
    </dl>
  );
}
