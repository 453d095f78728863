import { cn, duration, Elapsed } from "@capsule/ui";
import { Check, Circle, LoaderCircle, X } from "lucide-react";
import type { Step, StepState } from "../progress.ts";
import { phaseName } from "../words.ts";

const ICONS = { done: Check, current: LoaderCircle, next: Circle, failed: X } as const;
const SAID: Record<StepState, string> = { done: "done", current: "going on", next: "to come", failed: "failed" };
const TINT: Record<StepState, string> = {
  done: "bg-good-soft text-good-text",
  current: "bg-busy-soft text-busy-text",
  next: "bg-hover text-ink-faint",
  failed: "bg-bad-soft text-bad-text",
};

export function ProgressSteps({ steps, since }: { steps: Step[]; since: string | null }) {
  return (
    <ol aria-label="Phases" className="flex flex-wrap gap-x-5 gap-y-3">
      {steps.map(({ name, state, seconds }) => {
        const Icon = ICONS[state];
        return (
          <li key={name} data-state={state} className="flex min-w-24 items-center gap-2.5">
            <span className={cn("grid size-7 shrink-0 place-items-center rounded-full", TINT[state])}>
              <Icon className={cn("size-4", state === "current" && "animate-spin", state === "next" && "size-2")} aria-label={SAID[state]} />
            </span>
            <span>
              <span className={cn("block text-sm", state === "next" ? "text-ink-faint" : "font-medium")}>{phaseName(name)}</span>
              <span className="block text-xs text-ink-faint tabular-nums">
                {seconds !== null ? duration(seconds * 1000) : state === "current" && since && name !== "watch" ? <Elapsed from={since} /> : "\u00a0"}
              </span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
