import { getHealth, keys, ProblemError } from "@capsule/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

const CALM_MS = 10_000;
const LOST_MS = 2_000;

const isAway = (error: unknown): boolean => error instanceof ProblemError && error.isTransient;

/** Whether the server answers. Once it does again, everything on the page is read anew. */
export function useServerHealth(): { isLost: boolean } {
  const queryClient = useQueryClient();
  const health = useQuery({
    queryKey: keys.health,
    queryFn: getHealth,
    retry: false,
    refetchInterval: (query) => (isAway(query.state.error) ? LOST_MS : CALM_MS),
  });
  const isLost = isAway(health.error);
  const wasLost = useRef(false);
  useEffect(() => {
    if (wasLost.current && !isLost) {
      void queryClient.invalidateQueries({ predicate: (query) => query.queryKey !== keys.health });
    }
    wasLost.current = isLost;
  }, [isLost, queryClient]);
  return { isLost };
}
