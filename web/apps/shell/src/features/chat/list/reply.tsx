import { Button, cn, CopyButton } from "@capsule/ui";
import { RotateCw } from "lucide-react";
import { lazy, Suspense } from "react";
import { useChat } from "../chat-context.ts";
import type { ReplyItem } from "../log/chat-items.ts";
import { ClockTime } from "./clock-time.tsx";

const Markdown = lazy(() => import("@capsule/blocks/markdown"));

export function Reply({ item, retryTurn }: { item: ReplyItem; retryTurn: string | null }) {
  const { retry } = useChat();
  const { text, isStreaming, at } = item;
  if (text === "") return null;
  return (
    <article data-testid="message" data-sender="app" aria-busy={isStreaming} className="group min-w-0">
      <Suspense fallback={<p className="prose whitespace-pre-wrap">{text}</p>}>
        <Markdown text={text} isGrowing={isStreaming} />
      </Suspense>
      {!isStreaming && (
        <footer
          className={cn(
            "mt-0.5 -mb-5.5 -ml-1.5 flex h-7 items-center gap-0.5 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:-mb-2 pointer-coarse:opacity-100",
            retryTurn !== null && "-mb-2 opacity-100",
          )}
        >
          <CopyButton text={text} label="Copy the reply" />
          {retryTurn !== null && (
            <Button tone="quiet" size="icon-sm" aria-label="Ask again" title="Ask again" onClick={() => retry(retryTurn)}>
              <RotateCw />
            </Button>
          )}
          <ClockTime at={at} className="pl-1.5" />
        </footer>
      )}
    </article>
  );
}
