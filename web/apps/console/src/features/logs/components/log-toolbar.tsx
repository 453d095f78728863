import type { StreamState } from "@capsule/api";
import { Button, cn, downloadText, Input, logAsText, NativeSelect, type LogFilter, type NumberedLine } from "@capsule/ui";
import { Download, Pause, Play, Search } from "lucide-react";

type LogToolbarProps = {
  name: string;
  lines: readonly NumberedLine[];
  replicas: string[];
  filter: LogFilter;
  onFilter: (filter: LogFilter) => void;
  isPaused: boolean;
  held: number;
  onPause: (isPaused: boolean) => void;
  state: StreamState;
};

const STREAMS = [
  ["", "All streams"],
  ["stdout", "Output"],
  ["stderr", "Errors"],
  ["platform", "Platform"],
] as const;

export function LogToolbar({ name, lines, replicas, filter, onFilter, isPaused, held, onPause, state }: LogToolbarProps) {
  return (
    <div role="toolbar" aria-label="Log" className="flex flex-wrap items-center gap-2 border-b p-2.5">
      <LiveMark state={state} isPaused={isPaused} />
      <div className="relative min-w-40 flex-1">
        <Search className="pointer-events-none absolute top-2.5 left-2.5 size-3.5 text-ink-faint" aria-hidden />
        <Input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          className="pl-8"
          value={filter.search}
          onChange={(event) => onFilter({ ...filter, search: event.target.value })}
        />
      </div>
      <NativeSelect
        aria-label="Stream"
        value={filter.stream}
        onChange={(event) => onFilter({ ...filter, stream: event.target.value })}
      >
        {STREAMS.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </NativeSelect>
      <NativeSelect
        aria-label="Replica"
        value={filter.replica}
        onChange={(event) => onFilter({ ...filter, replica: event.target.value })}
      >
        <option value="">All replicas</option>
        {replicas.map((replica) => (
          <option key={replica} value={replica}>
            {replica}
          </option>
        ))}
      </NativeSelect>
      <Button onClick={() => onPause(!isPaused)} aria-pressed={isPaused}>
        {isPaused ? <Play /> : <Pause />}
        {isPaused ? (held > 0 ? `Resume (${String(held)} new)` : "Resume") : "Pause"}
      </Button>
      <Button
        size="icon"
        aria-label="Download log"
        title="Download what is shown"
        disabled={lines.length === 0}
        onClick={() => downloadText(`${name}.log`, logAsText(lines))}
      >
        <Download />
      </Button>
    </div>
  );
}

function LiveMark({ state, isPaused }: { state: StreamState; isPaused: boolean }) {
  const isOpen = state === "open";
  const text = isPaused ? "Paused" : isOpen ? "Live" : state === "waiting" ? "Reconnecting…" : "Connecting…";
  return (
    <span role="status" className="inline-flex items-center gap-1.5 pl-1 text-xs text-ink-soft">
      <span className={cn("size-2 rounded-full", isOpen && !isPaused ? "animate-breathe bg-good" : "bg-idle")} aria-hidden />
      {text}
    </span>
  );
}
