import { keys, listRepositories } from "@capsule/api";
import { Button, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";

/** What the team can make capsules of now. */
export function RepositoriesStage({ connection, onDone }: { connection: string; onDone: () => void }) {
  const found = useQuery({ queryKey: keys.repositories(connection, ""), queryFn: () => listRepositories(connection, ""), retry: false });
  return (
    <div className="mt-4 space-y-4">
      {found.isPending && <SkeletonRows rows={3} />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} className="py-4" />}
      {found.data && (
        <ul aria-label="Connected repositories" className="max-h-60 divide-y overflow-y-auto rounded-lg border">
          {found.data.items.map((repository) => (
            <li key={repository.full_name} className="flex items-center gap-2 px-3 py-2 text-sm">
              <span className="truncate">{repository.full_name}</span>
              {repository.is_private && <Lock className="size-3 shrink-0 text-ink-faint" aria-label="private" />}
            </li>
          ))}
          {found.data.items.length === 0 && <li className="px-3 py-4 text-sm text-ink-faint">No repository may be read.</li>}
          {found.data.has_more && <li className="px-3 py-2 text-xs text-ink-faint">And more: the wizard searches them.</li>}
        </ul>
      )}
      <div className="flex justify-end">
        <Button tone="primary" onClick={onDone}>
          Done
        </Button>
      </div>
    </div>
  );
}
