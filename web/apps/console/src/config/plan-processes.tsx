import type { Plan } from "@capsule/api";
import { processesOf } from "./plan-text.ts";

/** What a release of this plan runs. */
export function PlanProcesses({ plan }: { plan: Plan }) {
  const processes = processesOf(plan);
  if (processes.length === 0) return null;
  return (
    <ul className="space-y-1.5" aria-label="Processes">
      {processes.map(({ name, command, note }) => (
        <li key={name} className="rounded-md bg-sunken px-3 py-2" data-testid="plan-process">
          <p className="text-xs">
            <span className="font-medium">{name}</span> <span className="text-ink-faint">· {note}</span>
          </p>
          <code className="font-mono text-xs break-all">{command}</code>
        </li>
      ))}
    </ul>
  );
}
