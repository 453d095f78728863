import { asProblem, beginGitSignIn, keys, type WantedSignIn } from "@capsule/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { hear, type SignInNews } from "../sign-in-news.ts";

type Trouble = { detail: string; hint: string | null };

/** A sign-in at a git host in a window of its own, from its beginning to what came of it. */
export function useSignIn(team: string, onConnected: (connection: string) => void) {
  const queryClient = useQueryClient();
  const [news, setNews] = useState<SignInNews | null>(null);
  const begin = useMutation({
    mutationFn: async ({ opened, wanted }: { opened: Window | null; wanted: WantedSignIn }) => {
      try {
        const { url } = await beginGitSignIn(team, wanted);
        if (opened) opened.location.href = url;
        return { url, state: new URL(url).searchParams.get("state") ?? "" };
      } catch (error) {
        opened?.close();
        throw error;
      }
    },
  });
  const state = begin.data?.state;
  // Listened to without a gap, whichever function is to be called in the end.
  const connected = useRef(onConnected);
  useEffect(() => {
    connected.current = onConnected;
  });
  useEffect(() => {
    if (state === undefined) return undefined;
    return hear(state, (told) => {
      setNews(told);
      void queryClient.invalidateQueries({ queryKey: keys.gitConnections(team) });
      if (told.outcome === "connected") connected.current(told.connection);
    });
  }, [state, team, queryClient]);
  const failed = begin.isError ? asProblem(begin.error) : news?.outcome === "failed" ? news : null;
  const trouble: Trouble | null = failed && { detail: failed.detail, hint: failed.hint };
  return {
    trouble,
    isRequested: news?.outcome === "requested",
    isBeginning: begin.isPending,
    /** Where the window went, for browsers that opened none. */
    url: begin.data?.url ?? null,
    start: (wanted: WantedSignIn) => {
      setNews(null);
      // Before anything is awaited: browsers open windows only for a click.
      begin.mutate({ opened: window.open("about:blank", "_blank", "width=1020,height=760"), wanted });
    },
  };
}
