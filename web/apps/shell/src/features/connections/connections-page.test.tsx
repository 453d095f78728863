import { mockApi } from "@capsule/testing";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderPart } from "../../testing/render.tsx";
import ConnectionsPage from "./connections-page.tsx";

const GITHUB = { type: "github", name: "GitHub", mode: "oauth", fields: [], status: "not_connected", scopes: ["repo"] };
const AWS = {
  type: "aws",
  name: "AWS",
  mode: "secret",
  fields: [{ name: "key", label: "Key", is_secret: true }],
  status: "connected",
  connected_at: "2026-01-01T10:00:00Z",
};
const row = (type: string): HTMLElement => {
  const found = screen.getAllByTestId("connection-row").find((element) => element.dataset["type"] === type);
  if (!found) throw new Error(`no ${type}`);
  return found;
};

test("an account elsewhere is connected in a window, and the list follows", async () => {
  const popup = { closed: false, location: { href: "" }, close: vi.fn() };
  vi.spyOn(window, "open").mockReturnValue(popup as unknown as Window);
  let status = "not_connected";
  mockApi({
    "GET /api/connections": () => ({ items: [{ ...GITHUB, status }] }),
    "POST /api/connections/github/authorize": () => ({ url: "https://github.example/a" }),
  });
  renderPart(<ConnectionsPage menu={null} />);
  await userEvent.click(await screen.findByRole("button", { name: "Connect" }));
  await waitFor(() => expect(popup.location.href).toBe("https://github.example/a"));
  status = "connected";
  popup.closed = true;
  await waitFor(() => expect(row("github").dataset["status"]).toBe("connected"), { timeout: 3000 });
  expect(within(row("github")).queryByRole("button", { name: "Connect" })).toBeNull();
});

test("disconnecting asks first", async () => {
  const api = mockApi({ "GET /api/connections": () => ({ items: [AWS] }) });
  api.set("DELETE /api/connections/aws", () => undefined);
  renderPart(<ConnectionsPage menu={null} />);
  await userEvent.click(await screen.findByRole("button", { name: "Disconnect" }));
  expect(api.calls.some((call) => call.method === "DELETE")).toBe(false);
  await userEvent.click(within(screen.getByTestId("confirm-dialog")).getByRole("button", { name: "Disconnect" }));
  await waitFor(() => expect(api.calls.some((call) => call.method === "DELETE")).toBe(true));
});

test("keys are replaced by a form", async () => {
  const api = mockApi({ "GET /api/connections": () => ({ items: [AWS] }), "PUT /api/connections/aws": () => AWS });
  renderPart(<ConnectionsPage menu={null} />);
  await userEvent.click(await screen.findByRole("button", { name: "Replace" }));
  await userEvent.type(screen.getByLabelText("Key"), "abc");
  await userEvent.click(screen.getByRole("button", { name: "Connect" }));
  await waitFor(() => expect(api.calls.find((call) => call.method === "PUT")?.body).toEqual({ fields: { key: "abc" } }));
  await waitFor(() => expect(screen.queryByLabelText("Key")).toBeNull());
});

test("an app without integrations says so", async () => {
  mockApi({ "GET /api/connections": () => ({ items: [] }) });
  renderPart(<ConnectionsPage menu={null} />);
  expect(await screen.findByText("Nothing to connect")).toBeTruthy();
});
