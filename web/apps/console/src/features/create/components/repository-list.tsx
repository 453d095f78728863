import { keys, listRepositories, type GitConnection } from "@capsule/api";
import { cn, ErrorState, Input, SkeletonRows } from "@capsule/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Check, Lock } from "lucide-react";
import { useDeferredValue, useState } from "react";

type RepositoryListProps = { connection: GitConnection; chosen: string; onChoose: (url: string) => void };

/** What the connection sees at its host, the last changed first. */
export function RepositoryList({ connection, chosen, onChoose }: RepositoryListProps) {
  const [search, setSearch] = useState("");
  const needle = useDeferredValue(search.trim());
  const found = useQuery({
    queryKey: keys.repositories(connection.id, needle),
    queryFn: () => listRepositories(connection.id, needle),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });
  return (
    <div className="overflow-hidden rounded-lg border bg-surface">
      <div className="border-b p-2">
        <Input type="search" aria-label="Search repositories" placeholder="Search repositories" value={search} onChange={(event) => setSearch(event.target.value)} />
      </div>
      {found.isPending && <SkeletonRows />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} className="py-6" />}
      <ul aria-label="Repositories" className="max-h-52 divide-y overflow-y-auto">
        {found.data?.items.map((repository) => (
          <li key={repository.full_name}>
            <button
              type="button"
              aria-pressed={repository.url === chosen}
              onClick={() => onChoose(repository.url)}
              className={cn("flex w-full items-center gap-2 px-3 py-2 text-left text-sm outline-offset-[-2px] hover:bg-hover/60", repository.url === chosen && "bg-hover")}
            >
              <span className="truncate">{repository.full_name}</span>
              {repository.is_private && <Lock className="size-3 shrink-0 text-ink-faint" aria-label="private" />}
              <span className="ml-auto text-xs text-ink-faint">{repository.default_branch}</span>
              {repository.url === chosen && <Check className="size-4 shrink-0 text-accent-text" aria-hidden />}
            </button>
          </li>
        ))}
        {found.data?.items.length === 0 && <li className="px-3 py-6 text-center text-sm text-ink-faint">No repository found.</li>}
      </ul>
    </div>
  );
}
