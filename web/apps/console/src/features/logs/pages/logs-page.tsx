import type { Capsule } from "@capsule/api";
import { Card, filterLines, LogToolbar, LogView, numberBackwards, replicasOf, type LogFilter } from "@capsule/ui";
import { useDeferredValue, useMemo, useState } from "react";
import { useCapsuleLog } from "../api/use-capsule-log.ts";
import { useOlderMatches } from "../api/use-older-matches.ts";
import { LogFilters } from "../components/log-filters.tsx";
import { StreamMark } from "../components/stream-mark.tsx";

export function LogsPage({ capsule }: { capsule: Capsule }) {
  const [filter, setFilter] = useState<LogFilter>({ search: "", stream: "", replica: "" });
  const { log, isPaused, held, state, setIsPaused } = useCapsuleLog(capsule.id);
  const search = useDeferredValue(filter.search);
  const older = useOlderMatches(capsule.id, search, log.lines[0]?.at);
  const lines = useMemo(
    () => filterLines([...numberBackwards(older), ...log.lines], { ...filter, search }),
    [older, log.lines, filter, search],
  );
  const replicas = useMemo(() => replicasOf(log.lines), [log.lines]);
  const isFiltered = log.lines.length > 0;
  return (
    <Card className="flex min-h-96 flex-1 flex-col overflow-hidden">
      <LogToolbar
        label="Log"
        name={capsule.slug}
        search={filter.search}
        onSearch={(text) => setFilter({ ...filter, search: text })}
        found={search.trim() === "" ? null : lines.length}
        lines={lines}
        pause={{ held: isPaused ? held : null, onPause: setIsPaused }}
        before={<StreamMark state={state} isPaused={isPaused} />}
        filters={<LogFilters replicas={replicas} filter={filter} onFilter={setFilter} />}
      />
      <LogView
        lines={lines}
        search={search}
        dropped={log.dropped}
        showsReplica={replicas.length > 1}
        label={`Log of ${capsule.name}`}
        className="min-h-72 flex-1 [&>[role=log]]:absolute [&>[role=log]]:inset-0"
        empty={
          isFiltered
            ? "No line matches the filter."
            : "There are no logs at the moment. What the capsule writes to its output appears here."
        }
      />
    </Card>
  );
}
