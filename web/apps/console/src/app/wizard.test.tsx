import type { Capsule } from "@capsule/api";
import { aBuild, aCapsule, aMe, aPlan, aSpace, mockApi, problem, type MockApi, type MockHandler } from "@capsule/testing";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";

let capsule: Capsule;
const PLANS = "POST /api/v1/plans";

beforeEach(() => {
  capsule = aCapsule();
});

function open(address: string, routes: Record<string, MockHandler> = {}): MockApi {
  const api = mockApi({
    "GET /api/v1/auth/me": () => aMe(),
    "GET /api/v1/spaces": () => ({ items: [aSpace()] }),
    "GET /api/v1/capsules": () => ({ items: [capsule] }),
    "GET /api/v1/capsules/shop": () => capsule,
    "GET /api/v1/capsules/cap_1/builds": () => ({ items: [aBuild()] }),
    "POST /api/v1/capsules": () => {
      capsule = aCapsule({ status: "building", release: null, current_build: aBuild() });
      return capsule;
    },
    [PLANS]: () => aPlan(),
    ...routes,
  });
  window.history.pushState(null, "", address);
  render(<Providers console={createConsole()} />);
  return api;
}

const next = (): Promise<void> => userEvent.click(screen.getByTestId("next-step"));
const field = (label: string): HTMLInputElement => screen.getByLabelText<HTMLInputElement>(label);

test("with the keyboard alone: a type is searched, the plan is seen, the capsule is built", async () => {
  const api = open("/spaces/main/new");
  await userEvent.type(await screen.findByRole("combobox"), "flask{Enter}");
  await userEvent.type(await screen.findByLabelText("Repository URL"), "https://git.example.com/team/Shop.git{Enter}");
  const preview = await screen.findByTestId("plan-preview");
  expect(await within(preview).findByText("Procfile web")).toBeTruthy();
  expect(within(preview).getAllByTestId("plan-process").map((item) => item.textContent)).toEqual([
    "web · gets the requestsgunicorn main:app",
    "worker · in replicas of its ownpython worker.py",
    "release · once before each release goes livepython migrate.py",
  ]);
  expect(field("Name").value).toBe("shop");
  await userEvent.type(field("Name"), "/x");
  expect(screen.getByText("Only small letters, digits and hyphens.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Use “shop-x”" }));
  await userEvent.type(field("Name"), "{Enter}");
  expect(await screen.findByTestId("build-detail")).toBeTruthy();
  expect(api.calls.find((call) => call.method === "POST" && call.path === "/api/v1/capsules")?.body).toEqual({
    space_id: "spc_1",
    name: "shop-x",
    type: "backend",
    source: { kind: "git", url: "https://git.example.com/team/Shop.git" },
  });
});

test("going back loses nothing, and a setting that decides the plan has it made again", async () => {
  const api = open("/spaces/main/new?type=backend");
  await userEvent.type(await screen.findByLabelText("Repository URL"), "https://git.example.com/team/shop.git");
  await userEvent.type(field("Branch"), "dev");
  await next();
  await userEvent.type(await screen.findByLabelText("Run command"), "python app.py");
  await screen.findByText("Procfile web");
  await waitFor(() =>
    expect(api.calls.findLast((call) => call.path === "/api/v1/plans")?.body).toMatchObject({
      config: { run_command: "python app.py" },
    }),
  );
  await userEvent.click(screen.getByRole("button", { name: /Type/ }));
  await userEvent.click(await screen.findByTestId("type-agent"));
  expect((await screen.findByLabelText<HTMLInputElement>("Repository URL")).value).toBe("https://git.example.com/team/shop.git");
  expect(field("Branch").value).toBe("dev");
  await next();
  expect((await screen.findByLabelText<HTMLInputElement>("Run command")).value).toBe("python app.py");
});

test("a step is not left with something wrong in it", async () => {
  open("/spaces/main/new?type=backend&step=settings");
  await screen.findByLabelText("Repository URL");
  await next();
  expect(screen.getByText("Which repository? Give its URL.")).toBeTruthy();
  expect(field("Repository URL").getAttribute("aria-invalid")).toBe("true");
});

test("a source that cannot be had, or planned, says so before anything is created", async () => {
  const api = open("/spaces/main/new?type=backend", {
    [PLANS]: () => problem(422, "source_unavailable", "The repository does not answer.", { hint: "Check the URL." }),
  });
  await userEvent.type(await screen.findByLabelText("Repository URL"), "https://git.example.com/team/shop.git");
  await next();
  expect(await screen.findByText("The repository does not answer.")).toBeTruthy();
  api.set(PLANS, () => ({ reasons: ["The project folder is empty."], hint: "Check the branch." }));
  await userEvent.click(screen.getByRole("button", { name: "Look again" }));
  expect(await screen.findByText("The project folder is empty.")).toBeTruthy();
  expect(screen.getByText("Check the branch.")).toBeTruthy();
});

test("an uploaded folder is planned and created like a repository", async () => {
  const api = open("/new/capsule?capsuleType=frontend", {
    "POST /api/v1/spaces/spc_1/uploads": () => ({ id: "upl_1", digest: "d", size_bytes: 2048 }),
  });
  await userEvent.click(await screen.findByTestId("source-upload"));
  await userEvent.upload(screen.getByLabelText("Choose an archive"), new File(["zip"], "my-site.zip"));
  expect(await screen.findByText("my-site.zip · 2.0 KiB")).toBeTruthy();
  await next();
  expect((await screen.findByLabelText<HTMLInputElement>("Name")).value).toBe("my-site");
  await screen.findByText("Procfile web");
  await userEvent.click(screen.getByTestId("create-capsule"));
  await screen.findByTestId("build-detail");
  expect(api.calls.find((call) => call.path === "/api/v1/capsules" && call.method === "POST")?.body).toMatchObject({
    type: "frontend",
    source: { kind: "upload", upload_id: "upl_1" },
  });
});

test("what the server says of the name stands beside it until it is changed", async () => {
  open("/spaces/main/new?type=storage", {
    "POST /api/v1/capsules": () => problem(409, "name_taken", "This space already has a capsule 'files'.", { field: "name" }),
  });
  await userEvent.type(await screen.findByLabelText("Name"), "files");
  await userEvent.click(screen.getByTestId("create-capsule"));
  expect((await screen.findAllByText("This space already has a capsule 'files'.")).length).toBe(2);
  await userEvent.type(field("Name"), "2");
  expect(screen.queryByText("This space already has a capsule 'files'.")).toBeNull();
});
