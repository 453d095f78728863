import type { AppInfo } from "@capsule/api";
import { Button, EmptyState, ErrorState } from "@capsule/ui";
import { useQueryClient } from "@tanstack/react-query";
import { MessageSquareOff, Plus } from "lucide-react";
import { lazy, Suspense, useEffect, useEffectEvent, useState, type ReactNode } from "react";
import { ChatContext } from "./chat-context.ts";
import { ChatHeader } from "./chat-header.tsx";
import { Composer } from "./composer/composer.tsx";
import type { Outbox } from "./composer/outbox.ts";
import { useOutboxEntries } from "./composer/use-outbox.ts";
import { ConnectionState } from "./connection-state.tsx";
import { isAsking } from "./list/is-asking.ts";
import { MessageList } from "./list/message-list.tsx";
import { useSessionLog } from "./log/use-session-log.ts";
import { usePanel } from "./panel/use-panel.ts";
import { useChatActions } from "./use-chat-actions.ts";
import { Welcome } from "./welcome.tsx";

const PreviewPanel = lazy(() => import("./panel/preview-panel.tsx"));

type ChatPageProps = {
  app: AppInfo;
  outbox: Outbox;
  sessionId: string | null;
  title: string | null;
  /** Opens the list of chats on small screens. */
  menu: ReactNode;
  onSession: (id: string | null) => void;
  onNavigate: (target: string) => void;
  /** Called when something was said or a turn starts or ends, so that lists can be read again. */
  onTurn: () => void;
};

export function ChatPage({ app, outbox, sessionId, title, menu, onSession, onNavigate, onTurn }: ChatPageProps) {
  const queryClient = useQueryClient();
  const session = useSessionLog(sessionId, (data) =>
    queryClient.setQueryData<AppInfo>(["app"], (known) => (known ? { ...known, ...data } : known)),
  );
  const { log, state, problem } = session;
  const entries = useOutboxEntries(outbox);
  const panel = usePanel(sessionId, log);
  const [chat, setChat] = useState<string | null>(null);
  const { actions, stop } = useChatActions({ app, outbox, sessionId, chat, openPanel: panel.open, onNavigate });

  const opened = useEffectEvent((id: string) => onSession(id));
  useEffect(() => {
    outbox.tellSessions((id) => opened(id));
  }, [outbox]);
  const hasArrived = (clientId: string): boolean =>
    log.items.findLastIndex((item) => item.kind === "message" && item.clientId === clientId) !== -1;
  const waiting = entries.filter((entry) => entry.sessionId === sessionId && !hasArrived(entry.clientId));
  const settle = useEffectEvent(() => outbox.settle(hasArrived));
  const tellTurn = useEffectEvent(onTurn);
  const isRunning = log.runningTurn !== null;
  const isAsked = isAsking(log);
  // A quick turn begins and ends within one batch of events, so the items tell of it and `isRunning` does not.
  useEffect(() => {
    settle();
    tellTurn();
  }, [isRunning, log.items.length, log.title, isAsked]);

  const isSignedOut = problem?.status === 401;
  useEffect(() => {
    if (isSignedOut) void queryClient.invalidateQueries({ queryKey: ["app"] });
  }, [isSignedOut, queryClient]);

  const isMissing = problem?.status === 404;
  const isEmpty = log.items.length === 0 && waiting.length === 0 && !isRunning;
  return (
    <ChatContext value={actions}>
      <div className="flex h-full min-w-0 flex-1">
        <main className="flex h-full min-w-0 flex-1 flex-col">
          <ChatHeader app={app} title={log.title ?? title} menu={menu} changedAt={log.changedAt} />
          <ConnectionState state={sessionId === null ? "open" : state} />
          {isMissing ? (
            <MissingChat onNew={() => onSession(null)} />
          ) : problem ? (
            <ErrorState error={problem} onRetry={() => window.location.reload()} className="flex-1 justify-center" />
          ) : isEmpty && (sessionId === null || state === "open") ? (
            <Welcome app={app} chat={chat} onChat={setChat} />
          ) : (
            <MessageList
              key={`list-${sessionId ?? ""}`}
              session={session}
              waiting={waiting}
              isLoading={isEmpty && sessionId !== null}
              onRetry={(entry) => outbox.retry(entry.clientId)}
              onDiscard={(entry) => outbox.discard(entry.clientId)}
            />
          )}
          {!isMissing && (
            <Composer
              key={`composer-${sessionId ?? ""}`}
              app={app}
              sessionId={sessionId}
              isRunning={isRunning}
              isStopping={stop.isPending}
              onSend={actions.send}
              onStop={() => sessionId !== null && stop.mutate(sessionId)}
            />
          )}
        </main>
        {panel.shown && (
          <Suspense fallback={null}>
            <PreviewPanel item={panel.shown} others={panel.previews} onOpen={panel.open} onClose={panel.close} />
          </Suspense>
        )}
      </div>
    </ChatContext>
  );
}

function MissingChat({ onNew }: { onNew: () => void }) {
  return (
    <EmptyState
      icon={MessageSquareOff}
      title="This chat does not exist"
      className="flex-1 justify-center"
      actions={
        <Button tone="primary" onClick={onNew}>
          <Plus /> New chat
        </Button>
      }
    >
      It was deleted, or it belongs to somebody else.
    </EmptyState>
  );
}
