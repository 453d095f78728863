import type { GitApp, GitConnection } from "@capsule/api";
import { aMe, mockApi, problem, type MockApi, type MockHandler } from "@capsule/testing";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { hear, tell, type SignInNews } from "#features/git-hosts/sign-in-news.ts";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

const CONNECTIONS = "/api/v1/teams/team_1/git-connections";
const BEGIN = "POST /api/v1/teams/team_1/git-sign-ins";
const FINISH = "POST /api/v1/git-sign-ins/finish";
const APP: GitApp = {
  id: "gap_1",
  provider: "github",
  url: "https://github.com",
  name: "Capsule",
  client_id: "Iv1",
  page: "https://github.com/apps/capsule",
  callback_url: "http://localhost:8080/git/return",
  webhook_url: "http://localhost:8080/api/v1/hooks/apps/gap_1",
  has_webhook_secret: true,
  created_at: "2026-01-01T10:00:00Z",
  can: ["update", "delete"],
};
const CONNECTION: GitConnection = {
  id: "gcn_1",
  team_id: "team_1",
  provider: "github",
  url: "https://github.com",
  account: "ada",
  git_app_id: "gap_1",
  is_limited: false,
  status: "connected",
  problem: null,
  created_at: "2026-01-01T10:00:00Z",
  can: ["delete", "sign_in"],
};
let connections: GitConnection[];
let wentTo: string[];

beforeEach(() => {
  connections = [];
  wentTo = [];
  const opened = { location: { set href(url: string) { wentTo.push(url); } }, close: () => undefined };
  vi.stubGlobal("open", () => opened);
});

function open(address: string, routes: Record<string, MockHandler> = {}): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/spaces": () => ({ items: [] }),
    "GET /api/v1/capsules": () => ({ items: [] }),
    "GET /api/v1/tokens": () => ({ items: [] }),
    "GET /api/v1/git-apps": () => ({ items: [APP] }),
    [`GET ${CONNECTIONS}`]: () => ({ items: connections }),
    [BEGIN]: () => ({ url: `https://github.com/apps/capsule/installations/new?state=st${String(wentTo.length)}` }),
    "GET /api/v1/git-connections/gcn_1/repositories": () => ({
      items: [{ full_name: "ada/shop", url: "https://github.com/ada/shop.git", default_branch: "main", is_private: true }],
      has_more: false,
    }),
    ...routes,
  });
  window.history.pushState(null, "", address);
  render(<Providers console={createConsole()} />);
  return api;
}

const news = (part: Partial<SignInNews>): SignInNews => ({ state: "st0", outcome: "failed", connection: "", detail: "", hint: "", ...part });

test("three stages: the provider, the host in another window with a retry, the repositories", async () => {
  const api = open("/account");
  await userEvent.click(await screen.findByRole("button", { name: "Connect a git host" }));
  const dialog = screen.getByTestId("connect-dialog");
  await userEvent.click(await within(dialog).findByRole("button", { name: /GitHub/ }));
  await userEvent.click(within(dialog).getByRole("button", { name: "Install on GitHub" }));
  await within(dialog).findByText("Waiting for GitHub…");
  expect(wentTo).toEqual(["https://github.com/apps/capsule/installations/new?state=st0"]);
  tell(news({ detail: "You did not allow the access at the host.", hint: "Try again." }));
  await within(dialog).findByText("You did not allow the access at the host.");
  await userEvent.click(within(dialog).getByRole("button", { name: "Retry" }));
  await waitFor(() => expect(wentTo.length).toBe(2));
  expect(api.calls.findLast((call) => call.method === "POST")?.body).toEqual({ git_app_id: "gap_1", install: true });
  tell(news({ state: "another", outcome: "connected", connection: "gcn_9" }));
  connections = [CONNECTION];
  tell(news({ state: "st1", outcome: "connected", connection: "gcn_1" }));
  const list = await within(dialog).findByRole("list", { name: "Connected repositories" });
  expect(await within(list).findByText("ada/shop")).toBeTruthy();
  expect(within(dialog).getByText("Connect repositories").getAttribute("aria-current")).toBe("step");
  await userEvent.click(within(dialog).getByRole("button", { name: "Done" }));
  expect(await screen.findByText("ada")).toBeTruthy();
});

test("a connection that was signed out says why, and signs in again", async () => {
  connections = [{ ...CONNECTION, status: "signed_out", problem: "The app was removed from ada." }];
  const api = open("/account");
  expect(await screen.findByText("The app was removed from ada.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Sign in again" }));
  await userEvent.click(await screen.findByRole("button", { name: "It is installed already" }));
  await waitFor(() => expect(wentTo.length).toBe(1));
  expect(api.calls.findLast((call) => call.method === "POST")?.body).toEqual({ git_app_id: "gap_1", connection_id: "gcn_1", install: false });
  connections = [CONNECTION];
  tell(news({ outcome: "connected", connection: "gcn_1" }));
  await waitFor(() => expect(screen.queryByText("The app was removed from ada.")).toBeNull());
});

test("back from the host the code is used as it came, and the account is chosen", async () => {
  const told = vi.fn();
  const stop = hear("st0", told);
  const api = open("/git/return?code=12e4&state=st0", {
    [FINISH]: () => ({ outcome: "choose", connection: null, state: "next", installations: [{ id: "10", account: "ada", url: "" }, { id: "11", account: "firm", url: "" }] }),
    "POST /api/v1/git-sign-ins/choose": () => ({ outcome: "connected", connection: CONNECTION, state: "", installations: [] }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "firm" }));
  expect(await screen.findByText("Connected to ada")).toBeTruthy();
  const posts = api.calls.filter((call) => call.method === "POST").map((call) => call.body);
  expect(posts).toEqual([{ code: "12e4", state: "st0" }, { state: "next", installation_id: "11" }]);
  await waitFor(() => expect(told).toHaveBeenCalledWith(news({ outcome: "connected", connection: "gcn_1" })));
  stop();
});

test("what went wrong at the host is shown, and told to the page that waits", async () => {
  const told = vi.fn();
  const stop = hear("st0", told);
  open("/git/return?error=access_denied&state=st0", {
    [FINISH]: () => problem(409, "git_sign_in_denied", "You did not allow the access at the host.", { hint: "Try again." }),
  });
  expect(await screen.findByText("You did not allow the access at the host.")).toBeTruthy();
  await waitFor(() => expect(told).toHaveBeenCalledOnce());
  stop();
});

test("the administrator enters a registration by hand, and removes one", async () => {
  const api = open("/system", {
    "GET /api/v1/system": () => problem(503, "unavailable", "Away."),
    "POST /api/v1/git-apps": () => APP,
    "DELETE /api/v1/git-apps/gap_1": () => undefined,
  });
  await userEvent.click(await screen.findByRole("button", { name: "Enter by hand" }));
  await userEvent.type(screen.getByLabelText("Client ID"), "id");
  await userEvent.type(screen.getByLabelText("Client secret"), "s3cret");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByLabelText("Client ID")).toBeNull());
  expect(api.calls.findLast((call) => call.method === "POST")?.body).toEqual({ provider: "gitlab", url: "", client_id: "id", client_secret: "s3cret" });
  await userEvent.click(await screen.findByRole("button", { name: "Remove Capsule" }));
  await userEvent.click(screen.getByRole("button", { name: "Remove the registration" }));
  await waitFor(() => expect(api.calls.some((call) => call.method === "DELETE")).toBe(true));
});

test("GitHub is sent the manifest by a form", async () => {
  const sent: string[] = [];
  vi.spyOn(HTMLFormElement.prototype, "submit").mockImplementation(function (this: HTMLFormElement) {
    sent.push(this.action, new FormData(this).get("manifest") as string);
  });
  open("/git/register", { "POST /api/v1/git-apps/manifest": () => ({ action_url: "https://github.com/settings/apps/new?state=s", manifest: { name: "Capsule" } }) });
  await userEvent.click(await screen.findByRole("button", { name: "Go to GitHub" }));
  await waitFor(() => expect(sent).toEqual(["https://github.com/settings/apps/new?state=s", '{"name":"Capsule"}']));
});
