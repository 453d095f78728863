/**
 * Turns the events of a session into what the page shows. Pure; knows neither network nor React.
 *
 * Every event has an offset; one at or below the last applied is a repetition and changes nothing, so a
 * replay after a reconnect is harmless.
 */
import type { SessionEvent, TurnStatus } from "@capsule/api";

export type ChatItem =
  | { kind: "message"; id: string; text: string; at: string; clientId: string | null }
  | { kind: "reply"; id: string; text: string; at: string; turnId: string | null; isStreaming: boolean }
  | { kind: "block"; id: string; type: string; payload: unknown }
  | { kind: "turn-end"; id: string; status: Exclude<TurnStatus, "succeeded">; error: string | null };

export type SessionLog = {
  offset: number;
  items: readonly ChatItem[];
  runningTurn: string | null;
  notification: { text: string; detail: string | null } | null;
  /** When the app was last replaced by a newer one. */
  changedAt: string | null;
};

export const emptySession: SessionLog = {
  offset: 0,
  items: [],
  runningTurn: null,
  notification: null,
  changedAt: null,
};

export const applyEvents = (log: SessionLog, events: readonly SessionEvent[]): SessionLog => events.reduce(applyEvent, log);

export function applyEvent(log: SessionLog, event: SessionEvent): SessionLog {
  if (event.offset <= log.offset) return log;
  return { ...change(log, event), offset: event.offset };
}

function change(log: SessionLog, event: SessionEvent): SessionLog {
  const turnId = event.turn_id ?? null;
  switch (event.type) {
    case "message": {
      const { id, text, client_id } = event.data;
      return add(log, { kind: "message", id, text, at: event.at, clientId: client_id ?? null });
    }
    case "turn_started":
      return { ...log, runningTurn: turnId ?? String(event.offset), notification: null };
    case "reply":
      return putReply({ ...log, notification: null }, event.data.id, event.at, turnId, () => event.data.text, false);
    case "reply_started":
      return putReply({ ...log, notification: null }, event.data.id, event.at, turnId, (text) => text, true);
    case "reply_delta":
      return putReply(
        { ...log, notification: null },
        event.data.id,
        event.at,
        turnId,
        (text) => text + event.data.text,
        true,
      );
    case "reply_ended":
      return putReply({ ...log, notification: null }, event.data.id, event.at, turnId, () => event.data.text, false);
    case "notification":
      return { ...log, notification: { text: event.data.text, detail: event.data.detail || null } };
    case "block":
      return putBlock(log, event.data);
    case "turn_ended":
      return endTurn(log, turnId, event.offset, event.data.status, errorText(event.data.error));
    case "app_changed":
      return { ...log, changedAt: event.at };
    default:
      return log; // A newer platform may know more types; its offset still counts.
  }
}

const add = (log: SessionLog, item: ChatItem): SessionLog => ({ ...log, items: [...log.items, item] });

function putReply(
  log: SessionLog,
  id: string,
  at: string,
  turnId: string | null,
  text: (before: string) => string,
  isStreaming: boolean,
): SessionLog {
  const index = log.items.findLastIndex((item) => item.kind === "reply" && item.id === id);
  const before = log.items[index];
  if (before?.kind !== "reply") return add(log, { kind: "reply", id, text: text(""), at, turnId, isStreaming });
  return { ...log, items: log.items.with(index, { ...before, text: text(before.text), isStreaming }) };
}

function putBlock(log: SessionLog, block: { id: string; type: string; payload: unknown }): SessionLog {
  const index = log.items.findIndex((item) => item.kind === "block" && item.id === block.id);
  const item: ChatItem = { kind: "block", ...block };
  return index === -1 ? add(log, item) : { ...log, items: log.items.with(index, item) };
}

function endTurn(
  log: SessionLog,
  turnId: string | null,
  offset: number,
  status: TurnStatus,
  error: string | null,
): SessionLog {
  const items = log.items.map((item) =>
    item.kind === "reply" && item.isStreaming && (turnId === null || item.turnId === turnId)
      ? { ...item, isStreaming: false }
      : item,
  );
  const isRunning = log.runningTurn !== null && turnId !== null && log.runningTurn !== turnId;
  const next = { ...log, items, runningTurn: isRunning ? log.runningTurn : null, notification: null };
  if (status === "succeeded") return next;
  return add(next, { kind: "turn-end", id: turnId ?? `end-${String(offset)}`, status, error });
}

function errorText(error: string | { message?: string } | null | undefined): string | null {
  if (error == null) return null;
  return typeof error === "string" ? error : (error.message ?? null);
}
