import { Button } from "@capsule/ui";
import { TriangleAlert, X } from "lucide-react";
import { useState } from "react";

/** Says to a developer that the version on the page is not the newest. Put away, it stays away for this reason. */
export function VersionBanner({ reason }: { reason: string }) {
  const [isShown, setIsShown] = useState(true);
  if (!isShown) return null;
  return (
    <div role="status" className="flex animate-fade items-start gap-2.5 bg-warn-soft px-4 py-2 text-sm text-warn-text">
      <TriangleAlert className="mt-1 size-4 shrink-0" aria-hidden />
      <p className="max-h-32 min-w-0 flex-1 overflow-y-auto py-0.5 break-words whitespace-pre-wrap">
        The newest version does not run: {reason}
      </p>
      <Button tone="quiet" size="icon-sm" aria-label="Dismiss" onClick={() => setIsShown(false)}>
        <X />
      </Button>
    </div>
  );
}
