/** Every address of the console; pages are loaded when first visited. */
import { meQuery, ProblemError, type CapsuleType } from "@capsule/api";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { CAPSULE_TYPES } from "#config/capsule-types.ts";
import { AppLayout } from "#layouts/app-layout.tsx";
import { homeRedirect, newCapsuleRedirect } from "./routes/home.ts";
import { NotFoundPage, RouteError, RoutePending } from "./routes/fallbacks.tsx";

type RouterContext = {
  queryClient: QueryClient;
  /** The query as the page was loaded with it: the router reads a code such as `12e4` as a number. */
  arrivedWith: string;
};

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search["next"] === "string" && /^\/(?![/\\])/.test(search["next"]) ? { next: search["next"] } : {},
  component: lazyRouteComponent(() => import("#features/auth/pages/sign-in-page.tsx"), "SignInPage"),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Outlet,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (error instanceof ProblemError && error.status === 401) {
        throw redirect({ to: "/sign-in", search: { next: location.href } });
      }
      throw error;
    }
  },
});

const cliLogin = createRoute({
  getParentRoute: () => signedIn,
  path: "/cli-login/$login",
  component: lazyRouteComponent(() => import("#features/auth/pages/cli-login-page.tsx"), "CliLoginPage"),
});

const gitReturn = createRoute({
  getParentRoute: () => signedIn,
  path: "/git/return",
  component: lazyRouteComponent(() => import("#features/git-hosts/pages/git-return-page.tsx"), "GitReturnPage"),
});
const gitRegister = createRoute({
  getParentRoute: () => signedIn,
  path: "/git/register",
  component: lazyRouteComponent(() => import("#features/git-hosts/pages/register-app-page.tsx"), "RegisterAppPage"),
});

const app = createRoute({ getParentRoute: () => signedIn, id: "app", component: AppLayout });

const home = createRoute({
  getParentRoute: () => app,
  path: "/",
  beforeLoad: ({ context }) => homeRedirect(context.queryClient),
});
const newCapsule = createRoute({
  getParentRoute: () => app,
  path: "/new/capsule",
  beforeLoad: ({ context, search }) => newCapsuleRedirect(context.queryClient, search),
});
const spaces = createRoute({
  getParentRoute: () => app,
  path: "/spaces",
  component: lazyRouteComponent(() => import("#features/spaces/pages/spaces-page.tsx"), "SpacesPage"),
});
const space = createRoute({ getParentRoute: () => app, path: "/spaces/$space", component: Outlet });
const spaceCapsules = createRoute({
  getParentRoute: () => space,
  path: "/",
  component: lazyRouteComponent(() => import("./routes/space-pages.tsx"), "SpaceCapsules"),
});
const TYPES = new Set<unknown>(CAPSULE_TYPES.map((info) => info.type));
const STEPS = new Set<unknown>(["type", "source", "settings"]);
const spaceNew = createRoute({
  getParentRoute: () => space,
  path: "/new",
  validateSearch: (search: Record<string, unknown>): { type?: CapsuleType; step?: "type" | "source" | "settings" } => ({
    ...(TYPES.has(search["type"]) ? { type: search["type"] as CapsuleType } : {}),
    ...(STEPS.has(search["step"]) ? { step: search["step"] as "type" | "source" | "settings" } : {}),
  }),
  component: lazyRouteComponent(() => import("./routes/space-pages.tsx"), "SpaceNewCapsule"),
});
const spaceSecrets = createRoute({
  getParentRoute: () => space,
  path: "/secrets",
  component: lazyRouteComponent(() => import("./routes/space-pages.tsx"), "SpaceSecrets"),
});

const capsule = createRoute({
  getParentRoute: () => app,
  path: "/capsules/$capsule",
  component: lazyRouteComponent(() => import("./routes/capsule.tsx"), "CapsuleRoute"),
});
const capsulePages = () => import("./routes/capsule-pages.tsx");
const capsuleHome = createRoute({
  getParentRoute: () => capsule,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/capsules/$capsule/details", params, replace: true });
  },
});
const details = createRoute({
  getParentRoute: () => capsule,
  path: "/details",
  component: lazyRouteComponent(capsulePages, "CapsuleDetails"),
});
const chat = createRoute({
  getParentRoute: () => capsule,
  path: "/chat",
  component: lazyRouteComponent(capsulePages, "CapsuleChat"),
});
const deploy = createRoute({
  getParentRoute: () => capsule,
  path: "/deploy",
  component: lazyRouteComponent(capsulePages, "CapsuleDeploy"),
});
const config = createRoute({
  getParentRoute: () => capsule,
  path: "/config",
  component: lazyRouteComponent(capsulePages, "CapsuleConfigPage"),
});
const scale = createRoute({
  getParentRoute: () => capsule,
  path: "/scale",
  component: lazyRouteComponent(capsulePages, "CapsuleScale"),
});
const logs = createRoute({
  getParentRoute: () => capsule,
  path: "/logs",
  component: lazyRouteComponent(capsulePages, "CapsuleLogs"),
});
const runtimes = createRoute({
  getParentRoute: () => capsule,
  path: "/runtimes",
  validateSearch: (search: Record<string, unknown>): { environment?: "serve" } =>
    search["environment"] === "serve" ? { environment: "serve" } : {},
  component: lazyRouteComponent(capsulePages, "CapsuleRuntimes"),
});
const accessLogs = createRoute({
  getParentRoute: () => capsule,
  path: "/access-logs",
  component: lazyRouteComponent(capsulePages, "CapsuleAccessLogs"),
});
const builds = createRoute({
  getParentRoute: () => capsule,
  path: "/builds",
  validateSearch: (search: Record<string, unknown>): { build?: string } =>
    typeof search["build"] === "string" ? { build: search["build"] } : {},
  component: lazyRouteComponent(capsulePages, "CapsuleBuilds"),
});
const runs = createRoute({
  getParentRoute: () => capsule,
  path: "/runs",
  validateSearch: (search: Record<string, unknown>): { run?: string; job?: string } => ({
    ...(typeof search["run"] === "string" ? { run: search["run"] } : {}),
    ...(typeof search["job"] === "string" ? { job: search["job"] } : {}),
  }),
  component: lazyRouteComponent(() => import("./routes/command-pages.tsx"), "CapsuleRuns"),
});
const cron = createRoute({
  getParentRoute: () => capsule,
  path: "/cron",
  component: lazyRouteComponent(() => import("./routes/command-pages.tsx"), "CapsuleCron"),
});
const terminal = createRoute({
  getParentRoute: () => capsule,
  path: "/terminal",
  component: lazyRouteComponent(() => import("./routes/terminal.tsx"), "CapsuleTerminal"),
});
const files = createRoute({
  getParentRoute: () => capsule,
  path: "/files",
  validateSearch: (search: Record<string, unknown>): { path?: string } =>
    typeof search["path"] === "string" ? { path: search["path"] } : {},
  component: lazyRouteComponent(capsulePages, "CapsuleFiles"),
});

const system = createRoute({
  getParentRoute: () => app,
  path: "/system",
  component: lazyRouteComponent(() => import("./routes/system.tsx"), "SystemRoute"),
});
const account = createRoute({
  getParentRoute: () => app,
  path: "/account",
  component: lazyRouteComponent(() => import("./routes/account.tsx"), "AccountRoute"),
});

const tree = root.addChildren([
  signIn,
  signedIn.addChildren([
    cliLogin,
    gitReturn,
    gitRegister,
    app.addChildren([
      home,
      newCapsule,
      spaces,
      space.addChildren([spaceCapsules, spaceNew, spaceSecrets]),
      capsule.addChildren([capsuleHome, details, chat, deploy, config, scale, runtimes, logs, accessLogs, builds, runs, cron, terminal, files]),
      system,
      account,
    ]),
  ]),
]);

export const createConsoleRouter = (queryClient: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { queryClient, arrivedWith: window.location.search },
    defaultPreload: "intent",
    defaultPendingMs: 300,
    defaultPendingComponent: RoutePending,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });
