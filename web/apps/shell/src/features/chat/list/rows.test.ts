import { expect, test } from "vitest";
import type { BlockItem, ChatItem } from "../log/chat-items.ts";
import { emptySession, type SessionLog } from "../log/session-log.ts";
import { CHUNK_ITEMS, chunksOf, isSameChunk } from "./rows.ts";

const message = (id: string): ChatItem => ({
  kind: "message",
  id,
  text: id,
  at: "",
  turnId: `t-${id}`,
  clientId: null,
  attachments: [],
});
const step = (id: string): BlockItem => ({
  kind: "block",
  id,
  type: "step_status",
  payload: {},
  at: "",
  turnId: null,
  isStub: false,
  revision: 1,
});
const log = (part: Partial<SessionLog>): SessionLog => ({ ...emptySession, ...part });
const many = (from: number, to: number): ChatItem[] => Array.from({ length: to - from }, (_, at) => message(String(from + at)));

test("steps that follow each other are one row", () => {
  const [chunk] = chunksOf(log({ items: [message("a"), step("s1"), step("s2"), message("b"), step("s3")] }));
  expect(chunk?.rows.map((row) => (row.kind === "steps" ? row.items.length : row.item.id))).toEqual(["a", 2, "b", 1]);
});

test("older messages in front leave every piece as it was", () => {
  const newer = many(100, 200);
  const before = chunksOf(log({ items: newer }));
  const after = chunksOf(log({ items: [...many(37, 100), ...newer], origin: 63 }));
  const same = before.filter((chunk) => after.some((other) => isSameChunk(chunk, other)));
  expect(same).toHaveLength(before.length);
});

test("a new message changes only the last piece", () => {
  const items = many(0, CHUNK_ITEMS * 4 + 2);
  const before = chunksOf(log({ items }));
  const after = chunksOf(log({ items: [...items, message("new")] }));
  expect(after.filter((chunk, index) => !before[index] || !isSameChunk(chunk, before[index]))).toHaveLength(1);
});

test("only the last turn may be run again, and only when nothing runs", () => {
  const items: ChatItem[] = [
    message("a"),
    { kind: "reply", id: "r", text: "x", at: "", turnId: "t-a", isStreaming: false, isWhole: true },
  ];
  const lastTurn = { id: "t-a", status: "succeeded" } as const;
  const retries = (part: Partial<SessionLog>): (string | null)[] =>
    chunksOf(log({ items, lastTurn, ...part })).flatMap((chunk) => chunk.rows.map((row) => (row.kind === "item" ? row.retryTurn : null)));
  expect(retries({})).toEqual([null, "t-a"]);
  expect(retries({ runningTurn: "t-b" })).toEqual([null, null]);
});
