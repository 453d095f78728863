import { afterEach, describe, expect, test, vi } from "vitest";
import { EventParser, followEvents, type StreamEvent, type StreamState } from "./event-stream.ts";

function parse(...chunks: string[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const parser = new EventParser((event) => events.push(event));
  for (const chunk of chunks) parser.push(chunk);
  return events;
}

describe("EventParser", () => {
  test("an event cut anywhere is put together again", () => {
    const text = 'id: 7\nevent: line\ndata: {"a":1}\n\n';
    for (let cut = 1; cut < text.length; cut += 1) {
      expect(parse(text.slice(0, cut), text.slice(cut))).toEqual([{ id: "7", event: "line", data: '{"a":1}' }]);
    }
  });

  test("comments are skipped, line ends may be CRLF, data may have several lines", () => {
    expect(parse(": alive\r\n\r\ndata: a\r", "\ndata: b\r\n\r\n")).toEqual([{ id: null, event: "message", data: "a\nb" }]);
  });

  test("an unfinished event is not emitted", () => {
    expect(parse("data: half\n")).toEqual([]);
  });
});

const body = (text: string): Response =>
  new Response(text, { status: 200, headers: { "content-type": "text/event-stream" } });

describe("followEvents", () => {
  afterEach(() => void vi.useRealTimers());

  test("a stream that ends is taken up again after the last event seen", async () => {
    vi.useFakeTimers();
    const sent: (string | null)[] = [];
    const answers = [body("id: 3\ndata: one\n\n"), body("id: 4\ndata: two\n\n")];
    vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
      sent.push(new Headers(init.headers).get("last-event-id"));
      return answers.shift() ?? new Promise(() => undefined);
    });
    const got: string[] = [];
    const states: StreamState[] = [];
    const stop = followEvents("/x", { onEvent: (event) => got.push(event.data), onState: (state) => states.push(state) });
    await vi.advanceTimersByTimeAsync(5000);
    stop();
    expect(got).toEqual(["one", "two"]);
    expect(sent).toEqual([null, "3", "4"]);
    expect(states.slice(0, 4)).toEqual(["connecting", "open", "waiting", "connecting"]);
  });

  test("a refusal ends the stream and is reported once", async () => {
    const fetch = vi.fn(() => new Response(JSON.stringify({ code: "not_found", detail: "Gone." }), { status: 404 }));
    vi.stubGlobal("fetch", fetch);
    const code = await new Promise<string>((resolve) => {
      followEvents("/x", { onEvent: () => undefined, onProblem: (problem) => resolve(problem.code) });
    });
    expect(code).toBe("not_found");
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});
