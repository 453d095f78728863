import { Button, cn } from "@capsule/ui";
import type { OutboxEntry } from "./use-outbox.ts";

export function MessageBubble({ text, isPale = false }: { text: string; isPale?: boolean }) {
  return (
    <div
      data-testid="message"
      data-sender="user"
      className={cn(
        "ml-auto max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 text-[0.9375rem] leading-relaxed break-words whitespace-pre-wrap sm:max-w-[75%]",
        isPale && "opacity-70",
      )}
    >
      {text}
    </div>
  );
}

type OutgoingMessageProps = { entry: OutboxEntry; onRetry: () => void; onDiscard: () => void };

export function OutgoingMessage({ entry, onRetry, onDiscard }: OutgoingMessageProps) {
  return (
    <div className="flex flex-col">
      <MessageBubble text={entry.text} isPale={entry.state !== "sent"} />
      {entry.state === "failed" && (
        <div role="alert" className="mt-1.5 flex flex-wrap items-center justify-end gap-x-2 text-xs text-bad-text">
          <span className="text-right">Not sent. {entry.problem?.detail}</span>
          <Button size="sm" onClick={onRetry}>
            Send again
          </Button>
          <Button size="sm" tone="quiet" onClick={onDiscard}>
            Discard
          </Button>
        </div>
      )}
    </div>
  );
}
