import type { Capsule } from "@capsule/api";
import { Card, filterLines, LogView, replicasOf, type LogFilter } from "@capsule/ui";
import { useDeferredValue, useMemo, useState } from "react";
import { useCapsuleLog } from "../api/use-capsule-log.ts";
import { LogToolbar } from "../components/log-toolbar.tsx";

export function LogsPage({ capsule }: { capsule: Capsule }) {
  const [filter, setFilter] = useState<LogFilter>({ search: "", stream: "", replica: "" });
  const { log, isPaused, held, state, setIsPaused } = useCapsuleLog(capsule.id);
  const search = useDeferredValue(filter.search);
  const lines = useMemo(() => filterLines(log.lines, { ...filter, search }), [log.lines, filter, search]);
  const replicas = useMemo(() => replicasOf(log.lines), [log.lines]);
  const isFiltered = lines.length < log.lines.length;
  return (
    <Card className="flex min-h-96 flex-1 flex-col overflow-hidden">
      <LogToolbar
        name={capsule.slug}
        lines={lines}
        replicas={replicas}
        filter={filter}
        onFilter={setFilter}
        isPaused={isPaused}
        held={held}
        onPause={setIsPaused}
        state={state}
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
