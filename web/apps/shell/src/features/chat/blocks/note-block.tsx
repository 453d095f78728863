import { Info } from "lucide-react";
import type { BlockProps } from "./block-view.tsx";
import { asRecord, textOf } from "./payload.ts";

/** A line that the app leaves in the conversation. */
export function NoteBlock({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const detail = textOf(payload, "detail");
  return (
    <p className="flex items-baseline gap-2 text-sm text-ink-soft">
      <Info className="size-3.5 shrink-0 translate-y-0.5 text-ink-faint" aria-hidden />
      <span className="min-w-0 break-words">
        {textOf(payload, "text") || textOf(payload, "message")}
        {detail !== "" && <span className="text-ink-faint"> — {detail}</span>}
      </span>
    </p>
  );
}
