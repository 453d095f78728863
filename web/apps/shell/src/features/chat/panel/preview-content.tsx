import { Button } from "@capsule/ui";
import { ExternalLink, RotateCw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { BlockBoundary } from "../blocks/block-boundary.tsx";
import { UnknownBlock } from "../blocks/unknown-block.tsx";
import { asRecord, numberOf, safeHref, textOf } from "../blocks/payload.ts";
import { useChat } from "../chat-context.ts";
import type { BlockItem } from "../log/chat-items.ts";

const WidgetView = lazy(() => import("../blocks/widget-view.tsx"));

export function PreviewContent({ item }: { item: BlockItem }) {
  if (item.type === "browser_preview") return <BrowserFrame item={item} />;
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4">
      <BlockBoundary fallback={<UnknownBlock item={item} />}>
        <Suspense fallback={null}>
          <WidgetView item={item} />
        </Suspense>
      </BlockBoundary>
    </div>
  );
}

/** A page in a frame of its own origin: what runs in it cannot reach the chat. */
function BrowserFrame({ item }: { item: BlockItem }) {
  const { sessionId } = useChat();
  const [round, setRound] = useState(0);
  const src = addressOf(item, sessionId);
  if (src === null) return <p className="p-4 text-sm text-ink-soft">This preview has no address.</p>;
  return (
    <>
      <div className="flex h-10 shrink-0 items-center gap-1 border-b px-2">
        <Button tone="quiet" size="icon-sm" aria-label="Reload the preview" onClick={() => setRound(round + 1)}>
          <RotateCw />
        </Button>
        <span className="min-w-0 flex-1 truncate rounded-md bg-sunken px-2.5 py-1 font-mono text-2xs text-ink-soft">{src}</span>
        <Button asChild tone="quiet" size="icon-sm">
          <a href={src} target="_blank" rel="noopener noreferrer" aria-label="Open in a new tab">
            <ExternalLink />
          </a>
        </Button>
      </div>
      <iframe
        key={round}
        src={src}
        title={textOf(asRecord(item.payload), "title") || "Preview"}
        sandbox="allow-scripts allow-forms allow-popups allow-downloads"
        referrerPolicy="no-referrer"
        className="min-h-0 flex-1 bg-white"
      />
    </>
  );
}

function addressOf(item: BlockItem, sessionId: string | null): string | null {
  const payload = asRecord(item.payload);
  const url = textOf(payload, "url");
  if (url !== "") return /^https?:/i.test(url) ? safeHref(url) : null;
  const port = numberOf(payload, "port");
  if (port === null || port === 0 || sessionId === null) return null;
  const path = textOf(payload, "path") || "/";
  return `/_capsule/preview/${encodeURIComponent(sessionId)}/${String(port)}${path.startsWith("/") ? path : `/${path}`}`;
}
