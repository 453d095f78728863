import type { Capsule } from "@capsule/api";
import { Card, filterLines, LogView, numberBackwards, replicasOf, type LogFilter } from "@capsule/ui";
import { useDeferredValue, useMemo, useState } from "react";
import { useCapsuleLog } from "../api/use-capsule-log.ts";
import { useOlderMatches } from "../api/use-older-matches.ts";
import { LogToolbar } from "../components/log-toolbar.tsx";

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
