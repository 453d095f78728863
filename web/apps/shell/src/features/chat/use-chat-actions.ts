import { appHost, type AppInfo } from "@capsule/api";
import { toastProblem } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { useLayoutEffect, useMemo, useState } from "react";
import type { ChatActions } from "./chat-context.ts";
import type { Draft, Outbox } from "./composer/outbox.ts";

type Needs = {
  app: AppInfo;
  outbox: Outbox;
  sessionId: string | null;
  /** The handler that a new chat talks to; null for the app's first. */
  chat: string | null;
  openPanel: (blockId: string) => void;
  onNavigate: (target: string) => void;
};

/** What parts of the open chat may do, in a value that only changes with the chat or the app. */
export function useChatActions({ app, outbox, sessionId, chat, openPanel, onNavigate }: Needs) {
  const stop = useMutation({
    mutationFn: (id: string) => appHost.stopTurn(id),
    onError: (error) => toastProblem("The reply was not stopped", error),
  });
  const retry = useMutation({
    mutationFn: (turnId: string) => appHost.retryTurn(sessionId ?? "", turnId),
    onError: (error) => toastProblem("The message was not run again", error),
  });
  const latest = useLatest({
    send: (draft: Draft) => outbox.send(sessionId, { ...draft, ...(sessionId === null && chat !== null ? { chat } : {}) }),
    retry: (turnId: string) => retry.mutate(turnId),
    openPanel,
    navigate: onNavigate,
  });
  const actions = useMemo<ChatActions>(
    () => ({
      app,
      sessionId,
      send: (draft) => latest().send(draft),
      retry: (turnId) => latest().retry(turnId),
      openPanel: (blockId) => latest().openPanel(blockId),
      navigate: (target) => latest().navigate(target),
    }),
    [app, sessionId, latest],
  );
  return { actions, stop };
}

/** A function that never changes and returns what was given last. */
function useLatest<T>(value: T): () => T {
  const [box] = useState(() => {
    let kept = value;
    return { get: () => kept, set: (next: T) => void (kept = next) };
  });
  useLayoutEffect(() => box.set(value));
  return box.get;
}
