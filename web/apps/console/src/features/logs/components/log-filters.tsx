import { NativeSelect, type LogFilter } from "@capsule/ui";

type LogFiltersProps = { replicas: string[]; filter: LogFilter; onFilter: (filter: LogFilter) => void };

const STREAMS = [
  ["", "All streams"],
  ["stdout", "Output"],
  ["stderr", "Errors"],
  ["platform", "Platform"],
] as const;

/** Which stream, and which replica's lines. */
export function LogFilters({ replicas, filter, onFilter }: LogFiltersProps) {
  return (
    <>
      <NativeSelect aria-label="Stream" value={filter.stream} onChange={(event) => onFilter({ ...filter, stream: event.target.value })}>
        {STREAMS.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </NativeSelect>
      <NativeSelect aria-label="Replica" value={filter.replica} onChange={(event) => onFilter({ ...filter, replica: event.target.value })}>
        <option value="">All replicas</option>
        {replicas.map((replica) => (
          <option key={replica} value={replica}>
            {replica}
          </option>
        ))}
      </NativeSelect>
    </>
  );
}
