import { deleteGitConnection, gitConnectionsQuery, keys, type GitConnection, type Team } from "@capsule/api";
import { Button, Card, CardHead, ConfirmDialog, ErrorState, SkeletonRows, Time, toastProblem } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { GitBranch, Trash2 } from "lucide-react";
import { useState } from "react";
import { providerInfo } from "#config/providers.ts";
import { ConnectHost } from "./connect-host.tsx";
import { SignInAgain } from "./sign-in-again.tsx";

/** A team's accounts at git hosts. */
export function HostsCard({ team }: { team: Team }) {
  const connections = useQuery(gitConnectionsQuery(team.id));
  return (
    <Card>
      <CardHead title="Git hosts" hint={`Connected for ${team.name}; access is kept encrypted`} actions={<ConnectHost team={team.id} />} />
      {connections.isPending && <SkeletonRows />}
      {connections.isError && <ErrorState error={connections.error} onRetry={() => void connections.refetch()} />}
      {connections.data?.length === 0 && <p className="p-4 text-sm text-ink-soft">None is connected. Public repositories, tokens and deploy keys work without.</p>}
      <ul className="divide-y">
        {connections.data?.map((connection) => <HostRow key={connection.id} connection={connection} />)}
      </ul>
    </Card>
  );
}

function HostRow({ connection }: { connection: GitConnection }) {
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteGitConnection(connection.id),
    onSettled: () => {
      setIsAsking(false);
      return queryClient.invalidateQueries({ queryKey: keys.gitConnections(connection.team_id) });
    },
    onError: (error) => toastProblem("The connection was not removed", error),
  });
  const name = providerInfo(connection.provider)?.name ?? connection.provider;
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <GitBranch className="size-4 text-ink-faint" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{connection.account}</p>
        {connection.status === "signed_out" && <p className="text-xs text-bad-text">{connection.problem ?? "It does not work any more."}</p>}
        {connection.is_limited && <p className="text-xs text-ink-soft">Only the repositories that whoever signed in may see.</p>}
        <p className="truncate text-xs text-ink-faint">
          {name} · {connection.url} · <Time at={connection.created_at} />
        </p>
      </div>
      {connection.status === "signed_out" && connection.can.includes("sign_in") && <SignInAgain connection={connection} />}
      {connection.can.includes("delete") && (
        <Button tone="quiet" size="icon-sm" aria-label={`Remove ${name}, ${connection.account}`} onClick={() => setIsAsking(true)}>
          <Trash2 />
        </Button>
      )}
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={`Remove ${connection.account} at ${name}?`}
        confirmLabel="Remove the connection"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        Its access is given back. Capsules keep their source, but private repositories cannot be read any more.
      </ConfirmDialog>
    </li>
  );
}
