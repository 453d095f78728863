import type { Capsule } from "@capsule/api";
import { aCapsule, aMe, aSpace, mockApi, problem, type MockApi, type MockHandler } from "@capsule/testing";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

let app: Capsule;
const HISTORY = "GET /api/v1/app/cap_1/agent/history";
const STREAM = "POST /api/v1/app/cap_1/agent/message/stream";
const STOP = "POST /api/v1/app/cap_1/agent/stop";
const AT = "2026-01-01T10:00:00Z";

beforeEach(() => {
  app = aCapsule({ type: "app", url: "http://bot.localhost:8080", name: "bot", slug: "bot" });
});

function open(routes: Record<string, MockHandler> = {}): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/spaces": () => ({ items: [aSpace()] }),
    "GET /api/v1/capsules": () => ({ items: [app] }),
    "GET /api/v1/capsules/bot": () => app,
    [HISTORY]: () => ({ success: true, data: [] }),
    ...routes,
  });
  window.history.pushState(null, "", "/capsules/bot/chat");
  render(<Providers console={createConsole()} />);
  return api;
}

/** An answer in pieces, sent when the test says so. */
function anAnswer() {
  let control: ReadableStreamDefaultController<Uint8Array> | null = null;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (control = controller) });
  const send = (text: string): void => control?.enqueue(new TextEncoder().encode(text));
  return {
    response: new Response(body, { headers: { "content-type": "text/event-stream" } }),
    chunk: (chunk: string) => send(`data: ${JSON.stringify({ chunk })}\n\n`),
    send,
    end: () => control?.close(),
    fail: () => control?.error(new TypeError("network error")),
  };
}

const ask = async (text: string): Promise<void> => {
  await userEvent.type(await screen.findByRole("textbox", { name: "Message" }), `${text}{Enter}`);
};
const turns = (): string[] => screen.getAllByTestId("agent-turn").map((turn) => turn.textContent);

test("the history is there on opening, and an answer grows as it comes", async () => {
  const answer = anAnswer();
  const api = open({
    [HISTORY]: () => ({
      success: true,
      data: [
        { role: "user", content: [{ type: "text", text: "Hello" }], date: AT },
        { role: "assistant", content: [{ text: "Hi **there**" }], date: AT },
      ],
    }),
    [STREAM]: () => answer.response,
  });
  // The first answer loads the Markdown renderer.
  expect(await screen.findByText("there", {}, { timeout: 10_000 })).toBeTruthy();
  await ask("What is new?{Shift>}{Enter}{/Shift}Tell me");
  expect(await screen.findByText("Thinking")).toBeTruthy();
  answer.chunk("Not ");
  answer.send('data: {"chunk": "mu');
  expect(await screen.findByText("Not")).toBeTruthy();
  answer.send('ch"}\n\n');
  expect(await screen.findByText("Not much")).toBeTruthy();
  answer.end();
  expect(await screen.findByRole("button", { name: "Send" })).toBeTruthy();
  expect(turns()).toEqual(["Hello", "Hi there", "What is new?\nTell me", "Not much"]);
  const sent = api.calls.find((call) => call.method === "POST")?.body as { content: unknown; date: string };
  expect(sent.content).toEqual([{ type: "text", text: "What is new?\nTell me" }]);
  expect(new Date(sent.date).getTime()).toBeGreaterThan(0);
  expect(screen.getByRole("link", { name: "Chat" }).dataset["status"]).toBe("active");
});

test("stopping tells the app, and keeps what came", async () => {
  const answer = anAnswer();
  const api = open({ [STREAM]: () => answer.response, [STOP]: () => ({}) });
  // The mock answers whatever happens to the request; the browser would cut it.
  const fetched = vi.mocked(fetch).getMockImplementation();
  vi.mocked(fetch).mockImplementation(async (input, init) => {
    init?.signal?.addEventListener("abort", () => answer.fail());
    if (!fetched) throw new Error("no mock");
    return fetched(input, init);
  });
  await ask("Count");
  answer.chunk("one two");
  expect(await screen.findByText("one two")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Stop" }));
  expect(await screen.findByText("Stopped")).toBeTruthy();
  expect(screen.getByText("one two")).toBeTruthy();
  expect(api.calls.some((call) => call.path.endsWith("/agent/stop"))).toBe(true);
});

test("pictures and texts go along; other files are refused by name", async () => {
  const answer = anAnswer();
  const api = open({ [STREAM]: () => answer.response });
  await screen.findByRole("textbox", { name: "Message" });
  await userEvent.upload(screen.getByLabelText("Files"), [
    new File([new Uint8Array([137, 80])], "cat.png", { type: "image/png" }),
    new File(["a,b"], "rows.csv", { type: "text/csv" }),
    new File([new Uint8Array([0, 255, 254])], "app.bin", { type: "application/octet-stream" }),
  ]);
  expect((await screen.findByRole("alert")).textContent).toBe("app.bin is neither a picture nor a text.");
  await userEvent.click(screen.getByRole("button", { name: "Send" }));
  const sent = api.calls.find((call) => call.method === "POST")?.body as { content: unknown };
  expect(sent.content).toEqual([
    { type: "image", name: "cat.png", base64: "data:image/png;base64,iVA=" },
    { type: "file", name: "rows.csv", text: "a,b" },
  ]);
  expect(screen.getByRole("img", { name: "cat.png" })).toBeTruthy();
});

test("a refusal says why and can be tried again", async () => {
  const answer = anAnswer();
  const api = open({
    [STREAM]: () => Response.json({ success: false, error: "The app has no handler for messages." }, { status: 409 }),
  });
  await ask("Hello");
  expect((await screen.findByRole("alert")).textContent).toContain("The app has no handler for messages.");
  api.set(STREAM, () => answer.response);
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  answer.chunk("Hi");
  answer.end();
  expect(await screen.findByText("Hi")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
  expect(turns()).toEqual(["Hello", "Hi"]);
});

test("an answer that breaks off is kept and marked", async () => {
  const answer = anAnswer();
  open({ [STREAM]: () => answer.response });
  await ask("Hello");
  answer.chunk("Half of");
  expect(await screen.findByText("Half of")).toBeTruthy();
  answer.fail();
  expect(await screen.findByText("The answer was cut off.")).toBeTruthy();
  expect(screen.getByText("Half of")).toBeTruthy();
});

test("without the app host the page says so and asks again", async () => {
  const api = open({ [HISTORY]: () => problem(503, "unavailable", "The app host cannot be reached.") });
  expect((await screen.findByRole("alert", {}, { timeout: 5000 })).textContent).toContain("The app host cannot be reached.");
  api.set(HISTORY, () => ({ success: true, data: [] }));
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Talk to bot")).toBeTruthy();
});

test.each([
  [{ release: null, status: "empty" as const }, "This app is not deployed yet"],
  [{ is_on: false, status: "stopped" as const }, "This app is switched off"],
  [{ status: "failed" as const }, "This app failed to start"],
])("an app that cannot answer is not asked: %j", async (part, title) => {
  app = { ...app, ...part };
  const api = open();
  expect(await screen.findByText(title)).toBeTruthy();
  expect(api.calls.some((call) => call.path.includes("/agent/"))).toBe(false);
});

test("only apps have a chat", async () => {
  app = aCapsule({ slug: "bot" });
  open();
  expect(await screen.findByRole("link", { name: "Details" })).toBeTruthy();
  expect(screen.queryByRole("link", { name: "Chat" })).toBeNull();
});
