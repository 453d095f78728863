import { mockApi, problem } from "@capsule/testing";
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { app, renderPart } from "../../testing/render.tsx";
import { groupSessions } from "./session-groups.ts";
import { SessionList } from "./session-list.tsx";

const at = new Date().toISOString();
const session = (id: string, title: string, part: object = {}) => ({
  id,
  title,
  status: "idle" as const,
  created_at: at,
  updated_at: at,
  ...part,
});
const rows = (): (string | null)[] => screen.queryAllByTestId("session-row").map((row) => row.textContent);
const menuOf = async (title: string): Promise<void> => {
  await userEvent.click(screen.getByRole("button", { name: `Actions for “${title}”` }));
};

describe("the list of chats", () => {
  test("hidden ones are not there; running and waiting ones show it", async () => {
    mockApi({
      "GET /api/sessions": () => ({
        items: [
          session("1", "Runs", { status: "running" }),
          session("2", "Asks", { status: "waiting" }),
          session("3", "Secret", { visibility: "hidden" }),
        ],
      }),
    });
    renderPart(<SessionList app={app()} openId="1" onOpen={() => undefined} />);
    await waitFor(() => expect(rows()).toHaveLength(2));
    expect(screen.getByLabelText("Replying")).toBeTruthy();
    expect(screen.getByLabelText("Waits for your answer")).toBeTruthy();
  });

  test("the server searches titles and texts", async () => {
    const api = mockApi({
      "GET /api/sessions": ({ query }) => ({ items: query.get("query") === "tax" ? [session("2", "Taxes")] : [session("1", "All")] }),
    });
    renderPart(<SessionList app={app()} openId={null} onOpen={() => undefined} />);
    await screen.findByText("All");
    fireEvent.change(screen.getByTestId("thread-search"), { target: { value: "tax" } });
    await waitFor(() => expect(rows()).toEqual(["Taxes"]));
    expect(api.calls.some((call) => call.query.get("query") === "tax")).toBe(true);
  });

  test("a new title is there at once, and the old one again when the server refuses", async () => {
    mockApi({
      "GET /api/sessions": () => ({ items: [session("1", "Old")] }),
      "PATCH /api/sessions/1": () => problem(422, "invalid_input", "Not like that."),
    });
    renderPart(<SessionList app={app()} openId={null} onOpen={() => undefined} />);
    await screen.findByText("Old");
    await menuOf("Old");
    await userEvent.click(screen.getByRole("menuitem", { name: "Rename" }));
    const field = screen.getByRole("textbox", { name: "Title of the chat" });
    await userEvent.clear(field);
    await userEvent.type(field, "New{Enter}");
    expect(await screen.findByText("The chat was not renamed")).toBeTruthy();
    await waitFor(() => expect(rows()).toEqual(["Old"]));
  });

  test("deleting asks first, and leaves the open chat", async () => {
    let items = [session("1", "Gone")];
    const api = mockApi({ "GET /api/sessions": () => ({ items }) });
    api.set("DELETE /api/sessions/1", () => {
      items = [];
    });
    const onOpen = vi.fn();
    renderPart(<SessionList app={app()} openId="1" onOpen={onOpen} />);
    await screen.findByText("Gone");
    await menuOf("Gone");
    await userEvent.click(screen.getByRole("menuitem", { name: "Delete" }));
    expect(api.calls.some((call) => call.method === "DELETE")).toBe(false);
    await userEvent.click(within(screen.getByTestId("confirm-dialog")).getByRole("button", { name: "Delete chat" }));
    await waitFor(() => expect(rows()).toEqual([]));
    expect(onOpen).toHaveBeenCalledWith(null);
  });
});

test("chats are grouped by day", () => {
  const now = new Date(2026, 5, 15, 12);
  const on = (day: number, month = 5) => session(String(day), "x", { updated_at: new Date(2026, month, day, 9).toISOString() });
  const groups = groupSessions([on(15), on(14), on(10), on(1), on(3, 2)], now);
  expect(groups.slice(0, 4).map((group) => group.label)).toEqual(["Today", "Yesterday", "Last 7 days", "Last 30 days"]);
  expect(groups[4]?.label).toContain("2026");
});
