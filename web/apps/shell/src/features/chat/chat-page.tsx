import { appHost, type AppInfo } from "@capsule/api";
import { Button, EmptyState, toastProblem } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { MessageSquareOff, Plus } from "lucide-react";
import { useEffect, useEffectEvent, type ReactNode } from "react";
import { ChatHeader } from "./chat-header.tsx";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message-list.tsx";
import { Welcome } from "./welcome.tsx";
import { useOutbox } from "./use-outbox.ts";
import { useSessionLog } from "./use-session-log.ts";

type ChatPageProps = {
  app: AppInfo;
  sessionId: string | null;
  title: string | null;
  /** Opens the list of chats on small screens. */
  menu: ReactNode;
  onSession: (id: string | null) => void;
  /** Called when something was said or a turn starts or ends, so that lists can be read again. */
  onTurn: () => void;
};

export function ChatPage({ app, sessionId, title, menu, onSession, onTurn }: ChatPageProps) {
  const { log, state, problem } = useSessionLog(sessionId);
  const outbox = useOutbox(sessionId, onSession);
  const stop = useMutation({
    mutationFn: (id: string) => appHost.stopTurn(id),
    onError: (error) => toastProblem("The reply was not stopped", error),
  });
  const arrived = new Set(log.items.map((item) => (item.kind === "message" ? item.clientId : null)));
  const waiting = outbox.entries.filter((entry) => entry.sessionId === sessionId && !arrived.has(entry.clientId));
  const isRunning = log.runningTurn !== null;
  const tellTurn = useEffectEvent(onTurn);
  // A quick turn begins and ends within one batch of events, so the items tell of it and `isRunning` does not.
  useEffect(() => tellTurn(), [isRunning, log.items.length]);

  const isMissing = problem?.status === 404;
  const isEmpty = log.items.length === 0 && waiting.length === 0;
  return (
    <div className="flex h-full min-w-0 flex-1 flex-col">
      <ChatHeader app={app} title={title} menu={menu} state={sessionId === null ? "open" : state} changedAt={log.changedAt} />
      {isMissing ? (
        <EmptyState
          icon={MessageSquareOff}
          title="This chat does not exist"
          className="flex-1 justify-center"
          actions={
            <Button tone="primary" onClick={() => onSession(null)}>
              <Plus /> New chat
            </Button>
          }
        >
          It was deleted, or it belongs to somebody else.
        </EmptyState>
      ) : isEmpty && (sessionId === null || state === "open") ? (
        <Welcome app={app} />
      ) : (
        <MessageList
          log={log}
          waiting={waiting}
          isLoading={isEmpty && sessionId !== null}
          onRetry={outbox.retry}
          onDiscard={outbox.discard}
          onAgain={outbox.send}
        />
      )}
      {!isMissing && (
        <Composer
          key={sessionId ?? "new"}
          app={app}
          isRunning={isRunning}
          isStopping={stop.isPending}
          onSend={outbox.send}
          onStop={() => sessionId !== null && stop.mutate(sessionId)}
        />
      )}
    </div>
  );
}
