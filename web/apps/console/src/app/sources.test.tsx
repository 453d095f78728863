import type { Capsule, SourceAccess } from "@capsule/api";
import { aBuild, aCapsule, aMe, aPlan, aSourceAccess, aSpace, mockApi, problem, type MockApi, type MockHandler } from "@capsule/testing";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

const ACCESS = "/api/v1/capsules/cap_1/source-access";
const SAVE = "PATCH /api/v1/capsules/cap_1";
const connection = { id: "gcn_1", team_id: "team_1", provider: "gitea", url: "https://git.example.com", account: "ada", git_app_id: null, is_limited: false, status: "connected", problem: null, created_at: "2026-01-01T10:00:00Z", can: ["delete"] };
let capsule: Capsule;
let access: SourceAccess;
let previews: Capsule[];

beforeEach(() => {
  capsule = aCapsule();
  access = aSourceAccess();
  previews = [];
});

function open(address = "/capsules/shop/deploy", routes: Record<string, MockHandler> = {}): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/auth/tokens": () => ({ items: [] }),
    "GET /api/v1/spaces": () => ({ items: [aSpace()] }),
    "GET /api/v1/capsules": () => ({ items: [capsule] }),
    "GET /api/v1/capsules/shop": () => capsule,
    "GET /api/v1/capsules/cap_1": () => capsule,
    "GET /api/v1/capsules/cap_1/releases": () => ({ items: [] }),
    "GET /api/v1/capsules/cap_1/deployments": () => ({ items: [] }),
    "GET /api/v1/capsules/cap_1/builds": () => ({ items: [aBuild()] }),
    "GET /api/v1/capsules/cap_1/previews": () => ({ items: previews }),
    "GET /api/v1/teams/team_1/git-connections": () => ({ items: [connection] }),
    [`GET ${ACCESS}`]: () => access,
    ...routes,
  });
  window.history.pushState(null, "", address);
  render(<Providers console={createConsole()} />);
  return api;
}

const saved = (api: MockApi): unknown => api.calls.findLast((call) => call.method === "PATCH" && call.path === "/api/v1/capsules/cap_1")?.body;

test("auto-deploy is a switch, and what is watched a list of patterns", async () => {
  const api = open(undefined, { [SAVE]: () => capsule });
  await userEvent.click(await screen.findByRole("switch", { name: /Auto-deploy/ }));
  await waitFor(() => expect(saved(api)).toEqual({ config: { auto_deploy: false } }));
  await userEvent.click(screen.getByRole("button", { name: "Change what is watched" }));
  await userEvent.type(screen.getByLabelText("Only when these change"), "api/**, shared/*");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(saved(api)).toEqual({ config: { watch_paths: ["api/**", "shared/*"] } }));
});

test("a webhook is set up with a secret that is shown once; what came last is told", async () => {
  access = aSourceAccess({
    last_hook_at: "2026-01-01T10:00:00Z",
    last_hook: { provider: "github", event: "push", branch: "dev", commit: "", outcome: "ignored", sentence: "Ignored: 'dev' was pushed, and 'main' is deployed.", refused: 2 },
  });
  open(undefined, { [`POST ${ACCESS}/webhook-secret`]: () => ({ webhook_url: access.webhook_url, secret: "whsec_1" }) });
  const last = await screen.findByTestId("last-hook");
  expect(last.textContent).toContain("'dev' was pushed");
  expect(last.textContent).toContain("2 with a wrong signature");
  await userEvent.click(screen.getByRole("button", { name: "Show: Webhook" }));
  await userEvent.click(screen.getByRole("button", { name: "Make a secret" }));
  expect(await screen.findByText("whsec_1")).toBeTruthy();
  await userEvent.click(screen.getByText("GitLab"));
  expect(screen.getByText(/Secret token/)).toBeTruthy();
});

test("a private repository is read with a token, a key or a connection", async () => {
  const api = open(undefined, {
    [`PATCH ${ACCESS}`]: (call) => (access = { ...access, has_token: true, ...(call.body as object) }),
    [`POST ${ACCESS}/deploy-key`]: () => (access = { ...access, public_key: "ssh-ed25519 AAAA capsule-shop" }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Change: Access" }));
  const dialog = within(screen.getByRole("dialog"));
  await userEvent.type(dialog.getByLabelText("Access token"), "s3cret{Enter}");
  await waitFor(() => expect(api.calls.findLast((call) => call.method === "PATCH")?.body).toEqual({ token: "s3cret" }));
  expect(dialog.getByLabelText<HTMLInputElement>("Access token").value).toBe("");
  await userEvent.click(dialog.getByRole("button", { name: "Make a key" }));
  expect(await dialog.findByText("ssh-ed25519 AAAA capsule-shop")).toBeTruthy();
  await userEvent.selectOptions(dialog.getByLabelText("Connection"), "gcn_1");
  await userEvent.click(dialog.getAllByRole("button", { name: "Save" }).at(-1) as HTMLElement);
  await waitFor(() => expect(api.calls.findLast((call) => call.method === "PATCH")?.body).toEqual({ connection_id: "gcn_1" }));
});

test("the source is changed to another repository, or to pushes", async () => {
  const api = open(undefined, { [SAVE]: () => problem(422, "invalid_input", "Wrong.", { field: "source.git.url", detail: "is no repository" }) });
  await userEvent.click(await within(await screen.findByTestId("source-card")).findByRole("button", { name: "Edit the source" }));
  await userEvent.type(screen.getByLabelText("Repository URL"), "2");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findAllByText("is no repository")).length).toBeGreaterThan(0);
  await userEvent.click(screen.getByText("git push"));
  api.set(SAVE, () => (capsule = { ...capsule, source: { kind: "push", branch: "main" } }));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  const help = await screen.findByTestId("push-help");
  expect(help.textContent).toContain("git push capsule main");
  await waitFor(() => expect(help.textContent).toContain("http://localhost:8080/git/shop.git"));
  expect(saved(api)).toEqual({ source: { kind: "push", branch: "main" } });
});

test("previews are listed with their end, made by hand and removed after a question", async () => {
  const soon = new Date(Date.now() + 5.2 * 3_600_000).toISOString();
  previews = [aCapsule({ id: "cap_2", name: "shop-12", slug: "shop-12", preview_of: "#12", parent_id: "cap_1", expires_at: soon })];
  const api = open(undefined, {
    [SAVE]: () => capsule,
    "POST /api/v1/capsules/cap_1/previews": () => problem(422, "no_branch", "There is no branch 'x'.", { hint: "Push it first." }),
    "DELETE /api/v1/capsules/cap_2": () => undefined,
  });
  const row = await screen.findByTestId("preview-row");
  expect(row.textContent).toContain("#12");
  expect(row.textContent).toContain("removed in 5 hours");
  await userEvent.type(screen.getByLabelText("Preview a branch"), "x{Enter}");
  expect(await screen.findByText("There is no branch 'x'. Push it first.")).toBeTruthy();
  await userEvent.click(screen.getByRole("switch", { name: "Previews" }));
  await waitFor(() => expect(saved(api)).toEqual({ config: { previews: { is_on: true, hours: 72, branches: [], forks: false } } }));
  await userEvent.click(screen.getByRole("button", { name: "Remove the preview of #12" }));
  await userEvent.click(screen.getByRole("button", { name: "Remove the preview" }));
  await waitFor(() => expect(api.calls.find((call) => call.method === "DELETE")?.query.get("confirm")).toBe("shop-12"));
});

test("a git host is connected from the account page", async () => {
  const api = open("/account", {
    "GET /api/v1/git-apps": () => ({ items: [] }),
    "POST /api/v1/teams/team_1/git-connections": () => problem(422, "connection_refused", "The host refuses the token.", { field: "token" }),
  });
  expect(await screen.findByText("ada")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Connect a git host" }));
  await userEvent.click(await screen.findByRole("button", { name: "Paste an access token instead" }));
  await userEvent.type(screen.getByLabelText("Access token"), "wrong");
  await userEvent.click(screen.getByRole("button", { name: "Connect" }));
  expect((await screen.findAllByText("The host refuses the token.")).length).toBe(2);
  expect(api.calls.findLast((call) => call.method === "POST")?.body).toEqual({ provider: "github", url: "", token: "wrong" });
});

test("the wizard takes a connected host’s repository, and plans with a token or a key", async () => {
  const api = open("/spaces/main/new?type=backend", {
    "GET /api/v1/git-connections/gcn_1/repositories": () => ({
      items: [{ full_name: "ada/shop", url: "https://git.example.com/ada/shop.git", default_branch: "main", is_private: true }],
      has_more: false,
    }),
    "POST /api/v1/capsules": () => (capsule = aCapsule({ release: null })),
    "POST /api/v1/plans": () => aPlan(),
    "POST /api/v1/spaces/spc_1/deploy-keys": () => ({ id: "dky_1", public_key: "ssh-ed25519 AAAA capsule" }),
  });
  await screen.findByRole("option", { name: /Gitea/ });
  await userEvent.selectOptions(screen.getByLabelText("Access"), "gcn_1");
  await userEvent.click(await screen.findByRole("button", { name: /ada\/shop/ }));
  expect(screen.getByLabelText<HTMLInputElement>("Repository URL").value).toBe("https://git.example.com/ada/shop.git");
  await userEvent.selectOptions(screen.getByLabelText("Access"), "token");
  await userEvent.type(screen.getByLabelText("Access token"), "s3cret");
  await userEvent.click(screen.getByTestId("next-step"));
  await screen.findByText("Procfile web");
  const asked = () => api.calls.findLast((call) => call.path === "/api/v1/plans")?.body;
  expect(asked()).toMatchObject({ access_token: "s3cret" });
  await userEvent.click(screen.getByRole("button", { name: "Back" }));
  await userEvent.selectOptions(screen.getByLabelText("Access"), "key");
  await userEvent.click(screen.getByTestId("next-step"));
  expect((await screen.findByRole("alert")).textContent).toContain("Make the key");
  await userEvent.click(screen.getByRole("button", { name: "Make a deploy key" }));
  await screen.findByText("ssh-ed25519 AAAA capsule");
  await userEvent.click(screen.getByTestId("next-step"));
  await waitFor(() => expect(asked()).toMatchObject({ deploy_key_id: "dky_1" }));
  await userEvent.click(screen.getByTestId("create-capsule"));
  await screen.findByTestId("build-detail");
  const made = api.calls.findLast((call) => call.path === "/api/v1/capsules" && call.method === "POST");
  expect(made?.body).toMatchObject({ deploy_key_id: "dky_1" });
});

test("a build leads to what changed since the one before, at the host", async () => {
  const compare_url = "https://git.example.com/team/shop/compare/a...b";
  open("/capsules/shop/builds", { "GET /api/v1/capsules/cap_1/builds": () => ({ items: [aBuild({ status: "succeeded", compare_url }), aBuild({ id: "bld_0" })] }) });
  const links = await screen.findAllByRole("link", { name: /Changes/ });
  expect(links.map((link) => [link.getAttribute("href"), link.getAttribute("target")])).toEqual([
    [compare_url, "_blank"],
    [compare_url, "_blank"],
  ]);
});
