import type { ChatSession } from "@capsule/api";

export type SessionGroup = { label: string; sessions: ChatSession[] };

const DAY_MS = 86_400_000;
const month = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });

function labelOf(at: string, today: number): string {
  const time = new Date(at).getTime();
  if (time >= today) return "Today";
  if (time >= today - DAY_MS) return "Yesterday";
  if (time >= today - 7 * DAY_MS) return "Last 7 days";
  if (time >= today - 30 * DAY_MS) return "Last 30 days";
  return month.format(time);
}

/** Chats under the day they were used last; `sessions` come newest first and stay so. */
export function groupSessions(sessions: readonly ChatSession[], now: Date = new Date()): SessionGroup[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const groups: SessionGroup[] = [];
  for (const session of sessions) {
    const label = labelOf(session.updated_at, today);
    const last = groups.at(-1);
    if (last?.label === label) last.sessions.push(session);
    else groups.push({ label, sessions: [session] });
  }
  return groups;
}
