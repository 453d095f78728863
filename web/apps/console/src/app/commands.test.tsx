import type { CronJob, Run } from "@capsule/api";
import { aCapsule, aMe, aSpace, eventStream, mockApi, problem, type MockApi, type MockHandler } from "@capsule/testing";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

const AT = "2026-01-01T10:00:00Z";
const capsule = aCapsule();

function aRun(change: Partial<Run> = {}): Run {
  return {
    id: "run_1", capsule_id: "cap_1", release_id: "rel_1", cron_job_id: null, command: "./seed", status: "succeeded",
    trigger: "manual", due_at: null, timeout_seconds: 3600, replica_id: "rpl_9", exit_code: 0, reason: null, hint: null,
    requested_by: null, created_at: AT, started_at: AT, finished_at: AT, can: [], ...change,
  }; // prettier-ignore
}

function aJob(change: Partial<CronJob> = {}): CronJob {
  return {
    id: "crn_1", capsule_id: "cap_1", name: "nightly", schedule: "0 3 * * *", timezone: "UTC", command: "./clean",
    concurrency: "forbid", missed: "skip", timeout_seconds: 3600, is_on: true, next_times: [AT], last_run: null,
    created_at: AT, can: ["update", "delete"], ...change,
  }; // prettier-ignore
}

function open(tab: string, routes: Record<string, MockHandler>): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/spaces": () => ({ items: [aSpace()] }),
    "GET /api/v1/capsules": () => ({ items: [capsule] }),
    "GET /api/v1/capsules/shop": () => capsule,
    ...routes,
  });
  window.history.pushState(null, "", `/capsules/shop/${tab}`);
  render(<Providers console={createConsole()} />);
  return api;
}

test("a command is run, its output followed to its end, and why it failed is said", async () => {
  const runs = [aRun()];
  const failed = aRun({ id: "run_2", command: "./seed --all", status: "failed", exit_code: 3, reason: "The command exited with code 3." });
  open("runs", {
    "GET /api/v1/capsules/cap_1/runs": () => ({ items: runs }),
    "POST /api/v1/capsules/cap_1/runs": () => {
      runs.unshift(failed);
      return failed;
    },
    "GET /api/v1/runs/run_1/logs/stream": () => eventStream([{ event: "line", id: 1, data: { at: AT, stream: "stdout", text: "seeded" } }]),
    "GET /api/v1/runs/run_2/logs/stream": () => eventStream([{ event: "line", id: 1, data: { at: AT, stream: "stderr", text: "no hats" } }]),
  });
  expect(await screen.findByText("seeded")).toBeTruthy();
  await userEvent.type(screen.getByLabelText("Command"), "./seed --all");
  await userEvent.click(screen.getByRole("button", { name: "Run" }));
  expect(await screen.findByText("no hats")).toBeTruthy();
  expect(within(screen.getByTestId("run-output")).getByText("The command exited with code 3.")).toBeTruthy();
});

test("a capsule without a release says what to do first", async () => {
  open("runs", {
    "GET /api/v1/capsules/cap_1/runs": () => ({ items: [] }),
    "POST /api/v1/capsules/cap_1/runs": () => problem(409, "nothing_to_run_in", "'shop' has no release yet.", { hint: "Deploy it first." }),
  });
  expect(await screen.findByText("Nothing was run yet")).toBeTruthy();
  await userEvent.type(screen.getByLabelText("Command"), "ls");
  await userEvent.click(screen.getByRole("button", { name: "Run" }));
  expect(await screen.findByText("'shop' has no release yet. Deploy it first.")).toBeTruthy();
});

test("a cron job is made with a schedule that is checked while it is typed", async () => {
  const jobs: CronJob[] = [];
  const api = open("cron", {
    "GET /api/v1/capsules/cap_1/cron-jobs": () => ({ items: jobs }),
    "GET /api/v1/capsules/cap_1/cron-jobs/preview": () => ({ next_times: [AT] }),
    "POST /api/v1/capsules/cap_1/cron-jobs": () => {
      jobs.push(aJob());
      return aJob();
    },
  });
  expect(await screen.findByText("Nothing runs by the clock yet")).toBeTruthy();
  const [button] = screen.getAllByRole("button", { name: "New cron job" });
  if (!button) throw new Error("no button");
  await userEvent.click(button);
  const form = within(screen.getByTestId("cron-form"));
  expect(await form.findByText(/^Next: /)).toBeTruthy();
  await userEvent.type(form.getByLabelText("Name"), "nightly");
  await userEvent.type(form.getByLabelText("Command"), "./clean");
  await userEvent.click(form.getByRole("button", { name: "Create" }));
  expect((await screen.findByTestId("cron-row")).textContent).toContain("nightly");
  const sent = api.calls.findLast((call) => call.method === "POST")?.body as Record<string, unknown>;
  expect([sent["name"], sent["schedule"], sent["concurrency"], sent["missed"]]).toEqual(["nightly", "0 3 * * *", "forbid", "skip"]);
});

test("a cron job is run now and switched off", async () => {
  const api = open("cron", {
    "GET /api/v1/capsules/cap_1/cron-jobs": () => ({ items: [aJob({ last_run: aRun({ status: "failed" }) })] }),
    "POST /api/v1/cron-jobs/crn_1/run": () => aRun({ status: "queued" }),
    "PATCH /api/v1/cron-jobs/crn_1": () => aJob({ is_on: false }),
  });
  const row = within(await screen.findByTestId("cron-row"));
  expect(row.getByText("Failed")).toBeTruthy();
  await userEvent.click(row.getByRole("button", { name: "Run now" }));
  await userEvent.click(row.getByRole("switch", { name: "nightly is on" }));
  await waitFor(() => expect(api.calls.some((call) => call.path === "/api/v1/cron-jobs/crn_1/run")).toBe(true));
  await waitFor(() => expect(api.calls.findLast((call) => call.method === "PATCH")?.body).toEqual({ is_on: false }));
});

test("a terminal needs something that runs", async () => {
  open("terminal", { "GET /api/v1/capsules/cap_1/replicas": () => ({ items: [] }) });
  expect(await screen.findByText("Nothing runs that could be entered")).toBeTruthy();
});
