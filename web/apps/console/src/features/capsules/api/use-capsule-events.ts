import { capsuleEventsUrl, followEvents, keys, type Capsule } from "@capsule/api";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

/** Keep the cached capsule, and the lists that hang on it, up to date while its page is open. */
export function useCapsuleEvents(key: string): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    return followEvents(capsuleEventsUrl(key), {
      onEvent: (event) => {
        if (event.event !== "capsule") return;
        const next = JSON.parse(event.data) as Capsule;
        const before = queryClient.getQueryData<Capsule>(keys.capsule(key));
        queryClient.setQueryData(keys.capsule(key), next);
        if (differs(before?.current_build, next.current_build)) {
          void queryClient.invalidateQueries({ queryKey: keys.builds(key) });
        }
        if (differs(before?.current_deployment, next.current_deployment)) {
          void queryClient.invalidateQueries({ queryKey: keys.deployments(key) });
        }
        if (before?.release?.id !== next.release?.id) void queryClient.invalidateQueries({ queryKey: keys.releases(key) });
        if (before?.status !== next.status) void queryClient.invalidateQueries({ queryKey: keys.capsulesOf(next.space_id) });
      },
      onProblem: () => void queryClient.invalidateQueries({ queryKey: keys.capsule(key), exact: true }),
    });
  }, [key, queryClient]);
}

type Run = { id: string; status: string; phase?: string | null; watch_until?: string | null } | null;
const differs = (before: Run | undefined, after: Run): boolean =>
  before?.id !== after?.id ||
  before?.status !== after?.status ||
  before?.phase !== after?.phase ||
  before?.watch_until !== after?.watch_until;
