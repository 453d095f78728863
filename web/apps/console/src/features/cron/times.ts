/** When a job is due, on the clock that its schedule is written for. */

/** `Nov 27, 2026, 3:30 AM` in `timezone`; in the reader's own where the browser does not know it. */
export function dueTimes(times: readonly string[], timezone: string): string {
  const moment = formatOf(timezone) ?? formatOf(undefined);
  return times.map((time) => moment?.format(new Date(time)) ?? time).join("; ");
}

function formatOf(timeZone: string | undefined): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone });
  } catch {
    return null;
  }
}
