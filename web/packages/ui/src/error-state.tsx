import { asProblem } from "@capsule/api";
import { RotateCw, TriangleAlert } from "lucide-react";
import { cn } from "./cn.ts";
import { Button } from "./primitives/button.tsx";

type ErrorStateProps = { error: unknown; onRetry?: () => void; className?: string };

/** What a failed page or list shows: what is wrong, the next step, and a way to try again. */
export function ErrorState({ error, onRetry, className }: ErrorStateProps) {
  const problem = asProblem(error);
  return (
    <div role="alert" className={cn("flex flex-col items-center px-6 py-14 text-center", className)}>
      <span className="mb-3 grid size-11 place-items-center rounded-xl bg-bad-soft text-bad-text">
        <TriangleAlert className="size-5" aria-hidden />
      </span>
      <h2 className="text-base font-semibold">{problem.title}</h2>
      <p className="mt-1 max-w-lg text-sm break-words text-ink-soft">{problem.detail}</p>
      {problem.hint !== null && <p className="mt-1 max-w-lg text-sm text-ink-soft">{problem.hint}</p>}
      <p className="mt-2 font-mono text-2xs text-ink-faint">
        {problem.code}
        {problem.requestId !== null && ` · ${problem.requestId}`}
      </p>
      {onRetry && (
        <Button className="mt-4" onClick={onRetry}>
          <RotateCw /> Try again
        </Button>
      )}
    </div>
  );
}
