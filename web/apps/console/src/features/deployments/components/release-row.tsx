import type { Capsule, Release } from "@capsule/api";
import { Button, cn, LiveMark, Time } from "@capsule/ui";
import { Link } from "@tanstack/react-router";
import { Redo2, Undo2 } from "lucide-react";
import { releaseTitle, shortCommit } from "../words.ts";

type ReleaseRowProps = { release: Release; all: readonly Release[]; capsule: Capsule; onRollBack: () => void };

/** A point on the line of releases. */
export function ReleaseRow({ release, all, capsule, onRollBack }: ReleaseRowProps) {
  const isNewer = release.number > (capsule.release?.number ?? 0);
  return (
    <li
      data-testid="release-row"
      data-release={release.number}
      className="group/row relative flex items-start gap-3.5 px-4 py-2 before:absolute before:top-0 before:bottom-0 before:left-[1.8125rem] before:w-px before:bg-line first:before:top-4 last:before:bottom-[calc(100%-1rem)]"
    >
      <span
        className={cn(
          "relative grid size-7 shrink-0 place-items-center rounded-full border bg-surface text-xs font-medium tabular-nums",
          release.is_live ? "border-good bg-good-soft text-good-text" : "border-line-strong text-ink-soft",
        )}
      >
        {release.number}
      </span>
      <div className="min-w-0 flex-1 pt-0.5">
        <p className="flex items-center gap-2 text-sm">
          <span className={cn("truncate", release.is_live && "font-medium")}>{releaseTitle(release, all)}</span>
          {release.is_live && <LiveMark />}
        </p>
        <p className="flex flex-wrap gap-x-1.5 text-xs text-ink-faint">
          <Time at={release.created_at} />
          {release.commit && (
            <>
              · <code className="font-mono">{shortCommit(release.commit)}</code>
            </>
          )}
          {release.build_id && release.made_by === "build" && (
            <>
              ·{" "}
              <Link
                to="/capsules/$capsule/builds"
                params={{ capsule: capsule.slug }}
                search={{ build: release.build_id }}
                className="rounded-sm hover:text-accent-text hover:underline"
              >
                build log
              </Link>
            </>
          )}
          {!release.is_kept && <span title="Only the files of the newest releases are kept.">· files removed</span>}
        </p>
      </div>
      {release.can.includes("roll_back") && (
        <Button size="sm" aria-label={`${isNewer ? "Make live:" : "Roll back to"} release ${String(release.number)}`} onClick={onRollBack}>
          {isNewer ? <Redo2 /> : <Undo2 />} <span className="max-sm:sr-only">{isNewer ? "Make live" : "Roll back"}</span>
        </Button>
      )}
    </li>
  );
}
