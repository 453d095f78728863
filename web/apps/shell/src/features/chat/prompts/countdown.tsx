import { useNow } from "@capsule/ui";

const SHOWN_BELOW_MS = 60_000;

/** The seconds that are left, in the last minute. */
export function Countdown({ deadline }: { deadline: string }) {
  const left = new Date(deadline).getTime() - useNow(1000);
  if (Number.isNaN(left) || left > SHOWN_BELOW_MS) return null;
  return (
    <span className="text-xs text-warn-text tabular-nums" role="timer">
      {left > 0 ? `${String(Math.ceil(left / 1000))} s left` : "Time is up"}
    </span>
  );
}
