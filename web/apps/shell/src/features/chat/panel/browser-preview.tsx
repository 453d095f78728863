import { ErrorState } from "@capsule/ui";
import { useState } from "react";
import { asRecord, numberOf, safeHref, textOf } from "../blocks/payload.ts";
import { useChat } from "../chat-context.ts";
import type { BlockItem } from "../log/chat-items.ts";
import { BrowserFrame } from "./browser-frame.tsx";
import { usePortPreview } from "./use-port-preview.ts";

/** Of what the app itself serves: its pages get no origin, and with it neither cookies nor the chat's own calls. */
const PORT_SANDBOX = "allow-scripts allow-forms allow-popups allow-modals";
const SITE_SANDBOX = "allow-scripts allow-forms allow-popups allow-downloads";

/** A web page beside the chat: one from elsewhere, or the server on a port of the app. */
export function BrowserPreview({ item }: { item: BlockItem }) {
  const { sessionId } = useChat();
  const payload = asRecord(item.payload);
  const title = textOf(payload, "title") || "Preview";
  const url = textOf(payload, "url");
  if (url !== "") {
    const src = /^https?:/i.test(url) ? safeHref(url) : null;
    return src === null ? <NoAddress /> : <SitePreview src={src} title={title} />;
  }
  const port = numberOf(payload, "port");
  if (port === null || port === 0 || sessionId === null) return <NoAddress />;
  const path = textOf(payload, "path") || "/";
  return <PortPreview key={item.revision} sessionId={sessionId} port={port} path={path} title={title} />;
}

const NoAddress = () => <p className="p-4 text-sm text-ink-soft">This preview has no address.</p>;

function SitePreview({ src, title }: { src: string; title: string }) {
  const [round, setRound] = useState(0);
  const reload = (): void => setRound(round + 1);
  return <BrowserFrame src={src} shown={src} title={title} sandbox={SITE_SANDBOX} round={round} onReload={reload} />;
}

function PortPreview({ sessionId, port, path, title }: { sessionId: string; port: number; path: string; title: string }) {
  const preview = usePortPreview(sessionId, port);
  if (preview.isError) {
    return (
      <div className="p-4">
        <ErrorState error={preview.error} onRetry={() => void preview.refetch()} />
      </div>
    );
  }
  if (!preview.data?.is_ready) {
    return (
      <p role="status" className="animate-pulse p-4 text-sm text-ink-soft">
        {preview.data ? `The port ${String(port)} does not answer yet.` : "Opening the preview…"}
      </p>
    );
  }
  return (
    <BrowserFrame
      src={preview.data.url}
      shown={`localhost:${String(port)}${path}`}
      title={title}
      sandbox={PORT_SANDBOX}
      round={preview.dataUpdatedAt}
      onReload={() => void preview.refetch()}
    />
  );
}
