import type { AppInfo } from "@capsule/api";
import { eventStream, mockApi, problem } from "@capsule/testing";
import { TooltipProvider } from "@capsule/ui";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { ChatPage } from "./chat-page.tsx";
import { Outbox } from "./composer/outbox.ts";

const APP: AppInfo = {
  name: "assistant",
  environment: "deploy",
  release: "1",
  state: "live",
  user: { id: "u" },
  has_message_handler: true,
};

function Page({ start = null }: { start?: string | null }) {
  const [session, setSession] = useState(start);
  const [outbox] = useState(() => new Outbox());
  return (
    <QueryClientProvider client={new QueryClient()}>
      <TooltipProvider>
        <ChatPage
          app={APP}
          outbox={outbox}
          sessionId={session}
          title={null}
          menu={null}
          onSession={setSession}
          onNavigate={() => undefined}
          onTurn={() => undefined}
        />
      </TooltipProvider>
    </QueryClientProvider>
  );
}

test("the first message creates the session, is shown at once and once only", async () => {
  const api = mockApi({
    "POST /api/sessions": () => ({ id: "ses_1" }),
    "GET /api/sessions/ses_1/log": () => ({ items: [], first: true }),
    "POST /api/sessions/ses_1/messages": () => ({ offset: 1, turn_id: "trn_1" }),
  });
  api.set("GET /api/sessions/ses_1/events", () => {
    const sent = api.calls.find((call) => call.path.endsWith("/messages"))?.body as { client_id: string } | undefined;
    const data = { id: "msg_1", text: "hello", sender: "user", client_id: sent?.client_id };
    const at = "2026-01-01T10:00:00Z";
    return eventStream([
      { event: "message", id: 1, data: { offset: 1, type: "message", at, data } },
      { event: "reply", id: 2, data: { offset: 2, type: "reply", at, data: { id: "rep_1", text: "Hi **there**" } } },
    ]);
  });
  render(<Page />);
  await userEvent.type(screen.getByRole("textbox", { name: "Message" }), "hello{Enter}");
  expect(screen.getByText("hello")).toBeTruthy();
  expect((await screen.findByText("there")).tagName).toBe("STRONG");
  await waitFor(() => expect(screen.getAllByText("hello")).toHaveLength(1));
});

test("a message that cannot be sent stays, says why and can be sent again under the same id", async () => {
  const api = mockApi({
    "GET /api/sessions/ses_1/log": () => ({ items: [], first: true }),
    "GET /api/sessions/ses_1/events": () => eventStream([]),
    "POST /api/sessions/ses_1/messages": () => problem(422, "invalid_message", "The message is too long."),
  });
  render(<Page start="ses_1" />);
  await userEvent.type(await screen.findByRole("textbox", { name: "Message" }), "hello{Enter}");
  expect(await screen.findByText(/The message is too long/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Send again" }));
  const ids = (): unknown[] =>
    api.calls.filter((call) => call.path.endsWith("/messages")).map((call) => (call.body as { client_id: string }).client_id);
  await waitFor(() => expect(ids()).toHaveLength(2));
  expect(new Set(ids()).size).toBe(1);
});

test("a chat of somebody else is told apart from an empty one", async () => {
  mockApi({ "GET /api/sessions/ses_9/log": () => problem(404, "session_not_found", "There is no session.") });
  render(<Page start="ses_9" />);
  expect(await screen.findByText("This chat does not exist")).toBeTruthy();
});
