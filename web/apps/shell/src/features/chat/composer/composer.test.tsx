import { mockApi } from "@capsule/testing";
import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { app, renderPart } from "../../../testing/render.tsx";
import { Composer } from "./composer.tsx";

const onSend = vi.fn();
const onStop = vi.fn();
beforeEach(() => {
  sessionStorage.clear();
  onSend.mockClear();
  onStop.mockClear();
});

const show = (part: Partial<Parameters<typeof Composer>[0]> = {}) =>
  renderPart(
    <Composer app={app()} sessionId="ses_1" isRunning={false} isStopping={false} onSend={onSend} onStop={onStop} {...part} />,
  );
const area = (): HTMLElement => screen.getByRole("textbox", { name: "Message" });

test("Enter sends, Shift+Enter makes a line", async () => {
  mockApi({});
  show();
  await userEvent.type(area(), "a{Shift>}{Enter}{/Shift}b{Enter}");
  expect(onSend).toHaveBeenCalledExactlyOnceWith({ text: "a\nb", attachments: [] });
  expect(area()).toHaveProperty("value", "");
});

test("a draft is kept for its chat", async () => {
  mockApi({});
  const first = show();
  await userEvent.type(area(), "half a th");
  first.unmount();
  const other = show({ sessionId: "ses_2" });
  expect(area()).toHaveProperty("value", "");
  other.unmount();
  show();
  expect(area()).toHaveProperty("value", "half a th");
});

test("pasted files are attached, and the message waits for their upload", async () => {
  let finish: (answer: unknown) => void = () => undefined;
  const api = mockApi({ "POST /api/files": () => ({ id: "fil_1", offset: 0 }) });
  const answered = globalThis.fetch;
  const slow = new Promise((resolve) => (finish = resolve));
  vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
    if (init?.method === "PATCH") await slow;
    return answered(url, init);
  });
  api.set("PATCH /api/files/fil_1", () => ({ offset: 1 }));
  show();
  await userEvent.type(area(), "look");
  fireEvent.paste(area(), { clipboardData: { files: [new File(["x"], "shot.png", { type: "image/png" })] } });
  expect(await screen.findByTestId("attachment")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Send" })).toHaveProperty("disabled", true);
  finish(null);
  await waitFor(() => expect(screen.getByRole("button", { name: "Send" })).toHaveProperty("disabled", false));
  await userEvent.type(area(), "{Enter}");
  expect(onSend.mock.calls[0]?.[0]).toMatchObject({ text: "look", attachments: [{ id: "fil_1", name: "shot.png" }] });
  expect(screen.queryByTestId("attachment")).toBeNull();
});

test("a file that is too large is told apart at once, and can be taken away", async () => {
  const api = mockApi({});
  show({ app: app({ upload: { max_bytes: 2 } }) });
  fireEvent.paste(area(), { clipboardData: { files: [new File(["xyz"], "big.txt")] } });
  expect((await screen.findByRole("alert")).textContent).toContain("at most 2 B");
  expect(api.calls).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Remove big.txt" }));
  expect(screen.queryByTestId("attachment")).toBeNull();
});

test("files held over the page show where they go, and dropping attaches them", async () => {
  mockApi({ "POST /api/files": () => ({ id: "fil_1", offset: 0 }), "PATCH /api/files/fil_1": () => ({ offset: 1 }) });
  show();
  const dataTransfer = { types: ["Files"], files: [new File(["x"], "a.txt")] };
  fireEvent.dragEnter(document.body, { dataTransfer });
  expect(await screen.findByText("Drop files to attach them")).toBeTruthy();
  fireEvent.drop(document.body, { dataTransfer });
  expect(await screen.findByText("a.txt")).toBeTruthy();
  expect(screen.queryByText("Drop files to attach them")).toBeNull();
});

test("while the app replies one may stop it, by button or Escape", async () => {
  mockApi({});
  show({ isRunning: true });
  await userEvent.click(screen.getByRole("button", { name: "Stop" }));
  await userEvent.type(area(), "{Escape}");
  expect(onStop).toHaveBeenCalledTimes(2);
});
