import type { Capsule, Deployment } from "@capsule/api";
import { aBuild, aCapsule, aDeployment, aMe, aReceipt, aRelease, aSpace, eventStream, mockApi, problem, type MockApi, type MockHandler } from "@capsule/testing";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

const EVENTS = "GET /api/v1/capsules/shop/events/stream";
const BACK = "POST /api/v1/releases/rel_1/roll-back";
const older = aRelease({ id: "rel_1", number: 1, subject: "Open the shop", is_live: false, can: ["roll_back"] });
const newer = aRelease({ id: "rel_2", number: 2, subject: "Sell hats too", commit: "de92398c2eb7", build_id: "bld_2" });
let capsule: Capsule;
let deployments: Deployment[];

beforeEach(() => {
  deployments = [aDeployment({ id: "dpl_2", release_id: "rel_2", release_number: 2, previous_release_number: 1 })];
  capsule = aCapsule({ release: { id: "rel_2", number: 2, created_at: newer.created_at } });
});

function open(address = "/capsules/shop/deploy", routes: Record<string, MockHandler> = {}): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/spaces": () => ({ items: [aSpace()] }),
    "GET /api/v1/capsules": () => ({ items: [capsule] }),
    "GET /api/v1/capsules/shop": () => capsule,
    "GET /api/v1/capsules/cap_1/releases": () => ({ items: [newer, older] }),
    "GET /api/v1/capsules/cap_1/deployments": () => ({ items: deployments }),
    "GET /api/v1/releases/rel_1/differences": () => ({
      variables: { STRIPE_KEY: "removed" },
      config: [{ name: "scale", then: null, now: { web: 2 } }],
    }),
    ...routes,
  });
  window.history.pushState(null, "", address);
  render(<Providers console={createConsole()} />);
  return api;
}

const dialog = async (): Promise<HTMLElement> => {
  await userEvent.click(await screen.findByRole("button", { name: "Roll back to release 1" }));
  return screen.getByTestId("roll-back-dialog");
};

test("rolling back tells what changes, and asks what becomes of the configuration", async () => {
  const api = open();
  const box = await dialog();
  expect(box.textContent).toContain("Live nowRelease 2de92398Sell hats too");
  expect(box.textContent).toContain("Live thenRelease 1");
  expect(box.textContent).toContain("is not undone");
  const changes = await within(box).findByLabelText("Changes of the configuration");
  expect(changes.textContent).toBe("STRIPE_KEY goesscale: web 2 → default");
  await userEvent.click(within(box).getByLabelText(/Kept/));
  expect(within(box).queryByLabelText("Changes of the configuration")).toBeNull();
  api.set(BACK, () => problem(409, "release_gone", "The files of release 1 were removed.", { hint: "Deploy its commit again." }));
  await userEvent.click(within(box).getByRole("button", { name: "Roll back" }));
  expect(await within(box).findByText("Deploy its commit again.")).toBeTruthy();
  api.set(BACK, () => aDeployment({ status: "queued", trigger: "rollback" }));
  await userEvent.click(within(box).getByRole("button", { name: "Roll back" }));
  await waitFor(() => expect(screen.queryByTestId("roll-back-dialog")).toBeNull());
  expect(api.calls.findLast((call) => call.method === "POST")?.body).toEqual({ config: "kept" });
});

test("a live release cannot be gone back to; one without files says so", async () => {
  open(undefined, { "GET /api/v1/capsules/cap_1/releases": () => ({ items: [newer, { ...older, is_kept: false, can: [] }] }) });
  const rows = await screen.findAllByTestId("release-row");
  expect(rows.map((row) => within(row).queryByRole("button"))).toEqual([null, null]);
  expect(rows[0]?.textContent).toContain("live");
  expect(rows[1]?.textContent).toContain("files removed");
});

test("a deployment is followed through its phases, with the canary's share, until its watch is over", async () => {
  const running = aDeployment({
    id: "dpl_3", release_id: "rel_3", release_number: 3, previous_release_number: 2, status: "running", phase: "canary",
    receipt: aReceipt({ phases: [{ name: "start", seconds: 1.2 }] }), finished_at: null, can: ["cancel"],
  }); // prettier-ignore
  const canary = { percent: 10, seconds: 60 };
  const base = { ...capsule, config: { ...capsule.config, canary } };
  const api = open(undefined, {
    [EVENTS]: () => eventStream([{ event: "capsule", data: { ...base, current_deployment: running } }]),
    "POST /api/v1/deployments/dpl_3/cancel": () => ({ ...running, status: "cancelled" }),
  });
  const card = await screen.findByTestId("deployment-progress");
  const steps = within(card).getAllByRole("listitem").map((step) => `${step.textContent} ${step.dataset["state"] ?? ""}`);
  expect(steps[0]).toBe("Start1.2 s done");
  expect(steps[1]).toMatch(/^Canary.* current$/);
  expect(within(card).getByTestId("canary-share").textContent).toBe("10 % of the requests try release 3; the others go to release 2.");
  await userEvent.click(within(card).getByRole("button", { name: "Cancel" }));
  await userEvent.click(screen.getByRole("button", { name: "Cancel the deployment" }));
  await waitFor(() => expect(api.calls.some((call) => call.path === "/api/v1/deployments/dpl_3/cancel")).toBe(true));
});

test("a watched release says how long yet, and what happens if it does badly", async () => {
  const until = new Date(Date.now() + 90_000).toISOString();
  capsule = { ...capsule, current_deployment: aDeployment({ release_number: 2, previous_release_number: 1, phase: "watch", watch_until: until }) };
  open();
  const watch = await screen.findByTestId("watch");
  expect(watch.textContent).toMatch(/Watched for 1:(30|29) more. If it crashes or mostly answers with errors, release 1 comes back/);
});

test("a return is told with its reason, and the deployment that did badly has its receipt", async () => {
  const receipt = aReceipt({
    phases: [{ name: "start", seconds: 1 }, { name: "switch", seconds: 0.2 }],
    requests: 412, errors: 3, p99_before_ms: 12, p99_after_ms: 2400, verdict: "returned", reason: "The app crashed 3 times.",
  }); // prettier-ignore
  deployments = [
    aDeployment({ id: "dpl_4", release_id: "rel_2", release_number: 2, trigger: "return" }),
    aDeployment({ id: "dpl_3", release_id: "rel_3", release_number: 3, previous_release_number: 2, receipt }),
  ];
  open();
  const notice = await screen.findByTestId("return-notice");
  expect(notice.textContent).toBe("Returned to release 2, because release 3 did badlyThe app crashed 3 times.");
  const row = screen.getAllByTestId("deployment-row")[1];
  if (!row) throw new Error("no row");
  expect(within(row).getByTestId("status").textContent).toBe("Taken back");
  const text = within(row).getByTestId("receipt").textContent;
  for (const part of ["Start1.0 s", "Requests during it412", "Errors3", "after2.4 s"]) expect(text).toContain(part);
});

test("a build's log is searched, held and made as large as the screen; it leads to its release", async () => {
  const at = "2026-01-01T10:00:00Z";
  const lines = ["── install", "Installed flask", "Installed jinja2"].map((text, index) => ({
    event: "line", id: index + 1, data: { at, text, stream: index === 0 ? "platform" : "stdout" },
  })); // prettier-ignore
  const build = aBuild({ id: "bld_2", status: "succeeded", finished_at: at, can: [], source: { kind: "git", url: "/r", subject: "Sell hats too" } });
  open("/capsules/shop/builds", {
    "GET /api/v1/capsules/cap_1/builds": () => ({ items: [build] }),
    "GET /api/v1/builds/bld_2/logs/stream": () => eventStream(lines),
  });
  await waitFor(() => expect(screen.getAllByTestId("log-line")).toHaveLength(3));
  expect((await screen.findByRole("link", { name: "Release 2" })).getAttribute("href")).toBe("/capsules/shop/deploy");
  await userEvent.type(screen.getByLabelText("Search the build log"), "FLASK");
  await waitFor(() => expect(screen.getAllByTestId("log-line").map((line) => line.textContent.slice(-15))).toEqual(["Installed flask"]));
  expect(screen.getByText("1 line")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Full screen" }));
  expect(screen.getByTestId("build-log").className).toContain("fixed");
  await userEvent.keyboard("{Escape}");
  expect(screen.getByTestId("build-log").className).not.toContain("fixed");
  await userEvent.click(screen.getByRole("button", { name: "Pause" }));
  expect(screen.getByRole("button", { name: "Resume" })).toBeTruthy();
});
