import { Database } from "lucide-react";
import type { ReactNode } from "react";

/** In place of what cannot be shown: a widget whose data the host does not have. */
export function Unavailable({ children = "This data is not available here yet." }: { children?: ReactNode }) {
  return (
    <p
      role="note"
      className="flex items-center justify-center gap-2 rounded-lg border border-dashed px-4 py-6 text-center text-sm text-ink-faint"
    >
      <Database className="size-4 shrink-0" aria-hidden />
      {children}
    </p>
  );
}

/** What a widget shows while its data handler failed. */
export function DataProblem({ error, onRetry }: { error: string; onRetry: () => void }) {
  return (
    <p role="alert" className="rounded-lg border border-dashed px-4 py-6 text-center text-sm text-bad-text">
      {error}{" "}
      <button type="button" className="underline underline-offset-2" onClick={onRetry}>
        Try again
      </button>
    </p>
  );
}
