import { cn } from "@capsule/ui";
import { Check } from "lucide-react";

const STAGES = ["Select provider", "Authorise", "Connect repositories"] as const;

/** Where in the dialog one is. */
export function Stages({ current }: { current: number }) {
  return (
    <ol aria-label="Stages" className="mt-4 flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {STAGES.map((name, index) => (
        <li
          key={name}
          aria-current={index === current ? "step" : undefined}
          className={cn("flex items-center gap-1.5", index === current ? "font-medium text-ink" : "text-ink-faint")}
        >
          <span className={cn("grid size-5 place-items-center rounded-full border text-[0.65rem]", index === current && "border-accent text-accent-text")}>
            {index < current ? <Check className="size-3" aria-hidden /> : index + 1}
          </span>
          {name}
        </li>
      ))}
    </ol>
  );
}
