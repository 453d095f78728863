import { Button } from "@capsule/ui";
import { ExternalLink, RotateCw } from "lucide-react";

type BrowserFrameProps = {
  src: string;
  /** What stands in the address line. */
  shown: string;
  title: string;
  sandbox: string;
  /** A frame of another round is loaded anew. */
  round: number;
  onReload: () => void;
};

/** A page in a frame of its own origin: what runs in it cannot reach the chat. */
export function BrowserFrame({ src, shown, title, sandbox, round, onReload }: BrowserFrameProps) {
  return (
    <>
      <div className="flex h-10 shrink-0 items-center gap-1 border-b px-2">
        <Button tone="quiet" size="icon-sm" aria-label="Reload the preview" onClick={onReload}>
          <RotateCw />
        </Button>
        <span className="min-w-0 flex-1 truncate rounded-md bg-sunken px-2.5 py-1 font-mono text-2xs text-ink-soft">{shown}</span>
        <Button asChild tone="quiet" size="icon-sm">
          <a href={src} target="_blank" rel="noopener noreferrer" aria-label="Open in a new tab">
            <ExternalLink />
          </a>
        </Button>
      </div>
      <iframe key={round} src={src} title={title} sandbox={sandbox} referrerPolicy="no-referrer" className="min-h-0 flex-1 bg-white" />
    </>
  );
}
