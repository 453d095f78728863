/**
 * Turns the events of a session into what the page shows. Pure; knows neither network nor React.
 *
 * Every kept event has an offset; one at or below the last applied is a repetition and changes nothing, so a
 * replay after a reconnect is harmless. Live events have none and only show a state in between.
 */
import type { BlockData, SessionEvent, TurnStatus } from "@capsule/api";
import type { BlockItem, ChatItem, ReplyItem } from "./chat-items.ts";

export type SessionLog = {
  offset: number;
  items: readonly ChatItem[];
  /** How many of the items were put in front by older pages. */
  origin: number;
  runningTurn: string | null;
  /** Turns of messages that wait in line. */
  waitingTurns: readonly string[];
  lastTurn: { id: string; status: TurnStatus } | null;
  /** Turns that were run again: what they answered is no part of the conversation any more. */
  retriedTurns: readonly string[];
  notification: { text: string; detail: string | null } | null;
  title: string | null;
  /** When the app was last replaced by a newer one. */
  changedAt: string | null;
  revision: number;
};

export const emptySession: SessionLog = {
  offset: 0,
  items: [],
  origin: 0,
  runningTurn: null,
  waitingTurns: [],
  lastTurn: null,
  retriedTurns: [],
  notification: null,
  title: null,
  changedAt: null,
  revision: 0,
};

type Draft = { -readonly [Key in keyof SessionLog]: SessionLog[Key] } & { items: ChatItem[] };

/** Apply a batch; the items are copied once for all of them. */
export function applyEvents(log: SessionLog, events: readonly SessionEvent[]): SessionLog {
  const fresh = events.filter((event) => event.offset === undefined || event.offset > log.offset);
  if (fresh.length === 0) return log;
  const draft: Draft = { ...log, items: [...log.items] };
  for (const event of fresh) {
    if (event.offset !== undefined) {
      if (event.offset <= draft.offset) continue;
      draft.offset = event.offset;
    }
    change(draft, event);
  }
  return draft;
}

function change(log: Draft, event: SessionEvent): void {
  const turnId = event.turn_id ?? null;
  const at = event.at ?? "";
  switch (event.type) {
    case "message": {
      const { id, text = "", client_id, attachments = [] } = event.data;
      queueTurn(log, turnId);
      log.items.push({ kind: "message", id, text, at, turnId, clientId: client_id ?? null, attachments });
      return;
    }
    case "action": // It runs a turn and says nothing.
      queueTurn(log, turnId);
      return;
    case "turn_retried": {
      const { turn_id: ended } = event.data;
      queueTurn(log, turnId);
      log.retriedTurns = [...log.retriedTurns, ended];
      log.items = log.items.filter((item) => item.kind === "message" || item.turnId !== ended);
      return;
    }
    case "turn_started":
      startTurn(log, turnId ?? String(event.offset));
      return;
    case "turn_resumed":
      startTurn(log, turnId ?? log.runningTurn ?? String(event.offset));
      log.notification = { text: "Picking up where it was interrupted", detail: null };
      return;
    case "reply":
    case "reply_ended":
      putReply(log, event.data.id, at, turnId, { text: event.data.text, isStreaming: false, isWhole: true });
      return;
    case "reply_started":
      putReply(log, event.data.id, at, turnId, { text: "", isStreaming: true, isWhole: true });
      return;
    case "reply_delta": {
      const before = findReply(log, event.data.id)?.text ?? "";
      putReply(log, event.data.id, at, turnId, { text: before + event.data.text, isStreaming: true });
      return;
    }
    case "notification":
      if (turnId !== null) log.runningTurn ??= turnId;
      log.notification = { text: event.data.text, detail: event.data.detail || null };
      return;
    case "block":
      putBlock(log, event.data, at, turnId);
      return;
    case "session_title":
      log.title = event.data.title;
      return;
    case "turn_ended":
      endTurn(log, turnId, event.offset, at, event.data.status, errorText(event.data.error));
      return;
    case "app_changed":
      log.changedAt = at;
      return;
    default:
      return; // A newer platform may know more types; its offset still counts.
  }
}

/** What a turn shows comes in front of the messages that wait for it to end. */
function put(log: Draft, item: ChatItem): void {
  let index = log.items.length;
  for (; index > 0; index -= 1) {
    const before = log.items[index - 1];
    if (before?.kind !== "message" || before.turnId === null || !log.waitingTurns.includes(before.turnId)) break;
  }
  log.items.splice(index, 0, item);
}

function queueTurn(log: Draft, turnId: string | null): void {
  if (turnId !== null && turnId !== log.runningTurn) log.waitingTurns = [...log.waitingTurns, turnId];
}

function startTurn(log: Draft, turnId: string): void {
  log.runningTurn = turnId;
  log.waitingTurns = log.waitingTurns.filter((id) => id !== turnId);
  log.notification = null;
}

function findReply(log: Draft, id: string): ReplyItem | undefined {
  const found = log.items.findLast((item) => item.kind === "reply" && item.id === id);
  return found?.kind === "reply" ? found : undefined;
}

function putReply(
  log: Draft,
  id: string,
  at: string,
  turnId: string | null,
  part: Pick<ReplyItem, "text" | "isStreaming"> & { isWhole?: boolean },
): void {
  // A page of the log may begin after the start of its first turn.
  if (part.isStreaming && turnId !== null) log.runningTurn ??= turnId;
  log.notification = null;
  const index = log.items.findLastIndex((item) => item.kind === "reply" && item.id === id);
  const before = log.items[index];
  if (before?.kind === "reply") log.items[index] = { ...before, ...part };
  else put(log, { kind: "reply", id, at, turnId, isWhole: false, ...part });
}

function putBlock(log: Draft, data: BlockData, at: string, turnId: string | null): void {
  log.revision += 1;
  const index = log.items.findLastIndex((item) => item.kind === "block" && item.id === data.id);
  const before = log.items[index];
  const isStub = data.is_stub === true;
  if (before?.kind === "block") {
    if (isStub) return;
    log.items[index] = { ...before, type: data.type, payload: data.payload, isStub: false, revision: log.revision };
    return;
  }
  const item: BlockItem = {
    kind: "block",
    id: data.id,
    type: data.type,
    payload: data.payload,
    at,
    turnId,
    isStub,
    revision: log.revision,
  };
  put(log, item);
}

function endTurn(
  log: Draft,
  turnId: string | null,
  offset: number,
  at: string,
  status: TurnStatus,
  error: string | null,
): void {
  for (const [index, item] of log.items.entries()) {
    if (item.kind === "reply" && item.isStreaming && (turnId === null || item.turnId === turnId)) {
      log.items[index] = { ...item, isStreaming: false };
    }
  }
  if (turnId !== null) {
    log.waitingTurns = log.waitingTurns.filter((id) => id !== turnId);
    log.lastTurn = { id: turnId, status };
  }
  const isOther = log.runningTurn !== null && turnId !== null && log.runningTurn !== turnId;
  if (!isOther) log.runningTurn = null;
  log.notification = null;
  if (status === "succeeded") return;
  put(log, { kind: "turn-end", id: turnId ?? `end-${String(offset)}`, at, turnId, status, error });
}

function errorText(error: string | { message?: string } | null | undefined): string | null {
  if (error == null) return null;
  return typeof error === "string" ? error : (error.message ?? null);
}
