/** Cuts what is shown into rows, and the rows into pieces that stay the same while others change. */
import { itemKey, type BlockItem, type ChatItem } from "../log/chat-items.ts";
import type { SessionLog } from "../log/session-log.ts";

export type ItemRow = {
  kind: "item";
  key: string;
  item: ChatItem;
  /** A message whose turn waits for another one to end. */
  isQueued: boolean;
  /** The turn that may be run again from here. */
  retryTurn: string | null;
};
/** Steps and activities that follow each other. */
export type StepsRow = { kind: "steps"; key: string; items: readonly BlockItem[] };
export type Row = ItemRow | StepsRow;
export type Chunk = { key: number; rows: readonly Row[] };

export const CHUNK_ITEMS = 24;

const isStep = (item: ChatItem): item is BlockItem =>
  item.kind === "block" && (item.type === "step_status" || item.type === "activity");

/** Chunks count from where the chat was opened, so older pages in front move none of them. */
export function chunksOf({ items, origin, waitingTurns, runningTurn, lastTurn }: SessionLog): Chunk[] {
  const retryIndex = runningTurn === null && waitingTurns.length === 0 ? retryPlace(items, lastTurn?.id ?? null) : -1;
  const chunks: { key: number; rows: Row[] }[] = [];
  let steps: BlockItem[] | null = null;
  for (const [index, item] of items.entries()) {
    if (isStep(item)) {
      if (item.isStub) continue;
      if (steps) {
        steps.push(item);
        continue;
      }
    }
    const key = Math.floor((index - origin) / CHUNK_ITEMS);
    let chunk = chunks.at(-1);
    if (chunk?.key !== key) {
      chunk = { key, rows: [] };
      chunks.push(chunk);
    }
    if (isStep(item)) {
      steps = [item];
      chunk.rows.push({ kind: "steps", key: itemKey(item), items: steps });
      continue;
    }
    steps = null;
    chunk.rows.push({
      kind: "item",
      key: itemKey(item),
      item,
      isQueued: item.kind === "message" && item.turnId !== null && waitingTurns.includes(item.turnId) && runningTurn !== null,
      retryTurn: index === retryIndex ? item.turnId : null,
    });
  }
  return chunks;
}

function retryPlace(items: readonly ChatItem[], turnId: string | null): number {
  if (turnId === null) return -1;
  return items.findLastIndex((item) => (item.kind === "reply" || item.kind === "turn-end") && item.turnId === turnId);
}

export const isSameChunk = (a: Chunk, b: Chunk): boolean =>
  a.key === b.key && a.rows.length === b.rows.length && a.rows.every((row, index) => isSameRow(row, b.rows[index]));

export function isSameRow(a: Row, b: Row | undefined): boolean {
  if (b === undefined || a.key !== b.key) return false;
  if (a.kind === "item") {
    return b.kind === "item" && a.item === b.item && a.isQueued === b.isQueued && a.retryTurn === b.retryTurn;
  }
  return b.kind === "steps" && a.items.length === b.items.length && a.items.every((item, index) => item === b.items[index]);
}
