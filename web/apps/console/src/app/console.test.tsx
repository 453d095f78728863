import type { Capsule } from "@capsule/api";
import { aBuild, aCapsule, aDeployment, aMe, aSpace, mockApi, problem, type MockApi, type MockHandler } from "@capsule/testing";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

let isSignedIn: boolean;
let capsule: Capsule;

beforeEach(() => {
  isSignedIn = true;
  capsule = aCapsule();
});

function open(address: string, routes: Record<string, MockHandler> = {}): MockApi {
  const signedOut = (): Response => problem(401, "unauthenticated", "This needs a signed-in user.");
  const api = mockApi({
    "GET /api/v1/auth/me": () => (isSignedIn ? aMe() : signedOut()),
    "GET /api/v1/spaces": () => (isSignedIn ? { items: [aSpace()] } : signedOut()),
    "GET /api/v1/capsules": () => (isSignedIn ? { items: [capsule] } : signedOut()),
    "GET /api/v1/capsules/shop": () => capsule,
    ...routes,
  });
  window.history.pushState(null, "", address);
  render(<Providers console={createConsole()} />);
  return api;
}

test("a page asked for without a login comes back after signing in", async () => {
  isSignedIn = false;
  open("/spaces/main", {
    "POST /api/v1/auth/login": (call) => {
      const { password } = call.body as { password: string };
      if (password !== "right") return problem(401, "wrong_credentials", "E-mail or password is wrong.");
      isSignedIn = true;
      return aMe();
    },
  });
  await userEvent.type(await screen.findByLabelText("E-mail"), "ada@example.com");
  await userEvent.type(screen.getByLabelText("Password"), "wrong{Enter}");
  expect(await screen.findByText("E-mail or password is wrong.")).toBeTruthy();
  await userEvent.clear(screen.getByLabelText("Password"));
  await userEvent.type(screen.getByLabelText("Password"), "right{Enter}");
  const row = await screen.findByTestId("capsule-row");
  expect(within(row).getByText("Live")).toBeTruthy();
  expect(window.location.pathname).toBe("/spaces/main");
});

test("a login that ends while the console is open leads to the sign-in page", async () => {
  open("/spaces/main/secrets", {
    "GET /api/v1/spaces/spc_1/secrets": () => problem(401, "unauthenticated", "This needs a signed-in user."),
  });
  expect(await screen.findByTestId("sign-in-form")).toBeTruthy();
  expect(new URLSearchParams(window.location.search).get("next")).toBe("/spaces/main/secrets");
});

test("a failed list says what is wrong and can be tried again", async () => {
  const api = open("/spaces/main", {
    "GET /api/v1/capsules": () => problem(500, "internal_error", "Something broke.", { hint: "See the log." }),
  });
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("Something broke.");
  expect(alert.textContent).toContain("See the log.");
  api.set("GET /api/v1/capsules", () => ({ items: [] }));
  await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("This space is empty")).toBeTruthy();
});

test("the list says what is being built or deployed, although the release before is live", async () => {
  capsule = aCapsule({ current_build: aBuild({ status: "running" }) });
  const api = open("/spaces/main");
  expect(await within(await screen.findByTestId("capsule-row")).findByText("Building")).toBeTruthy();
  capsule = aCapsule({ current_deployment: aDeployment({ status: "running" }) });
  expect(await within(screen.getByTestId("capsule-row")).findByText("Deploying")).toBeTruthy();
  expect(api.calls.filter((call) => call.path === "/api/v1/capsules").length).toBeGreaterThan(1);
});

test("switching off asks first", async () => {
  const api = open("/capsules/shop/details", {
    "POST /api/v1/capsules/cap_1/stop": () => (capsule = aCapsule({ is_on: false, status: "stopped" })),
  });
  await userEvent.click(await screen.findByTestId("power-switch"));
  expect(api.calls.some((call) => call.method === "POST")).toBe(false);
  await userEvent.click(within(screen.getByTestId("power-off-dialog")).getByRole("button", { name: "Switch off" }));
  await waitFor(() => expect(screen.getByTestId("power-switch").getAttribute("aria-checked")).toBe("false"));
});

test("closing it to the public asks first; opening it does not", async () => {
  const api = open("/capsules/shop/details", {
    "PATCH /api/v1/capsules/cap_1": (call) => {
      const { config } = call.body as { config: Partial<Capsule["config"]> };
      return (capsule = { ...capsule, config: { ...capsule.config, ...config } });
    },
  });
  const turn = async () => userEvent.click(await screen.findByRole("switch", { name: "Public access" }));
  await turn();
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Close it" }));
  expect(await screen.findByText("Public access is off")).toBeTruthy();
  await turn();
  await waitFor(() => expect(screen.queryByText("Public access is off")).toBeNull());
  expect(api.calls.filter((call) => call.method === "PATCH").map((call) => call.body)).toEqual([
    { config: { public_access: false } },
    { config: { public_access: null } },
  ]);
});

test("a capsule is removed only with its name typed", async () => {
  const api = open("/capsules/shop/details", { "DELETE /api/v1/capsules/cap_1": () => undefined });
  await userEvent.click(await screen.findByRole("button", { name: "Remove…" }));
  const dialog = screen.getByTestId("remove-dialog");
  const button = within(dialog).getByRole<HTMLButtonElement>("button", { name: "Remove capsule" });
  expect(button.disabled).toBe(true);
  await userEvent.type(within(dialog).getByRole("textbox"), "shop");
  await userEvent.click(button);
  await waitFor(() => expect(api.calls.find((call) => call.method === "DELETE")?.query.get("confirm")).toBe("shop"));
});

test("variables edited as text replace the list; values stay hidden until shown", async () => {
  const items = [
    { key: "PORT", value: "3000", set_by: "system" },
    { key: "TOKEN", value: "s3cret", set_by: "user" },
  ];
  const api = open("/capsules/shop/config", {
    "GET /api/v1/capsules/cap_1/env": () => ({ items }),
    "PUT /api/v1/capsules/cap_1/env": () => ({ items }),
  });
  await screen.findByText("TOKEN");
  expect(screen.queryByText("s3cret")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Show" }));
  expect(screen.getByText("s3cret")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Text editor" }));
  const area = screen.getByLabelText<HTMLTextAreaElement>("Variables as text");
  expect(area.value).toBe("TOKEN=s3cret");
  await userEvent.type(area, "\nDEBUG=1");
  await userEvent.click(screen.getByRole("button", { name: "Save and restart" }));
  await waitFor(() =>
    expect(api.calls.find((call) => call.method === "PUT")?.body).toEqual({
      items: [
        { key: "TOKEN", value: "s3cret" },
        { key: "DEBUG", value: "1" },
      ],
    }),
  );
});

test("while the server is away the console says so, and reads everything anew afterwards", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    const api = open("/spaces/main", { "GET /health": () => problem(502, "bad_gateway", "Capsule does not answer.") });
    expect(await screen.findByText("The server does not answer.")).toBeTruthy();
    await screen.findByTestId("capsule-row");
    capsule = aCapsule({ status: "stopped", is_on: false });
    api.set("GET /health", () => ({ status: "ok", version: "0.1.0" }));
    await vi.advanceTimersByTimeAsync(2_500);
    await waitFor(() => expect(screen.queryByText("The server does not answer.")).toBeNull());
    expect(await within(screen.getByTestId("capsule-row")).findByText("Stopped")).toBeTruthy();
  } finally {
    vi.useRealTimers();
  }
});
