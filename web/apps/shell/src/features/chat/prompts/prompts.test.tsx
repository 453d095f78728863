import { mockApi, problem } from "@capsule/testing";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { app, renderPart } from "../../../testing/render.tsx";
import { BlockView } from "../blocks/block-view.tsx";
import type { BlockItem } from "../log/chat-items.ts";

const block = (type: string, payload: object, id = "p_1"): BlockItem => ({
  kind: "block",
  id,
  type,
  payload,
  at: "",
  turnId: "t",
  isStub: false,
  revision: 1,
});
const AWS = {
  type: "aws",
  name: "AWS",
  mode: "secret",
  status: "not_connected",
  fields: [
    { name: "access_key_id", label: "Access key id", is_secret: false },
    { name: "secret_access_key", label: "Secret key", is_secret: true },
  ],
};

describe("approval", () => {
  const open = { message: "Go?", approve_label: "Do it", reject_label: "No", blocking: true };

  test("one of two buttons answers, once", async () => {
    const api = mockApi({ "POST /api/sessions/ses_1/prompts/p_1": () => ({ status: "answered" }) });
    renderPart(<BlockView item={block("approval_prompt", open)} />);
    await userEvent.click(screen.getByRole("button", { name: "Do it" }));
    await waitFor(() => expect(api.calls.map((call) => call.body)).toEqual([{ approved: true }]));
    expect(screen.getByRole("button", { name: "No" })).toHaveProperty("disabled", true);
  });

  test("an answer that came too late says so", async () => {
    mockApi({ "POST /api/sessions/ses_1/prompts/p_1": () => problem(409, "prompt_ended", "This ended already.") });
    renderPart(<BlockView item={block("approval_prompt", open)} />);
    await userEvent.click(screen.getByRole("button", { name: "No" }));
    expect(await screen.findByText("This was answered already")).toBeTruthy();
  });

  test("the end is shown, without buttons", () => {
    mockApi({});
    renderPart(<BlockView item={block("approval_prompt", { ...open, completed: true, status: "timed_out", timed_out: true, approved: false })} />);
    expect(screen.getByText("No answer in time")).toBeTruthy();
    expect(within(screen.getByTestId("prompt")).queryByRole("button")).toBeNull();
  });

  test("the last minute is counted", () => {
    mockApi({});
    renderPart(<BlockView item={block("approval_prompt", { ...open, deadline: new Date(Date.now() + 30_000).toISOString() })} />);
    expect(screen.getByRole("timer").textContent).toMatch(/^\d+ s left$/);
  });
});

describe("file", () => {
  const open = { message: "A CSV, please", accept: ".csv,text/csv", blocking: true };

  test("the chosen file is uploaded for the prompt and answers it", async () => {
    const api = mockApi({
      "POST /api/files": () => ({ id: "fil_1", offset: 0 }),
      "PATCH /api/files/fil_1": () => ({ offset: 3 }),
      "POST /api/sessions/ses_1/prompts/p_1": () => ({ status: "answered" }),
    });
    renderPart(<BlockView item={block("file_upload", open)} />);
    await userEvent.upload(screen.getByLabelText("File for the app"), new File(["a,b"], "x.csv", { type: "text/csv" }));
    await waitFor(() => expect(api.calls.at(-1)?.body).toEqual({ file_id: "fil_1" }));
    expect(api.calls[0]?.body).toMatchObject({ name: "x.csv", size: 3, session_id: "ses_1", prompt_id: "p_1" });
  });

  test("a file of a kind that is not asked for is refused with the reason", async () => {
    mockApi({ "POST /api/files": () => problem(422, "wrong_file_type", "Only .csv files.") });
    renderPart(<BlockView item={block("file_upload", { ...open, accept: "" })} />);
    await userEvent.upload(screen.getByLabelText("File for the app"), new File(["a"], "x.txt"));
    expect(await screen.findByText("Only .csv files.")).toBeTruthy();
  });

  test("no file is an answer too", async () => {
    const api = mockApi({ "POST /api/sessions/ses_1/prompts/p_1": () => ({ status: "cancelled" }) });
    renderPart(<BlockView item={block("file_upload", open)} />);
    await userEvent.click(screen.getByRole("button", { name: "Don’t upload" }));
    await waitFor(() => expect(api.calls.at(-1)?.body).toEqual({ dismissed: true }));
  });
});

describe("integration", () => {
  test("keys are asked for masked, sent, and not kept in the page", async () => {
    const api = mockApi({
      "GET /api/connections": () => ({ items: [AWS] }),
      "PUT /api/connections/aws": () => ({ ...AWS, status: "connected" }),
    });
    renderPart(<BlockView item={block("integration_prompt", { type: "aws", mode: "secret", blocking: true })} />);
    await userEvent.type(await screen.findByLabelText("Access key id"), "AK");
    const secret = screen.getByLabelText("Secret key");
    expect(secret.className).toContain("text-security");
    expect(secret.getAttribute("autocomplete")).toBe("off");
    await userEvent.type(secret, "s3cret");
    await userEvent.click(screen.getByRole("button", { name: "Connect" }));
    await waitFor(() =>
      expect(api.calls.find((call) => call.method === "PUT")?.body).toEqual({
        fields: { access_key_id: "AK", secret_access_key: "s3cret" },
      }),
    );
    await waitFor(() => expect(secret).toHaveProperty("value", ""));
  });

  test("a field that the service refuses says why", async () => {
    mockApi({
      "GET /api/connections": () => ({ items: [AWS] }),
      "PUT /api/connections/aws": () => problem(422, "invalid_input", "Not a key.", { field: "access_key_id" }),
    });
    renderPart(<BlockView item={block("integration_prompt", { type: "aws", mode: "secret", blocking: true })} />);
    await userEvent.type(await screen.findByLabelText("Access key id"), "x");
    await userEvent.type(screen.getByLabelText("Secret key"), "y");
    await userEvent.click(screen.getByRole("button", { name: "Connect" }));
    expect(await screen.findByText("Not a key.")).toBeTruthy();
    expect(screen.getByLabelText("Access key id").getAttribute("aria-invalid")).toBe("true");
  });

  test("another service opens in a window of its own", async () => {
    const popup = { closed: false, location: { href: "" }, close: vi.fn() };
    vi.spyOn(window, "open").mockReturnValue(popup as unknown as Window);
    const api = mockApi({
      "GET /api/connections": () => ({ items: [{ ...AWS, type: "github", mode: "oauth", fields: [] }] }),
      "POST /api/connections/github/authorize": () => ({ url: "https://github.example/authorize" }),
    });
    renderPart(<BlockView item={block("integration_prompt", { type: "github", mode: "oauth", blocking: true })} />);
    await userEvent.click(await screen.findByRole("button", { name: "Connect" }));
    await waitFor(() => expect(popup.location.href).toBe("https://github.example/authorize"));
    expect(api.calls.find((call) => call.path.endsWith("/authorize"))?.body).toMatchObject({ prompt_id: "p_1" });
    popup.closed = true;
  });

  test("a card that waits for nothing can be put away", async () => {
    mockApi({ "GET /api/connections": () => ({ items: [] }) });
    renderPart(<BlockView item={block("integration_prompt", { type: "github", reason: "For repositories", blocking: false })} />);
    await userEvent.click(within(screen.getByTestId("prompt")).getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByText("For repositories")).toBeNull();
  });
});

test("suggestions send their text, or run their action", async () => {
  mockApi({});
  const send = vi.fn();
  const suggestions = [
    { label: "Say hi", target: "prompt", value: "hi" },
    { label: "Export", target: "action", value: "export", payload: { as: "csv" } },
    { label: "", target: "prompt", value: "x" },
  ];
  renderPart(<BlockView item={block("suggestions", { suggestions })} />, { send, app: app() });
  await userEvent.click(screen.getByRole("button", { name: "Say hi" }));
  await userEvent.click(screen.getByRole("button", { name: "Export" }));
  expect(send.mock.calls).toEqual([[{ text: "hi" }], [{ text: "", action: "export", payload: { as: "csv" } }]]);
  expect(within(screen.getByTestId("block")).getAllByRole("button")).toHaveLength(2);
});
