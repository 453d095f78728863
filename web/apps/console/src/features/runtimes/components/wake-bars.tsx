import type { Runtime } from "@capsule/api";
import { relativeTime, useNow } from "@capsule/ui";
import { lastWakes, wakeTime } from "../runtime-words.ts";

const SLOTS = 40;

/** How long the last wake of each runtime took, the newest at the right. */
export function WakeBars({ items }: { items: readonly Runtime[] }) {
  const now = useNow(15_000);
  const wakes = lastWakes(items, SLOTS);
  const most = Math.max(...wakes.map((wake) => wake.seconds));
  const free = SLOTS - wakes.length;
  return (
    <svg
      viewBox={`0 0 ${String(SLOTS * 10)} 40`}
      className="h-10 min-w-36 flex-1"
      preserveAspectRatio="none"
      role="img"
      aria-label={wakes.length === 0 ? "No wakes yet" : `The last ${String(wakes.length)} wakes, at most ${wakeTime(most)}`}
    >
      {Array.from({ length: free }, (_, index) => (
        <rect key={index} x={index * 10 + 1} y={39} width={8} height={1} className="fill-line" />
      ))}
      {wakes.map((wake, index) => {
        const height = most === 0 ? 3 : 3 + (37 * wake.seconds) / most;
        return (
          <rect key={wake.userId} x={(free + index) * 10 + 1} y={40 - height} width={8} height={height} className="fill-accent">
            <title>{`${wake.user}: ${wakeTime(wake.seconds)}, ${relativeTime(wake.at, now)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
