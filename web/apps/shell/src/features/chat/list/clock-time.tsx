import { cn } from "@capsule/ui";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** When something was said: the time of today, with the date before. Does not tick, as there may be thousands. */
export function ClockTime({ at, className }: { at: string; className?: string }) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const isToday = date.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={exact.format(date)} className={cn("text-2xs text-ink-faint", className)}>
      {(isToday ? clock : day).format(date)}
    </time>
  );
}
