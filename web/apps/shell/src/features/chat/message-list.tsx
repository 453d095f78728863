import { Button, Skeleton } from "@capsule/ui";
import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { NotificationLine, Thinking } from "./activity.tsx";
import { ChatItemView } from "./chat-item-view.tsx";
import { OutgoingMessage } from "./outgoing-message.tsx";
import type { ChatItem, SessionLog } from "./session-log.ts";
import type { OutboxEntry } from "./use-outbox.ts";

type MessageListProps = {
  log: SessionLog;
  waiting: OutboxEntry[];
  isLoading: boolean;
  onRetry: (entry: OutboxEntry) => void;
  onDiscard: (entry: OutboxEntry) => void;
  /** Ask the same again after a turn that failed. */
  onAgain: (text: string) => void;
};

const NEAR_END_PX = 64;

export function MessageList({ log, waiting, isLoading, onRetry, onDiscard, onAgain }: MessageListProps) {
  const box = useRef<HTMLDivElement>(null);
  const [isFollowing, setIsFollowing] = useState(true);
  const following = useRef(true);
  const lastTop = useRef(0);
  const { items, notification, runningTurn } = log;
  const lastItem = items.at(-1);
  const isThinking =
    (runningTurn !== null || waiting.some((entry) => entry.state !== "failed")) &&
    !(lastItem?.kind === "reply" && lastItem.isStreaming && lastItem.text !== "");

  const toEnd = (): void => {
    following.current = true;
    setIsFollowing(true);
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };
  useLayoutEffect(() => {
    if (following.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [items, notification, isThinking]);
  // Markdown, images and fonts arrive after the text; the end moves without a new item.
  useEffect(() => {
    const element = box.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(content);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (waiting.length > 0 && box.current) {
      following.current = true;
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [waiting.length]);

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        className="h-full overflow-y-auto overscroll-contain"
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
          if (isAtEnd || scrollTop < lastTop.current) {
            following.current = isAtEnd;
            setIsFollowing(isAtEnd);
          }
          lastTop.current = scrollTop;
        }}
      >
        <div
          role="log"
          aria-label="Messages"
          aria-busy={runningTurn !== null}
          data-testid="messages"
          className="mx-auto flex w-full max-w-3xl flex-col gap-5 px-4 py-6 sm:px-6"
        >
          {isLoading && <LoadingMessages />}
          {items.map((item, index) => (
            <ChatItemView
              key={`${item.kind}-${item.id}`}
              item={item}
              {...(item.kind === "turn-end" && index === items.length - 1 && runningTurn === null
                ? { onAgain: () => onAgain(questionBefore(items, index)) }
                : {})}
            />
          ))}
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
      </div>
      {!isFollowing && (
        <Button
          size="icon"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-float"
          aria-label="To the newest message"
          onClick={toEnd}
        >
          <ArrowDown />
        </Button>
      )}
    </div>
  );
}

function questionBefore(items: readonly ChatItem[], index: number): string {
  const message = items.slice(0, index).findLast((item) => item.kind === "message");
  return message?.kind === "message" ? message.text : "";
}

function LoadingMessages() {
  return (
    <div role="status" aria-label="Loading the chat" className="space-y-6">
      <Skeleton className="ml-auto h-10 w-1/2 rounded-2xl" />
      <Skeleton className="h-24 w-4/5" />
    </div>
  );
}
