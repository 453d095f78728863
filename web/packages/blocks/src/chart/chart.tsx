import { lazy, Suspense, useMemo } from "react";
import { Skeleton } from "@capsule/ui";
import { formatNumber } from "../data/number-format.ts";
import type { NodeOf } from "../types.ts";
import { DataProblem, Unavailable } from "../unavailable.tsx";
import { recordsOf, useData } from "../use-data.ts";
import { chartData, type ChartData } from "./chart-data.ts";

/** Scales and shapes are a file of their own, loaded with the first chart. */
const ChartPlot = lazy(() => import("./chart-plot.tsx"));

const NAMES = { line: "Line chart", bar: "Bar chart", pie: "Pie chart", scatter: "Scatter chart", area: "Area chart" };

export function ChartView({ node }: { node: NodeOf<"chart"> }) {
  const state = useData(node.data);
  const value = state.status === "ready" || state.status === "loading" ? state.value : undefined;
  const data = useMemo(() => chartData(recordsOf(value), node.x, node.y), [value, node.x, node.y]);
  const kind = node.chart_type in NAMES ? node.chart_type : "line";
  if (state.status === "failed") return <DataProblem error={state.error} onRetry={state.refresh} />;
  if (state.status === "unavailable" || state.status === "none") return <Unavailable />;
  if (value === undefined) return <Skeleton className="h-64 w-full" />;
  if (data.points.length === 0) return <Unavailable>There is nothing to draw yet.</Unavailable>;
  const title = `${NAMES[kind]}: ${[data.yName, data.xName].filter(Boolean).join(" by ")}`;
  return (
    <figure className="min-w-0" data-widget="chart" aria-label={title}>
      <Suspense fallback={<Skeleton className="h-64 w-full" />}>
        <ChartPlot kind={kind} data={data} title={title} />
      </Suspense>
      <ChartTable data={data} title={title} />
    </figure>
  );
}

/** The same numbers for screen readers, and for whoever wants to read them. */
function ChartTable({ data, title }: { data: ChartData; title: string }) {
  return (
    <details className="mt-1 text-xs text-ink-faint">
      <summary className="w-fit rounded-sm">As a table</summary>
      <div className="mt-2 max-h-64 overflow-auto rounded-md border" tabIndex={0}>
        <table className="w-full text-left tabular-nums">
          <caption className="sr-only">{title}</caption>
          <thead className="sticky top-0 bg-sunken">
            <tr>
              <th className="px-2.5 py-1.5 font-medium">{data.xName || "#"}</th>
              <th className="px-2.5 py-1.5 text-right font-medium">{data.yName}</th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line/60">
            {data.points.map((point, index) => (
              <tr key={index}>
                <td className="px-2.5 py-1">{point.label}</td>
                <td className="px-2.5 py-1 text-right">{formatNumber(point.y)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
