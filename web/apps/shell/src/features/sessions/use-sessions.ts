import { appHost } from "@capsule/api";
import { toastProblem } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

const KEY = ["sessions"] as const;

export function useSessions() {
  return useQuery({
    queryKey: KEY,
    queryFn: async () => (await appHost.listSessions()).items.toSorted((a, b) => b.updated_at.localeCompare(a.updated_at)),
    refetchInterval: (query) => (query.state.data?.some((session) => session.status === "running") ? 4_000 : 30_000),
  });
}

export function useRefreshSessions(): () => void {
  const queryClient = useQueryClient();
  return () => void queryClient.invalidateQueries({ queryKey: KEY });
}

export function useDeleteSession(onDeleted: (id: string) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: appHost.deleteSession,
    onSuccess: (_, id) => onDeleted(id),
    onError: (error) => toastProblem("The chat was not deleted", error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: KEY }),
  });
}
