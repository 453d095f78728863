import type { Capsule } from "@capsule/api";
import { aCapsule, aMe, aRuntime, aRuntimeReport, aSpace, mockApi, problem, type MockApi, type MockHandler } from "@capsule/testing";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

let app: Capsule;

beforeEach(() => {
  app = aCapsule({ type: "app", url: "http://bot.localhost:8080", name: "bot", slug: "bot" });
});

const RUNTIMES = "GET /api/v1/capsules/cap_1/runtimes";

function open(address: string, routes: Record<string, MockHandler> = {}): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/spaces": () => ({ items: [aSpace()] }),
    "GET /api/v1/capsules": () => ({ items: [app] }),
    "GET /api/v1/capsules/bot": () => app,
    "GET /api/v1/capsules/cap_1/env": () => ({ items: [] }),
    ...routes,
  });
  window.history.pushState(null, "", address);
  render(<Providers console={createConsole()} />);
  return api;
}

test("each user's runtime is listed with state, memory, wake and the reason of its last end", async () => {
  open("/capsules/bot/runtimes", {
    [RUNTIMES]: () =>
      aRuntimeReport({
        notices: ["Runtimes share one operating-system user."],
        items: [
          aRuntime({ turns: 1 }),
          aRuntime({ user_id: "vis_0123456789ab", email: null, state: "cold", memory_bytes: null, last_end: "ran out of memory" }),
        ],
      }),
  });
  const [warm, cold, ...rest] = await screen.findAllByTestId("runtime-row");
  if (!warm || !cold) throw new Error("two rows are missing");
  expect(rest).toEqual([]);
  expect(warm.textContent).toContain("ada@example.com");
  expect(warm.textContent).toContain("1 turn runs");
  expect(warm.textContent).toContain("Warm");
  expect(warm.textContent).toContain("6.0 MiB");
  expect(warm.textContent).toContain("11 ms");
  expect(cold.textContent).toContain("visitor …6789ab");
  expect(cold.textContent).toContain("ran out of memory");
  expect(within(cold).queryByRole("button", { name: /^Stop/ })).toBeNull();
  expect(screen.getByText("Runtimes share one operating-system user.")).toBeTruthy();
  expect(screen.getByText(/after 10 min without one it is stopped/)).toBeTruthy();
  expect(screen.getByRole("link", { name: "Runtimes" }).dataset["status"]).toBe("active");
});

test("stopping asks first, and names the user to the server", async () => {
  const api = open("/capsules/bot/runtimes", {
    [RUNTIMES]: () => aRuntimeReport({ items: [aRuntime()] }),
    "POST /api/v1/capsules/cap_1/runtimes/stop": () => undefined,
  });
  await userEvent.click(await screen.findByRole("button", { name: "Stop the runtime of ada@example.com" }));
  expect(api.calls.some((call) => call.method === "POST")).toBe(false);
  api.set(RUNTIMES, () => aRuntimeReport({ items: [aRuntime({ state: "cold", memory_bytes: null })] }));
  await userEvent.click(within(screen.getByTestId("runtime-dialog")).getByRole("button", { name: "Stop runtime" }));
  expect(await screen.findByText("Stopped the runtime of ada@example.com")).toBeTruthy();
  expect(api.calls.find((call) => call.method === "POST")?.body).toEqual({ user_id: "usr_1", environment: "deploy" });
  expect(await within(screen.getByTestId("runtime-row")).findByText("Cold")).toBeTruthy();
});

test("deleting a user's files asks first, also of one who is away", async () => {
  const api = open("/capsules/bot/runtimes", {
    [RUNTIMES]: () => aRuntimeReport({ items: [aRuntime({ state: "cold" })] }),
    "POST /api/v1/capsules/cap_1/runtimes/clear": () => problem(503, "app_unavailable", "bot does not run."),
  });
  const ask = async () => {
    await userEvent.click(await screen.findByRole("button", { name: "Delete the private files of ada@example.com" }));
    const dialog = screen.getByTestId("runtime-dialog");
    expect(dialog.textContent).toContain("gone for good");
    await userEvent.click(within(dialog).getByRole("button", { name: "Delete files" }));
  };
  await ask();
  expect((await screen.findByText("The files were not deleted")).parentElement?.textContent).toContain("bot does not run.");
  api.set("POST /api/v1/capsules/cap_1/runtimes/clear", () => undefined);
  await ask();
  expect(await screen.findByText("Deleted the private files of ada@example.com")).toBeTruthy();
  expect(api.calls.findLast((call) => call.method === "POST")?.body).toEqual({ user_id: "usr_1", environment: "deploy" });
});

test("without the right to it there is no button", async () => {
  open("/capsules/bot/runtimes", { [RUNTIMES]: () => aRuntimeReport({ items: [aRuntime()], can: [] }) });
  expect(within(await screen.findByTestId("runtime-row")).queryByRole("button")).toBeNull();
});

test("the served app has a page of its own, by its address", async () => {
  const api = open("/capsules/bot/runtimes", {
    [RUNTIMES]: ({ query }) =>
      query.get("environment") === "serve" ? aRuntimeReport({ environment: "serve", is_hosted: false }) : aRuntimeReport(),
  });
  expect(await screen.findByText("Nobody has used this app yet")).toBeTruthy();
  await userEvent.click(screen.getByRole("radio", { name: "Served" }));
  expect(await screen.findByText("This app is not being served")).toBeTruthy();
  expect(screen.getByText(/capsule serve app.py:app/)).toBeTruthy();
  expect(window.location.search).toBe("?environment=serve");
  expect(api.calls.at(-1)?.query.get("environment")).toBe("serve");
});

test("an app that was not deployed says how to", async () => {
  open("/capsules/bot/runtimes", { [RUNTIMES]: () => aRuntimeReport({ is_hosted: false }) });
  expect(await screen.findByText("This app is not deployed yet")).toBeTruthy();
  expect(screen.getByText(/capsule deploy app.py:app --name bot/)).toBeTruthy();
});

test("a failure is told; once there are figures they stay, marked as old", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    const api = open("/capsules/bot/runtimes", {
      [RUNTIMES]: () => problem(503, "unavailable", "The app host cannot be reached."),
    });
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await screen.findByRole("alert")).textContent).toContain("The app host cannot be reached.");
    api.set(RUNTIMES, () => aRuntimeReport({ items: [aRuntime()] }));
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await screen.findByTestId("runtime-row")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    api.set(RUNTIMES, () => problem(503, "unavailable", "The app host cannot be reached."));
    await vi.advanceTimersByTimeAsync(8_000);
    expect(await screen.findByText("What is shown may be old.")).toBeTruthy();
    expect(screen.getByTestId("runtime-row")).toBeTruthy();
  } finally {
    vi.useRealTimers();
  }
});

test("an address the server refuses is marked in its row until it is changed", async () => {
  const refused = "'two words' is neither an address nor a host name.";
  const api = open("/capsules/bot/config", {
    "PATCH /api/v1/capsules/cap_1": () =>
      problem(422, "invalid_input", refused, {
        field: "config.network.allow.1",
        errors: [{ field: "config.network.allow.1", message: refused }],
      }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Edit the network" }));
  await userEvent.click(screen.getByRole("radio", { name: /Only what is listed/ }));
  expect(screen.getByText("With an empty list the app reaches nothing at all.")).toBeTruthy();
  for (const [index, text] of ["api.example.com:443", "two words"].entries()) {
    await userEvent.click(screen.getByRole("button", { name: "Add address" }));
    await userEvent.type(screen.getByLabelText(`Address ${String(index + 1)}`), text);
  }
  await userEvent.click(screen.getByRole("button", { name: "Save and deploy" }));
  expect(await screen.findByText(refused)).toBeTruthy();
  const second = screen.getByLabelText("Address 2");
  expect(second.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByLabelText("Address 1").getAttribute("aria-invalid")).toBeNull();
  await userEvent.clear(second);
  expect(screen.queryByText(refused)).toBeNull();
  const network = { mode: "listed" as const, allow: ["api.example.com:443"] };
  api.set("PATCH /api/v1/capsules/cap_1", () => (app = { ...app, config: { ...app.config, network } }));
  await userEvent.click(screen.getByRole("button", { name: "Save and deploy" }));
  expect(await screen.findByText("Network saved")).toBeTruthy();
  expect(screen.getByText("Only what is listed")).toBeTruthy();
  expect(screen.getByText("api.example.com:443")).toBeTruthy();
  expect(api.calls.findLast((call) => call.method === "PATCH")?.body).toEqual({ config: { network } });
});

test("an emptied idle time takes the default again", async () => {
  app = { ...app, config: { ...app.config, cpu: 0.05, keep_warm_seconds: 30 } };
  const api = open("/capsules/bot/config", { "PATCH /api/v1/capsules/cap_1": () => app });
  const edit = await screen.findByRole("button", { name: "Edit the parameters" });
  expect(screen.getByText("30 s")).toBeTruthy();
  await userEvent.click(edit);
  await userEvent.clear(screen.getByLabelText("Keep warm"));
  await userEvent.type(screen.getByLabelText("Private files for each user"), "64");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(api.calls.some((call) => call.method === "PATCH")).toBe(true));
  expect(api.calls.find((call) => call.method === "PATCH")?.body).toMatchObject({
    config: { keep_warm_seconds: null, runtime_files: 64 },
  });
});

test("only apps have runtimes and network rules", async () => {
  app = aCapsule({ slug: "bot" });
  open("/capsules/bot/config");
  expect(await screen.findByText("Parameters")).toBeTruthy();
  expect(screen.queryByText("Network")).toBeNull();
  expect(screen.queryByRole("link", { name: "Runtimes" })).toBeNull();
});
