/** Puts an older page of the log in front of what is known. */
import type { SessionEvent } from "@capsule/api";
import { itemKey, type ChatItem } from "./chat-items.ts";
import { applyEvents, emptySession, type SessionLog } from "./session-log.ts";

/** An item known from both pages stays in its older place and keeps its newer state. */
export function prependEvents(log: SessionLog, events: readonly SessionEvent[]): SessionLog {
  const page = applyEvents(emptySession, events);
  const isOut = (item: ChatItem): boolean =>
    item.kind !== "message" && item.turnId !== null && log.retriedTurns.includes(item.turnId);
  const older = { ...page, items: page.items.filter((item) => !isOut(item)) };
  if (older.items.length === 0) return { ...log, title: log.title ?? older.title };
  const newer = new Map(log.items.map((item) => [itemKey(item), item]));
  const merged = older.items.map((item) => {
    const key = itemKey(item);
    const later = newer.get(key);
    newer.delete(key);
    return later ? join(item, later) : settle(item, log.runningTurn);
  });
  const kept = log.items.filter((item) => newer.has(itemKey(item)));
  const moved = log.items.length - kept.length;
  return {
    ...log,
    items: [...merged, ...kept],
    origin: log.origin + merged.length - moved,
    retriedTurns: [...older.retriedTurns, ...log.retriedTurns],
    lastTurn: log.lastTurn ?? older.lastTurn,
    title: log.title ?? older.title,
    changedAt: log.changedAt ?? older.changedAt,
  };
}

function join(older: ChatItem, newer: ChatItem): ChatItem {
  if (older.kind === "block" && newer.kind === "block") {
    return newer.isStub ? { ...older, revision: newer.revision } : { ...newer, at: older.at };
  }
  if (older.kind === "reply" && newer.kind === "reply") {
    const text = newer.isWhole ? newer.text : older.text + newer.text;
    return { ...newer, at: older.at, text, isWhole: newer.isWhole || older.isWhole };
  }
  return newer;
}

/** What an older page left open ended later, unless its turn still runs. */
function settle(item: ChatItem, runningTurn: string | null): ChatItem {
  if (item.kind === "block") return { ...item, revision: 0 };
  if (item.kind !== "reply" || !item.isStreaming || item.turnId === runningTurn) return item;
  return { ...item, isStreaming: false };
}
