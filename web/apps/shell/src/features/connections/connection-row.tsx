import { appHost, type Connection } from "@capsule/api";
import { Button, ConfirmDialog, cn, Time, toast, toastProblem } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { integrationName } from "../../parts/connect/integration-name.ts";
import { SecretForm } from "../../parts/connect/secret-form.tsx";
import { useUpdateConnection } from "../../parts/connect/use-connections.ts";
import { openPopup, useOauth } from "../../parts/connect/use-oauth.ts";

const STATUS = {
  connected: ["Connected", "bg-good-soft text-good-text"],
  needs_reconnect: ["Needs to be connected again", "bg-warn-soft text-warn-text"],
  not_connected: ["Not connected", "bg-hover text-ink-soft"],
} as const;

export function ConnectionRow({ connection }: { connection: Connection }) {
  const { type, mode, status, account, connected_at: at, scopes = [] } = connection;
  const name = connection.name || integrationName(type);
  const [isFormOpen, setIsFormOpen] = useState(false);
  const [isLeaving, setIsLeaving] = useState(false);
  const update = useUpdateConnection();
  const oauth = useOauth(type);
  const remove = useMutation({
    mutationFn: () => appHost.deleteConnection(type),
    onSuccess: () => {
      setIsLeaving(false);
      toast(`${name} is disconnected`);
    },
    onError: (error) => toastProblem(`${name} is still connected`, error),
    onSettled: () => update(),
  });
  const [word, tone] = STATUS[status];
  const isSecret = mode === "secret";
  const connectLabel = status === "needs_reconnect" ? "Reconnect" : status === "connected" ? "Replace" : "Connect";
  return (
    <li className="rounded-xl border bg-surface p-4 shadow-soft" data-testid="connection-row" data-type={type} data-status={status}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-44">
          <h2 className="flex flex-wrap items-center gap-2 font-medium">
            {name}
            <span className={cn("rounded-full px-2 py-0.5 text-2xs font-medium", tone)}>{word}</span>
          </h2>
          <p className="mt-0.5 truncate text-xs text-ink-faint">
            {account && <span>{account} · </span>}
            {at && status !== "not_connected" && (
              <>
                connected <Time at={at} />
              </>
            )}
            {status === "not_connected" && (isSecret ? "Connected with keys that you enter" : scopes.join(", "))}
          </p>
        </div>
        <div className="flex gap-1">
        {!(isSecret && isFormOpen) && (status !== "connected" || isSecret) && (
          <Button
            tone={status === "connected" ? "plain" : "primary"}
            isBusy={oauth.isPending}
            onClick={() => (isSecret ? setIsFormOpen(true) : oauth.mutate(openPopup()))}
          >
            {connectLabel}
          </Button>
        )}
        {status !== "not_connected" && (
          <Button tone="danger-quiet" onClick={() => setIsLeaving(true)}>
            Disconnect
          </Button>
        )}
        </div>
      </div>
      {isSecret && isFormOpen && (
        <div className="mt-4 border-t pt-4">
          <SecretForm type={type} fields={connection.fields} onSaved={() => setIsFormOpen(false)} onCancel={() => setIsFormOpen(false)} />
        </div>
      )}
      <ConfirmDialog
        isOpen={isLeaving}
        onOpenChange={setIsLeaving}
        title={`Disconnect ${name}?`}
        confirmLabel="Disconnect"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        The app can no longer use this account for you. You can connect it again later.
      </ConfirmDialog>
    </li>
  );
}
