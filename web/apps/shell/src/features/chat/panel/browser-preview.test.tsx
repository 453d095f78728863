import { mockApi } from "@capsule/testing";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderPart } from "../../../testing/render.tsx";
import type { BlockItem } from "../log/chat-items.ts";
import { BrowserPreview } from "./browser-preview.tsx";

const block = (payload: object): BlockItem => ({
  kind: "block",
  id: "b",
  type: "browser_preview",
  payload: { title: "Shop", path: "/", mode: "split", ...payload },
  at: "2026-01-01T10:00:00Z",
  turnId: null,
  isStub: false,
  revision: 1,
});
const POST = "POST /api/sessions/ses_1/preview";
const URL = "/_capsule/preview/tok/3000/";

test("a port is shown in a sandbox as soon as it answers", async () => {
  let isReady = false;
  const api = mockApi({ [POST]: () => ({ url: URL, is_ready: isReady }) });
  renderPart(<BrowserPreview item={block({ port: 3000 })} />);
  expect(await screen.findByText("The port 3000 does not answer yet.")).toBeTruthy();
  isReady = true;
  const frame = await screen.findByTitle("Shop", {}, { timeout: 4000 });
  expect(frame.getAttribute("src")).toBe(URL);
  expect(frame.getAttribute("sandbox")).toBe("allow-scripts allow-forms allow-popups allow-modals");
  expect(api.calls[0]?.body).toEqual({ port: 3000 });
  expect(screen.getByText("localhost:3000/")).toBeTruthy();
});

test("reloading asks whether the port still answers", async () => {
  let isReady = true;
  mockApi({ [POST]: () => ({ url: URL, is_ready: isReady }) });
  renderPart(<BrowserPreview item={block({ port: 3000 })} />);
  const before = await screen.findByTitle("Shop");
  await userEvent.click(screen.getByRole("button", { name: "Reload the preview" }));
  await waitFor(() => expect(screen.getByTitle("Shop")).not.toBe(before));
  isReady = false;
  await userEvent.click(screen.getByRole("button", { name: "Reload the preview" }));
  expect(await screen.findByText("The port 3000 does not answer yet.")).toBeTruthy();
});

test("a page from elsewhere needs no address of the app", async () => {
  const api = mockApi({});
  renderPart(<BrowserPreview item={block({ url: "https://example.com/" })} />);
  expect((await screen.findByTitle("Shop")).getAttribute("src")).toBe("https://example.com/");
  expect(api.calls).toEqual([]);
});
