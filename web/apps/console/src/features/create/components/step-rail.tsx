import { cn } from "@capsule/ui";
import { Check } from "lucide-react";
import type { WizardStep } from "../wizard-form.ts";

const NAMES: Record<WizardStep, string> = { type: "Type", source: "Source", settings: "Settings" };

type StepRailProps = {
  steps: readonly WizardStep[];
  current: WizardStep;
  /** What was answered, shown under the name of a step once it is done. */
  answers: Partial<Record<WizardStep, string>>;
  onGo: (step: WizardStep) => void;
};

/** Where one is; steps already answered lead back to themselves, and nothing is lost by it. */
export function StepRail({ steps, current, answers, onGo }: StepRailProps) {
  const at = steps.indexOf(current);
  return (
    <ol aria-label="Steps" className="flex gap-2 sm:gap-3">
      {steps.map((step, index) => {
        const isDone = index < at;
        return (
          <li key={step} aria-current={index === at ? "step" : undefined} className="min-w-0 flex-1">
            <button
              type="button"
              disabled={!isDone}
              onClick={() => onGo(step)}
              className={cn(
                "w-full border-t-2 pt-2 text-left transition-colors",
                index <= at ? "border-accent" : "border-line-strong",
                isDone && "hover:border-accent-hover",
              )}
            >
              <span
                className={cn(
                  "flex items-center gap-1.5 text-sm font-medium",
                  index === at ? "text-ink" : isDone ? "text-accent-text" : "text-ink-faint",
                )}
              >
                {isDone ? <Check className="size-3.5" aria-label="Done:" /> : <span>{index + 1}</span>}
                {NAMES[step]}
              </span>
              <span className="block truncate text-xs text-ink-faint">{(isDone && answers[step]) || "\u00a0"}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
