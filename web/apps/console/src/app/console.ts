import { ProblemError } from "@capsule/api";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { createConsoleRouter } from "./router.tsx";

export type Console = { queryClient: QueryClient; router: ReturnType<typeof createConsoleRouter> };

declare module "@tanstack/react-router" {
  interface Register {
    router: Console["router"];
  }
}

/** The query cache and the router, which know each other: a login that ended leads to the sign-in page. */
export function createConsole(): Console {
  const onError = (error: unknown): void => {
    if (!(error instanceof ProblemError) || error.status !== 401) return;
    const { pathname, href } = router.state.location;
    if (pathname === "/sign-in") return;
    queryClient.clear();
    void router.navigate({ to: "/sign-in", search: { next: href } });
  };
  const queryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        retry: (count, error) => count < 2 && error instanceof ProblemError && error.isTransient,
        retryDelay: (count) => 400 * 2 ** count,
      },
    },
  });
  const router = createConsoleRouter(queryClient);
  return { queryClient, router };
}
