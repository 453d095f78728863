import type { Capsule } from "@capsule/api";
import { Card, CardHead, CopyButton, Notice } from "@capsule/ui";
import { ExternalLink } from "lucide-react";

export function AddressCard({ capsule }: { capsule: Capsule }) {
  return (
    <Card>
      <CardHead title="Public URL" hint="Where people reach this capsule" />
      <div className="space-y-3 p-4">
        {capsule.url === null ? (
          <p className="text-sm text-ink-soft">The address works once the first release is live.</p>
        ) : (
          <div className="flex items-center gap-1 rounded-md border bg-sunken py-1 pr-1.5 pl-3">
            <a
              href={capsule.url}
              target="_blank"
              rel="noreferrer"
              data-testid="public-url"
              className="flex min-w-0 flex-1 items-center gap-1.5 py-1 font-mono text-sm text-accent-text hover:underline"
            >
              <span className="truncate">{capsule.url}</span>
              <ExternalLink className="size-3.5 shrink-0" aria-hidden />
            </a>
            <CopyButton text={capsule.url} label="Copy URL" />
          </div>
        )}
        {capsule.status === "stopped" && <Notice>The capsule is switched off; visitors see a page that says so.</Notice>}
      </div>
    </Card>
  );
}
