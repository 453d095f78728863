import { cn } from "./cn.ts";

type Tone = "good" | "busy" | "warn" | "bad" | "idle";

/** Every status word of the platform and how it looks. */
const TONES: Record<string, Tone> = {
  live: "good",
  succeeded: "good",
  healthy: "good",
  ok: "good",
  warm: "good",
  running: "busy",
  building: "busy",
  queued: "idle",
  starting: "warn",
  waking: "warn",
  stopping: "warn",
  removing: "warn",
  unhealthy: "bad",
  failed: "bad",
  dead: "bad",
  cancelled: "idle",
  cold: "idle",
  stopped: "idle",
  empty: "idle",
};
const MOVING = new Set(["running", "building", "starting", "waking", "stopping", "removing"]);

const LABELS: Record<string, string> = { empty: "Not deployed" };

const BADGE: Record<Tone, string> = {
  good: "bg-good-soft text-good-text",
  busy: "bg-busy-soft text-busy-text",
  warn: "bg-warn-soft text-warn-text",
  bad: "bg-bad-soft text-bad-text",
  idle: "bg-hover text-ink-soft",
};
const DOT: Record<Tone, string> = {
  good: "bg-good",
  busy: "bg-busy",
  warn: "bg-warn",
  bad: "bg-bad",
  idle: "bg-idle",
};

const toneOf = (status: string): Tone => TONES[status] ?? "idle";
export const statusLabel = (status: string): string =>
  LABELS[status] ?? status.charAt(0).toUpperCase() + status.slice(1).replaceAll("_", " ");

export function StatusDot({ status, className }: { status: string; className?: string }) {
  return (
    <span
      className={cn(
        "inline-block size-2 shrink-0 rounded-full",
        DOT[toneOf(status)],
        MOVING.has(status) && "animate-breathe",
        className,
      )}
      aria-hidden
    />
  );
}

export function StatusBadge({ status, className, label }: { status: string; className?: string; label?: string }) {
  return (
    <span
      data-testid="status"
      data-status={status}
      className={cn(
        "inline-flex h-6 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium whitespace-nowrap",
        BADGE[toneOf(status)],
        className,
      )}
    >
      <StatusDot status={status} className="size-1.5" />
      {label ?? statusLabel(status)}
    </span>
  );
}
