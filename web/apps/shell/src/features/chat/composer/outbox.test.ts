import { mockApi, problem } from "@capsule/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Outbox } from "./outbox.ts";

const settled = async (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5000, interval: 5 });
const sent = (api: ReturnType<typeof mockApi>): string[] =>
  api.calls.filter((call) => call.path.endsWith("/messages")).map((call) => (call.body as { text: string }).text);

beforeEach(() => sessionStorage.clear());
afterEach(() => sessionStorage.clear());

describe("messages on their way", () => {
  test("written before the chat exists, they go to one chat in their order", async () => {
    const api = mockApi({
      "POST /api/sessions": () => ({ id: "ses_1" }),
      "POST /api/sessions/ses_1/messages": () => ({ offset: 1, turn_id: "t" }),
    });
    const outbox = new Outbox();
    const opened = vi.fn();
    outbox.tellSessions(opened);
    outbox.send(null, { text: "one" });
    outbox.send(null, { text: "two" });
    await settled(() => expect(sent(api)).toEqual(["one", "two"]));
    expect(api.calls.filter((call) => call.path === "/api/sessions")).toHaveLength(1);
    expect(opened).toHaveBeenCalledExactlyOnceWith("ses_1");
  });

  test("without a network they wait, and go out once when it is back", async () => {
    const api = mockApi({});
    const online = globalThis.fetch;
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    const outbox = new Outbox();
    outbox.send("ses_1", { text: "hi" });
    await settled(() => expect(outbox.entries[0]?.state).toBe("waiting"));
    api.set("POST /api/sessions/ses_1/messages", () => ({ offset: 1, turn_id: "t" }));
    vi.stubGlobal("fetch", online);
    window.dispatchEvent(new Event("online"));
    await settled(() => expect(outbox.entries[0]?.state).toBe("sent"));
    expect(sent(api)).toEqual(["hi"]);
    outbox.settle((id) => id === outbox.entries[0]?.clientId);
    expect(outbox.entries).toEqual([]);
  });

  test("a reload in between sends what was waiting, as the same message", async () => {
    mockApi({});
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    const before = new Outbox();
    before.send("ses_1", { text: "hi" });
    await settled(() => expect(before.entries[0]?.state).toBe("waiting"));
    const api = mockApi({ "POST /api/sessions/ses_1/messages": () => ({ offset: 1, turn_id: "t" }) });
    const after = new Outbox();
    await settled(() => expect(after.entries[0]?.state).toBe("sent"));
    expect(api.calls[0]?.body).toMatchObject({ client_id: before.entries[0]?.clientId });
  });

  test("what the server refuses stays with its reason and stops nothing behind it", async () => {
    const api = mockApi({
      "POST /api/sessions/ses_1/messages": ({ body }) =>
        (body as { text: string }).text === "bad" ? problem(422, "invalid_message", "Too long.") : { offset: 1, turn_id: "t" },
    });
    const outbox = new Outbox();
    outbox.send("ses_1", { text: "bad" });
    outbox.send("ses_1", { text: "good" });
    await settled(() => expect(outbox.entries.map((entry) => entry.state)).toEqual(["failed", "sent"]));
    expect(outbox.entries[0]?.problem?.detail).toBe("Too long.");
    expect(sent(api)).toEqual(["bad", "good"]);
  });
});
