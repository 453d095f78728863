import { asProblem } from "@capsule/api";
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useSyncExternalStore } from "react";
import { cn } from "./cn.ts";
import { Button } from "./primitives/button.tsx";
import { withCode } from "./with-code.tsx";

type ToastEntry = { id: number; tone: "good" | "bad"; title: string; detail?: string; hint?: string };

let entries: ToastEntry[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function update(next: ToastEntry[]): void {
  entries = next;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Say that something worked. */
export function toast(title: string, detail?: string): void {
  update([...entries.slice(-3), { id: nextId++, tone: "good", title, ...(detail === undefined ? {} : { detail }) }]);
}

/** Say that an action failed: `title` is what was tried, the rest comes from the problem. */
export function toastProblem(title: string, error: unknown): void {
  const problem = asProblem(error);
  const entry: ToastEntry = { id: nextId++, tone: "bad", title, detail: problem.detail };
  update([...entries.slice(-3), problem.hint === null ? entry : { ...entry, hint: problem.hint }]);
}

export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => entries);
  return (
    <Radix.Provider label="Notification">
      {shown.map((entry) => (
        <Radix.Root
          key={entry.id}
          duration={entry.tone === "bad" ? 12_000 : 4_000}
          type={entry.tone === "bad" ? "foreground" : "background"}
          onOpenChange={(isOpen) => {
            if (!isOpen) update(entries.filter((other) => other.id !== entry.id));
          }}
          data-testid="toast"
          className="flex animate-rise gap-2.5 rounded-lg border bg-raised p-3 text-sm shadow-float"
        >
          {entry.tone === "bad" ? (
            <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
          ) : (
            <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
          )}
          <div className="min-w-0 flex-1">
            <Radix.Title className="font-medium">{entry.title}</Radix.Title>
            <Radix.Description asChild>
              <div className="break-words text-ink-soft">
                {entry.detail !== undefined && <p>{withCode(entry.detail)}</p>}
                {entry.hint !== undefined && <p className="mt-1 text-xs text-ink-faint">{withCode(entry.hint)}</p>}
              </div>
            </Radix.Description>
          </div>
          <Radix.Close asChild>
            <Button tone="quiet" size="icon-sm" className="-mt-1 -mr-1" aria-label="Dismiss">
              <X />
            </Button>
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport
        className={cn(
          "fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 outline-none",
        )}
      />
    </Radix.Provider>
  );
}
