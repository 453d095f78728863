import { cn } from "@capsule/ui";
import { Check, ChevronRight, LoaderCircle, X } from "lucide-react";
import { useState } from "react";
import type { BlockItem } from "../log/chat-items.ts";
import { asRecord, textOf } from "./payload.ts";
import { StepRow, stepStatus } from "./step-row.tsx";

/** Steps and activities that follow each other, folded into one line that tells how far it is. */
export function StepGroup({ items }: { items: readonly BlockItem[] }) {
  const wantsOpen = items.some((item) => asRecord(item.payload)["expanded"] === true);
  const [choice, setChoice] = useState<boolean | null>(null);
  const isOpen = choice ?? wantsOpen;
  const only = items.length === 1 ? items[0] : undefined;
  if (only) return <StepRow item={only} />;
  const { running, failed, text } = summary(items);
  return (
    <div className="rounded-lg border bg-surface/60 text-sm" data-testid="step-group">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setChoice(!isOpen)}
        className="flex w-full items-center gap-2 rounded-lg px-3 py-2 text-left hover:bg-hover"
      >
        {running ? (
          <LoaderCircle className="size-4 shrink-0 animate-spin text-accent-text" aria-hidden />
        ) : failed > 0 ? (
          <X className="size-4 shrink-0 text-bad-text" aria-hidden />
        ) : (
          <Check className="size-4 shrink-0 text-good-text" aria-hidden />
        )}
        <span className="min-w-0 flex-1 truncate">
          {running && <span>{textOf(asRecord(running.payload), "label")} </span>}
          <span className={running ? "text-ink-faint" : "text-ink-soft"}>{text}</span>
        </span>
        <ChevronRight className={cn("size-4 shrink-0 text-ink-faint transition-transform", isOpen && "rotate-90")} aria-hidden />
      </button>
      {isOpen && (
        <div className="space-y-2.5 border-t px-3 py-2.5">
          {items.map((item) => (
            <StepRow key={item.id} item={item} />
          ))}
        </div>
      )}
    </div>
  );
}

function summary(items: readonly BlockItem[]): { running: BlockItem | undefined; failed: number; text: string } {
  const running = items.findLast((item) => stepStatus(item) === "running");
  const failed = items.filter((item) => stepStatus(item) === "failed").length;
  const seen = items.filter((item) => item.type === "activity").length;
  const steps = items.length - seen;
  const counts = [counted(steps, "step", "steps"), counted(seen, "activity", "activities")].filter(Boolean).join(", ");
  if (running) {
    const left = items.filter((item) => stepStatus(item) === "running").length;
    return { running, failed, text: `${String(items.length - left)} of ${String(items.length)}` };
  }
  return { running, failed, text: failed > 0 ? `${counts} · ${String(failed)} failed` : `${counts} · done` };
}

const counted = (count: number, one: string, many: string): string =>
  count === 0 ? "" : `${String(count)} ${count === 1 ? one : many}`;
