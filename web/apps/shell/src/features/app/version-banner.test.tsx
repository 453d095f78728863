import type { AppStateData } from "@capsule/api";
import { mockApi } from "@capsule/testing";
import { TooltipProvider } from "@capsule/ui";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test } from "vitest";
import { App } from "../../app.tsx";
import { app } from "../../testing/render.tsx";

const TEXT = "The newest version does not run: SyntaxError in app.py";

afterEach(() => {
  window.location.hash = "";
});

/** Show the app with one open chat; what is returned says a state of the app on its stream. */
function open(environment: string, reason: string | null): (data: AppStateData) => void {
  let say: ((data: AppStateData) => void) | undefined;
  mockApi({
    "GET /api/app": () => app({ environment, reason }),
    "GET /api/sessions": () => ({ items: [] }),
    "GET /api/sessions/ses_1/log": () => ({ items: [], first: true }),
    "GET /api/sessions/ses_1/events": () => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          const send = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
          send(": open\n\n");
          say = (data) => send(`event: app_state\ndata: ${JSON.stringify({ type: "app_state", data })}\n\n`);
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  window.location.hash = "/s/ses_1";
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <TooltipProvider>
        <App />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return (data) => {
    if (!say) throw new Error("Nobody follows the session.");
    say(data);
  };
}

test("a newer version that does not run is told until it is put away", async () => {
  open("serve", "SyntaxError in app.py");
  expect(await screen.findByText(TEXT)).toBeTruthy();
  expect(screen.getByRole("textbox", { name: "Message" })).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Dismiss" }));
  expect(screen.queryByText(TEXT)).toBeNull();
});

test("the banner comes and goes with what the session's stream says, also after it was put away", async () => {
  const say = open("serve", null);
  await waitFor(() => say({ state: "live", reason: "SyntaxError in app.py" }));
  expect(await screen.findByText(TEXT)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Dismiss" }));
  say({ state: "live", reason: "Another error" });
  expect(await screen.findByText(/Another error/)).toBeTruthy();
  say({ state: "live", reason: null });
  await waitFor(() => expect(screen.queryByText(/does not run/)).toBeNull());
});

test("users of a deployed app are told nothing of it", async () => {
  open("deploy", "SyntaxError in app.py");
  expect(await screen.findByRole("textbox", { name: "Message" })).toBeTruthy();
  expect(screen.queryByText(TEXT)).toBeNull();
});
