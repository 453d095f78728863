import type { StreamState } from "@capsule/api";
import { cn } from "@capsule/ui";

/** Whether new lines come at the moment. */
export function StreamMark({ state, isPaused }: { state: StreamState; isPaused: boolean }) {
  const isOpen = state === "open";
  const text = isPaused ? "Paused" : isOpen ? "Live" : state === "waiting" ? "Reconnecting…" : "Connecting…";
  return (
    <span role="status" className="inline-flex items-center gap-1.5 pl-1 text-xs text-ink-soft">
      <span className={cn("size-2 rounded-full", isOpen && !isPaused ? "animate-breathe bg-good" : "bg-idle")} aria-hidden />
      {text}
    </span>
  );
}
