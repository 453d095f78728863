import { gitAppsQuery, type GitApp } from "@capsule/api";
import { Button, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, GitBranch, KeyRound } from "lucide-react";
import { providerInfo } from "#config/providers.ts";

type ProviderStageProps = { onChoose: (app: GitApp) => void; onToken: () => void };

/** The hosts that the administrator registered, and the way without. */
export function ProviderStage({ onChoose, onToken }: ProviderStageProps) {
  const apps = useQuery(gitAppsQuery);
  if (apps.isPending) return <SkeletonRows rows={3} />;
  if (apps.isError) return <ErrorState error={apps.error} onRetry={() => void apps.refetch()} />;
  return (
    <div className="mt-4 space-y-3">
      <ul aria-label="Git hosts" className="divide-y overflow-hidden rounded-lg border">
        {apps.data.map((app) => (
          <li key={app.id}>
            <button
              type="button"
              onClick={() => onChoose(app)}
              className="flex w-full items-center gap-3 px-3.5 py-2.5 text-left outline-offset-[-2px] hover:bg-hover/60"
            >
              <GitBranch className="size-4 text-ink-faint" aria-hidden />
              <span className="min-w-0 flex-1">
                <span className="block text-sm font-medium">{providerInfo(app.provider)?.name ?? app.provider}</span>
                <span className="block truncate text-xs text-ink-faint">{app.url}</span>
              </span>
              <ChevronRight className="size-4 text-ink-faint" aria-hidden />
            </button>
          </li>
        ))}
        {apps.data.length === 0 && (
          <li className="p-3.5 text-sm text-ink-soft">
            Nobody can sign in yet: the administrator registers this installation at a git host under System.
          </li>
        )}
      </ul>
      <Button tone="quiet" onClick={onToken}>
        <KeyRound /> Paste an access token instead
      </Button>
    </div>
  );
}
