import { Button, Notice } from "@capsule/ui";
import { CircleStop, RotateCw } from "lucide-react";
import { useChat } from "../chat-context.ts";
import type { TurnEndItem } from "../log/chat-items.ts";

/** How a turn ended that did not succeed, and a way to run it again. */
export function TurnEnd({ item, retryTurn }: { item: TurnEndItem; retryTurn: string | null }) {
  const { retry } = useChat();
  const { status, error } = item;
  const again = retryTurn !== null && (
    <Button size="sm" onClick={() => retry(retryTurn)}>
      <RotateCw /> Try again
    </Button>
  );
  if (status === "cancelled") {
    return (
      <div className="flex items-center gap-3 text-xs text-ink-faint" data-testid="turn-end" data-status={status}>
        <span className="flex items-center gap-1.5">
          <CircleStop className="size-3.5" aria-hidden /> Stopped
        </span>
        {again}
      </div>
    );
  }
  return (
    <div data-testid="turn-end" data-status={status}>
      <Notice
        tone={status === "failed" ? "bad" : "warn"}
        title={status === "failed" ? "The app failed on this message." : "The app was interrupted on this message."}
      >
        {error !== null && <p className="max-h-60 overflow-y-auto break-words whitespace-pre-wrap">{error}</p>}
        {again && <div className="mt-2">{again}</div>}
      </Notice>
    </div>
  );
}
