import { appHost, type ChatSession } from "@capsule/api";
import { toastProblem } from "@capsule/ui";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

const KEY = ["sessions"] as const;
const REFRESH_MS = 300;
const isBusy = (session: ChatSession): boolean => session.status !== "idle";

/** The chats of the user, the newest first; those that `query` finds in titles and texts. */
export function useSessions(query = "") {
  return useQuery({
    queryKey: [...KEY, query],
    queryFn: async () =>
      (await appHost.listSessions(query)).items
        .filter((session) => session.visibility !== "hidden")
        .toSorted((a, b) => b.updated_at.localeCompare(a.updated_at)),
    placeholderData: keepPreviousData,
    refetchInterval: (found) => (found.state.data?.some(isBusy) ? 4_000 : 30_000),
  });
}

/** Reads the lists again, at most once in a moment however often it is asked for. */
export function useRefreshSessions(): () => void {
  const queryClient = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queryClient.invalidateQueries({ queryKey: KEY });
    }, REFRESH_MS);
  };
}

/** Changes every list of chats at once, and takes it back when the server refuses. */
function useOptimistic() {
  const queryClient = useQueryClient();
  return {
    change: async (step: (sessions: ChatSession[]) => ChatSession[]) => {
      await queryClient.cancelQueries({ queryKey: KEY });
      const before = queryClient.getQueriesData<ChatSession[]>({ queryKey: KEY });
      queryClient.setQueriesData<ChatSession[]>({ queryKey: KEY }, (sessions) => sessions && step(sessions));
      return () => {
        for (const [key, sessions] of before) queryClient.setQueryData(key, sessions);
      };
    },
    settle: () => queryClient.invalidateQueries({ queryKey: KEY }),
  };
}

export function useDeleteSession(onDeleted: (id: string) => void) {
  const { change, settle } = useOptimistic();
  return useMutation({
    mutationFn: appHost.deleteSession,
    onMutate: async (id) => {
      onDeleted(id);
      return change((sessions) => sessions.filter((session) => session.id !== id));
    },
    onError: (error, _, undo) => {
      undo?.();
      toastProblem("The chat was not deleted", error);
    },
    onSettled: settle,
  });
}

export function useRenameSession() {
  const { change, settle } = useOptimistic();
  return useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) => appHost.renameSession(id, title),
    onMutate: ({ id, title }) =>
      change((sessions) => sessions.map((session) => (session.id === id ? { ...session, title } : session))),
    onError: (error, _, undo) => {
      undo?.();
      toastProblem("The chat was not renamed", error);
    },
    onSettled: settle,
  });
}
