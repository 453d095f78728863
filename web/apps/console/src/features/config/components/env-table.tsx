import type { EnvVariable } from "@capsule/api";
import { CopyButton, EmptyState, Tooltip } from "@capsule/ui";
import { Lock, Variable } from "lucide-react";

export function EnvTable({ variables, isShown }: { variables: EnvVariable[]; isShown: boolean }) {
  if (variables.length === 0) {
    return (
      <EmptyState icon={Variable} title="No variables yet" className="py-10">
        Settings and credentials the code reads from its environment.
      </EmptyState>
    );
  }
  return (
    <table className="w-full table-fixed text-left text-sm" data-testid="env-table">
      <thead className="sr-only">
        <tr>
          <th>Name</th>
          <th>Value</th>
        </tr>
      </thead>
      <tbody className="divide-y">
        {variables.map((variable) => (
          <tr key={variable.key} data-testid="env-row" data-key={variable.key}>
            <td className="w-2/5 py-2 pr-3 pl-4 align-top font-mono text-xs break-all">
              <span className="inline-flex items-center gap-1.5">
                {variable.key}
                {variable.set_by === "system" && (
                  <Tooltip label="Set by the platform; cannot be edited">
                    <Lock tabIndex={0} className="size-3 shrink-0 text-ink-faint" aria-label="Set by the platform" />
                  </Tooltip>
                )}
              </span>
            </td>
            <td className="py-1 pr-2">
              <span className="flex items-center gap-1">
                <span className="min-w-0 flex-1 font-mono text-xs break-all text-ink-soft">
                  {isShown ? variable.value || <span className="text-ink-faint">(empty)</span> : "••••••••••"}
                </span>
                <CopyButton text={variable.value} label={`Copy ${variable.key}`} />
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
