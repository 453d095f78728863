import { ErrorState } from "@capsule/ui";
import { lazy, Suspense, useState } from "react";
import { AppStatePage } from "./features/app/app-state-page.tsx";
import { pageFor } from "./features/app/app-states.ts";
import { useApp } from "./features/app/use-app.ts";
import { Outbox } from "./features/chat/composer/outbox.ts";
import { useAppTheme } from "./features/theme/use-app-theme.ts";
import { appName } from "./parts/brand/app-name.ts";
import { openPath, useRoute } from "./route.ts";
import { Workspace } from "./workspace.tsx";

const SignInPage = lazy(() => import("./features/account/sign-in-page.tsx"));
const WAIT = { icon: "wait", title: "", text: "" } as const;

/** Chooses by the app's state and the visitor what the page is: a notice, a door, or the app. */
export function App() {
  const app = useApp();
  const route = useRoute();
  const [outbox] = useState(() => new Outbox());
  useAppTheme(app.data);

  if (!app.data) {
    return app.isError ? (
      <ErrorState error={app.error} onRetry={() => void app.refetch()} className="h-full justify-center" />
    ) : (
      <AppStatePage page={WAIT} name="" reason={null} />
    );
  }
  const page = pageFor(app.data.state);
  if (page) return <AppStatePage page={page} name={appName(app.data)} reason={app.data.reason ?? null} />;

  const { access, user } = app.data;
  const isShut = access !== undefined && !access.anonymous && user.is_anonymous !== false;
  if (isShut || route.page === "sign-in" || route.page === "sign-up") {
    const isDoor = route.page === "sign-in" || route.page === "sign-up";
    // Where nobody gets in without an account, the address stays what was asked for.
    const back = isDoor ? route.from : window.location.hash.replace(/^#/, "");
    const doorPath = (page: string): string => `/${page}?from=${encodeURIComponent(back)}`;
    return (
      <Suspense fallback={null}>
        <SignInPage
          app={app.data}
          isSigningUp={route.page === "sign-up"}
          onSwitch={(isSigningUp) => openPath(doorPath(isSigningUp ? "sign-up" : "sign-in"), true)}
          returnTo={back === "" ? "/" : `/#${back}`}
          onDone={() => openPath(back, true)}
          {...(isShut ? {} : { onCancel: () => openPath(back, true) })}
        />
      </Suspense>
    );
  }
  return <Workspace app={app.data} route={route} outbox={outbox} />;
}
