import type { Plan } from "@capsule/api";
import { withCode } from "@capsule/ui";

/** Every decision of a plan with its reason. */
export function PlanChoices({ plan }: { plan: Plan }) {
  return (
    <dl className="divide-y divide-line/60" data-testid="plan-choices">
      {plan.choices.map((choice) => (
        <div key={choice.what} className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 py-2">
          <dt className="w-36 shrink-0 text-xs text-ink-faint">{choice.what}</dt>
          <dd className="min-w-48 flex-1">
            <span className="font-mono text-xs break-all">{choice.value}</span>
            <span className="block text-xs text-ink-faint">{withCode(choice.reason)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
