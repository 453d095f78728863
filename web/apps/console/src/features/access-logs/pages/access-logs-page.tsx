import { keys, listAccessLogs, type AccessRecord, type Capsule } from "@capsule/api";
import { Card, cn, duration, EmptyState, ErrorState, SearchInput, SkeletonRows } from "@capsule/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Waypoints } from "lucide-react";
import { useDeferredValue, useState } from "react";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The newest requests the edge passed to this capsule. */
export function AccessLogsPage({ capsule }: { capsule: Capsule }) {
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim());
  const records = useQuery({
    queryKey: keys.accessLogs(capsule.slug, search),
    queryFn: async () => (await listAccessLogs(capsule.id, { limit: 200, search })).items,
    refetchInterval: 3_000,
    placeholderData: keepPreviousData,
  });
  const newestFirst = records.data?.toSorted((a, b) => b.at.localeCompare(a.at)) ?? [];
  return (
    <Card className="overflow-hidden">
      <div className="border-b p-2.5">
        <SearchInput label="Search requests" placeholder="Search path or host" value={text} onSearch={setText} boxClassName="max-w-sm" />
      </div>
      {records.isPending && <SkeletonRows />}
      {records.isError && <ErrorState error={records.error} onRetry={() => void records.refetch()} />}
      {records.data?.length === 0 && (
        <EmptyState icon={Waypoints} title={search === "" ? "No requests yet" : "No request matches"}>
          Every request to the capsule is listed here with its answer and duration.
        </EmptyState>
      )}
      {newestFirst.length > 0 && (
        <div role="region" aria-label="Requests" tabIndex={0} className="overflow-x-auto">
          <table className="w-full min-w-xl text-left text-xs">
            <thead className="border-b text-ink-faint">
              <tr>
                {["Time", "Status", "Method", "Path", "Duration", "Client"].map((title) => (
                  <th key={title} className="px-4 py-2 font-normal">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line/60 font-mono">
              {newestFirst.map((record, index) => (
                <RecordRow key={`${record.at}-${String(index)}`} record={record} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function statusStyle(status: number): string {
  if (status >= 500) return "bg-bad-soft text-bad-text";
  if (status >= 400) return "bg-warn-soft text-warn-text";
  return status >= 300 ? "bg-busy-soft text-busy-text" : "bg-good-soft text-good-text";
}

function RecordRow({ record }: { record: AccessRecord }) {
  return (
    <tr data-testid="access-row">
      <td className="px-4 py-1.5 whitespace-nowrap text-ink-faint" title={record.at}>
        {clock.format(new Date(record.at))}
      </td>
      <td className="px-4 py-1.5">
        <span className={cn("rounded-sm px-1.5 py-0.5", statusStyle(record.status))}>{record.status}</span>
      </td>
      <td className="px-4 py-1.5">{record.method}</td>
      <td className="max-w-md truncate px-4 py-1.5" title={`${record.host}${record.path}`}>
        {record.path}
      </td>
      <td className="px-4 py-1.5 whitespace-nowrap tabular-nums">{duration(record.duration_ms)}</td>
      <td className="px-4 py-1.5 whitespace-nowrap text-ink-faint" title={record.user_agent}>
        {record.client}
      </td>
    </tr>
  );
}
