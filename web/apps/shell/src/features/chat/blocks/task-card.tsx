import { ListTodo } from "lucide-react";
import type { BlockProps } from "./block-view.tsx";
import { asRecord, textOf } from "./payload.ts";

/** Work in the background. Its state is told by the message that the app shows with it. */
export function TaskCard({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const id = textOf(payload, "task_id");
  return (
    <div className="flex items-center gap-3 rounded-lg border bg-surface px-3.5 py-2.5 text-sm">
      <ListTodo className="size-4 shrink-0 text-ink-faint" aria-hidden />
      <p className="min-w-0 flex-1">
        <span className="block truncate font-medium">{textOf(payload, "message") || textOf(payload, "label") || "Task"}</span>
        <span className="block truncate font-mono text-2xs text-ink-faint">{id}</span>
      </p>
      <span className="rounded-full bg-hover px-2 py-0.5 text-2xs font-medium text-ink-soft">{textOf(payload, "status") || "in the background"}</span>
    </div>
  );
}
