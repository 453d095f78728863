import type { CapsuleType } from "@capsule/api";
import { cn } from "@capsule/ui";
import { CircleCheck } from "lucide-react";
import { CAPSULE_TYPES } from "#config/capsule-types.ts";
import { TypeIcon } from "#config/type-icon.tsx";
import { Step } from "./step.tsx";

type TypeStepProps = { chosen: CapsuleType | null; onChoose: (type: CapsuleType) => void };

export function TypeStep({ chosen, onChoose }: TypeStepProps) {
  return (
    <Step title="What do you want to run?">
      <div role="radiogroup" aria-label="Type" className="grid gap-2.5 sm:grid-cols-2">
        {CAPSULE_TYPES.map((info) => (
          <label
            key={info.type}
            data-testid={`type-${info.type}`}
            className={cn(
              "relative flex cursor-pointer items-start gap-3 rounded-lg border bg-surface p-3.5 shadow-soft transition-colors hover:border-line-strong has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
              chosen === info.type && "border-accent bg-accent-soft/40 hover:border-accent",
            )}
          >
            <input
              type="radio"
              name="type"
              value={info.type}
              checked={chosen === info.type}
              onChange={() => onChoose(info.type)}
              className="peer sr-only"
            />
            <TypeIcon type={info.type} />
            <span className="min-w-0 flex-1">
              <span className="block font-medium">{info.name}</span>
              <span className="block text-xs text-ink-soft">{info.hint}</span>
            </span>
            {chosen === info.type && <CircleCheck className="size-4 shrink-0 text-accent-text" aria-hidden />}
          </label>
        ))}
      </div>
    </Step>
  );
}
