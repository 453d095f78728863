import type { Runtime, RuntimeOrder } from "@capsule/api";
import { Button, byteSize, relativeTime, StatusBadge, Time } from "@capsule/ui";
import { Trash2 } from "lucide-react";
import { userName, wakeTime } from "../runtime-words.ts";

type RuntimeRowProps = {
  runtime: Runtime;
  /** Bytes of the largest runtime, which fills the bar. */
  most: number;
  /** What the caller may do to it. */
  orders: readonly RuntimeOrder[];
  onOrder: (order: RuntimeOrder) => void;
};

export function RuntimeRow({ runtime, most, orders, onOrder }: RuntimeRowProps) {
  const { turns } = runtime;
  return (
    <tr data-testid="runtime-row" className="h-12.5">
      <td className="py-1.5 pr-3 pl-4">
        <p className="max-w-52 truncate text-sm" title={runtime.email === null ? runtime.user_id : `${runtime.email} (${runtime.user_id})`}>
          {userName(runtime)}
        </p>
        <p className="whitespace-nowrap text-ink-faint">
          {runtime.release !== "" && `release ${runtime.release}`}
          {turns > 0 && <span className="text-busy-text">{` · ${String(turns)} ${turns === 1 ? "turn runs" : "turns run"}`}</span>}
        </p>
      </td>
      <td className="px-3 py-1.5">
        <StatusBadge status={runtime.state} />
      </td>
      <td className="px-3 py-1.5">
        <Memory bytes={runtime.memory_bytes} most={most} />
      </td>
      <td className="px-3 py-1.5 whitespace-nowrap tabular-nums" title={wakes(runtime)}>
        {wakeTime(runtime.wake_seconds)}
      </td>
      <td className="px-3 py-1.5 whitespace-nowrap">
        {runtime.used_at === null ? <span className="text-ink-faint">never</span> : <Time at={runtime.used_at} />}
      </td>
      <td className="min-w-40 px-3 py-1.5">
        {runtime.last_end === "" ? <span className="text-ink-faint">–</span> : <span className="text-bad-text">{runtime.last_end}</span>}
      </td>
      {orders.length > 0 && (
        <td className="space-x-1 py-1.5 pr-4 pl-3 text-right whitespace-nowrap">
          {orders.includes("stop") && runtime.state !== "cold" && (
            <Button size="sm" aria-label={`Stop the runtime of ${userName(runtime)}`} onClick={() => onOrder("stop")}>
              Stop
            </Button>
          )}
          {orders.includes("clear") && (
            <Button
              size="icon-sm"
              tone="quiet"
              aria-label={`Delete the private files of ${userName(runtime)}`}
              title="Delete private files"
              onClick={() => onOrder("clear")}
            >
              <Trash2 aria-hidden />
            </Button>
          )}
        </td>
      )}
    </tr>
  );
}

const wakes = ({ wakes: count, woken_at: at }: Runtime): string =>
  `${String(count)} ${count === 1 ? "wake" : "wakes"}${at === null ? "" : `, the last ${relativeTime(at)}`}`;

function Memory({ bytes, most }: { bytes: number | null; most: number }) {
  if (bytes === null) return <span className="text-ink-faint">–</span>;
  return (
    <div className="flex items-center gap-2.5">
      <span className="h-1.5 w-20 shrink-0 overflow-hidden rounded-full bg-hover" aria-hidden>
        <span
          className="block h-full rounded-full bg-accent"
          style={{ width: `${String(most === 0 ? 0 : Math.max(3, (100 * bytes) / most))}%` }}
        />
      </span>
      <span className="whitespace-nowrap tabular-nums">{byteSize(bytes)}</span>
    </div>
  );
}
