import type { Capsule, Environment, Runtime, RuntimeOrder, RuntimeReport } from "@capsule/api";
import { ConfirmDialog } from "@capsule/ui";
import { useState } from "react";
import { useRuntimeOrder } from "../api/use-runtimes.ts";
import { ORDERS, userName } from "../runtime-words.ts";
import { RuntimeRow } from "./runtime-row.tsx";

const MOST = 200;
const COLUMNS = ["User", "State", "Own memory", "Last wake", "Last used", "Last end"];

type RuntimeTableProps = { capsule: Capsule; environment: Environment; report: RuntimeReport };

/** One row per user, with a question before a runtime is stopped or its files are deleted. */
export function RuntimeTable({ capsule, environment, report }: RuntimeTableProps) {
  const [asked, setAsked] = useState<{ order: RuntimeOrder; runtime: Runtime } | null>(null);
  const carryOut = useRuntimeOrder(capsule, environment, () => setAsked(null));
  const shown = report.items.slice(0, MOST);
  const hidden = report.items.length - shown.length;
  const orders = (["stop", "clear"] as const).filter((order) => report.can.includes(order));
  return (
    <>
      <div className="relative overflow-x-auto">
        <table className="w-full min-w-3xl text-left text-xs" aria-label="Runtimes">
          <thead className="border-b text-ink-faint">
            <tr>
              {COLUMNS.map((title) => (
                <th key={title} className="px-3 py-2 font-normal whitespace-nowrap first:pl-4">
                  {title}
                </th>
              ))}
              {orders.length > 0 && (
                <th className="px-3 py-2">
                  <span className="sr-only">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody className="divide-y divide-line/60">
            {shown.map((runtime) => (
              <RuntimeRow
                key={runtime.user_id}
                runtime={runtime}
                most={Math.max(...report.items.map((item) => item.memory_bytes ?? 0))}
                orders={orders}
                onOrder={(order) => setAsked({ order, runtime })}
              />
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 && (
        <p className="border-t px-4 py-2.5 text-xs text-ink-faint">
          {hidden} more, used longer ago, are not shown. <code className="font-mono">capsule runtimes {capsule.name}</code>{" "}
          lists more.
        </p>
      )}
      <ConfirmDialog
        isOpen={asked !== null}
        onOpenChange={(isOpen) => !isOpen && setAsked(null)}
        title={asked ? `${ORDERS[asked.order].question} of ${userName(asked.runtime)}?` : ""}
        confirmLabel={asked ? ORDERS[asked.order].label : ""}
        isBusy={carryOut.isPending}
        onConfirm={() => asked && carryOut.mutate(asked)}
        data-testid="runtime-dialog"
      >
        {asked && ORDERS[asked.order].effect}
      </ConfirmDialog>
    </>
  );
}
