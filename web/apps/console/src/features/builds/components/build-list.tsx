import type { Build, Capsule } from "@capsule/api";
import { Card, cn, Elapsed, LiveMark, StatusDot, statusLabel, Time } from "@capsule/ui";
import { Link } from "@tanstack/react-router";
import { shortCommit, triggerName } from "../words.ts";
import { CompareLink } from "./compare-link.tsx";

type BuildListProps = { builds: Build[]; chosen: string; capsule: Capsule };

export function BuildList({ builds, chosen, capsule }: BuildListProps) {
  return (
    <Card className="max-h-72 overflow-y-auto lg:max-h-[calc(100dvh-18rem)]">
      <ul className="divide-y" aria-label="Builds">
        {builds.map((build) => (
          <li key={build.id}>
            <Link
              to="/capsules/$capsule/builds"
              params={{ capsule: capsule.slug }}
              search={{ build: build.id }}
              aria-current={build.id === chosen}
              data-testid="build-row"
              data-status={build.status}
              className={cn(
                "block px-3.5 py-2.5 outline-offset-[-2px] transition-colors hover:bg-hover/60",
                build.id === chosen && "bg-hover hover:bg-hover",
              )}
            >
              <span className="flex items-center gap-2">
                <StatusDot status={build.status} />
                <span className="text-sm font-medium">{statusLabel(build.status)}</span>
                {build.is_live && <LiveMark />}
                <Time at={build.created_at} className="ml-auto text-xs text-ink-faint" />
              </span>
              {build.source.subject && <span className="mt-0.5 block truncate pl-4 text-xs text-ink-soft">{build.source.subject}</span>}
              <span className="mt-0.5 flex gap-1.5 pl-4 text-xs text-ink-faint">
                {build.source.commit ? <code className="font-mono">{shortCommit(build.source.commit)}</code> : null}
                <span className="truncate">{triggerName(build.trigger)}</span>
                {build.started_at && (
                  <span className="ml-auto shrink-0">
                    <Elapsed from={build.started_at} to={build.finished_at ?? null} />
                  </span>
                )}
              </span>
            </Link>
            {build.compare_url && (
              <div className="-mt-1.5 px-3.5 pb-2 pl-7.5">
                <CompareLink url={build.compare_url} />
              </div>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
