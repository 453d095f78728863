import type { Plan } from "@capsule/api";
import { Card, CardHead, Notice } from "@capsule/ui";
import { PlanChoices } from "#config/plan-choices.tsx";
import { PlanProcesses } from "#config/plan-processes.tsx";
import { commandLine, providerName } from "#config/plan-text.ts";

/** What was decided, why, and the commands that follow from it. */
export function PlanView({ plan }: { plan: Plan }) {
  return (
    <Card>
      <CardHead title="Plan" hint={`${providerName(plan.provider)}: what was found, and what follows from it`} />
      <div className="space-y-4 p-4">
        {plan.notices?.map((notice) => (
          <Notice key={notice} tone="warn">
            {notice}
          </Notice>
        ))}
        <PlanChoices plan={plan} />
        <PlanProcesses plan={plan} />
        {plan.steps.length > 0 && (
          <ol className="space-y-1.5" aria-label="Build steps">
            {plan.steps.map((step, index) => (
              <li key={index} className="rounded-md bg-sunken px-3 py-2">
                <p className="text-xs text-ink-faint">{step.name}</p>
                <code className="font-mono text-xs break-all">{commandLine(step.argv)}</code>
              </li>
            ))}
          </ol>
        )}
      </div>
    </Card>
  );
}
