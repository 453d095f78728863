import { deleteGitApp, gitAppsQuery, keys, type GitApp } from "@capsule/api";
import { Button, buttonStyle, Card, CardHead, ConfirmDialog, CopyButton, ErrorState, SkeletonRows, toastProblem } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { GitBranch, Trash2 } from "lucide-react";
import { useState } from "react";
import { providerInfo } from "#config/providers.ts";
import { EnterApp } from "./enter-app.tsx";

/** What the administrator registered at git hosts, so that teams can sign in there. */
export function AppsCard() {
  const apps = useQuery(gitAppsQuery);
  return (
    <Card>
      <CardHead
        title="Git hosts"
        hint="At which teams can sign in"
        actions={
          <>
            {/* A page load: this page alone may post a form to another host. */}
            <a href="/git/register" className={buttonStyle({ size: "sm", tone: "primary" })}>
              Register at GitHub
            </a>
            <EnterApp />
          </>
        }
      />
      {apps.isPending && <SkeletonRows rows={2} />}
      {apps.isError && <ErrorState error={apps.error} onRetry={() => void apps.refetch()} />}
      {apps.data?.length === 0 && <p className="p-4 text-sm text-ink-soft">None yet. Teams can paste tokens in the meantime.</p>}
      <ul className="divide-y" aria-label="Registrations">
        {apps.data?.map((app) => <AppRow key={app.id} app={app} />)}
      </ul>
    </Card>
  );
}

function AppRow({ app }: { app: GitApp }) {
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteGitApp(app.id),
    onSettled: () => {
      setIsAsking(false);
      return queryClient.invalidateQueries({ queryKey: keys.gitApps });
    },
    onError: (error) => toastProblem("The registration was not removed", error),
  });
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <GitBranch className="size-4 text-ink-faint" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{app.name}</p>
        <p className="truncate text-xs text-ink-faint">
          {providerInfo(app.provider)?.name ?? app.provider} · {app.url}
        </p>
        {app.webhook_url != null && (
          <p className="flex items-center gap-1 text-xs text-ink-faint">
            {app.has_webhook_secret ? "Takes webhooks at" : "Takes no webhooks; would at"} <code className="truncate font-mono">{app.webhook_url}</code>
            <CopyButton text={app.webhook_url} />
          </p>
        )}
      </div>
      {app.can.includes("delete") && (
        <Button tone="quiet" size="icon-sm" aria-label={`Remove ${app.name}`} onClick={() => setIsAsking(true)}>
          <Trash2 />
        </Button>
      )}
      <ConfirmDialog isOpen={isAsking} onOpenChange={setIsAsking} title={`Remove ${app.name}?`} confirmLabel="Remove the registration" isBusy={remove.isPending} onConfirm={() => remove.mutate()}>
        Everybody who signed in through it is signed out. At the host it stays; remove it there too.
      </ConfirmDialog>
    </li>
  );
}
