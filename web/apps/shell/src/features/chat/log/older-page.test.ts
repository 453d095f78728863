import type { SessionEvent } from "@capsule/api";
import { describe, expect, test } from "vitest";
import { prependEvents } from "./older-page.ts";
import { applyEvents, emptySession, type SessionLog } from "./session-log.ts";

const AT = "2026-01-01T10:00:00Z";

/** A conversation with a block that is replaced later, and a streamed reply. */
function events(): SessionEvent[] {
  const list: [string, object, string][] = [
    ["message", { id: "m1", text: "hi", sender: "user", client_id: "c1" }, "t1"],
    ["turn_started", {}, "t1"],
    ["block", { id: "b1", type: "terminal", is_stub: true }, "t1"],
    ["reply_started", { id: "r1" }, "t1"],
    ["reply_delta", { id: "r1", text: "Hel" }, "t1"],
    ["reply_delta", { id: "r1", text: "lo" }, "t1"],
    ["reply_ended", { id: "r1", text: "Hello" }, "t1"],
    ["block", { id: "b1", type: "terminal", payload: 2 }, "t1"],
    ["turn_ended", { status: "succeeded" }, "t1"],
    ["session_title", { title: "A talk" }, "t1"],
    ["message", { id: "m2", text: "more", sender: "user", client_id: "c2" }, "t2"],
    ["turn_started", {}, "t2"],
    ["reply_started", { id: "r2" }, "t2"],
    ["reply_delta", { id: "r2", text: "so " }, "t2"],
    ["reply_delta", { id: "r2", text: "far" }, "t2"],
  ];
  return list.map(([type, data, turn_id], index) => ({ offset: index + 1, type, at: AT, turn_id, data }) as SessionEvent);
}

const shown = (log: SessionLog): unknown[] =>
  log.items.map((item) =>
    item.kind === "block" ? [item.id, item.payload] : item.kind === "turn-end" ? item.id : [item.id, item.text],
  );

describe("pages of a long chat", () => {
  test("cut in two anywhere, both pages show the same as the whole", () => {
    const all = events();
    const whole = applyEvents(emptySession, all);
    for (let cut = 1; cut < all.length; cut += 1) {
      const newest = applyEvents(emptySession, all.slice(cut));
      const joined = prependEvents(newest, all.slice(0, cut));
      expect(shown(joined)).toEqual(shown(whole));
      expect(joined.title).toBe("A talk");
      expect(joined.runningTurn).toBe("t2");
    }
  });

  test("rows that were there keep their distance to the place where the chat was opened", () => {
    const all = events();
    const newest = applyEvents(emptySession, all.slice(10));
    const joined = prependEvents(newest, all.slice(0, 10));
    expect(joined.origin).toBe(joined.items.length - newest.items.length);
  });
});

describe("events of the conversation", () => {
  test("a page that begins in the middle of a turn knows that it runs", () => {
    const log = applyEvents(emptySession, events().slice(13));
    expect(log.runningTurn).toBe("t2");
    expect(log.items[0]).toMatchObject({ kind: "reply", isStreaming: true, isWhole: false });
  });

  test("a reply that starts again starts from nothing", () => {
    const again = { offset: 16, type: "reply_started", at: AT, turn_id: "t2", data: { id: "r2" } } as SessionEvent;
    const log = applyEvents(applyEvents(emptySession, events()), [again]);
    expect(log.items.at(-1)).toMatchObject({ id: "r2", text: "", isStreaming: true });
  });

  test("a live block shows a state in between and moves no offset", () => {
    const live = { type: "block", data: { id: "b1", type: "terminal", payload: 9, is_live: true } } as SessionEvent;
    const log = applyEvents(applyEvents(emptySession, events()), [live]);
    expect(log.offset).toBe(15);
    expect(log.items.find((item) => item.id === "b1")).toMatchObject({ payload: 9 });
  });

  test("an action makes no bubble, and a message behind a running turn waits in line", () => {
    const more = [
      { offset: 16, type: "action", at: AT, turn_id: "t3", data: { id: "t3", name: "go", payload: {} } },
      { offset: 17, type: "message", at: AT, turn_id: "t4", data: { id: "m4", text: "next", sender: "user" } },
    ] as SessionEvent[];
    const log = applyEvents(applyEvents(emptySession, events()), more);
    expect(log.items.some((item) => item.id === "m3")).toBe(false);
    expect(log.waitingTurns).toEqual(["t3", "t4"]);
    const started = { offset: 18, type: "turn_started", at: AT, turn_id: "t4", data: {} } as SessionEvent;
    expect(applyEvents(log, [started]).waitingTurns).toEqual(["t3"]);
  });

  test("what the running turn says comes in front of the messages in line", () => {
    const more = [
      { offset: 16, type: "message", at: AT, turn_id: "t3", data: { id: "m3", text: "later", sender: "user" } },
      { offset: 17, type: "block", at: AT, turn_id: "t2", data: { id: "b2", type: "image", payload: {} } },
      { offset: 18, type: "turn_ended", at: AT, turn_id: "t2", data: { status: "succeeded" } },
      { offset: 19, type: "turn_started", at: AT, turn_id: "t3", data: {} },
      { offset: 20, type: "reply", at: AT, turn_id: "t3", data: { id: "r3", text: "now" } },
    ] as SessionEvent[];
    const log = applyEvents(applyEvents(emptySession, events()), more);
    expect(log.items.slice(-4).map((item) => item.id)).toEqual(["r2", "b2", "m3", "r3"]);
  });

  test("a turn that is run again takes its answer back, on whichever page that is", () => {
    const again = [
      { offset: 16, type: "turn_ended", at: AT, turn_id: "t2", data: { status: "failed", error: "no" } },
      { offset: 17, type: "turn_retried", at: AT, turn_id: "t5", data: { turn_id: "t2" } },
      { offset: 18, type: "turn_started", at: AT, turn_id: "t5", data: {} },
    ] as SessionEvent[];
    const all = [...events(), ...again];
    const whole = applyEvents(emptySession, all);
    expect(whole.items.at(-1)).toMatchObject({ kind: "message", id: "m2" });
    expect(whole.runningTurn).toBe("t5");
    expect(shown(prependEvents(applyEvents(emptySession, all.slice(16)), all.slice(0, 16)))).toEqual(shown(whole));
  });

  test("a resumed turn says so", () => {
    const resumed = { offset: 16, type: "turn_resumed", at: AT, turn_id: "t2", data: { attempt: 2 } } as SessionEvent;
    expect(applyEvents(applyEvents(emptySession, events()), [resumed]).notification?.text).toContain("interrupted");
  });
});
