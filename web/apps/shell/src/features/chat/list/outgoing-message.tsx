import { Button } from "@capsule/ui";
import { CloudOff } from "lucide-react";
import type { OutboxEntry } from "../composer/outbox.ts";
import { MessageBubble } from "./message-bubble.tsx";

type OutgoingMessageProps = { entry: OutboxEntry; onRetry: () => void; onDiscard: () => void };

/** A message that has not arrived in the log yet. */
export function OutgoingMessage({ entry, onRetry, onDiscard }: OutgoingMessageProps) {
  return (
    <div className="flex flex-col">
      <MessageBubble text={entry.text || (entry.action ?? "")} attachments={entry.attachments} isPale={entry.state !== "sent"} />
      {entry.state === "waiting" && (
        <p role="status" className="mt-1 flex items-center justify-end gap-1.5 text-2xs text-ink-faint">
          <CloudOff className="size-3.5" aria-hidden /> Sent when the connection is back
        </p>
      )}
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
