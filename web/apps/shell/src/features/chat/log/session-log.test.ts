import type { SessionEvent } from "@capsule/api";
import { describe, expect, test } from "vitest";
import { applyEvents, emptySession, type SessionLog } from "./session-log.ts";

const AT = "2026-01-01T10:00:00Z";
let offset = 0;
const event = <Type extends SessionEvent["type"]>(type: Type, data: Extract<SessionEvent, { type: Type }>["data"]) =>
  ({ offset: (offset += 1), type, at: AT, turn_id: "trn_1", data }) as SessionEvent;

function conversation(): SessionEvent[] {
  offset = 0;
  return [
    event("message", { id: "msg_1", text: "hi", sender: "user", client_id: "c1" }),
    event("turn_started", { release: "1" }),
    event("notification", { text: "Thinking", detail: "hard" }),
    event("reply_started", { id: "rep_1" }),
    event("reply_delta", { id: "rep_1", text: "Hel" }),
    event("reply_delta", { id: "rep_1", text: "lo" }),
    event("reply_ended", { id: "rep_1", text: "Hello" }),
    event("turn_ended", { status: "succeeded" }),
  ];
}

const replies = (log: SessionLog): string[] => log.items.flatMap((item) => (item.kind === "reply" ? [item.text] : []));

describe("exactly once", () => {
  test("the whole log sent twice changes nothing", () => {
    const events = conversation();
    const once = applyEvents(emptySession, events);
    expect(applyEvents(once, events)).toEqual(once);
    expect(replies(once)).toEqual(["Hello"]);
  });

  test("cut anywhere and replayed from any earlier offset, the result is the same", () => {
    const events = conversation();
    const whole = applyEvents(emptySession, events);
    for (let cut = 0; cut <= events.length; cut += 1) {
      for (let from = 0; from <= cut; from += 1) {
        const resumed = applyEvents(applyEvents(emptySession, events.slice(0, cut)), events.slice(from));
        expect(resumed).toEqual(whole);
      }
    }
  });

  test("a type this page does not know only moves the offset", () => {
    const unknown = { offset: 1, type: "prompt", at: AT, data: {} } as unknown as SessionEvent;
    expect(applyEvents(emptySession, [unknown])).toEqual({ ...emptySession, offset: 1 });
  });
});

describe("turns", () => {
  test("while deltas arrive the reply streams and the turn runs", () => {
    const log = applyEvents(emptySession, conversation().slice(0, 5));
    expect(log.runningTurn).toBe("trn_1");
    expect(log.items.at(-1)).toMatchObject({ kind: "reply", text: "Hel", isStreaming: true });
  });

  test("the newest notification is shown until the reply begins", () => {
    const events = conversation();
    expect(applyEvents(emptySession, events.slice(0, 3)).notification).toEqual({ text: "Thinking", detail: "hard" });
    expect(applyEvents(emptySession, events.slice(0, 4)).notification).toBeNull();
  });

  test("a failed turn leaves its reason and what was said before", () => {
    const events = [...conversation().slice(0, 5)];
    events.push(event("turn_ended", { status: "failed", error: "ValueError: no" }));
    const log = applyEvents(emptySession, events);
    expect(replies(log)).toEqual(["Hel"]);
    expect(log.items.at(-1)).toMatchObject({ kind: "turn-end", status: "failed", error: "ValueError: no" });
    expect(log.runningTurn).toBeNull();
    expect(log.items.some((item) => item.kind === "reply" && item.isStreaming)).toBe(false);
  });

  test("a new release while a chat is open is noticed and loses nothing", () => {
    const events = [...conversation(), event("app_changed", { release: "2" })];
    const log = applyEvents(emptySession, events);
    expect(log.changedAt).toBe(AT);
    expect(replies(log)).toEqual(["Hello"]);
  });

  test("a block with a known id is replaced in its place", () => {
    offset = 0;
    const log = applyEvents(emptySession, [
      event("block", { id: "blk", type: "table", payload: 1 }),
      event("reply", { id: "rep_1", text: "x" }),
      event("block", { id: "blk", type: "table", payload: 2 }),
    ]);
    expect(log.items.map((item) => item.kind)).toEqual(["block", "reply"]);
    expect(log.items[0]).toMatchObject({ payload: 2 });
  });
});
