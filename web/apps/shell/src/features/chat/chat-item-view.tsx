import { Button, Notice } from "@capsule/ui";
import { CircleStop, RotateCw } from "lucide-react";
import { lazy, memo, Suspense } from "react";
import { MessageBubble } from "./outgoing-message.tsx";
import type { ChatItem } from "./session-log.ts";

const Markdown = lazy(() => import("./markdown.tsx"));

type ChatItemViewProps = { item: ChatItem; onAgain?: () => void };

/** Only the item that changed is drawn again while a reply streams. */
export const ChatItemView = memo(function ChatItemView({ item, onAgain }: ChatItemViewProps) {
  switch (item.kind) {
    case "message":
      return <MessageBubble text={item.text} />;
    case "reply":
      return <Reply text={item.text} isStreaming={item.isStreaming} />;
    case "block":
      return <UnknownBlock type={item.type} payload={item.payload} />;
    case "turn-end":
      return <TurnEnd status={item.status} error={item.error} {...(onAgain ? { onAgain } : {})} />;
  }
});

function Reply({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  if (text === "") return null;
  return (
    <article data-testid="message" data-sender="app" aria-busy={isStreaming} className="min-w-0">
      <Suspense fallback={<p className="prose whitespace-pre-wrap">{text}</p>}>
        <Markdown text={text} />
      </Suspense>
    </article>
  );
}

function UnknownBlock({ type, payload }: { type: string; payload: unknown }) {
  return (
    <details className="rounded-lg border bg-surface px-3 py-2 text-sm">
      <summary className="rounded-sm text-ink-soft">{type}</summary>
      <pre className="mt-2 overflow-x-auto font-mono text-xs">{JSON.stringify(payload, null, 2)}</pre>
    </details>
  );
}

type TurnEndProps = { status: "failed" | "cancelled" | "interrupted"; error: string | null; onAgain?: () => void };

function TurnEnd({ status, error, onAgain }: TurnEndProps) {
  const again = onAgain && (
    <Button size="sm" className="mt-2" onClick={onAgain}>
      <RotateCw /> Try again
    </Button>
  );
  if (status === "cancelled") {
    return (
      <p className="flex items-center gap-1.5 text-xs text-ink-faint" data-testid="turn-end" data-status={status}>
        <CircleStop className="size-3.5" aria-hidden /> Stopped
      </p>
    );
  }
  return (
    <div data-testid="turn-end" data-status={status}>
      <Notice
        tone={status === "failed" ? "bad" : "warn"}
        title={status === "failed" ? "The app failed on this message." : "The app was interrupted on this message."}
      >
        {error !== null && <p className="break-words whitespace-pre-wrap">{error}</p>}
        {again}
      </Notice>
    </div>
  );
}
