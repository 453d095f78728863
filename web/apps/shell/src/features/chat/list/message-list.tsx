import { NewestButton, Skeleton } from "@capsule/ui";
import { LoaderCircle } from "lucide-react";
import { useEffect, useEffectEvent } from "react";
import type { OutboxEntry } from "../composer/outbox.ts";
import type { LiveSession } from "../log/use-session-log.ts";
import { NotificationLine, Thinking } from "./activity.tsx";
import { Announcer } from "./announcer.tsx";
import { ChunkView } from "./chunk-view.tsx";
import { OutgoingMessage } from "./outgoing-message.tsx";
import { isAsking } from "./is-asking.ts";
import { chunksOf } from "./rows.ts";
import { useFollowEnd } from "./use-follow-end.ts";

type MessageListProps = {
  session: LiveSession;
  waiting: readonly OutboxEntry[];
  isLoading: boolean;
  onRetry: (entry: OutboxEntry) => void;
  onDiscard: (entry: OutboxEntry) => void;
};

export function MessageList({ session, waiting, isLoading, onRetry, onDiscard }: MessageListProps) {
  const { log, hasOlder, isLoadingOlder, loadOlder } = session;
  const { items, notification, runningTurn } = log;
  const lastItem = items.at(-1);
  const isWaitingForReply = runningTurn !== null || waiting.some((entry) => entry.state === "sending" || entry.state === "sent");
  const isThinking = isWaitingForReply && !isAsking(log) && !(lastItem?.kind === "reply" && lastItem.isStreaming && lastItem.text !== "");
  const chunks = chunksOf(log);
  const lastKey = chunks.at(-1)?.key ?? 0;
  const { boxRef, isFollowing, toEnd, onScroll } = useFollowEnd(items, waiting.length, log.origin, loadOlder);

  // A page may hold less than what fills the screen; nobody can scroll then.
  const fill = useEffectEvent(() => {
    const element = boxRef.current;
    if (element && element.scrollHeight <= element.clientHeight * 1.5) loadOlder();
  });
  useEffect(() => {
    if (hasOlder && !isLoadingOlder) fill();
  }, [hasOlder, isLoadingOlder, log.origin]);

  return (
    <div className="relative min-h-0 flex-1">
      <div ref={boxRef} className="h-full overflow-y-auto overscroll-contain" onScroll={onScroll}>
        <div
          role="log"
          aria-label="Messages"
          aria-busy={runningTurn !== null}
          data-testid="messages"
          className="mx-auto flex w-full max-w-3xl flex-col gap-5 py-6"
        >
          {hasOlder && (
            <div className="flex h-6 justify-center" role="status">
              {isLoadingOlder && <LoaderCircle className="size-4 animate-spin text-ink-faint" aria-label="Loading older messages" />}
            </div>
          )}
          {isLoading && <LoadingMessages />}
          {chunks.map((chunk) => (
            <ChunkView key={chunk.key} chunk={chunk} isNear={chunk.key >= lastKey - 1} />
          ))}
          {(waiting.length > 0 || notification !== null || isThinking) && (
            <div className="flex flex-col gap-5 px-4 sm:px-6">
              {waiting.map((entry) => (
                <OutgoingMessage
                  key={entry.clientId}
                  entry={entry}
                  onRetry={() => onRetry(entry)}
                  onDiscard={() => onDiscard(entry)}
                />
              ))}
              {notification ? <NotificationLine {...notification} /> : isThinking && <Thinking />}
            </div>
          )}
        </div>
      </div>
      <Announcer log={log} />
      {!isFollowing && <NewestButton onClick={toEnd} />}
    </div>
  );
}

function LoadingMessages() {
  return (
    <div role="status" aria-label="Loading the chat" className="space-y-6 px-4 sm:px-6">
      <Skeleton className="ml-auto h-10 w-1/2 rounded-2xl" />
      <Skeleton className="h-24 w-4/5" />
    </div>
  );
}
