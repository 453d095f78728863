import type { Capsule } from "@capsule/api";
import { Card, CardHead, ConfirmDialog, CopyButton, Notice, Switch } from "@capsule/ui";
import { ExternalLink } from "lucide-react";
import { useId, useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";

/** The address, and whether it answers. */
export function AddressCard({ capsule }: { capsule: Capsule }) {
  const isPublic = capsule.config.public_access !== false;
  return (
    <Card data-testid="address-card">
      <CardHead
        title="Public URL"
        hint="Where people reach this capsule"
        actions={capsule.can.includes("update") && <PublicAccess capsule={capsule} isPublic={isPublic} />}
      />
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
        {!isPublic && (
          <Notice tone="warn" title="Public access is off">
            Every request to this address is refused. Workers, cron jobs, commands and deployments go on.
          </Notice>
        )}
        {capsule.status === "stopped" && <Notice>The capsule is switched off; visitors see a page that says so.</Notice>}
      </div>
    </Card>
  );
}

/** On again at once; off after a question, as visitors are cut off. */
function PublicAccess({ capsule, isPublic }: { capsule: Capsule; isPublic: boolean }) {
  const id = useId();
  const [isAsking, setIsAsking] = useState(false);
  const change = useUpdateCapsule(capsule);
  const turn = (isOn: boolean): void =>
    change.mutate({ config: { public_access: isOn ? null : false } }, { onSettled: () => setIsAsking(false) });
  return (
    <>
      <label htmlFor={id} className="text-sm">
        Public access
      </label>
      <Switch
        id={id}
        checked={isPublic}
        disabled={change.isPending}
        onCheckedChange={(isOn) => (isOn ? turn(true) : setIsAsking(true))}
      />
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={`Close “${capsule.name}” to the public?`}
        confirmLabel="Close it"
        isBusy={change.isPending}
        onConfirm={() => turn(false)}
      >
        Every request to its address is refused, and what visitors have open is cut off. Its workers, cron jobs and commands go on.
      </ConfirmDialog>
    </>
  );
}
