import type { Capsule } from "@capsule/api";
import { aBuild, aCapsule, aMe, aPlan, aReplica, aSpace, mockApi, problem, type MockApi } from "@capsule/testing";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

const SAVE = "PATCH /api/v1/capsules/cap_1";
let capsule: Capsule;

beforeEach(() => {
  capsule = aCapsule({ replicas: [aReplica(), aReplica({ id: "rpl_2", process: "worker", restarts: 2 })] });
});

function open(page: string): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/spaces": () => ({ items: [aSpace()] }),
    "GET /api/v1/capsules": () => ({ items: [capsule] }),
    "GET /api/v1/capsules/shop": () => capsule,
    "GET /api/v1/capsules/cap_1/env": () => ({ items: [] }),
    "GET /api/v1/capsules/cap_1/builds": () => ({ items: [aBuild({ status: "succeeded", is_live: true, plan: aPlan() })] }),
  });
  window.history.pushState(null, "", `/capsules/shop/${page}`);
  render(<Providers console={createConsole()} />);
  return api;
}

test("process types are scaled together", async () => {
  const api = open("scale");
  await screen.findByText("gunicorn main:app");
  const [web, worker] = screen.getAllByTestId("process-row");
  if (!web || !worker) throw new Error("no rows");
  expect(web.textContent).toContain("web · 1 healthy of 1gunicorn main:app");
  expect(worker.textContent).toContain("2 restarts");
  const save = screen.getByRole<HTMLButtonElement>("button", { name: "Save and deploy" });
  expect(save.disabled).toBe(true);
  await userEvent.click(within(worker).getByRole("button", { name: "One more" }));
  await userEvent.type(within(web).getByRole("textbox"), "3", { initialSelectionStart: 0, initialSelectionEnd: 1 });
  expect(screen.getByText("web: 3, worker: 2. Saving deploys it, without a build.")).toBeTruthy();
  api.set(SAVE, () => (capsule = { ...capsule, config: { ...capsule.config, scale: { web: 3, worker: 2 } } }));
  await userEvent.click(save);
  expect(await screen.findByText("Scale saved")).toBeTruthy();
  expect(api.calls.find((call) => call.method === "PATCH")?.body).toEqual({ config: { scale: { web: 3, worker: 2 } } });
  expect(save.disabled).toBe(true);
});

test("how releases go live is edited as a whole, and a refusal stands beside its field", async () => {
  const api = open("config");
  await userEvent.click(await screen.findByRole("button", { name: "Edit how releases go live" }));
  await userEvent.type(screen.getByLabelText("Health path"), "health");
  await userEvent.click(screen.getByRole("switch", { name: /Canary/ }));
  await userEvent.type(screen.getByLabelText("Share in %"), "25");
  api.set(SAVE, () =>
    problem(422, "invalid_input", "The input is wrong.", { errors: [{ field: "body.config.health.path", message: "begins with a slash" }] }),
  );
  const card = within(screen.getByTestId("rollout-card"));
  await userEvent.click(card.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("begins with a slash")).toBeTruthy();
  api.set(SAVE, () => (capsule = { ...capsule, config: { ...capsule.config, canary: { percent: 25, seconds: 60 } } }));
  await userEvent.type(screen.getByLabelText("Health path"), "/health", { initialSelectionStart: 0, initialSelectionEnd: 6 });
  await userEvent.click(card.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("25 % of the requests for 60 s")).toBeTruthy();
  expect(api.calls.findLast((call) => call.method === "PATCH")?.body).toEqual({
    config: { health: { path: "/health", timeout_seconds: null, grace_seconds: 10 }, canary: { percent: 25, seconds: 60 } },
  });
});
