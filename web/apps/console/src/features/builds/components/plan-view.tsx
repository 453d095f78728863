import type { Plan } from "@capsule/api";
import { Card, CardHead, Notice } from "@capsule/ui";

/** A line as it would be typed; `sh -c` lines were written by the user and are shown bare. */
const line = (argv: string[]): string =>
  argv.length === 3 && argv[0] === "sh" && argv[1] === "-c" ? (argv[2] ?? "") : argv.join(" ");

/** What was decided, why, and the commands that follow from it. */
export function PlanView({ plan }: { plan: Plan }) {
  return (
    <Card>
      <CardHead title="Plan" hint={`Made by the ${plan.provider} provider`} />
      <div className="space-y-4 p-4">
        {plan.notices?.map((notice) => (
          <Notice key={notice} tone="warn">
            {notice}
          </Notice>
        ))}
        <div className="overflow-x-auto">
          <table className="w-full text-left text-sm" data-testid="plan-choices">
            <thead className="text-xs text-ink-faint">
              <tr>
                <th className="pr-4 pb-1.5 font-normal">Choice</th>
                <th className="pr-4 pb-1.5 font-normal">Value</th>
                <th className="pb-1.5 font-normal">Reason</th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line/60">
              {plan.choices.map((choice) => (
                <tr key={choice.what} className="align-baseline">
                  <td className="py-1.5 pr-4 whitespace-nowrap">{choice.what}</td>
                  <td className="py-1.5 pr-4 font-mono text-xs break-all">{choice.value}</td>
                  <td className="py-1.5 text-ink-soft">{choice.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <ol className="space-y-1.5">
          {plan.steps.map((step, index) => (
            <PlanCommand key={index} name={step.name} command={line(step.argv)} />
          ))}
          <PlanCommand name="start" command={line(plan.start.argv)} />
        </ol>
      </div>
    </Card>
  );
}

function PlanCommand({ name, command }: { name: string; command: string }) {
  return (
    <li className="rounded-md bg-sunken px-3 py-2">
      <p className="text-xs text-ink-faint">{name}</p>
      <code className="font-mono text-xs break-all">{command}</code>
    </li>
  );
}
