import type { AppAccess } from "@capsule/api";
import { mockApi, problem } from "@capsule/testing";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { app, renderPart } from "../../testing/render.tsx";
import { AccountMenu } from "./account-menu.tsx";
import SignInPage from "./sign-in-page.tsx";

const ALL: AppAccess = { anonymous: true, methods: ["password", "magic_link", "oidc:google"], sign_up: true };
const onDone = vi.fn();
const onSwitch = vi.fn();

const show = (access: AppAccess, isSigningUp = false, onCancel?: () => void) =>
  renderPart(
    <SignInPage
      app={app({ access })}
      isSigningUp={isSigningUp}
      onSwitch={onSwitch}
      returnTo="/#/s/1"
      onDone={onDone}
      {...(onCancel ? { onCancel } : {})}
    />,
  );
const fill = async (email: string, password: string): Promise<void> => {
  await userEvent.type(screen.getByLabelText("Email"), email);
  await userEvent.type(screen.getByLabelText("Password"), password);
};

describe("signing in", () => {
  test("with a password", async () => {
    const api = mockApi({ "POST /api/account/sign-in": () => ({ status: "signed_in" }) });
    show(ALL);
    await fill("ada@example.com", "correct horse");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await waitFor(() => expect(onDone).toHaveBeenCalled());
    expect(api.calls[0]?.body).toEqual({ email: "ada@example.com", password: "correct horse" });
  });

  test("a wrong password says so and keeps the fields", async () => {
    mockApi({ "POST /api/account/sign-in": () => problem(401, "wrong_credentials", "E-mail and password do not fit.") });
    show(ALL);
    await fill("ada@example.com", "nope");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect((await screen.findByRole("alert")).textContent).toBe("E-mail and password do not fit.");
    expect(screen.getByLabelText("Email")).toHaveProperty("value", "ada@example.com");
  });

  test("with a link by mail", async () => {
    const api = mockApi({ "POST /api/account/magic-link": () => ({ status: "mail_sent" }) });
    show(ALL);
    await userEvent.click(screen.getByRole("button", { name: "Send me a link instead" }));
    await userEvent.type(screen.getByLabelText("Email"), "ada@example.com");
    await userEvent.click(screen.getByRole("button", { name: "Send me a link" }));
    expect(await screen.findByText("Check your mail")).toBeTruthy();
    expect(api.calls[0]?.body).toEqual({ email: "ada@example.com", return_to: "/#/s/1" });
  });

  test("with another service", () => {
    mockApi({});
    show(ALL);
    expect(screen.getByRole("link", { name: "Continue with Google" }).getAttribute("href")).toBe("/api/account/oidc/google/start?return_to=%2F%23%2Fs%2F1");
  });

  test("only what the app offers is there", () => {
    mockApi({});
    show({ anonymous: false, methods: ["oidc:acme"], sign_up: false });
    expect(screen.getByRole("link", { name: "Continue with Acme" })).toBeTruthy();
    expect(screen.queryByLabelText("Email")).toBeNull();
    expect(screen.queryByText("Create an account")).toBeNull();
    expect(screen.queryByText("Go on without an account")).toBeNull();
  });
});

describe("signing up", () => {
  test("where the mailbox has to be proven, it says to look there", async () => {
    onDone.mockClear();
    mockApi({ "POST /api/account/sign-up": () => ({ status: "mail_sent" }) });
    show(ALL, true);
    await fill("ada@example.com", "correct horse");
    await userEvent.click(screen.getByRole("button", { name: "Create account" }));
    expect(await screen.findByText("Check your mail")).toBeTruthy();
    expect(onDone).not.toHaveBeenCalled();
  });

  test("a weak password is told at its field", async () => {
    mockApi({ "POST /api/account/sign-up": () => problem(422, "weak_password", "Too short.", { field: "password" }) });
    show(ALL, true);
    await fill("ada@example.com", "x");
    await userEvent.click(screen.getByRole("button", { name: "Create account" }));
    expect(await screen.findByText("Too short.")).toBeTruthy();
    expect(screen.getByLabelText("Password").getAttribute("aria-invalid")).toBe("true");
  });
});

test("a signed-in person can change the password and sign out", async () => {
  const api = mockApi({
    "GET /api/account": () => ({ id: "u", is_anonymous: false, has_password: true }),
    "POST /api/account/password": () => ({}),
    "POST /api/account/sign-out": () => ({}),
  });
  const user = { id: "u", email: "ada@example.com", is_anonymous: false };
  const nothing = (): void => undefined;
  renderPart(<AccountMenu app={app({ user, access: ALL })} onConnections={nothing} onSignIn={nothing} onSignedOut={nothing} onHelp={nothing} />);
  await userEvent.click(screen.getByRole("button", { name: "Account and more" }));
  expect(screen.queryByRole("menuitem", { name: "Sign in" })).toBeNull();
  await userEvent.click(screen.getByRole("menuitem", { name: "Change password" }));
  await userEvent.type(screen.getByLabelText("Password until now"), "old one");
  await userEvent.type(screen.getByLabelText("New password"), "new one");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(api.calls.find((call) => call.path === "/api/account/password")?.body).toEqual({ old: "old one", new: "new one" }),
  );
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await userEvent.click(screen.getByRole("button", { name: "Account and more" }));
  await userEvent.click(screen.getByRole("menuitem", { name: "Sign out" }));
  await waitFor(() => expect(api.calls.some((call) => call.path === "/api/account/sign-out")).toBe(true));
});
