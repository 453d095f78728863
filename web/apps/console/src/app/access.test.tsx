import type { AppIntegrations, Capsule } from "@capsule/api";
import { aCapsule, aMe, aSpace, mockApi, problem, type MockApi } from "@capsule/testing";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

let app: Capsule;
let integrations: AppIntegrations;

beforeEach(() => {
  app = aCapsule({ type: "app", url: "http://bot.localhost:8080", name: "bot", slug: "bot" });
  integrations = {
    callback_url: "http://bot.localhost:8080/api/connections/callback",
    sign_in_callback_url: "http://bot.localhost:8080/api/account/oidc/callback",
    items: [],
  };
});

function open(): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/spaces": () => ({ items: [aSpace()] }),
    "GET /api/v1/capsules": () => ({ items: [app] }),
    "GET /api/v1/capsules/bot": () => app,
    "GET /api/v1/capsules/cap_1/env": () => ({ items: [] }),
    "GET /api/v1/spaces/spc_1/secrets": () => ({ items: [{ name: "OKTA_SECRET" }] }),
    "GET /api/v1/app/cap_1/integrations": () => integrations,
  });
  window.history.pushState(null, "", "/capsules/bot/config");
  render(<Providers console={createConsole()} />);
  return api;
}

const edit = async (): Promise<HTMLElement> => {
  await userEvent.click(await screen.findByRole("button", { name: "Edit who may use this app" }));
  return screen.getByTestId("access-card");
};

test("an app without rules lets everybody in, and says so", async () => {
  open();
  const card = await screen.findByTestId("access-card");
  expect(card.textContent).toContain("may use the app");
  expect(card.textContent).toContain("password, link by e-mail");
  expect(card.textContent).toContain("any");
});

test("the rules are saved as a whole", async () => {
  const api = open();
  const card = await edit();
  await userEvent.click(within(card).getByLabelText(/Visitors without an account/));
  await userEvent.click(within(card).getByLabelText(/Link by e-mail/));
  await userEvent.type(within(card).getByLabelText("E-mail domains"), "example.com, example.org");
  await userEvent.click(within(card).getByRole("button", { name: "Add provider" }));
  await userEvent.type(within(card).getByLabelText("Name"), "okta");
  await userEvent.type(within(card).getByLabelText("Issuer"), "https://okta.example.com");
  await userEvent.type(within(card).getByLabelText("Client ID"), "id-1");
  await userEvent.type(within(card).getByLabelText("Secret"), "OTHER");
  expect(within(card).getByText("This space has no secret OTHER yet.")).toBeTruthy();
  await userEvent.clear(within(card).getByLabelText("Secret"));
  await userEvent.type(within(card).getByLabelText("Secret"), "OKTA_SECRET");
  expect(within(card).getByText(integrations.sign_in_callback_url)).toBeTruthy();
  const access = {
    anonymous: false,
    sign_up: true,
    password: true,
    magic_link: false,
    domains: ["example.com", "example.org"],
    oidc: [{ name: "okta", issuer: "https://okta.example.com", client_id: "id-1", client_secret_name: "OKTA_SECRET", label: "" }],
  };
  api.set("PATCH /api/v1/capsules/cap_1", () => (app = { ...app, config: { ...app.config, access } }));
  await userEvent.click(within(card).getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Saved who may use this app")).toBeTruthy();
  expect(api.calls.find((call) => call.method === "PATCH")?.body).toEqual({ config: { access } });
  expect(card.textContent).toContain("are asked to sign in");
  expect(card.textContent).toContain("password, okta");
});

test("what is wrong is not sent, and what the server refuses stands beside its field", async () => {
  const api = open();
  const card = await edit();
  await userEvent.click(within(card).getByRole("button", { name: "Add provider" }));
  await userEvent.click(within(card).getByRole("button", { name: "Save" }));
  expect(within(card).getByText("The provider gives you one.")).toBeTruthy();
  expect(api.calls.some((call) => call.method === "PATCH")).toBe(false);
  await userEvent.type(within(card).getByLabelText("Name"), "okta");
  await userEvent.type(within(card).getByLabelText("Issuer"), "http://okta");
  await userEvent.type(within(card).getByLabelText("Client ID"), "id-1");
  const refused = "'okta' is no issuer; write one such as https://accounts.example.com";
  api.set("PATCH /api/v1/capsules/cap_1", () =>
    problem(422, "invalid_input", refused, {
      errors: [
        { field: "body.config.access.oidc.0.issuer", message: refused },
        { field: "body.config.access.domains.0", message: "'x y' is no domain" },
      ],
    }),
  );
  await userEvent.click(within(card).getByRole("button", { name: "Save" }));
  expect(await within(card).findByText(refused)).toBeTruthy();
  expect(within(card).getByLabelText("Issuer").getAttribute("aria-invalid")).toBe("true");
  expect(within(card).getByText("'x y' is no domain")).toBeTruthy();
});

test("rules that shut everybody out are warned of", async () => {
  open();
  const card = await edit();
  for (const label of [/Visitors without/, /E-mail and password/, /Link by e-mail/]) {
    await userEvent.click(within(card).getByLabelText(label));
  }
  expect(within(card).getByText(/nobody can sign in/)).toBeTruthy();
});

test("declared integrations tell which secrets are missing and what to register", async () => {
  integrations.items = [
    {
      type: "github",
      mode: "oauth",
      scopes: ["repo"],
      fields: [],
      credentials: [
        { what: "client_id", name: "GITHUB_ID", state: "found" },
        { what: "client_secret", name: "GITHUB_SECRET", state: "missing" },
      ],
    },
    { type: "aws", mode: "secret", scopes: [], fields: ["region"], credentials: [] },
  ];
  open();
  const card = await screen.findByTestId("integrations-card");
  await waitFor(() => expect(within(card).getAllByTestId("integration")).toHaveLength(2));
  expect(card.textContent).toContain("The client ID is the secret GITHUB_ID.");
  expect(card.textContent).toContain("The client secret is missing: make the secret GITHUB_SECRET in this space.");
  expect(card.textContent).toContain("each user fills in a form");
  expect(within(card).getByText(integrations.callback_url)).toBeTruthy();
});

test("other capsules have neither", async () => {
  app = aCapsule({ slug: "bot" });
  const api = open();
  expect(await screen.findByText("Parameters")).toBeTruthy();
  expect(screen.queryByTestId("access-card")).toBeNull();
  expect(screen.queryByTestId("integrations-card")).toBeNull();
  expect(api.calls.some((call) => call.path.endsWith("/integrations"))).toBe(false);
});
