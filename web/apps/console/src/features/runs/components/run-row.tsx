import type { Run } from "@capsule/api";
import { cn, Elapsed, StatusBadge, Time } from "@capsule/ui";

/** One run in the list; the chosen one's output is shown beside it. */
export function RunRow({ run, isChosen, onChoose }: { run: Run; isChosen: boolean; onChoose: () => void }) {
  return (
    <li data-testid="run-row" data-status={run.status}>
      <button
        type="button"
        aria-current={isChosen}
        onClick={onChoose}
        className={cn("flex w-full items-center gap-3 px-4 py-2.5 text-left hover:bg-hover", isChosen && "bg-hover")}
      >
        <span className="min-w-0 flex-1">
          <code className="block truncate font-mono text-xs">{run.command}</code>
          <span className="block truncate text-xs text-ink-faint">
            {run.trigger === "cron" ? "By the clock, " : ""}
            <Time at={run.due_at ?? run.started_at ?? run.created_at} />
            {run.started_at && (
              <>
                {" · "}
                <Elapsed from={run.started_at} to={run.finished_at ?? null} />
              </>
            )}
            {run.exit_code !== null && run.exit_code !== 0 && ` · code ${String(run.exit_code)}`}
          </span>
        </span>
        <StatusBadge status={run.status} />
      </button>
    </li>
  );
}
